import type { IncomingMessage, ServerResponse } from 'node:http'
import { type PageLanguage, type PageName, pageLanguage, pageWords } from './page-words.ts'

type Page = { status: number; retryAfterSeconds?: number }

const pages: Readonly<Record<PageName, Page>> = {
  'bad-request': { status: 400 },
  'no-such-app': { status: 404 },
  starting: { status: 503, retryAfterSeconds: 2 },
  down: { status: 503, retryAfterSeconds: 5 },
  busy: { status: 503, retryAfterSeconds: 5 },
  'not-allowed': { status: 405 },
  'too-slow': { status: 408 },
  'too-large': { status: 413 },
  'head-too-large': { status: 431 },
  'bad-gateway': { status: 502 },
  'gateway-timeout': { status: 504 },
}

/** Answers with a page of the router's own, in the form and the language that the client accepts. `subject`: the host, mostly. */
export function answerPage(
  { headers, method }: IncomingMessage,
  response: ServerResponse,
  name: PageName,
  subject: string,
): void {
  const { status, retryAfterSeconds } = pages[name]
  const language = pageLanguage(headers['accept-language'])
  const { type, body } = bodyFor(headers.accept ?? '', language, name, subject)
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds)
  response.writeHead(status, {
    'content-type': type,
    'content-language': language,
    vary: 'accept, accept-language',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(method === 'HEAD' ? undefined : body)
}

function bodyFor(
  accept: string,
  language: PageLanguage,
  name: PageName,
  subject: string,
): { type: string; body: string } {
  const { title, text } = pageWords[language][name]
  const { retryAfterSeconds } = pages[name]
  const message = text(subject)
  if (accept.includes('text/html'))
    return {
      type: 'text/html; charset=utf-8',
      body: html(language, title, message, name === 'starting' ? retryAfterSeconds : undefined),
    }
  if (/[/+]json/.test(accept))
    return {
      type: 'application/json',
      body: `${JSON.stringify({ error: { code: name, message } })}\n`,
    }
  return { type: 'text/plain; charset=utf-8', body: `${title}. ${message}\n` }
}

const html = (
  language: PageLanguage,
  title: string,
  message: string,
  refreshSeconds: number | undefined,
): string => `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${refreshSeconds === undefined ? '' : `<meta http-equiv="refresh" content="${refreshSeconds}">\n`}<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto 0; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 }
</style>
<h1>${escaped(title)}</h1>
<p>${escaped(message)}</p>
</html>
`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)

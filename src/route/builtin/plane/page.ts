import type { IncomingMessage, ServerResponse } from 'node:http'

/** Everything that the router answers by itself. */
export type PageName =
  | 'bad-request'
  | 'no-such-app'
  | 'starting'
  | 'down'
  | 'bad-gateway'
  | 'gateway-timeout'

type Page = {
  status: number
  title: string
  text: (subject: string) => string
  retryAfterSeconds?: number
}

const pages: Readonly<Record<PageName, Page>> = {
  'bad-request': {
    status: 400,
    title: 'This request cannot be routed',
    text: (problem) => `The request was understood up to this: ${problem}.`,
  },
  'no-such-app': {
    status: 404,
    title: 'No such app',
    text: (address) => `Nothing is deployed at ${address}.`,
  },
  starting: {
    status: 503,
    title: 'Starting',
    text: (host) => `${host} is starting for the first time. This page tries again by itself.`,
    retryAfterSeconds: 2,
  },
  down: {
    status: 503,
    title: 'All instances are down',
    text: (host) =>
      `No instance of ${host} can be reached right now. Please try again in a moment.`,
    retryAfterSeconds: 5,
  },
  'bad-gateway': {
    status: 502,
    title: 'The app broke off',
    text: (host) => `${host} ended the connection without a valid answer.`,
  },
  'gateway-timeout': {
    status: 504,
    title: 'The app took too long',
    text: (host) => `${host} did not begin to answer in time.`,
  },
}

/** Answers with a page of the router's own, in the form that the client accepts. `subject`: the host, mostly. */
export function answerPage(
  { headers, method }: IncomingMessage,
  response: ServerResponse,
  name: PageName,
  subject: string,
): void {
  const { status, retryAfterSeconds } = pages[name]
  const { type, body } = bodyFor(headers.accept ?? '', name, subject)
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds)
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(method === 'HEAD' ? undefined : body)
}

function bodyFor(accept: string, name: PageName, subject: string): { type: string; body: string } {
  const { title, text, retryAfterSeconds } = pages[name]
  const message = text(subject)
  if (accept.includes('text/html'))
    return {
      type: 'text/html; charset=utf-8',
      body: html(title, message, name === 'starting' ? retryAfterSeconds : undefined),
    }
  if (/[/+]json/.test(accept))
    return {
      type: 'application/json',
      body: `${JSON.stringify({ error: { code: name, message } })}\n`,
    }
  return { type: 'text/plain; charset=utf-8', body: `${title}. ${message}\n` }
}

const html = (
  title: string,
  message: string,
  refreshSeconds: number | undefined,
): string => `<!doctype html>
<html lang="en">
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

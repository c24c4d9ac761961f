import type { ServerResponse } from 'node:http'

/** A status line of the app's own, as far as HTTP allows it. */
export const sayable = (message: string): string =>
  /^[\t\x20-\x7e\x80-\xff]*$/.test(message) ? message : ''

/** Passes on what an app says before its answer, as far as the client can take it. */
export function inform(response: ServerResponse, status: number, headers: readonly string[]): void {
  if (response.headersSent || response.req.httpVersionMinor === 0) return
  if (status === 102) response.writeProcessing()
  const links = headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === 'link')
  if (status !== 103 || links.length === 0) return
  try {
    response.writeEarlyHints({ link: links })
  } catch {
    // A hint that Node does not find well formed: the answer itself follows anyway.
  }
}

/** The bytes that answer an upgrade. */
export function switchingHead(headers: readonly string[], protocol: string): string {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${protocol}`]
  for (let at = 0; at + 1 < headers.length; at += 2)
    lines.push(`${headers[at]}: ${headers[at + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

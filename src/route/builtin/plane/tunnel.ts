import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Hands bytes on both ways until both sides have ended; when one breaks, so does the other. */
export function tunnel(client: Duplex, app: Duplex, onClosed: () => void): void {
  forLong(client)
  forLong(app)
  client.pipe(app)
  app.pipe(client)
  // What was received is still delivered to the other side.
  app.once('close', () => endOf(client))
  client.once('close', () => {
    app.destroy()
    onClosed()
  })
  for (const side of [client, app]) side.on('error', () => {}) // Its 'close' follows.
  if (app.destroyed) endOf(client)
}

function endOf(side: Duplex): void {
  if (side.destroyed) return
  if (side.writableFinished) side.destroy()
  else side.end(() => side.destroy())
}

const isSocket = (side: Duplex): side is Socket => 'setNoDelay' in side

/** An upgraded connection may be silent for hours; a peer that vanished is still noticed. */
function forLong(side: Duplex): void {
  if (!isSocket(side)) return
  side.setTimeout(0)
  side.setNoDelay(true)
  side.setKeepAlive(true, 60_000)
}

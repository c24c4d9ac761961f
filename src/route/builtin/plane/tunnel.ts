import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * Hands bytes on both ways until both sides have ended; when one breaks, so does the other. When one has ended, the other
 * may be silent for `halfMs`: a visitor who is gone looks like one who has said all there is to say.
 */
export function tunnel(client: Duplex, app: Duplex, halfMs: number, onClosed: () => void): void {
  forLong(client)
  forLong(app)
  const giveUp = () => client.destroy()
  client.pipe(app)
  app.pipe(client)
  // What was received is still delivered to the other side.
  app.once('close', () => endOf(client))
  client.once('close', () => {
    app.destroy()
    onClosed()
  })
  for (const side of [client, app])
    side.once('end', () => {
      for (const each of [client, app]) if (isSocket(each)) each.setTimeout(halfMs, giveUp)
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

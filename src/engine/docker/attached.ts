import { type Duplex, PassThrough, type Readable } from 'node:stream'

/** A stream of the daemon's to a program's input and from its outputs, apart. */
export type Attached = { input: Duplex; output: Readable; errors: Readable | null }

const headerBytes = 8

/**
 * Takes a hijacked stream apart: with a terminal all that is written comes as it is, without one in frames of both outputs.
 * Whoever reads too slowly holds the daemon back.
 */
export function takeApart(stream: Duplex, hasTerminal: boolean): Attached {
  if (hasTerminal) return { input: stream, output: stream, errors: null }
  const [output, errors] = [new PassThrough(), new PassThrough()]
  void sort(stream, output, errors)
  return { input: stream, output, errors }
}

async function sort(stream: Duplex, output: PassThrough, errors: PassThrough): Promise<void> {
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of stream) {
      rest = Buffer.concat([rest, chunk as Buffer])
      while (rest.length >= headerBytes) {
        const end = headerBytes + rest.readUInt32BE(4)
        if (end > rest.length) break
        const to = rest[0] === 2 ? errors : output
        if (!to.write(rest.subarray(headerBytes, end))) await drained(to)
        rest = rest.subarray(end)
      }
    }
  } catch {
    // The daemon or the program went away: what came until then is all there is.
  }
  output.end()
  errors.end()
}

/** Or thrown away by its reader. */
const drained = (stream: PassThrough): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })

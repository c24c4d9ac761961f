import type { Readable, Writable } from 'node:stream'
import { NaruError } from '../base/error.ts'
import { encodeLine, encodePacket, type Packet, readPackets } from './pkt-line.ts'

/** What a push asks for one ref. Ids are full hex; all zeros means that the ref is not there before, or after. */
export type RefCommand = { old: string; new: string; ref: string }

/** The answer for one ref; the pusher's git prints the reason behind `! [remote rejected]`. */
export type RefResult = { ref: string; ok: true } | { ref: string; ok: false; reason: string }

/**
 * The conversation of git's proc-receive hook: reads what a push asks for, lets `decide` answer, and reports it.
 * The objects are in the repository by then, whatever the answer; `ok` moves no ref, that is left to the decider.
 * What `decide` throws goes to the caller unreported: git then refuses the push, since the hook failed. Closes `input`.
 */
export async function procReceive(
  { input, output }: { input: Readable; output: Writable },
  decide: (commands: RefCommand[]) => Promise<RefResult[]>,
): Promise<void> {
  try {
    await converse(input, output, decide)
  } finally {
    input.destroy() // Git keeps its end open until it has an answer: a failed hook that went on reading would never end.
  }
}

async function converse(
  input: Readable,
  output: Writable,
  decide: (commands: RefCommand[]) => Promise<RefResult[]>,
): Promise<void> {
  const packets = readPackets(input)
  const [hello] = await readSection(packets)
  const features = readFeatures(hello)
  const options = features.includes('push-options')
  await answer(output, [encodePacket(`version=1\0${options ? 'push-options' : ''}`)])
  const commands = (await readSection(packets)).map(readCommand)
  if (options) await readSection(packets) // Nothing of ours listens to `git push -o`.
  const results = await decide(commands)
  await answer(
    output,
    commands.map((command) => encodeResult(command, results)),
  )
}

/** Texts of the packets up to the next flush. */
async function readSection(packets: AsyncGenerator<Packet, void>): Promise<string[]> {
  const lines: string[] = []
  for (;;) {
    const { value: packet, done } = await packets.next()
    if (done || packet === undefined) throw failed('git went away in the middle of the push')
    if (packet === 'flush') return lines
    if (packet !== 'delimiter') lines.push(packet.toString().replace(/\n$/, ''))
  }
}

function readFeatures(hello = ''): string[] {
  const [version, features = ''] = hello.split('\0')
  if (version !== 'version=1') throw failed(`git speaks ${JSON.stringify(version)}, not version=1`)
  return features.trim().split(' ')
}

function readCommand(line: string): RefCommand {
  const match = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (.+)$/s.exec(line)
  if (!match) throw failed(`${JSON.stringify(line)} is no command`)
  const [, old = '', next = '', ref = ''] = match
  return { old, new: next, ref }
}

function encodeResult({ ref }: RefCommand, results: RefResult[]): Buffer {
  const result = results.find((candidate) => candidate.ref === ref)
  if (!result) throw new Error(`no answer for ${ref}`)
  return encodeLine(result.ok ? `ok ${ref}` : `ng ${ref} ${oneLine(result.reason)}`)
}

/** Git takes one line, and a terminal prints it: nothing in it may break the line or steer the terminal. */
function oneLine(reason: string): string {
  const line = reason.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  return line.length > 1000 ? `${line.slice(0, 999)}…` : line
}

/** Sends the packets and the flush that ends them; returns when they are handed over. */
function answer(output: Writable, packets: Buffer[]): Promise<void> {
  const bytes = Buffer.concat([...packets, encodePacket('flush')])
  return new Promise((resolve, reject) =>
    output.write(bytes, (error) => (error ? reject(error) : resolve())),
  )
}

const failed = (reason: string) =>
  new NaruError('git.failed', { command: 'git receive-pack', reason })

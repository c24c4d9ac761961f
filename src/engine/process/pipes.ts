import { chownSync, closeSync, constants, openSync, unlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { runProgram } from '../../base/program.ts'
import type { AppIdentity } from './places.ts'

export type Pipes = {
  input: Writable
  output: Readable
  errors: Readable
  /** What the program gets as its files 0, 1 and 2. */
  files: [number, number, number]
  /** Closes the program's side here, once it has it. */
  handOver(): void
}

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants

/**
 * Pipes to a program, made in a folder that nothing stays in. Not the sockets that Node.js would give it: what is
 * behind `/dev/stdout` must be something that a program may open by that name.
 */
export async function makePipes(folder: string, identity: AppIdentity): Promise<Pipes> {
  const names = ['in', 'out', 'err'].map((name) => join(folder, name)) as [string, string, string]
  const { code, stderr } = await runProgram('mkfifo', ['-m', '600', '--', ...names])
  if (code !== 0) throw new Error(`no pipe can be made: ${stderr.trim()}`)
  if ('uid' in identity) for (const name of names) chownSync(name, identity.uid, identity.gid)
  const [input, output, errors] = names
  // Held open for both ways for a moment, so that no opening waits for the other side.
  const held = names.map((name) => openSync(name, O_RDWR | O_NONBLOCK))
  const files: Pipes['files'] = [
    openSync(input, O_RDONLY),
    openSync(output, O_WRONLY),
    openSync(errors, O_WRONLY),
  ]
  const pipes = {
    input: streamOf(openSync(input, O_WRONLY | O_NONBLOCK), 'write'),
    output: streamOf(openSync(output, O_RDONLY | O_NONBLOCK), 'read'),
    errors: streamOf(openSync(errors, O_RDONLY | O_NONBLOCK), 'read'),
  }
  for (const file of held) closeSync(file)
  for (const name of names) unlinkSync(name)
  const handOver = () => {
    for (const file of files) closeSync(file)
  }
  return { ...pipes, files, handOver }
}

const streamOf = (fd: number, way: 'read' | 'write'): Socket =>
  new Socket({ fd, readable: way === 'read', writable: way === 'write' })

import type { CommandBegin, Failure } from './shapes.ts'

/**
 * What a command that is run by hand and whoever runs it tell each other over one WebSocket. Bytes go in binary
 * messages, of which the first byte says which stream they belong to; all else is JSON in text messages.
 */
export const channels = { input: 0, output: 1, errors: 2 } as const

/** So much input may be on its way at first; `room` allows more as it is read. */
export const firstRoomBytes = 256 * 1024

/** Path of the WebSocket below that of an environment. */
export const commandPath = 'run'

export type ToCommand =
  /** A text as command is the shell's, a list is a program and its arguments. */
  | { begin: CommandBegin }
  | { resize: { columns: number; rows: number } }
  | { signal: 'SIGINT' | 'SIGTERM' | 'SIGQUIT' | 'SIGHUP' }
  /** There is no more input. */
  | { inputEnds: true }

export type FromCommand =
  | { begun: { release: number } }
  /** So many bytes of input more may be sent. */
  | { room: number }
  /** The last message: all that it wrote was sent before. */
  | { ended: { code: number | null; signal: string | null } }
  | { failure: Failure }

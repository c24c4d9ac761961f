/** Thrown by a command whose exit code is that of a program it ran: nothing is printed. */
export class CommandExit extends Error {
  override readonly name = 'CommandExit'

  constructor(readonly code: number) {
    super(`exit code ${code}`)
  }
}

/** One line of JSON a call on the given stream: the server's own log, for whoever runs Naru. */
export interface Log {
  info(message: string, facts?: LogFacts): void
  warn(message: string, facts?: LogFacts): void
  /** `error` is logged with its stack and causes. */
  error(message: string, error: unknown, facts?: LogFacts): void
}

export type LogFacts = Record<string, string | number | boolean | null | undefined>

export function jsonLog(write: (line: string) => void, now: () => Date = () => new Date()): Log {
  const line = (level: string, message: string, facts: object) =>
    write(`${JSON.stringify({ at: now().toISOString(), level, message, ...facts })}\n`)
  return {
    info: (message, facts = {}) => line('info', message, facts),
    warn: (message, facts = {}) => line('warn', message, facts),
    error: (message, error, facts = {}) =>
      line('error', message, { ...facts, error: trace(error) }),
  }
}

function trace(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by ${trace(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}

import type { EngineReason } from '../../../../model/engine.ts'

export const engine = {
  summary: 'what runs apps here, and what pushes are built for',
  head: ['engine', 'state'] as const,
  chosenHead: ['where', 'builds for', 'why'] as const,
  everywhere: 'server',
  bySet: 'chosen for it',
  why: (why: EngineReason, ago: string) =>
    why.kind === 'asked'
      ? `asked for by ${why.by}, ${ago}`
      : why.kind === 'answers'
        ? `a Docker Engine answered when it was chosen, ${ago}`
        : why.kind === 'silent'
          ? `no Docker Engine answered when it was chosen, ${ago}: ${why.reason}`
          : 'there were apps already that ran on it',
  state: {
    there: 'is always there',
    answers: (version: string) => `answers, version ${version}`,
    away: (reason: string) => `does not answer: ${reason} (naru doctor)`,
    exposed: (reason: string) => `its containers can reach the ports of this machine: ${reason}`,
  },
  set: {
    summary:
      'choose what pushes are built for: process, docker, or default for what the server has',
    server: 'of all environments that have none of their own',
    ofServer: (name: string) =>
      `This server builds for ${name} from the next push on. What runs stays where it is.`,
    ofPlace: (name: string, app: string, environment: string) =>
      `${app} (${environment}) is built for ${name} from the next push on. What runs stays where it is.`,
  },
}

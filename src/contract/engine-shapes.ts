import { z } from 'zod'
import { engineNames } from '../model/engine.ts'

/** Shapes of what is said about engines. */

export const engineName = z.enum(engineNames)

/** What is built for where an environment says nothing, and why that. */
export const engineChoice = z.object({
  engine: engineName,
  why: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('asked'), by: z.string() }),
    z.object({ kind: z.literal('answers') }),
    z.object({ kind: z.literal('silent'), reason: z.string() }),
    z.object({ kind: z.literal('before') }),
  ]),
  at: z.string(),
})

/** `away`: why it does not answer; `exposed`: why what it runs can reach the ports of the machine. */
export const engineState = z.object({
  name: engineName,
  version: z.string().nullable(),
  away: z.string().nullable(),
  exposed: z.string().nullable(),
})

/** `environments`: those that have an engine of their own. */
export const engines = z.object({
  choice: engineChoice,
  engines: z.array(engineState),
  environments: z.array(z.object({ app: z.string(), environment: z.string(), engine: engineName })),
})

export type EngineState = z.infer<typeof engineState>
export type EnginesView = z.infer<typeof engines>

import { setTimeout as delay } from 'node:timers/promises'
import { CallRefused, callRouter } from '../control-client.ts'
import { type Farewell, handedOverStatus } from '../protocol.ts'

/** A newer router that is handing over itself hears nothing until it has. */
const withinMs = 15_000

/** Tells the router that serves the last counts of this one; lets it be where there is none that could hear them. */
export async function sayFarewell(folder: string, body: Farewell): Promise<void> {
  for (const until = performance.now() + withinMs; performance.now() < until; await delay(100)) {
    try {
      await callRouter(folder, 'POST /elder/farewell', { body, timeoutMs: 1_000 })
      return
    } catch (error) {
      if (!(error instanceof CallRefused && error.status === handedOverStatus)) return
    }
  }
}

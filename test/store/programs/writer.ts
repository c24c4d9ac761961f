// Writes one event after the other and says its number once it was acknowledged, for ever.
import { jsonLog } from '../../../src/base/log.ts'
import { appendEvent } from '../../../src/store/events.ts'
import { openStore } from '../../../src/store/store.ts'

async function main(folder: string): Promise<void> {
  const store = await openStore(folder, { now: () => new Date(), log: jsonLog(() => {}) })
  for (let build = 1; ; build += 1) {
    await store.write(async (db) => {
      const event = { app: 'shop', environment: 'production' }
      await appendEvent(db, 'a', { ...event, kind: 'build.started', data: { build } })
      await appendEvent(db, 'b', { ...event, kind: 'build.started', data: { build } })
    })
    process.stdout.write(`${build}\n`)
  }
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})

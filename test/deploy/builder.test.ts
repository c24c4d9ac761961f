import { expect, it } from 'vitest'
import { place, rig, until } from './rig.ts'

it('a commit that is cleaned up while its push is taken in is kept all the same', async () => {
  const naru = await rig()
  const kept = new Set<string>()
  let isFirst = true
  naru.parts.source.keep = async (_, commit) => {
    kept.add(commit)
    if (!isFirst) return
    isFirst = false
    await naru.loops.collect()
  }
  naru.parts.source.collect = async (_, commits) => {
    for (const commit of kept) if (!commits.has(commit)) kept.delete(commit)
  }

  await naru.push('one')

  await until(async () => expect(await naru.stable()).toBe(1))
  expect([...kept]).toEqual(['one'])
})

it('an app is removed only when builds that were superseded or cancelled have ended, too', async () => {
  const naru = await rig({ builders: 2 })
  const going: string[] = []
  const ends = new Map<string, () => void>()
  naru.build.run = async ({ build: { commit } }, signal) => {
    going.push(commit)
    // A step that takes its time, although it was told to end.
    await new Promise<void>((resolve) => ends.set(commit, resolve))
    going.splice(going.indexOf(commit), 1)
    signal.throwIfAborted()
    throw new Error('nobody told it to end')
  }
  const left: string[] = []
  naru.parts.forgetBuilds = async () => void left.push(...going)
  await naru.push('one')
  await until(() => expect(going).toEqual(['one']))
  await naru.push('two')
  await until(() => expect(going).toEqual(['one', 'two']))

  const destroyed = naru.naru.destroyApp(place.app, 'ada')
  await until(async () => {
    const events = await naru.events()
    expect(events.some(({ kind }) => kind === 'app.destroyed')).toBe(true)
  })
  ends.get('two')?.()
  setTimeout(() => ends.get('one')?.(), 300)
  await destroyed

  expect(left).toEqual([])
})

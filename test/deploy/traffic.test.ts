import { expect, it } from 'vitest'
import { place, rig, until } from './rig.ts'

const twoOfWeb = `services:
  web:
    command: node server.js
    replicas: 2
    healthy-for: 0s
    settle: 0s
`

it('an instance that ends while the engine answers does not come back into rotation', async () => {
  const naru = await rig()
  naru.spec.text = twoOfWeb
  await naru.push('one')
  await until(async () => expect(await naru.stable()).toBe(1))
  const list = naru.engine.list.bind(naru.engine)
  let late: Promise<unknown> | null = null
  naru.engine.list = async (filter) => {
    const instances = await list(filter)
    if (filter === undefined) await late
    return instances
  }
  let answer: (value?: unknown) => void = () => {}
  let passed: Promise<unknown> = Promise.resolve()
  naru.router.onDrain = () => {
    // A pass begins: the engine still has the instance when it is asked, and not any more when it answers.
    late = new Promise((resolve) => {
      answer = resolve
    })
    passed = naru.loops.traffic.refresh()
  }
  const tables: string[][] = []
  naru.router.onApply = ({ routes }) => {
    tables.push(
      routes.flatMap(({ backends }) => backends.flatMap((b) => b.instances.map((i) => i.id))),
    )
  }
  await naru.naru.changeScale(place, { set: { web: 1 }, unset: [], confirmed: false }, 'ada')
  await until(() => expect(naru.engine.stopped).toHaveLength(1))
  await until(() => expect(naru.loops.traffic.ending.size).toBe(0))
  answer()
  await passed
  expect(tables.at(-1)).toHaveLength(1)
  expect(tables.at(-1)).not.toContain(naru.engine.stopped[0])
})

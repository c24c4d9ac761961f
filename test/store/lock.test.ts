import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockFolder } from '../../src/store/lock.ts'
import { failureOf, scratchFolder, startProgram } from './scratch.ts'

test('a folder has one holder while that lives, and another at once when it was killed', async () => {
  const folder = scratchFolder()
  const holder = await startProgram('holder', folder)
  expect((await holder.lines.next()).value).toBe('held')
  expect(await failureOf(() => lockFolder(folder))).toEqual({
    code: 'data.locked',
    facts: { folder },
  })
  holder.process.kill('SIGKILL')
  await holder.ended
  lockFolder(folder).release()
})

test('asking twice in one process is refused, and does not free the first', async () => {
  const folder = scratchFolder()
  const lock = lockFolder(folder)
  expect(await failureOf(() => lockFolder(join(folder, '.')))).toMatchObject({
    code: 'data.locked',
  })
  const other = await startProgram('holder', folder)
  expect((await other.lines.next()).value).toContain('data.locked')
  expect(await other.ended).toBe(6)
  lock.release()
})

test('a folder that was released can be held again, by this process or another', async () => {
  const folder = scratchFolder()
  lockFolder(folder).release()
  const lock = lockFolder(folder)
  lock.release()
  lock.release()
  const holder = await startProgram('holder', folder)
  expect((await holder.lines.next()).value).toBe('held')
})

test('two folders do not know of each other', () => {
  const locks = [lockFolder(scratchFolder()), lockFolder(scratchFolder())]
  for (const lock of locks) lock.release()
})

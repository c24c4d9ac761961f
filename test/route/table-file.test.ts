import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TableFile } from '../../src/route/builtin/plane/table-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'naru-table-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const table = (number: number) => ({ number, routes: [] })
const textOf = (number: number) => JSON.stringify({ version: 1, table: table(number) })
const named = () => join(folder, 'table.json')
const aside = () => join(folder, 'table.json.new')

describe('the file of the table', () => {
  it('is the empty table before there was one', async () => {
    expect(await new TableFile(folder).read()).toEqual(table(0))
  })

  it('has what was written last, for whoever reads it, under its own name too', async () => {
    const file = new TableFile(folder)
    for (const number of [1, 2, 3]) {
      const { named: itsName, synced } = await file.write(table(number))
      expect(await new TableFile(folder).read()).toEqual(table(number))
      await Promise.all([itsName, synced])
      expect(readFileSync(named(), 'utf8')).toBe(textOf(number))
    }
    expect(await new TableFile(folder).read()).toEqual(table(3))
  })

  it('has a table that was written and not named yet, when the router dies in between', async () => {
    writeFileSync(named(), textOf(4))
    writeFileSync(aside(), textOf(5))
    expect(await new TableFile(folder).read()).toEqual(table(5))
  })

  it.each([
    ['half-written', textOf(5).slice(0, -3)],
    ['opened', ''],
    ['an older one', textOf(3)],
    ['of a later version', textOf(5).replace('"version":1', '"version":2')],
  ])('has the last whole one while the next is %s', async (_, text) => {
    writeFileSync(named(), textOf(4))
    writeFileSync(aside(), text)
    expect(await new TableFile(folder).read()).toEqual(table(4))
  })

  it('says when nothing in it can be understood', async () => {
    writeFileSync(named(), textOf(4).slice(0, -3))
    writeFileSync(aside(), '')
    await expect(new TableFile(folder).read()).rejects.toThrow('JSON')
  })

  it('names a table later that could not be named at once, and loses none before', async () => {
    const file = new TableFile(folder)
    mkdirSync(join(named(), 'in the way'), { recursive: true })
    const first = await file.write(table(1))
    await expect(first.named).rejects.toMatchObject({ code: expect.stringMatching(/^E/) })
    await expect(file.write(table(2))).rejects.toMatchObject({ code: expect.stringMatching(/^E/) })
    rmSync(named(), { recursive: true })
    expect(await new TableFile(folder).read()).toEqual(table(1))
    const third = await file.write(table(3))
    await third.named
    expect(readFileSync(named(), 'utf8')).toBe(textOf(3))
  })
})

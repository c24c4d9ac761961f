import { once } from 'node:events'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { extract, type Header, pack } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { type ContextWish, contextOf } from '../../../src/build/image/context.ts'

type File = { name: string; text?: string; type?: Header['type']; linkname?: string; mode?: number }

/** As git writes it: with a header of the whole, and folders before what is in them. */
function archiveOf(files: File[]): Readable {
  const tar = pack()
  for (const { text = '', ...header } of files) tar.entry({ ...header, mtime: new Date() }, text)
  tar.finalize()
  return Readable.from(tar)
}

async function filesOf(wish: Partial<ContextWish> & { archive: Readable }) {
  const context = contextOf({ folder: '.', ignore: '', always: [], extra: {}, ...wish })
  const entries = extract()
  entries.end(await buffer(context))
  const found: Record<string, { text: string; type: Header['type']; mode: number; time: number }> =
    {}
  for await (const entry of entries) {
    const { name, type, mode, mtime } = entry.header
    if (name === './') continue
    let text = ''
    for await (const chunk of entry) text += chunk
    found[name] = { text, type, mode, time: mtime.getTime() }
  }
  return found
}

const names = async (wish: Parameters<typeof filesOf>[0]) => Object.keys(await filesOf(wish)).sort()
const app: File[] = [
  { name: 'apps/', type: 'directory' },
  { name: 'apps/web/', type: 'directory' },
  { name: 'apps/web/server.js', text: 'web', mode: 0o755 },
  { name: 'apps/web/docs/a.md', text: 'a' },
  { name: 'apps/web/docs/keep.md', text: 'keep' },
  { name: 'apps/webs/other.js', text: 'other' },
  { name: 'README.md', text: 'readme' },
]

describe('the context of an image’s build', () => {
  it('is all of the commit’s files, each with its mode and one time for all', async () => {
    const files = await filesOf({ archive: archiveOf(app) })
    expect(Object.keys(files).sort()).toEqual(
      app
        .filter(({ type }) => type !== 'directory')
        .map(({ name }) => name)
        .sort(),
    )
    expect(files['apps/web/server.js']).toMatchObject({ text: 'web', mode: 0o755, time: 0 })
  })

  it('begins with an entry that the daemon knows a tar by, whatever its files are called', async () => {
    const name = '나루 — a file.txt'
    const context = contextOf({
      archive: archiveOf([{ name, text: 'x' }]),
      ...{ folder: '.', ignore: '', always: [], extra: {} },
    })
    const bytes = await buffer(context)
    expect(bytes.subarray(0, 2).toString()).toBe('./')
    expect(bytes.subarray(512, 1024).includes('PaxHeader')).toBe(true)
    expect(await names({ archive: archiveOf([{ name, text: 'x' }]) })).toEqual([name])
  })

  it('is what is below the app’s folder, as seen from there', async () => {
    const archive = archiveOf(app)
    expect(await names({ archive, folder: 'apps/web' })).toEqual([
      'docs/a.md',
      'docs/keep.md',
      'server.js',
    ])
  })

  it('leaves out what .dockerignore names, but for what it takes back, and never the Dockerfile', async () => {
    const archive = archiveOf([...app, { name: 'Dockerfile', text: 'FROM x' }])
    const ignore = '# all but the app\n*\n!apps/web\n**/docs/*.md\n!**/keep.md\n'
    expect(await names({ archive, ignore, always: ['Dockerfile'] })).toEqual([
      'Dockerfile',
      'apps/web/docs/keep.md',
      'apps/web/server.js',
    ])
  })

  it('has what is added, over what the commit has of that name', async () => {
    const files = await filesOf({ archive: archiveOf(app), extra: { 'README.md': 'added' } })
    expect(files['README.md']?.text).toBe('added')
  })

  it('keeps links as links, wherever they lead', async () => {
    const archive = archiveOf([
      { name: 'link', type: 'symlink', linkname: '../../etc/passwd' },
      { name: 'file', text: 'f' },
    ])
    expect(await filesOf({ archive })).toMatchObject({ link: { type: 'symlink' } })
  })

  it('takes empty files', async () => {
    const archive = archiveOf([{ name: 'a' }, { name: 'b', text: 'b' }, { name: 'c' }])
    expect(await names({ archive })).toEqual(['a', 'b', 'c'])
  })

  it('takes a file that is larger than what a stream holds, and odd names', async () => {
    const text = 'x'.repeat(3_000_000)
    const long = `${'folder/'.repeat(30)}한글 "name".txt`
    const files = await filesOf({ archive: archiveOf([{ name: long, text }]) })
    expect(files[long]?.text.length).toBe(text.length)
  })

  it('lets go of the archive when nobody wants the rest of it', async () => {
    const archive = new Readable({ read() {} })
    const head = archiveOf([{ name: 'a', text: 'a'.repeat(5000) }])
    archive.push((await buffer(head)).subarray(0, 1024))
    const context = contextOf({ archive, folder: '.', ignore: '', always: [], extra: {} })
    context.resume()
    await new Promise((resolve) => setImmediate(resolve))
    const closed = once(archive, 'close')
    context.destroy()
    await closed
  })

  it('fails when the archive does, which is not taken for its end', async () => {
    const archive = new Readable({ read() {} })
    archive.push(Buffer.alloc(100))
    setImmediate(() => archive.destroy(new Error('git failed')))
    await expect(filesOf({ archive })).rejects.toThrow(/git failed|end of data/i)
  })
})

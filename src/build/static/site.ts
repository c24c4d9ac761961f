import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type ByteRange, byteRange } from './byte-range.ts'
import { contentType } from './content-type.ts'

/**
 * Serves the files of a folder that does not change: `index.html` for a folder, `/about` from `about.html`,
 * `404.html` for what is not there; with `fallback` the root's `index.html` for a page that is not there, which a
 * program in the browser makes. Never a file whose name begins with a dot (but for `.well-known`), nor
 * `naru.yaml`, nor one outside of the folder that a link leads to.
 */
export async function site(
  folder: string,
  { fallback = false }: { fallback?: boolean } = {},
): Promise<(request: IncomingMessage, response: ServerResponse) => Promise<void>> {
  const root = await realpath(folder)
  return async (request, response) => {
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Cache-Control', 'no-cache')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return say(response, 405, 'Only GET and HEAD are answered here')
    }
    try {
      await answer(root, fallback, request, response)
    } catch (error) {
      fail(response, error)
    }
  }
}

type File = { handle: FileHandle; name: string; size: number; etag: string; modified: Date }

async function answer(
  root: string,
  fallback: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(request.url ?? '/')
  if (path === null) return say(response, 400, 'This address is not valid')
  const found = await find(root, path)
  if (found === 'folder') return redirect(request, response, path)
  if (found !== null) return send(request, response, found, 200)
  const app = fallback && isPage(path) ? await openFile(root, join(root, 'index.html')) : null
  if (app !== null) return send(request, response, app, 200)
  const page = await openFile(root, join(root, '404.html'))
  if (page === null) return say(response, 404, 'Not found')
  return send(request, response, page, 404)
}

/** A missing picture or script stays missing: a page in its place would only hide that. */
const isPage = ({ segments }: Path): boolean =>
  !segments.some(isHidden) && !/\.\w{1,8}$/.test(segments.at(-1) ?? '')

type Path = { segments: string[]; slash: boolean }

/** The parts of a request's path, decoded; null when they cannot be. */
function pathOf(url: string): Path | null {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  try {
    const segments = path
      .split('/')
      .map(decodeURIComponent)
      .filter((segment) => segment !== '')
    return { segments, slash: path.endsWith('/') || segments.length === 0 }
  } catch {
    return null // A percent sign without its digits.
  }
}

/** `folder` for one that has an index and was asked for without its slash. */
async function find(root: string, { segments, slash }: Path): Promise<File | 'folder' | null> {
  if (segments.some(isHidden) || (segments.length === 1 && segments[0] === 'naru.yaml')) return null
  const path = join(root, ...segments)
  if (slash) return openFile(root, join(path, 'index.html'))
  const file = (await openFile(root, path)) ?? (await openFile(root, `${path}.html`))
  if (file !== null) return file
  const index = await openFile(root, join(path, 'index.html'))
  await index?.handle.close()
  return index === null ? null : 'folder'
}

const isHidden = (segment: string, place: number): boolean =>
  (segment.startsWith('.') && !(place === 0 && segment === '.well-known')) ||
  /[/\\\0]/.test(segment)

/** Null for what is no file, cannot be read, or lies elsewhere. */
async function openFile(root: string, path: string): Promise<File | null> {
  try {
    const real = await realpath(path)
    if (!real.startsWith(root === sep ? sep : `${root}${sep}`)) return null
    // Without waiting: a pipe would hold the request until somebody writes to it.
    const handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await handle.stat({ bigint: true }).catch(closing(handle))
    if (!stat.isFile()) {
      await handle.close()
      return null
    }
    // Every slug is unpacked at its own time, so a file of another release never has the same tag.
    const etag = `"${stat.size.toString(36)}-${stat.mtimeNs.toString(36)}"`
    return { handle, name: path, size: Number(stat.size), etag, modified: stat.mtime }
  } catch (error) {
    if (absent.has(codeOf(error))) return null
    throw error
  }
}

const absent = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO'])

const closing =
  (handle: FileHandle) =>
  async (error: unknown): Promise<never> => {
    await handle.close()
    throw error
  }

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  file: File,
  status: number,
): Promise<void> {
  const { handle, name, size, etag, modified } = file
  try {
    response.setHeader('Content-Type', contentType(name))
    if (status === 200) {
      response.setHeader('ETag', etag)
      response.setHeader('Last-Modified', modified.toUTCString())
      response.setHeader('Accept-Ranges', 'bytes')
      if (isHashed(name)) response.setHeader('Cache-Control', 'public, max-age=31536000, immutable')
      if (knows(request.headers['if-none-match'], etag)) return end(response, 304)
    }
    const range = status === 200 ? rangeOf(request, size, etag) : null
    if (range === 'unsatisfiable') {
      response.setHeader('Content-Range', `bytes */${size}`)
      return say(response, 416, 'The file is shorter than that')
    }
    await sendBytes(request, response, { handle, size, range, status })
  } finally {
    await handle.close()
  }
}

type Part = { handle: FileHandle; size: number; range: ByteRange | null; status: number }

async function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  { handle, size, range, status }: Part,
) {
  const { start, end: last } = range ?? { start: 0, end: size - 1 }
  response.statusCode = range === null ? status : 206
  if (range !== null) response.setHeader('Content-Range', `bytes ${start}-${last}/${size}`)
  response.setHeader('Content-Length', last - start + 1)
  if (request.method === 'HEAD' || size === 0) return void response.end()
  await pipeline(handle.createReadStream({ start, end: last, autoClose: false }), response)
}

function rangeOf(
  request: IncomingMessage,
  size: number,
  etag: string,
): ByteRange | 'unsatisfiable' | null {
  const condition = request.headers['if-range']
  // The rest of another version must not be put behind the beginning of this one.
  if (condition !== undefined && condition !== etag) return null
  return request.method === 'GET' ? byteRange(request.headers.range, size) : null
}

function knows(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}

/**
 * Whether a name holds a hash of its content, so that it never means anything else: hex digits as webpack
 * writes them anywhere, the short mixed ones of Vite, Rollup and esbuild only in the folders that those write.
 */
export function isHashed(path: string): boolean {
  const hex = /[.-]([0-9a-f]{8,64})(?:\.\w+){1,3}$/.exec(path)?.[1]
  if (hex !== undefined && /\d/.test(hex) && /[a-f]/.test(hex)) return true
  const mixed =
    /\/(?:assets|static|immutable|_astro|_nuxt)\/(?:.*\/)?[^/]*[.-]([\w-]{8})(?:\.[a-z]\w*){1,2}$/.exec(
      path,
    )?.[1]
  return mixed !== undefined && /\d/.test(mixed) && /[A-Z]/.test(mixed)
}

function redirect(request: IncomingMessage, response: ServerResponse, { segments }: Path): void {
  const query = /\?[^#]*/.exec(request.url ?? '')?.[0] ?? ''
  response.setHeader('Location', `/${segments.map(encodeURIComponent).join('/')}/${query}`)
  say(response, 301, 'It is a folder')
}

function say(response: ServerResponse, status: number, text: string): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.statusCode = status
  response.end(`${text}\n`)
}

function end(response: ServerResponse, status: number): void {
  response.statusCode = status
  response.removeHeader('Content-Type')
  response.end()
}

function fail(response: ServerResponse, error: unknown): void {
  // The visitor went away in the middle of a file.
  if (response.destroyed) return
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  if (response.headersSent) response.destroy()
  else say(response, codeOf(error) === 'EMFILE' ? 503 : 500, 'This could not be read just now')
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

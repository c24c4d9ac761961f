import { PassThrough, type Readable } from 'node:stream'
import { NaruError } from '../base/error.ts'
import { gitReason, startGit } from './git.ts'

/** The commit's files as a tar. Ends only when git succeeded, fails with `git.failed` otherwise; destroying it ends git. */
export function streamArchive(repository: string, commit: string): Readable {
  const child = startGit(['archive', '--format=tar', commit], { repository })
  const tar = new PassThrough()
  let said = ''
  child.stdin.on('error', () => {}) // Git reads nothing here; that it ended says more than its closed stdin.
  child.stdin.end()
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-4096)
  })
  child.stdout.pipe(tar, { end: false })
  child.on('error', () => tar.destroy(new NaruError('git.missing', {})))
  child.on('close', (code) => {
    if (code === 0) tar.end()
    else
      tar.destroy(
        new NaruError('git.failed', { command: 'git archive', reason: gitReason(said, code) }),
      )
  })
  tar.on('close', () => child.kill())
  return tar
}

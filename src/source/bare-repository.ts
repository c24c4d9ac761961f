import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { randomId } from '../base/id.ts'
import { git } from './git.ts'

/**
 * Nothing but Naru moves a ref here: every ref goes to the hook. Objects of a push that did not go live have no
 * branch; git must not throw them away on its own, so that all its automatic cleaning is off (see `collect`).
 * What arrives is checked, since a tree may name `..` or `.git`; the three faults that honest old histories have
 * are let through. A push is on the disk before it is answered. Commits that were pushed before are shown to
 * pushers, whose git then sends only what is new, and hidden from clones.
 */
const config = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	logAllRefUpdates = false
	fsync = committed
	fsyncMethod = batch
[gc]
	auto = 0
[maintenance]
	auto = false
[receive]
	procReceiveRefs = refs/
	autogc = false
	fsckObjects = true
[receive "fsck"]
	badTimezone = ignore
	missingSpaceBeforeDate = ignore
	zeroPaddedFilemode = ignore
[uploadpack]
	hideRefs = refs/naru
[tar]
	umask = 0022
`

/** An artifact is made of all the files of a commit, as they are in it, whatever its `.gitattributes` leaves out of archives. */
const attributes = '* -export-ignore -export-subst\n'

const procReceive = `#!/bin/sh
exec "$NARU_NODE" "$NARU_CLI" proc-receive
`

/** Makes the bare repository, or repairs it: a crash at any point leaves what the next call completes. The hook comes last. */
export async function makeBareRepository(repository: string): Promise<void> {
  if (await isUpToDate(repository)) return
  await mkdir(dirname(repository), { recursive: true, mode: 0o700 })
  await mkdir(repository, { recursive: true, mode: 0o700 })
  await git(['init', '--quiet', '--bare', '--template=', '--initial-branch=main'], { repository })
  for (const folder of ['info', 'hooks']) await mkdir(join(repository, folder), { recursive: true })
  for (const [name, text] of files) await replaceFile(join(repository, name), text)
}

/** Removes it from its name at once, then from the disk; what an earlier call left on the disk, too. */
export async function removeBareRepository(repository: string): Promise<void> {
  const aside = `${repository}.removed`
  await rm(aside, { recursive: true, force: true })
  try {
    await rename(repository, aside)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  await rm(aside, { recursive: true, force: true })
}

/** Whether it was made to the end once, by this Naru or an older one. */
export async function isMade(repository: string): Promise<boolean> {
  return (await readIfThere(join(repository, 'hooks/proc-receive'))) !== undefined
}

async function isUpToDate(repository: string): Promise<boolean> {
  const found = await Promise.all(files.map(([name]) => readIfThere(join(repository, name))))
  return files.every(([, text], index) => found[index] === text)
}

/** All that Naru writes into a repository by itself; the hook is the sign that the rest is there. */
const files = [
  ['config', config],
  ['info/attributes', attributes],
  ['hooks/proc-receive', procReceive],
] as const

async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomId()}`
  await writeFile(aside, text)
  await chmod(aside, text.startsWith('#!') ? 0o700 : 0o600)
  await rename(aside, path)
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const isMissing = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

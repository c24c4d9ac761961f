import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { checkedLabel } from '../../model/name.ts'
import { credentialConfig } from '../../source/credential.ts'
import { addressesOf } from '../address.ts'
import { appOfFile, askGit } from '../app-name.ts'
import { define } from '../define.ts'
import { git, repositoryRoot } from '../git.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { targetOf } from '../target.ts'

export function addInit(naru: Command, session: Session): void {
  const say = session.words.commands.init
  define(naru, {
    usage: 'init',
    summary: say.summary,
    examples: ['naru init', 'naru init --app hello'],
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const root = await repositoryRoot(session.folder)
    const name = await nameFor(root, asked.app)
    const api = apiOf(session, asked)
    const { folder } = targetOf(session.environment, asked)
    const [{ app, created }, server] = await Promise.all([api.createApp(name), api.server()])
    const remote = `${api.address.replace(/\/$/, '')}/git/${name}.git`
    await joinRepository(root, name, remote)
    const helper = folder === null ? null : join(folder, 'git-credential')
    const hasHelper = helper !== null && existsSync(helper)
    if (hasHelper) await setCredential(root, api.address, helper)
    const next = await nextPush(root, session)
    const { byName, host, byNumber } = addressesOf(server, name)
    if (asked.json)
      return out(JSON.stringify({ app, created, remote, push: next, address: byName }))
    out(
      [
        created ? say.made(name) : say.existed(name),
        ...(hasHelper ? [] : [say.password]),
        '',
        say.next(next),
        say.visit(byName),
        say.or(`curl -H 'Host: ${host}' ${byNumber}`),
      ].join('\n'),
    )
  })
}

/** `--app`, what naru.yaml says, what an earlier init chose, or the folder's name made a label. */
async function nameFor(root: string, asked: string | undefined): Promise<string> {
  if (asked !== undefined) return checkedLabel('app', asked)
  const known =
    (await appOfFile(root)) ?? (await askGit(root, ['config', '--local', '--get', 'naru.app']))
  return checkedLabel('app', known || labelOf(basename(root)))
}

/** "My Shop_2" becomes "my-shop-2"; what has no letter stays as it is and is refused by its name. */
export function labelOf(folder: string): string {
  const label = folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return label === '' ? folder : label
}

async function joinRepository(root: string, app: string, remote: string): Promise<void> {
  const known = await askGit(root, ['remote', 'get-url', 'naru'])
  await git(root, ['remote', known === undefined ? 'add' : 'set-url', 'naru', remote])
  await git(root, ['config', '--local', 'naru.app', app])
}

/** Git finds the token by itself, and it is not in `.git/config`. */
async function setCredential(root: string, address: string, helper: string): Promise<void> {
  const entries = credentialConfig(address, helper)
  for (const key of new Set(entries.map((entry) => entry.key))) {
    await git(root, ['config', '--local', '--unset-all', key], [0, 5]) // 5: it was not set.
  }
  for (const { key, value } of entries) await git(root, ['config', '--local', '--add', key, value])
}

async function nextPush(root: string, { words }: Session): Promise<string> {
  const branch = await askGit(root, ['symbolic-ref', '--short', 'HEAD'])
  const hasCommit = (await askGit(root, ['rev-parse', '--verify', '--quiet', 'HEAD'])) !== undefined
  const push = branch === 'main' ? 'git push naru main' : 'git push naru HEAD:main'
  return hasCommit ? push : words.commands.init.commitFirst(push)
}

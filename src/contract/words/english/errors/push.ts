import type { Facts } from '../../../../base/error.ts'
import { isLabel } from '../../../../model/name.ts'
import type { ErrorWords } from '../../said.ts'
import { quoted, shortRef } from '../../text.ts'
import { listed } from '../grammar.ts'

export const pushErrors = {
  'push.branch': ({ app, branch, deployed, named }) => ({
    message: `no environment of ${app} deploys the branch ${quoted(branch)}: ${listed(deployed.map((one) => `${one.environment} deploys ${one.branch}`))}; nothing changed`,
    hint: elsewhere(branch, deployed, named),
  }),
  'push.tag': ({ tag }) => ({
    message: `a tag is not deployed, and this push is of the tag ${quoted(tag)}; nothing changed`,
    hint: 'git push naru HEAD:main',
  }),
  'push.deletion': ({ ref }) => ({
    message: `${shortRef(ref)} cannot be deleted here, and what serves keeps serving`,
    hint: 'naru destroy removes the whole app, naru env destroy one environment of it',
  }),
  'push.not-a-branch': ({ ref }) => ({
    message: `only branches are deployed, and this push is to ${quoted(ref)}; nothing changed`,
    hint: 'git push naru HEAD:main',
  }),
  'push.several': () => ({
    message: 'one push deploys one branch, and this one carries several refs; nothing changed',
    hint: 'git push naru main',
  }),
  'commit.unknown': ({ app, commit }) => ({
    message: `the repository of ${app} has no commit ${quoted(commit.slice(0, 12))}`,
    hint: 'git push naru main',
  }),
  'repository.none': ({ folder }) => ({
    message: `${folder} is not inside a git repository`,
    hint: 'git init',
  }),
} satisfies Partial<ErrorWords>

/** Whoever says master means main; a branch of its own name wants an environment. */
function elsewhere(
  branch: string,
  deployed: Facts['push.branch']['deployed'],
  named: string | null,
): string {
  const usual = deployed.find(({ environment }) => environment === 'production')?.branch ?? 'main'
  const push = `git push naru ${branch}:${usual}`
  if (branch === 'master' && usual === 'main') return push
  const create = isLabel(named ?? branch)
    ? `naru env create ${named ?? branch}`
    : `naru env create NAME --branch ${branch}`
  return `${create} gives it an environment; ${push} deploys it to production`
}

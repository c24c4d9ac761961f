import type { Facts } from '../../../../base/error.ts'
import { branchWays } from '../../branch-ways.ts'
import type { ErrorWords } from '../../said.ts'
import { quoted, shortRef } from '../../text.ts'
import { listed } from '../grammar.ts'

export const pushErrors = {
  'push.branch': (facts) => ({
    message: `no environment of ${facts.app} deploys the branch ${quoted(facts.branch)}: ${listed(facts.deployed.map((one) => `${one.environment} deploys ${one.branch}`))}; nothing changed`,
    hint: waysOf(facts),
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

function waysOf(facts: Facts['push.branch']): string {
  const { create, push } = branchWays(facts)
  return create === null
    ? push
    : `${create} gives it an environment; ${push} deploys it to production`
}

import type { Facts } from '../../base/error.ts'
import { production } from '../../model/environment.ts'
import { isLabel } from '../../model/name.ts'

/**
 * What to type for a branch that no environment deploys: to make one of its own, and to deploy it to production all the
 * same. Whoever says master means main and wants no environment: then `create` is null.
 */
export function branchWays({ branch, deployed, named }: Facts['push.branch']): {
  create: string | null
  push: string
} {
  const usual = deployed.find(({ environment }) => environment === production)?.branch ?? 'main'
  const push = `git push naru ${branch}:${usual}`
  if (branch === 'master' && usual === 'main') return { create: null, push }
  const create = isLabel(named ?? branch)
    ? `naru env create ${named ?? branch}`
    : `naru env create NAME --branch ${branch}`
  return { create, push }
}

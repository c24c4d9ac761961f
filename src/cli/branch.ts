import type { ApiClient } from '../contract/client.ts'
import { type Place, production } from '../model/environment.ts'

/** The branch to push so that something comes to the place. */
export async function branchOf(api: ApiClient, { app, environment }: Place): Promise<string> {
  const found = (await api.environments(app)).find(({ name }) => name === environment)
  return found?.branch ?? (environment === production ? 'main' : environment)
}

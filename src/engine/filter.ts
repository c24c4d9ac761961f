import type { SetId } from '../model/set.ts'
import type { InstanceFilter } from './engine.ts'

/** Whether instances of the set are asked for. */
export const fits = (set: SetId, { app, environment, service, release }: InstanceFilter): boolean =>
  (app === undefined || set.app === app) &&
  (environment === undefined || set.environment === environment) &&
  (service === undefined || set.service === service) &&
  (release === undefined || set.release === release)

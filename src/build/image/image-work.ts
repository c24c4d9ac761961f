import type { Images } from '../../engine/images.ts'
import type { BuildLog } from '../log.ts'
import type { BuildRequest, Workshop } from '../workshop.ts'
import type { ImagePlan } from './image-plan.ts'

/** One build of an image, and all that it is given. */
export type ImageWork = {
  request: BuildRequest
  workshop: Workshop
  images: Images
  plan: ImagePlan
  log: BuildLog
  /** Also fires when the time is up. */
  signal: AbortSignal
}

export const isTimeout = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && reason instanceof Error && reason.name === 'TimeoutError'

import type { Readable } from 'node:stream'
import type { Secret } from '../base/secret.ts'
import type { Command } from '../model/spec.ts'

/** Where images are built, kept, and tried before they are released. */
export interface Images {
  /**
   * Builds an image and gives its ID. Rejects with `ImageBuildError` for what the Dockerfile does, with the reason of `signal`
   * once nothing of it runs any more, with `engine.unavailable` where nobody answers.
   */
  build(wish: ImageWish, signal: AbortSignal): Promise<{ id: string }>
  /** Whether it is there. */
  has(id: string): Promise<boolean>
  /** Runs a command in a container of an image, which is gone when this resolves. */
  run(step: ImageStep, signal: AbortSignal): Promise<{ exitCode: number }>
}

export type ImageWish = {
  /** For its label and its name. */
  app: string
  build: number
  /** The files as a tar; the Dockerfile is one of them. */
  context: Readable
  dockerfile: string
  /** Undefined: the last stage. */
  target?: string
  args: Readonly<Record<string, string>>
  /** Whether what the Dockerfile begins with is fetched anew although it is here. */
  fetches: boolean
  /** What `RUN --mount=type=secret` may read, by its id. */
  secrets: Readonly<Record<string, Secret>>
  /** Who Naru is at a registry, by its host; null: nobody there. */
  loginAt(host: string): Promise<RegistryAccess | null>
  progress(event: ImageProgress): Promise<void>
}

export type RegistryAccess = { user: string; password: Secret }

export type ImageStep = {
  app: string
  build: number
  image: string
  command: Command
  environment: Readonly<Record<string, string>>
  output(chunk: Buffer): Promise<void>
}

/** What becomes of an instruction of the Dockerfile, "[build 2/5] RUN npm ci". `seconds` is how long it took. */
export type ImageProgress =
  | { is: 'begun'; step: string }
  | { is: 'output'; step: string; chunk: Buffer }
  | { is: 'done'; step: string; cached: boolean; seconds: number }
  | { is: 'failed'; step: string; reason: string; seconds: number }

/** An image could not be built because of what is in its Dockerfile or its files. `message` is the daemon's reason. */
export class ImageBuildError extends Error {
  override readonly name = 'ImageBuildError'
}

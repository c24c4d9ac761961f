import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type Ran, type RunOptions, run } from '../support/naru.ts'

/** The command line as people get it, one bundled program, with a home and a folder to stand in. */
export class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), 'naru-cli-'))
  readonly programs = join(this.folder, 'dist')
  readonly program = join(this.programs, 'cli.cjs')
  readonly home = join(this.folder, 'home')
  readonly work = join(this.folder, 'work')
  readonly data = join(this.folder, 'data')

  static async made(): Promise<Rig> {
    const rig = new Rig()
    for (const folder of [rig.home, rig.work, rig.programs]) mkdirSync(folder)
    await build({
      entryPoints: [join(import.meta.dirname, '../../src/main/cli.ts')],
      outfile: rig.program,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'error',
    })
    return rig
  }

  naru(args: string[], options: RunOptions = {}): Promise<Ran> {
    return run(process.execPath, [this.program, ...args], this.#with(options))
  }

  git(...args: string[]): Promise<Ran> {
    return run('git', args, this.#with({}))
  }

  environment(more: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.home,
      NARU_DATA: this.data,
      TZ: 'UTC',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.com',
      ...more,
    }
  }

  write(name: string, text: string, mode = 0o644): string {
    const file = join(this.folder, name)
    writeFileSync(file, text)
    chmodSync(file, mode)
    return file
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #with({ folder = this.work, environment, input }: RunOptions): RunOptions {
    return {
      folder,
      environment: this.environment(environment),
      ...(input === undefined ? {} : { input }),
    }
  }
}

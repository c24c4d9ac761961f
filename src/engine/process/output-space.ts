import { stat, truncate } from 'node:fs/promises'
import type { Log } from '../../base/log.ts'
import { runProgram } from '../../base/program.ts'

/** What a file may have grown to, holes included, before it is cut to nothing: far below what any file system holds. */
const longestBytes = 2 ** 40

/** Gives the disk back what was read of an output file, while its program goes on writing to the end of it. */
export class OutputSpace {
  readonly #log: Log
  #canPunch = true

  constructor(log: Log) {
    this.#log = log
  }

  /**
   * Frees the bytes before `end`, where all before `from` is free already. `cut`: the whole file was emptied, and
   * reading goes on at its start; a line that was written at that very moment may be lost. `later`: nothing was
   * freed, since more has been written that is still to be read.
   */
  async free(file: string, from: number, end: number): Promise<'freed' | 'cut' | 'later'> {
    if (this.#canPunch && end < longestBytes && (await this.#punch(file, from, end))) return 'freed'
    if ((await stat(file)).size > end) return 'later'
    await truncate(file, 0)
    return 'cut'
  }

  async #punch(file: string, from: number, end: number): Promise<boolean> {
    const range = ['--offset', String(from), '--length', String(end - from)]
    try {
      const { code, stderr } = await runProgram('fallocate', [
        '--punch-hole',
        '--keep-size',
        ...range,
        '--',
        file,
      ])
      if (code === 0) return true
      return this.#giveUp(stderr.trim())
    } catch (error) {
      return this.#giveUp(error instanceof Error ? error.message : String(error))
    }
  }

  #giveUp(reason: string): false {
    this.#canPunch = false
    this.#log.warn(
      'output files are emptied after they were read, since no hole can be punched into them here',
      { reason },
    )
    return false
  }
}

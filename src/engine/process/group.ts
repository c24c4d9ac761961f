import {
  carriersOf,
  livingProcess,
  livingProcesses,
  type ProcessEntry,
  type ProcessIdentity,
} from '../../base/processes.ts'
import { instanceVariable } from './environment.ts'

/**
 * All processes of one run of an instance: its launcher's process group, and what has left the group but
 * still carries the instance's name. A number that went to an innocent process is never taken for one of them.
 */
export class ProcessGroup {
  readonly leader: ProcessIdentity
  readonly #instance: string
  /** Processes that were in the group while it was ours: as long as one lives, the group's number cannot go to another. */
  readonly #seen = new Set<string>()

  constructor(leader: ProcessIdentity, instance: string) {
    this.leader = leader
    this.#instance = instance
    this.#seen.add(key(leader))
  }

  leaderLives(): boolean {
    return livingProcess(this.leader.pid)?.startTime === this.leader.startTime
  }

  /** Living processes of the instance; a zombie is dead. */
  members(): ProcessEntry[] {
    const all = livingProcesses().filter(({ startTime }) => startTime >= this.leader.startTime)
    const inGroup = all.filter((entry) => entry.group === this.leader.pid)
    const named = carriersOf(
      all.filter(({ pid }) => pid !== process.pid),
      instanceVariable,
      this.#instance,
    )
    const ours = inGroup.some((entry) => this.#seen.has(key(entry)) || named.has(entry.pid))
    const group = ours ? inGroup : []
    for (const entry of group) this.#seen.add(key(entry))
    return [
      ...group,
      ...all.filter((entry) => entry.group !== this.leader.pid && named.has(entry.pid)),
    ]
  }

  isEmpty(): boolean {
    return !this.leaderLives() && this.members().length === 0
  }

  /** Signals the whole group at once, and each process that has left it. */
  signal(signal: NodeJS.Signals): void {
    const members = this.members()
    if (members.some((entry) => entry.group === this.leader.pid)) send(-this.leader.pid, signal)
    for (const entry of members) if (entry.group !== this.leader.pid) send(entry.pid, signal)
  }
}

const key = ({ pid, startTime }: ProcessIdentity): string => `${pid}/${startTime}`

/** Signals a process, or the group of a negative number; fine if it has ended. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // It has ended meanwhile, or runs as somebody else by a program like sudo: then it is waited for.
    if (
      !(
        error instanceof Error &&
        'code' in error &&
        ['ESRCH', 'EPERM'].includes(String(error.code))
      )
    )
      throw error
  }
}

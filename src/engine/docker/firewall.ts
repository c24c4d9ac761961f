import type { Log } from '../../base/log.ts'
import { runProgram } from '../../base/program.ts'
import { refusalOf } from './daemon.ts'
import { bridgePrefix } from './networks.ts'

/** Connections that begin in a network of Naru's and end at this machine itself; answers to the router are none. */
const rule = [
  ...['-i', `${bridgePrefix}+`, '-m', 'conntrack', '--ctstate', 'NEW'],
  ...['-m', 'comment', '--comment', 'naru: containers reach no port of this machine'],
  ...['-j', 'REJECT'],
]

/** What keeps containers from the ports of this machine. */
export class Wall {
  /** Why they can reach them; null while they cannot. */
  exposed: string | null = null
  /** Resolves when nothing is being done to it. */
  settled: Promise<void> = Promise.resolve()

  constructor(private readonly log: Log) {}

  /** Puts it up where it is not; where that is not possible it is said once. */
  keep(): void {
    this.settled = this.settled.then(async () => {
      const reason = await closeMachine().catch(refusalOf)
      if (reason !== null && reason !== this.exposed)
        this.log.warn('containers can reach the ports of this machine', { reason })
      this.exposed = reason
    })
  }
}

/**
 * Keeps what runs in Naru's networks from the ports of this machine, until it starts anew; safe to repeat, and to be
 * repeated: whatever manages the firewall may take it away. Gives why it cannot, or null. What the machine forwards to
 * others is left alone.
 */
async function closeMachine(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'only root may change the firewall'
  try {
    const there = await iptables('--check', 'INPUT')
    if (there.code === 0) return null
    const { code, stderr } = await iptables('--insert', 'INPUT', '1')
    return code === 0 ? null : stderr.trim() || `iptables ended with exit code ${code}`
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return 'there is no iptables'
    throw error
  }
}

/** Another program may hold the tables for a moment. */
const iptables = (...what: string[]) => runProgram('iptables', ['--wait', '5', ...what, ...rule])

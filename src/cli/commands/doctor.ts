import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import type { DoctorFinding } from '../../contract/doctor.ts'
import { firstAddresses, readAddresses } from '../addresses.ts'
import { lookAtBoot } from '../boot/boot.ts'
import { define } from '../define.ts'
import { lookAtDocker } from '../doctor/docker.ts'
import { lookAtDisk, lookAtMachine } from '../doctor/machine.ts'
import { lookAtServer } from '../doctor/server.ts'
import { lookAtTools } from '../doctor/tools.ts'
import { runningServer } from '../running-server.ts'
import { type Session, shared } from '../session.ts'
import type { Colour, Terminal } from '../terminal.ts'

/** Looks at this machine and the server on it, and says of each thing how it stands and what to do. */
export function addDoctor(naru: Command, session: Session): void {
  const words = session.words.commands.doctor
  define(naru, {
    usage: 'doctor',
    summary: words.summary,
    examples: ['naru doctor', 'naru doctor --json'],
    app: false,
  }).action(async (_options: unknown, command: Command) => {
    const { data, json } = shared(command, session)
    const findings = await lookAround(session, data)
    if (json) session.terminal.out(JSON.stringify({ findings }))
    else for (const found of findings) print(session, found)
    const bad = findings.filter(({ state }) => state === 'bad').length
    if (bad > 0) throw new NaruError('doctor.bad', { count: bad })
    if (!json) session.terminal.out(words.well)
  })
}

async function lookAround({ environment }: Session, data: string): Promise<DoctorFinding[]> {
  const addresses = readAddresses(data) ?? firstAddresses
  const machine = await lookAtMachine(environment, data)
  const running = await runningServer(data)
  const server = await lookAtServer(running, addresses)
  return [
    ...machine,
    await lookAtDisk(data),
    ...server,
    ...(await lookAtDocker(environment, running)),
    await lookAtBoot(data, environment),
    ...(await lookAtTools()),
  ]
}

function print({ terminal, words }: Session, found: DoctorFinding): void {
  const { what, toDo } = words.commands.doctor.say(found)
  terminal.out(`${mark(terminal, found.state)} ${what}`)
  if (toDo !== undefined) terminal.out(`  → ${toDo}`)
}

const marks: Record<DoctorFinding['state'], [string, Colour]> = {
  good: ['✓', 'green'],
  note: ['·', 'dim'],
  warning: ['!', 'yellow'],
  bad: ['✖', 'red'],
}

function mark({ outPaint }: Terminal, state: DoctorFinding['state']): string {
  const [sign, colour] = marks[state]
  return outPaint(colour, sign)
}

import type { Gateway } from './gateway.ts'
import type { Machine } from './machine.ts'
import type { Server } from './server.ts'
import type { Surroundings } from './surroundings.ts'

/** How often each strikes, out of all. */
const disasters = {
  'the server dies': 10,
  'the server is told to end': 4,
  'the machine starts again': 2,
  'the router dies': 5,
  'a program dies': 12,
  'a program falters': 6,
  'the disk is full': 4,
  'calls fail': 6,
  'everything is slow': 4,
  'the clock is set': 3,
}

export type Struck = { machine: Machine; gateway: Gateway; server: Server | null }

/** What befalls a world that is not calm. Returns whether the server that lives has been told to end. */
export function strike(around: Surroundings, { machine, gateway, server }: Struck): boolean {
  const { random, agenda, trouble, trace } = around
  const disaster = random.weighted(disasters)
  trace.line(`${agenda.nowMs} disaster: ${disaster}`)
  const forSome = (meanMs: number, name: string, over: () => void) =>
    agenda.in(random.around(meanMs), name, over)
  const programs = [...machine.programs.values()]
  switch (disaster) {
    case 'the server dies':
      if (server !== null) server.life.pointsLeft = random.between(0, 60)
      return false
    case 'the server is told to end':
      return server !== null
    case 'the machine starts again':
      if (server !== null) server.life.pointsLeft = 0
      server?.life.point()
      gateway.die()
      machine.restart()
      forSome(2000, 'the router starts', () => gateway.comeBack())
      return false
    case 'the router dies':
      gateway.die()
      forSome(random.chance(0.8) ? 1000 : 40_000, 'the router starts', () => gateway.comeBack())
      return false
    case 'a program dies':
      if (programs.length > 0) machine.kill(random.pick(programs), random.chance(0.5) ? 1 : null)
      return false
    case 'a program falters':
      if (programs.length > 0) machine.falter(random.pick(programs))
      return false
    case 'the disk is full':
      trouble.isDiskFull = true
      forSome(4000, 'there is room again', () => {
        trouble.isDiskFull = false
      })
      return false
    case 'calls fail':
      trouble.failing = random.pick([0.02, 0.1, 0.5])
      forSome(5000, 'calls fail no more', () => {
        trouble.failing = 0
      })
      return false
    case 'everything is slow':
      trouble.slowness = random.pick([5, 50, 500])
      forSome(8000, 'nothing is slow any more', () => {
        trouble.slowness = 1
      })
      return false
    case 'the clock is set':
      around.setWall(random.pick([-86_400_000, -3_600_000, 3_600_000, 86_400_000]))
      return false
  }
}

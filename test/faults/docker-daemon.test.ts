import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whereOwnDaemon } from '../support/docker.ts'
import { Naru, until } from '../support/naru.ts'
import { OwnDaemon } from '../support/own-daemon.ts'
import { DockerSubject, release } from './docker-subject.ts'

/** The Docker daemon itself is restarted, killed and hung, while visitors ask. */

describe.each([
  ['with live-restore', true],
  ['without live-restore', false],
])('a Docker daemon %s', whereOwnDaemon, (_, liveRestore) => {
  let daemon: OwnDaemon
  let naru: Naru
  beforeAll(async () => {
    daemon = await OwnDaemon.started({ liveRestore })
    naru = await Naru.create('docker')
    naru.more = daemon.environment
    await naru.up()
  })
  afterAll(async () => {
    await naru?.close()
    await daemon?.end()
  })

  const serving = async (app: string, more: object = {}) => {
    const it = await DockerSubject.serving(naru, app, release(1, more))
    it.docker = daemon.docker
    return it
  }
  const ids = async (it: DockerSubject) => (await it.instances()).map(({ id }) => id).sort()

  it.each([
    ['that is restarted', 'restarted', () => daemon.restart()],
    ['that is killed', 'killed', () => daemon.kill().then(() => daemon.start())],
  ])(
    '%s costs what must end with it alone, and nothing is deployed for it',
    async (_, app, act) => {
      const it = await serving(app, { replicas: 2 })
      const before = await ids(it)
      const visitors = await it.underLoad(async () => {
        await act()
        await it.isWhole(2)
        await it.serves(1)
      })
      expect(await ids(it)).toEqual(before)
      expect(await it.deployments()).toHaveLength(1)
      expect(visitors.seen).toEqual(['v1'])
      if (liveRestore) {
        expect(visitors.failures).toEqual([])
        expect((await it.instances()).map(({ restarts }) => restarts)).toEqual([0, 0])
      }
      expect((await it.repository.deploy(release(2))).output).toContain('live at')
    },
  )

  it.each(['starting', 'baking'] as const)(
    'that is restarted while a release is %s does not keep that from its end',
    async (status) => {
      const it = await serving(`mid-${status}`)
      const visitors = await it.underLoad(async () => {
        const two = release(2, { healthyFor: '2s', settle: '4s' })
        const pushed = await it.deployThen(two, status, () => daemon.restart())
        expect(pushed.output).toContain('live at')
        await until(() => it.isOver(), 'the deployment to end')
      })
      expect(await it.newest()).toMatchObject({ number: 2, status: 'succeeded' })
      await it.serves(2)
      await it.isWhole(2)
      if (liveRestore) expect(visitors.failures).toEqual([])
    },
  )
})

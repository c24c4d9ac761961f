import { expect, it } from 'vitest'
import { dockerSocket, whyApart } from '../../src/base/docker-socket.ts'

it('a Docker Engine is reached where DOCKER_HOST says, if that is a socket of this machine', () => {
  expect(dockerSocket(undefined)).toBe('/var/run/docker.sock')
  expect(dockerSocket('')).toBe('/var/run/docker.sock')
  expect(dockerSocket('unix:///run/user/1000/docker.sock')).toBe('/run/user/1000/docker.sock')
  expect(dockerSocket('tcp://10.0.0.1:2375')).toBeUndefined()
  expect(dockerSocket('ssh://ada@elsewhere')).toBeUndefined()
})

it.each([
  ['the usual one', {}, 'linux', null],
  ['one on a Mac', {}, 'darwin', 'virtual machine'],
  ['Docker Desktop', { OperatingSystem: 'Docker Desktop' }, 'linux', 'Docker Desktop'],
  [
    'a rootless one',
    { SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] },
    'linux',
    'rootless',
  ],
] as const)('of %s it is known whether containers can be reached', (_, info, platform, said) => {
  const reason = whyApart({ ServerVersion: '27.0.1', ...info }, platform)
  if (said === null) expect(reason).toBeNull()
  else expect(reason).toContain(said)
})

/** How an image is built. */
export const imageBuild = {
  dockerfile: {
    value: { is: 'folder' },
    otherwise: 'Dockerfile where there is one; else one is made from the files',
    means: 'The Dockerfile that builds the image, inside build.folder; on the docker engine alone.',
    example: 'dockerfile: docker/web.Dockerfile',
  },
  target: {
    value: { is: 'stage' },
    otherwise: 'the last stage',
    means: 'The stage of the Dockerfile that is built; on the docker engine alone.',
    example: 'target: runtime',
  },
  args: {
    value: { is: 'settings' },
    otherwise: 'none',
    means:
      'Build arguments of the Dockerfile, which are no place for secrets; on the docker engine alone.',
    example: 'args: { APP_VERSION: "2" }',
  },
  secrets: {
    value: { is: 'secrets' },
    otherwise: 'none',
    means:
      'Secrets of the environment that steps of the Dockerfile may read, by RUN --mount=type=secret,id=NAME; they are in no layer and no log. On the docker engine alone.',
    example: 'secrets: [NPM_TOKEN]',
  },
  packages: {
    value: { is: 'packages' },
    otherwise: 'none',
    means:
      'Packages of Debian that an image made from the files has besides; on the docker engine alone.',
    example: 'packages: [ffmpeg]',
  },
} as const

/** What a service has in its container. */
export const container = {
  port: {
    value: { is: 'whole-number', least: 1, most: 65_535 },
    otherwise: 'the one that the image names, else 3000',
    means:
      'Where it listens in its container; PORT says the same. On the process engine every instance gets a port of its own.',
    example: 'port: 3000',
  },
  resources: {
    value: { is: 'mapping', of: 'resources' },
    otherwise: 'no limit but 512 processes',
    means: 'What one instance may use at most; on the docker engine alone.',
    example: 'resources: { cpu: 0.5, memory: 256MB }',
  },
  volumes: {
    value: { is: 'volumes' },
    otherwise: 'none',
    means:
      'Names of volumes with the paths at which their data appears: it outlives instances and releases. A volume has one writer, so the strategy is recreate; on the docker engine alone.',
    example: 'volumes: { uploads: /data }',
  },
} as const

/** What one instance may use. */
export const resources = {
  cpu: {
    value: { is: 'number', least: 0.01, most: 512 },
    otherwise: 'no limit',
    means: 'Cores, of which a half is 0.5.',
    example: 'cpu: 0.5',
  },
  memory: {
    value: { is: 'size', most: 16 * 1024 ** 4 },
    otherwise: 'no limit',
    means: 'Memory; an instance that wants more is ended, and that is said.',
    example: 'memory: 256MB',
  },
  pids: {
    value: { is: 'whole-number', least: 1, most: 65_535 },
    otherwise: '512',
    means: 'Processes and threads together.',
    example: 'pids: 100',
  },
  io: {
    value: { is: 'size', most: 1024 ** 4 },
    otherwise: 'no limit',
    means:
      'Bytes a second that it may read from the disk, and as many that it may write; where the machine can hold it to that. Version 1 of cgroups counts only what goes past the cache.',
    example: 'io: 20MB',
  },
} as const

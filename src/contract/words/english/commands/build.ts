export const build = {
  summary: 'how a folder would be built, without building it',
  print: 'show the plan: what was found, the steps, what is started',
  dockerfile:
    'instead, the Dockerfile that is made for it on the docker engine, to be kept and changed',
  ownDockerfile: (path: string) => `it has a Dockerfile of its own, ${path}, so none is made`,
  noPrint: 'naru build alone builds nothing: git push naru main and naru deploy do',
  planned: (
    folder: string,
    { node, platform, arch }: { node: string; platform: string; arch: string },
    tools: string[],
  ) =>
    `${folder}, planned for this machine: ${[`Node.js ${node}`, ...tools].join(', ')}, ${platform} ${arch}`,
  kind: (kind: string) => `found: ${kind}`,
  steps: 'steps',
  services: 'services',
  jobs: 'jobs',
  inFolder: (folder: string) => `in ${folder === '.' ? 'the root folder' : folder}`,
  site: (folders: string[]) =>
    folders.length === 1
      ? `kept: ${folders[0]}/`
      : `kept: the first of ${folders.map((folder) => `${folder}/`).join(', ')} that has an index.html`,
  foreign: 'files of other tools, not applied',
}

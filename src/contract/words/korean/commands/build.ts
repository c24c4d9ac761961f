import type { Words } from '../../words.ts'

export const build: Words['commands']['build'] = {
  summary: '폴더를 어떻게 빌드할지, 빌드하지 않고 보여 줍니다',
  print: '계획을 보여 줍니다: 찾은 것, 단계, 시작할 것',
  dockerfile:
    '대신, docker 엔진에서 만들어 쓰는 Dockerfile을 보여 줍니다. 저장해서 고쳐 쓸 수 있습니다',
  ownDockerfile: (path) => `저장소에 있는 Dockerfile을 씁니다: ${path}. 따로 만들지 않습니다`,
  noPrint: 'naru build만으로는 빌드하지 않습니다. git push naru main이나 naru deploy가 빌드합니다',
  planned: (folder, { node, platform, arch }, tools) =>
    `${folder}, 이 컴퓨터에 맞춘 계획: ${[`Node.js ${node}`, ...tools].join(', ')}, ${platform} ${arch}`,
  kind: (kind) => `찾은 것: ${kind}`,
  steps: '단계',
  services: '서비스',
  jobs: '작업',
  inFolder: (folder) => (folder === '.' ? '최상위 폴더에서' : `${folder}에서`),
  site: (folders) =>
    folders.length === 1
      ? `남기는 것: ${folders[0]}/`
      : `남기는 것: ${folders.map((folder) => `${folder}/`).join(', ')} 가운데 index.html이 있는 첫 폴더`,
  foreign: '다른 도구의 파일, 적용하지 않음',
}

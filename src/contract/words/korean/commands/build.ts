import type { Words } from '../../words.ts'

export const build: Words['commands']['build'] = {
  summary: '폴더를 어떻게 빌드할지, 빌드하지 않고 보여 줍니다',
  print: '계획을 보여 줍니다: 찾은 것, 단계, 시작할 것',
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

import { registryOf } from '../../../../model/registry.ts'
import type { ErrorWords } from '../../said.ts'
import { quoted } from '../../text.ts'
import { listed, whole } from '../grammar.ts'
import { subject } from '../particles.ts'
import { inKorean } from '../phrases.ts'

/** Why the files of a commit cannot be built as they are. */
export const recipeErrors = {
  'build.procfile': ({ line, found, expected }) => ({
    message: `Procfile ${line}번째 줄을 이해할 수 없습니다. 찾은 것: ${quoted(found)}, 기대한 것: ${inKorean(expected)}`,
    hint: `Procfile ${line}번째 줄을 web: npm start처럼 고친 다음 다시 푸시하십시오`,
  }),
  'build.engine': ({ wanted, found }) => ({
    message: `package.json은 Node.js ${wanted}, .npmrc는 엄격한 확인을 요구하는데 이 컴퓨터에는 ${subject(found)} 있습니다`,
    hint: 'package.json의 engines.node를 넓히거나, 그 Node.js를 설치하고 그것으로 Naru를 시작하십시오',
  }),
  'build.no-folder': ({ folder, folders }) => ({
    message: `naru.yaml의 build.folder가 ${quoted(folder)}인데 커밋의 그 폴더에 파일이 없습니다. 찾은 것: ${listed(folders) || '폴더 없음'}`,
    hint: 'build.folder에 저장소에 있는 폴더를 적고 다시 git push 하십시오',
  }),
  'build.no-output': ({ build, folders }) => ({
    message: `빌드 ${build}에서 보여 줄 페이지가 나오지 않았습니다. index.html을 찾은 곳: ${listed(folders.map((folder) => `${folder}/`))}`,
    hint: 'naru.yaml의 build.output에 폴더를 적거나, services.web.command에 시작 명령을 적으십시오',
  }),
  'build.submodules': ({ paths }) => ({
    message: `커밋에 있는 git 서브모듈의 파일은 함께 푸시되지 않았습니다: ${listed(paths)}`,
    hint: 'naru deploy는 서브모듈까지 폴더를 그대로 보냅니다. 아니면 파일을 커밋하십시오(git subtree)',
  }),
  'build.lfs': ({ paths }) => ({
    message: `Git LFS가 파일을 다른 곳에 둡니다: ${listed(paths)}. 커밋에는 가리키는 글만 있습니다`,
    hint: 'naru deploy는 파일 자체를 보냅니다. 아니면 git lfs migrate export --include="*"',
  }),
  'build.no-dockerfile': ({ path }) => ({
    message: `naru.yaml의 build.dockerfile이 가리키는 ${path} 파일이 커밋에 없습니다`,
    hint: 'naru.yaml의 build.dockerfile을 고치거나 지우고 다시 푸시하십시오',
  }),
  'build.image-unfetched': ({ image, why, reason }) => ({
    message:
      why === 'unknown'
        ? `이미지가 없습니다: ${image} (${reason})`
        : why === 'refused'
          ? `레지스트리가 이미지를 내주지 않습니다: ${image} (${reason})`
          : `이미지를 받지 못했습니다: ${image} (${reason})`,
    hint:
      why === 'refused'
        ? `naru registry login ${registryOf(image)} --user NAME`
        : why === 'unreachable'
          ? `이 명령이 되면 다시 시도하십시오: docker pull ${image}`
          : `naru.yaml의 image에 적은 이름과 태그를 확인하십시오: docker pull ${image}`,
  }),
  'build.dockerfile-failed': ({ build, line, reason }) => ({
    message: `Docker Engine이 빌드 ${build}의 이미지를 만들지 못했습니다${line === null ? '' : `(Dockerfile ${line}번째 줄)`}: ${reason}`,
    hint: `naru builds show ${build}`,
  }),
  'build.timed-out': ({ build, step, limitSeconds }) => ({
    message: `${subject(quoted(step))} 빌드 ${build}의 시간 제한(모든 단계에 ${whole(limitSeconds)})에 걸려 끝났고, 릴리스가 없습니다`,
    hint: `naru builds show ${build}, 또는 naru.yaml에 더 긴 build.timeout`,
  }),
} satisfies Partial<ErrorWords>

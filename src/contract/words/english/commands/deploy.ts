import { sayBytes } from '../../../../base/size.ts'
import { quoted } from '../../text.ts'
import { counted, listed } from '../grammar.ts'

export const deploy = {
  summary: 'build and deploy a folder or an archive, without git',
  name: 'what people read as the title of the build',
  wholeHome: (folder: string) =>
    `${folder} is no app: all that is there would be sent, keys included; nothing was`,
  wholeHomeHint: 'cd FOLDER; naru deploy',
  appMade: (app: string) => `${app} is made`,
  packed: ({
    name,
    files,
    bytes,
    changes,
  }: {
    name: string
    files: number
    bytes: number
    /** Changes that are not committed; null where there is no git. */
    changes: number | null
  }) => {
    const uncommitted =
      changes === null || changes === 0
        ? ''
        : `, with ${counted(changes, 'change')} that ${changes === 1 ? 'is' : 'are'} not committed`
    return `${name}: ${counted(files, 'file')}, ${sayBytes(bytes)}${uncommitted}`
  },
  stripped: (folder: string) =>
    `everything is in the folder ${quoted(folder)}: its content is what is deployed`,
  leftOut: (names: readonly string[]) => `left out: ${listed(names)}`,
  envLeftOut: (names: readonly string[]) =>
    `left out, since secrets belong in Naru and not in the code: ${listed(names)} (naru settings import FILE)`,
  sending: (bytes: number) => `${sayBytes(bytes)} on their way`,
  sent: (bytes: number, seconds: number) => `sent ${sayBytes(bytes)} in ${seconds.toFixed(1)} s`,
  queued: (build: number) => `build ${build} is queued: naru builds show ${build} --follow`,
}

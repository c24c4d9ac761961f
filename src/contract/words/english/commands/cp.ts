import { counted } from '../grammar.ts'

export const cp = {
  summary: 'copy files from a running instance, SERVICE:PATH, or to it',
  oneRemote: 'one of the two is SERVICE:PATH, the other a path here',
  leftOut: (name: string) => `left out, since it is neither a file nor a folder: ${name}`,
  done: (files: number) => `${counted(files, 'file')} copied`,
}

import type { ArgumentKind } from '../../../../base/argument-kind.ts'
import type { ErrorWords } from '../../said.ts'
import { quoted } from '../../text.ts'

export const requestErrors = {
  'naru.broken': ({ report, here }) => ({
    message: `something in Naru broke, and it is Naru's fault: ${report}`,
    hint: here
      ? 'the same again with NARU_DEBUG=1 before it shows where; naru status shows what is serving'
      : 'naru status shows what is serving; where it broke is in server.log in the data folder',
  }),
  'usage.invalid': ({ what, expected }) => ({ message: what, hint: expected }),
  'argument.invalid': ({ kind, text }) => ({
    message: `${quoted(text)} ${argumentKinds[kind].is}`,
    hint: argumentKinds[kind].hint,
  }),
  'request.invalid': ({ issues }) => ({
    message: `the request was refused, and nothing changed: ${issues.join('; ')}`,
    hint: 'naru help',
  }),
  'request.too-large': ({ limitBytes }) => ({
    message: `the request was refused, and nothing changed: its body is larger than ${limitBytes / 1024} KiB`,
    hint: 'send less at a time',
  }),
  'token.missing': () => ({
    message: 'this server answers only with a token, and none was sent',
    hint: 'run this as the user who ran naru up; from elsewhere naru login URL, with a token of that server',
  }),
  'token.invalid': () => ({
    message: 'this server does not know the token that was sent',
    hint: 'run this as the user who ran naru up; from elsewhere naru login URL, with a token of that server',
  }),
  'token.revoked': ({ name, by }) => ({
    message: `${by} revoked the token ${quoted(name)}, which ends what it had open here; a build or deployment that was begun goes on`,
    hint: 'naru login URL, with a token that the server knows',
  }),
  'permission.denied': ({ permission }) => ({
    message: `the token that was sent lacks the permission ${quoted(permission)}`,
    hint: 'whoever owns the server makes one that has it: naru tokens create NAME --kind deployer or owner',
  }),
  'token.exists': ({ name }) => ({
    message: `there is a token ${quoted(name)} already; nothing changed`,
    hint: `naru tokens revoke ${name}, or another name`,
  }),
  'token.unknown': ({ name }) => ({
    message: `there is no token ${quoted(name)}; nothing changed`,
    hint: 'naru tokens',
  }),
  'token.owners': ({ name }) => ({
    message: `the token ${quoted(name)} belongs to the data folder and is put back at every start; it was not revoked`,
    hint: 'to replace it: naru down --keep-apps, remove the file token in the data folder, then naru up',
  }),
  'context.unknown': ({ name, contexts }) => ({
    message: `there is no context ${quoted(name)}; there are: ${contexts.join(', ')}`,
    hint: 'naru login URL makes one',
  }),
  'file.unreadable': ({ file, reason }) => ({
    message: `${file} cannot be used: ${reason}; nothing changed`,
    hint: `ls -l ${file}`,
  }),
  'path.unknown': ({ path }) => ({
    message: `the API has no path ${quoted(path)}`,
    hint: 'naru version shows whether command line and server are of one version',
  }),
} satisfies Partial<ErrorWords>

const argumentKinds: Record<ArgumentKind, { is: string; hint: string }> = {
  release: { is: 'is no release', hint: 'as in v3' },
  build: { is: 'is no build', hint: 'naru builds shows their numbers' },
  deployment: { is: 'is no deployment', hint: 'naru deployments shows their numbers' },
  run: { is: 'is no number of a run', hint: 'naru jobs shows them' },
  'line-count': { is: 'is no number of lines', hint: 'as in 100' },
  time: { is: 'is no time', hint: 'as in 10m, 2h or 2026-03-01T12:00:00Z' },
  language: { is: 'is no language that Naru speaks', hint: '--lang en or --lang ko' },
  'server-address': { is: 'is no address of a server', hint: 'as in https://naru.example.com' },
  'token-kind': { is: 'is no kind of token', hint: '--kind owner, deployer or reader' },
  'api-address': { is: 'in NARU_API is no address', hint: 'as in http://127.0.0.1:7878' },
  setting: { is: 'sets nothing', hint: 'NAME=VALUE' },
  scale: { is: 'is no number of instances of a service', hint: 'as in web=3; at most 50' },
  engine: { is: 'is no engine; there are process and docker', hint: 'naru up --engine docker' },
  'cache-limit': { is: 'is no size of caches', hint: 'naru up --cache-limit 5GB' },
  program: { is: 'is no program to run', hint: 'naru exec web -- sh' },
  'copied-path': { is: 'names no file or folder to copy', hint: 'naru cp web:/data/report.csv .' },
  registry: { is: 'is no host of a registry', hint: 'naru registry login ghcr.io --user NAME' },
  'builds-at-once': { is: 'is no number of builds at once', hint: 'naru up --builds 2' },
}

import type {
  ArchiveDamage,
  ArchiveLimit,
  EntryFault,
  ForeignArchive,
  UnreadableReason,
} from '../../../../base/archive-fault.ts'
import { sayBytes } from '../../../../base/size.ts'
import type { ErrorWords } from '../../said.ts'
import { quoted } from '../../text.ts'

export const archiveErrors = {
  'archive.missing': ({ path }) => ({
    message: `there is no folder and no archive ${quoted(path)}`,
    hint: 'naru deploy sends the folder you stand in; naru deploy shop.tar.gz sends an archive',
  }),
  'archive.unknown': ({ name, found }) => ({
    message: `${quoted(name)} ${foreign[found]}, so nothing was sent`,
    hint: 'unpack it and type naru deploy FOLDER, or send a .tar.gz, a .tar or a .zip',
  }),
  'archive.broken': ({ name, damage }) => ({
    message: `${quoted(name)} ${damages[damage]}, so nothing was deployed`,
    hint: 'make the archive again, or unpack it and type naru deploy FOLDER',
  }),
  'archive.entry': ({ entry, fault, other }) => {
    const { why, hint } = faults[fault](quoted(other ?? ''))
    return { message: `${quoted(entry)} is refused, and nothing was deployed: ${why}`, hint }
  },
  'archive.too-large': ({ what, limit }) => ({
    message: `${limits[what](limit)}, so nothing was deployed`,
    hint: 'leave out what the app does not need: name it in .naruignore',
  }),
  'archive.empty': ({ name }) => ({
    message: `${quoted(name)} holds no file to deploy`,
    hint: 'naru deploy FOLDER, with the folder of your app; .gitignore and .naruignore say what is left out of it',
  }),
  'archive.unreadable': ({ path, why }) => ({
    message: `${quoted(path)} cannot be packed: ${unreadable[why]}`,
    hint: 'naru deploy tries again; a name in .naruignore leaves it out',
  }),
} satisfies Partial<ErrorWords>

const foreign: Record<ForeignArchive, string> = {
  rar: 'is a RAR archive',
  '7z': 'is a 7-Zip archive',
  xz: 'is compressed by xz',
  bzip2: 'is compressed by bzip2',
  zstd: 'is compressed by zstd',
  zip64: 'is a zip of the kind zip64',
  'split-zip': 'is one part of a zip that was split',
  'no-archive': 'is no archive',
  'no-bytes': 'is an empty file',
}

const damages: Record<ArchiveDamage, string> = {
  'cut-off': 'is cut off: its end is missing',
  damaged: 'is damaged and cannot be read',
  checksum: 'is damaged: its content does not match its checksums',
}

const rename = 'rename it, or leave it out: name it in .naruignore'
const leaveOut = 'leave it out: name it in .naruignore'
const relink = 'let the link lead to a file of the app, or name it in .naruignore'

const faults: Record<EntryFault, (other: string) => { why: string; hint: string }> = {
  outside: () => ({
    why: 'its path leads out of the archive',
    hint: 'make the archive again, without ".." in its paths',
  }),
  absolute: () => ({
    why: 'its path is absolute',
    hint: 'make the archive again from within the folder: tar -czf shop.tar.gz -C FOLDER .',
  }),
  backslash: () => ({
    why: 'there is a backslash in its path',
    hint: 'make the archive again, with / between the names',
  }),
  control: () => ({ why: 'there are control characters in its name', hint: rename }),
  'not-utf8': () => ({ why: 'its name is not UTF-8', hint: rename }),
  'too-long': () => ({ why: 'its path is too long, or too deep', hint: rename }),
  nameless: () => ({ why: 'it has no name', hint: 'make the archive again' }),
  git: () => ({ why: 'git keeps this name for itself', hint: rename }),
  twice: () => ({ why: 'it is there twice', hint: 'make the archive again, with each file once' }),
  case: (other) => ({
    why: `its name differs from ${other} only by case or by how it is written`,
    hint: rename,
  }),
  'file-and-folder': (other) => ({
    why: `${other} is both a file and a folder`,
    hint: 'make the archive again',
  }),
  'through-link': (other) => ({
    why: `its path leads through the link ${other}`,
    hint: 'make the archive again, without what is behind the link',
  }),
  'link-outside': () => ({ why: 'this link leads out of what is deployed', hint: relink }),
  'link-absolute': () => ({ why: 'this link leads to an absolute path', hint: relink }),
  'link-circle': () => ({ why: 'this link leads in a circle', hint: relink }),
  'hard-link': () => ({
    why: 'it is a hard link',
    hint: 'tar --hard-dereference packs the file itself',
  }),
  device: () => ({ why: 'it is a device', hint: leaveOut }),
  fifo: () => ({ why: 'it is a named pipe', hint: leaveOut }),
  socket: () => ({ why: 'it is a socket', hint: leaveOut }),
  sparse: () => ({
    why: 'it is packed as a sparse file',
    hint: 'make the archive again, without tar --sparse',
  }),
  encrypted: () => ({ why: 'it is encrypted', hint: 'make the archive again, without a password' }),
  method: () => ({
    why: 'it is compressed in a way that Naru does not read',
    hint: 'make the archive again as a .tar.gz',
  }),
  unknown: () => ({ why: 'it is neither a file nor a folder nor a link', hint: leaveOut }),
}

const limits: Record<ArchiveLimit, (limit: number) => string> = {
  sent: (limit) => `what is sent is larger than ${sayBytes(limit)}`,
  unpacked: (limit) => `the files are larger than ${sayBytes(limit)} together`,
  entries: (limit) => `there are more than ${limit} files and folders`,
  growth: (limit) => `unpacked, the archive is more than ${limit} times as large as it is itself`,
}

const unreadable: Record<UnreadableReason, string> = {
  denied: 'you may not read it',
  gone: 'it was there a moment ago, and is gone',
  shrunk: 'it became shorter while it was read',
  failed: 'reading it failed',
}

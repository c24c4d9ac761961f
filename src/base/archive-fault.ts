/** Why one entry of an archive or a folder is not taken in. Each has its sentence in the catalogue. */
export type EntryFault =
  | 'outside'
  | 'absolute'
  | 'backslash'
  | 'control'
  | 'not-utf8'
  | 'too-long'
  | 'nameless'
  | 'git'
  | 'twice'
  | 'case'
  | 'file-and-folder'
  | 'through-link'
  | 'link-outside'
  | 'link-absolute'
  | 'link-circle'
  | 'hard-link'
  | 'device'
  | 'fifo'
  | 'socket'
  | 'sparse'
  | 'encrypted'
  | 'method'
  | 'unknown'

/** What an archive's bytes are instead of a tar.gz, a tar or a zip that Naru reads. */
export type ForeignArchive =
  | 'rar'
  | '7z'
  | 'xz'
  | 'bzip2'
  | 'zstd'
  | 'zip64'
  | 'split-zip'
  | 'no-archive'
  | 'no-bytes'

/** What is wrong with an archive of a kind that is read. */
export type ArchiveDamage = 'cut-off' | 'damaged' | 'checksum'

/** Which limit an archive is beyond: bytes as sent, bytes unpacked, files and folders, times that it grows. */
export type ArchiveLimit = 'sent' | 'unpacked' | 'entries' | 'growth'

/** Why a file of a folder could not be packed. */
export type UnreadableReason = 'denied' | 'gone' | 'shrunk' | 'failed'

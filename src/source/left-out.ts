/** Why a thing is never sent, whatever `.gitignore` says. */
export type LeftOutReason = 'made-again' | 'secret' | 'not-the-app'

/**
 * The first name along a path, unchecked, that is never sent, with its own path; null for what may be. Dependencies are installed
 * again by the build, values of secrets belong in Naru, and what git and macOS keep beside the files is not the app.
 */
export function leftOut(written: string): { path: string; reason: LeftOutReason } | null {
  const names = written.split('/').filter((name) => name !== '' && name !== '.')
  const at = names.findIndex((name) => reasonFor(name) !== null)
  const reason = reasonFor(names[at] ?? '')
  return reason === null ? null : { path: names.slice(0, at + 1).join('/'), reason }
}

function reasonFor(name: string): LeftOutReason | null {
  if (name === 'node_modules' || name === '.venv') return 'made-again'
  // What is committed by custom (.env.production, .env.example) is part of the app.
  if (/^\.env(?:\.local|\..+\.local)?$/.test(name)) return 'secret'
  if (name === '.git' || name === '__MACOSX' || name === '.DS_Store') return 'not-the-app'
  return name.startsWith('._') ? 'not-the-app' : null
}

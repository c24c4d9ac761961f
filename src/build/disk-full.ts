const words = /no space left on device|disk quota exceeded/i

/** Whether a failure means that the disk is full: a system call's, or a program's in words. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (
    ('code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) ||
    saysDiskFull(error.message)
  )
}

/** Whether a program's words say so. "ENOSPC" alone does not: Linux says it of file watches too. */
export const saysDiskFull = (text: string): boolean => words.test(text)

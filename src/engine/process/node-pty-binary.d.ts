/** The library's native part, which its own types leave out. */
declare module '@lydell/node-pty/requireBinary.js' {
  export function requireBinary(file: 'pty.node'): {
    fork(
      file: string,
      args: string[],
      environment: string[],
      folder: string,
      columns: number,
      rows: number,
      uid: number,
      gid: number,
      isUtf8: boolean,
      helperPath: string,
      onExit: (code: number, signal: number) => void,
    ): { fd: number; pid: number; pty: string }
    resize(fd: number, columns: number, rows: number): void
  }
}

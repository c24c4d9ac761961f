import { type ChildProcess, spawn } from 'node:child_process'

/** One shell that reads what is typed, one thing after the other, as in a terminal that stays open. */
export class Shell {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #output = ''
  #wake: () => void = () => {}
  #over = false

  constructor(folder: string, environment: Record<string, string>) {
    this.#child = spawn('bash', ['--noprofile', '--norc', '-c', loop], {
      cwd: folder,
      env: environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      this.#wake()
    })
    this.#ended = new Promise((resolve) =>
      this.#child.on('close', () => {
        this.#over = true
        this.#wake()
        resolve()
      }),
    )
  }

  /** What comes back, stdout and stderr in one. Throws when the shell itself has ended. */
  async type(typed: string): Promise<string> {
    this.#child.stdin?.write(`${typed}\0`)
    for (;;) {
      const end = this.#output.indexOf('\0')
      if (end !== -1) {
        const answer = this.#output.slice(0, end)
        this.#output = this.#output.slice(end + 1)
        return answer
      }
      if (this.#over) throw new Error(`the shell ended at "${typed}": ${this.#output}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async close(): Promise<void> {
    this.#child.stdin?.end()
    await this.#ended
  }
}

/** Both of a program's outputs are one, so that they come in the order of their writing. */
const loop = `
exec 2>&1
while IFS= read -r -d '' typed; do
  eval "$typed" < /dev/null
  printf '\\0'
done
`

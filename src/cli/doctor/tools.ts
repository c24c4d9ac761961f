import { type DoctorFinding, finding } from '../../contract/doctor.ts'
import { tryProgram } from './machine.ts'

/** Programs that builds call, by what cannot be built without them. None is needed by Naru itself. */
const tools: { tool: string; args: string[]; builds: string }[] = [
  { tool: 'npm', args: ['--version'], builds: 'Node.js' },
  { tool: 'pnpm', args: ['--version'], builds: 'Node.js (pnpm-lock.yaml)' },
  { tool: 'yarn', args: ['--version'], builds: 'Node.js (yarn.lock)' },
  { tool: 'python3', args: ['--version'], builds: 'Python' },
  { tool: 'uv', args: ['--version'], builds: 'Python (uv.lock)' },
  { tool: 'go', args: ['version'], builds: 'Go' },
  { tool: 'cargo', args: ['--version'], builds: 'Rust' },
  { tool: 'java', args: ['-version'], builds: 'Java' },
  { tool: 'mvn', args: ['--version'], builds: 'Java (pom.xml)' },
]

/** Which languages can be built here. */
export const lookAtTools = (): Promise<DoctorFinding[]> =>
  Promise.all(
    tools.map(async ({ tool, args, builds }) => {
      const said = await tryProgram(tool, args)
      const text = `${said?.stdout.toString() ?? ''}${said?.stderr ?? ''}`
      const version = said?.code === 0 ? (/\d+(\.\d+)+/.exec(text)?.[0] ?? 'found') : null
      return finding('tool', version === null ? 'note' : 'good', { tool, version, builds })
    }),
  )

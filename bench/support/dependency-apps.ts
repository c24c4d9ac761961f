import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../test/support/naru.ts'

/** An app with real packages, its lockfile made once, and what one would type to install them without Naru. */
export type DependencyApp = {
  name: string
  packages: number
  /** The files with a line that says which round it is: nothing that an install reads. */
  files(round: string): Record<string, string>
  /** The same packages under another key of the cache, as after a change of the lockfile. */
  relocked(round: string): Record<string, string>
  /** Files that an install needs, and how it is done by hand, with what its build does after it. */
  plain: { files: Record<string, string>; command: string }
  /** What its build does after the install, by hand; null for nothing. */
  builds: string | null
  /** Where the packages are. */
  installs: { folder: string }
}

const settled =
  'services: { web: { healthy-for: 0s, settle: 0s, healthy-within: 60s, stop: { grace: 1s } } }\n'

const nodeDependencies = {
  axios: '1.7.9',
  chokidar: '3.6.0',
  cheerio: '1.0.0',
  commander: '13.0.0',
  dayjs: '1.11.13',
  ejs: '3.1.10',
  express: '4.21.2',
  handlebars: '4.7.8',
  helmet: '8.0.0',
  inquirer: '8.2.6',
  ioredis: '5.4.2',
  joi: '17.13.3',
  jsonwebtoken: '9.0.2',
  knex: '3.1.0',
  koa: '2.15.3',
  lodash: '4.17.21',
  morgan: '1.10.0',
  nodemailer: '6.9.16',
  pg: '8.13.1',
  uuid: '11.0.5',
  winston: '3.17.0',
  yargs: '17.7.2',
}

/** About 300 packages. `builds`: with a build script, so that steps run after the install and may write to the packages. */
export async function nodeApp(folder: string, builds: boolean): Promise<DependencyApp> {
  const scripts = {
    start: 'node server.js',
    ...(builds ? { build: "node -e \"require('fs').writeFileSync('built.txt', 'built')\"" } : {}),
  }
  const json = {
    name: 'bench',
    version: '1.0.0',
    private: true,
    scripts,
    dependencies: nodeDependencies,
  }
  const text = JSON.stringify(json, null, 2)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), text)
  await must('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit'], folder)
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const files = (round: string) => ({
    'package.json': text,
    'package-lock.json': lock,
    'naru.yaml': settled,
    'server.js': nodeServer(round),
  })
  return {
    name: builds ? 'node-built' : 'node',
    packages: lock.match(/"node_modules\//g)?.length ?? 0,
    files,
    relocked: (round) => ({
      ...files(round),
      'package-lock.json': `${lock}${' '.repeat(1 + Number(round))}`,
    }),
    plain: {
      files: { 'package.json': text, 'package-lock.json': lock },
      command: builds ? 'npm ci && npm run build' : 'npm ci',
    },
    builds: builds ? 'npm run build' : null,
    installs: { folder: 'node_modules' },
  }
}

const nodeServer = (round: string) => `const app = require('express')()
app.get('/', (request, response) => response.send('round ${round}'))
const server = app.listen(process.env.PORT, process.env.HOST)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`

const pythonDependencies = [
  'flask==3.0.3',
  'gunicorn==23.0.0',
  'requests==2.32.3',
  'sqlalchemy==2.0.36',
  'python-dotenv==1.0.1',
  'pyyaml==6.0.2',
  'colorama==0.4.6',
]

/** About 20 packages, every one of them with an exact version. */
export async function pythonApp(folder: string): Promise<DependencyApp> {
  mkdirSync(folder, { recursive: true })
  await must('python3', ['-m', 'venv', 'venv'], folder)
  await must('venv/bin/python', ['-m', 'pip', 'install', '-q', ...pythonDependencies], folder)
  const requirements = await must('venv/bin/python', ['-m', 'pip', 'freeze'], folder)
  const files = (round: string) => ({
    'requirements.txt': requirements,
    'naru.yaml': settled,
    'app.py': pythonServer(round),
  })
  return {
    name: 'python',
    packages: requirements.trim().split('\n').length,
    files,
    relocked: (round) => ({ ...files(round), 'requirements.txt': `${requirements}# ${round}\n` }),
    plain: {
      files: { 'requirements.txt': requirements },
      command: 'python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt',
    },
    builds: null,
    installs: { folder: '.venv' },
  }
}

const pythonServer = (round: string) => `from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "round ${round}"
`

async function must(program: string, args: string[], folder: string): Promise<string> {
  const { code, stdout, output } = await run(program, args, { folder, environment: environment() })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${output}`)
  return stdout
}

const environment = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']))

/** Valid files, with every key there is between them. */
export const validSpecs: readonly string[] = [
  `app: shop
build: { command: npm run build, folder: apps/web, output: dist, fallback: true, timeout: 20m }
pipeline:
  - test: npm test
  - lint: [npm, run, lint]
services:
  web:
    command: node server.js
    replicas: 2
    health: { path: /healthz, after: 2s, every: 2s, timeout: 1s }
    healthy-for: 2s
    healthy-within: 1m
    settle: 10s
    stop: { signal: SIGTERM, grace: 30s }
  worker: { command: [node, worker.js], overlap: none }
jobs:
  migrate: { command: npm run migrate, when: before-rollout, timeout: 10m }
  report: { command: node report.js }
routes:
  - host: shop.example.com
    path: /api
    service: web
settings: { LOG_LEVEL: info }
secrets: [DATABASE_URL, SESSION_KEY]
strategy: rolling
deploy: manual
environments:
  staging:
    branch: develop
    deploy: on-push
    strategy: recreate
    settings: { LOG_LEVEL: debug }
    secrets: [DEBUG_TOKEN]
    routes: [{ host: staging.example.com, service: web }]
    services: { web: { replicas: 1 } }
  production: { branch: main }
`,
  `services:
  worker: { command: python worker.py, overlap: none, replicas: 0 }
jobs: { seed: { command: [python, seed.py], when: by-hand } }
environments:
  staging: &same { services: { worker: { replicas: 3 } }, settings: { A: "1" } }
  test: *same
`,
  `# a static site
build:
  output: "public"
  fallback: false
routes:
- path: /
- { host: 나루.kr, path: /문서 }
strategy: blue-green
`.replace('/문서', '/docs'),
  'pipeline:\n- test: |\n    npm test\n    npm run e2e\n- type: >-\n    tsc\n    --noEmit\nsettings:\n  EMPTY: ""\n  LINES: "a\\nb"\n',
]

const scraps: readonly string[] = [
  ...['\t', '\0', '\r\n', '\n', ' ', '  ', ':', ': ', '- ', '? ', '| ', '>-\n', '---\n', '...\n'],
  ...[
    '&a ',
    '*a',
    '*same',
    '!!str ',
    '!',
    '<<: *same',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '#',
    ',',
    '%',
  ],
  ...['~', 'null', 'true', 'yes', '0', '-1', '1e9', '1.10', '0x1F', '.nan', '5s', '-5s', '99999d'],
  ...['../x', '/etc', './', 'a\\b', 'refs/heads/main', 'HEAD', '-f', 'PORT', 'NARU_X', '__proto__'],
  ...['constructor', 'canary', 'ab', 'web', 'worker', 'staging', 'main', '{ canary: [5%] }', 'ﬀ'],
  ...[
    '나루',
    '👩‍💻',
    '\uFEFF',
    '\u2028',
    '\u202E',
    '\uD800',
    '\u0000',
    '\u0085',
    'x'.repeat(70_000),
  ],
  ...['app', 'build', 'pipeline', 'services', 'jobs', 'routes', 'settings', 'secrets', 'strategy'],
  ...[
    'deploy',
    'environments',
    'branch',
    'folder',
    'output',
    'fallback',
    'timeout',
    'when',
    'host',
  ],
]

/** A valid file after one to four slips, always the same for the same seed and number. */
export function mutatedSpec(seed: number, number: number): string {
  const random = randomFrom(seed * 1_000_003 + number)
  const any = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
  let text = any(validSpecs)
  for (let slips = Math.floor(random() * 5); slips > 0; slips--) {
    const at = Math.floor(random() * (text.length + 1))
    const end = at + Math.floor(random() * 20)
    const lines = text.split('\n')
    const line = Math.floor(random() * lines.length)
    const words = text.split(/(?<=[\s:,[\]{}])|(?=[\s:,[\]{}])/)
    const word = Math.floor(random() * words.length)
    const slip = any<() => string>([
      () => text.slice(0, at) + any(scraps) + text.slice(at),
      () => text.slice(0, at) + text.slice(end),
      () => text.slice(0, at) + text.slice(at, end).repeat(2) + text.slice(end),
      () => text.slice(0, at),
      () => text + any(validSpecs),
      () => words.with(word, any(scraps)).join(''),
      () => words.with(word, any(words)).join(''),
      () => lines.with(line, `${any([' ', '  ', '\t', '- '])}${lines[line] ?? ''}`).join('\n'),
      () => lines.with(line, (lines[line] ?? '').trimStart()).join('\n'),
      () => lines.toSpliced(line, 0, any(lines)).join('\n'),
      () => lines.toSpliced(line, 1).join('\n'),
      () => text.replace(any(words) || ' ', (found) => found.toUpperCase()),
    ])
    text = slip().slice(0, 400_000)
  }
  return text
}

/** Mulberry32: small, fast, and the same on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

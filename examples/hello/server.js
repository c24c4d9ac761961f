import { createServer } from 'node:http'

const greeting = 'Hello from Naru'

// Naru tells the program where to listen, and which release and instance it is.
const {
  PORT = '3000',
  HOST = '127.0.0.1',
  NARU_RELEASE,
  NARU_INSTANCE = 'your own machine',
} = process.env
const release =
  NARU_RELEASE === undefined ? 'not a release yet' : `release v${NARU_RELEASE.replace(/^v/, '')}`

const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(greeting)}</title>
<style>
  :root { color-scheme: light dark; --ink: light-dark(#15323b, #e6f1f2); --water: light-dark(#e9f3f4, #0e2229) }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--water);
    color: var(--ink); font: 1.1rem/1.6 system-ui, sans-serif }
  main { padding: 2rem; text-align: center }
  h1 { margin: 0 0 .5rem; font-size: clamp(2rem, 6vw, 3.5rem); letter-spacing: -.02em }
  p { margin: .25rem 0 }
  small { opacity: .65 }
</style>
<main>
  <h1>${escaped(greeting)}</h1>
  <p>${escaped(release)}</p>
  <p><small>answered by ${escaped(NARU_INSTANCE)}</small></p>
</main>
</html>
`

const server = createServer((request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.end(request.method === 'HEAD' ? undefined : page)
})
server.listen(Number(PORT), HOST, () =>
  console.log(`${greeting}: listening on http://${HOST}:${PORT}`),
)

// Told to stop: answer what has come in, then end.
process.on('SIGTERM', () => server.close(() => console.log('stopped')))

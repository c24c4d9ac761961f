import type { ReleaseRoute } from '../model/release.ts'

/** Where each route is reached, "http://hello.localhost:8080/api"; the port is left out when it is 80. */
export const urlsOf = (routes: readonly ReleaseRoute[], httpPort: number): string[] =>
  routes.map(({ host, path }) => {
    const port = httpPort === 80 ? '' : `:${httpPort}`
    return `http://${host}${port}${path === '/' ? '' : path}`
  })

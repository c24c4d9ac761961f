import type { Command } from 'commander'
import { version } from '../../base/version.ts'
import type { ServerInfo } from '../../contract/shapes.ts'
import { define } from '../define.ts'
import { apiOf, type Session, type Shared, shared } from '../session.ts'

export function addVersion(naru: Command, session: Session): void {
  const say = session.words.commands.version
  define(naru, {
    usage: 'version',
    summary: say.summary,
    examples: ['naru version'],
    app: false,
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const server = await serverOf(session, asked)
    if (asked.json)
      return out(
        JSON.stringify({ version, node: process.versions.node, server: server?.version ?? null }),
      )
    out(`naru ${version}`)
    if (server !== null && server.version !== version) {
      out(say.otherServer(server.api, server.version))
    }
  })
}

/** No server, or none that lets us in: then there is just this version to tell. */
async function serverOf(session: Session, asked: Shared): Promise<ServerInfo | null> {
  try {
    return await apiOf(session, asked).server()
  } catch {
    return null // Whatever it is, it is not what was asked.
  }
}

import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { NaruError } from '../base/error.ts'
import {
  channels,
  commandPath,
  type FromCommand,
  firstRoomBytes,
} from '../contract/command-messages.ts'
import * as shapes from '../contract/shapes.ts'
import type { OpenCommand } from '../engine/engine.ts'
import type { Place } from '../model/environment.ts'
import { knownAsker } from './authentication.ts'
import { failureOf } from './failure.ts'
import type { Api, ApiParts } from './parts.ts'
import { failures, home, homePath } from './path.ts'
import { requirePlace } from './place.ts'
import { farewellMs } from './stream.ts'

/** How long whoever connects may take to say what shall be run. */
const beginWithinMs = 10_000
/** What a command gets to end when whoever runs it has gone. */
const goneGraceSeconds = 5
/** How often it is asked whether the other side still has its machine and its network. */
const keepAliveMs = 15_000

/** A command in the release that serves: its streams and its end over a WebSocket. */
export function runRoutes(api: Api, parts: ApiParts): void {
  const { db } = parts.store
  api.route({
    method: 'GET',
    url: `${home}/${commandPath}`,
    config: { permission: 'commands.run' },
    schema: {
      summary:
        'Runs a command in the release that serves; a WebSocket (src/contract/command-messages.ts)',
      tags: ['jobs'],
      params: homePath,
      response: { ...failures },
    },
    preHandler: async ({ params }) => {
      await requirePlace(db, params)
    },
    handler: async () => {
      throw new NaruError('request.invalid', { issues: ['a WebSocket was expected'] })
    },
    wsHandler: (socket, request) => {
      const { app, environment } = request.params as Place
      new CommandSession(socket, request, parts).serve({ app, environment })
    },
  })
}

/** One connection: waits for the wish, then passes on bytes both ways, no faster than each is taken. */
class CommandSession {
  readonly #socket: WebSocket
  readonly #request: FastifyRequest
  readonly #parts: ApiParts
  /** What was sent before the command was there. */
  readonly #early: Buffer[] = []
  #running: OpenCommand | null = null
  #hasBegun = false
  #inputEnds = false
  /** Whoever runs it has gone, or is told no more. */
  #isGone = false
  #room = firstRoomBytes

  constructor(socket: WebSocket, request: FastifyRequest, parts: ApiParts) {
    this.#socket = socket
    this.#request = request
    this.#parts = parts
  }

  serve(place: Place): void {
    this.#request.raw.socket.setKeepAlive(true, keepAliveMs)
    const { revoked } = knownAsker(this.#request)
    const refuse = () => this.#fail(revoked.reason)
    revoked.addEventListener('abort', refuse, { once: true })
    const late = setTimeout(() => this.#refuse('nothing was asked for in time'), beginWithinMs)
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.#isGone) return
      if (isBinary) return this.#input(data)
      const message = shapes.toCommand.safeParse(parsed(data))
      if (!message.success) return this.#refuse('a message is not understood')
      const said = message.data
      if ('begin' in said) {
        if (this.#hasBegun) return this.#refuse('a second command on one connection')
        this.#hasBegun = true
        clearTimeout(late)
        this.#run(place, said.begin).catch((error: unknown) => this.#fail(error))
      } else if ('resize' in said) this.#running?.resize(said.resize)
      else if ('signal' in said) this.#running?.signal(said.signal)
      else this.#endInput()
    })
    this.#socket.on('error', () => {}) // "close" follows.
    this.#socket.once('close', () => {
      clearTimeout(late)
      revoked.removeEventListener('abort', refuse)
      this.#isGone = true
      this.#end()
    })
    if (revoked.aborted) refuse()
  }

  async #run(place: Place, wish: shapes.CommandBegin): Promise<void> {
    const { name: by } = knownAsker(this.#request)
    const { release, running } = await this.#parts.openCommand(place, wish, by)
    this.#running = running
    if (this.#isGone) return this.#end()
    await this.#tell({ begun: { release } })
    for (const bytes of this.#early.splice(0)) this.#write(bytes)
    if (this.#inputEnds) running.input.end()
    await Promise.all([
      this.#pass(running.output, channels.output),
      running.errors === null ? null : this.#pass(running.errors, channels.errors),
    ])
    await this.#tell({ ended: await running.ended })
    this.#socket.close()
  }

  /** One that breaks off has lost its command or its reader, and either is noticed elsewhere. */
  async #pass(stream: Readable, channel: number): Promise<void> {
    for await (const chunk of stream) {
      if (this.#isGone) continue // Its end is waited for all the same.
      await this.#send(Buffer.concat([Buffer.of(channel), chunk as Buffer]))
    }
  }

  #input(data: Buffer): void {
    const bytes = data.subarray(1)
    this.#room -= bytes.length
    const isExpected = data[0] === channels.input && !this.#inputEnds && this.#room >= 0
    if (!isExpected) this.#refuse('input that was not expected')
    else if (this.#running === null) this.#early.push(bytes)
    else this.#write(bytes)
  }

  #write(bytes: Buffer): void {
    this.#running?.input.write(bytes, () => {
      this.#room += bytes.length
      void this.#tell({ room: bytes.length })
    })
  }

  #endInput(): void {
    this.#inputEnds = true
    this.#running?.input.end()
  }

  #end(): void {
    this.#running?.end(goneGraceSeconds).catch((error: unknown) =>
      this.#parts.log.error('a command could not be ended', error, {
        requestId: this.#request.id,
      }),
    )
  }

  #refuse(issue: string): void {
    this.#fail(new NaruError('request.invalid', { issues: [issue] }))
  }

  /** Nothing is passed on after the reason, either way; a reader who does not take it is cut off. */
  #fail(error: unknown): void {
    if (this.#isGone) return
    const failure = failureOf(error, this.#request, this.#parts)
    const told = this.#tell({ failure })
    this.#isGone = true
    this.#end()
    void told.then(() => this.#socket.close())
    const late = setTimeout(() => this.#socket.terminate(), farewellMs).unref()
    this.#socket.once('close', () => clearTimeout(late))
  }

  #tell(message: FromCommand): Promise<void> {
    return this.#send(JSON.stringify(message))
  }

  /** Resolves when the network has taken it, or nobody is there any more. */
  #send(data: string | Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isGone) return resolve()
      this.#socket.send(data, () => resolve())
    })
  }
}

function parsed(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString())
  } catch {
    return undefined // Is refused as any other message that is not understood.
  }
}

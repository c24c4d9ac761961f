import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { failureOf } from './failure.ts'
import { requestHeaders, responseHeaders } from './headers.ts'
import { currentSocket, type InstanceSocket } from './instance-socket.ts'
import type { LiveRoute } from './live-table.ts'
import { answerPage } from './page.ts'
import type { PageName } from './page-words.ts'
import { type Choice, pick } from './pick.ts'
import { hasBody, RequestBody } from './request-body.ts'
import type { Target } from './target.ts'
import type { Counter, Traffic } from './traffic.ts'
import { tunnel } from './tunnel.ts'
import type { Upstream } from './upstream.ts'

type Controller = Dispatcher.DispatchController

export type Incoming = {
  request: IncomingMessage
  response: ServerResponse
  target: Target
  route: LiveRoute
  /** The client waits for "100 Continue" before it sends its body. */
  waits: boolean
  /** What the connection is to become, and the first bytes after the request. */
  upgrade: { protocol: string; socket: Duplex; head: Buffer; ready: () => void } | null
}

/** What every exchange shares. */
export type Shared = { traffic: Traffic; onEjected: (upstream: Upstream, error: Error) => void }

/**
 * One request and its answer, between a client and an instance. Another instance is tried only as long as the
 * client was sent nothing, and only if this one cannot have begun to work on it, or if doing it twice is doing it once.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #startedAt = performance.now()
  readonly #tried = new Set<Upstream>()
  #choice: Choice | null = null
  #counter: Counter | null = null
  #controller: Controller | null = null
  #sent = false
  #broken = 0
  #open = true
  #clientGone = false
  /** The connection that waits until the client has taken what came. */
  #held: InstanceSocket | null = null

  constructor(
    private readonly incoming: Incoming,
    private readonly shared: Shared,
  ) {}

  start(): void {
    this.incoming.response.once('close', this.#closed)
    // A request that waits behind another on its connection has no response of its own that could close.
    this.incoming.request.socket.once('close', this.#closed)
    this.#attempt('down')
  }

  /** `otherwise`: the page when there is no instance to try. */
  #attempt(otherwise: PageName): void {
    const { route } = this.incoming
    const choice = pick(route.backends, this.#tried, performance.now())
    if (choice === null) {
      this.#answer(this.#tried.size > 0 ? otherwise : route.page)
      return
    }
    this.#count(choice.release)
    this.#choice = choice
    this.#sent = false
    this.#controller = null
    choice.upstream.begin()
    choice.upstream.dispatch(this.#dispatchOptions(), this)
  }

  #dispatchOptions(): Dispatcher.DispatchOptions {
    const { request, response, target, upgrade, waits } = this.incoming
    const peer = peerOf(request)
    const body = hasBody(request)
      ? new RequestBody(request, () => {
          if (waits && !response.headersSent) response.writeContinue()
        })
      : null
    return {
      path: target.path,
      method: request.method ?? 'GET',
      headers: requestHeaders(request.rawHeaders, request.headers.connection, {
        authority: target.authority,
        peer,
      }),
      body,
      upgrade: upgrade?.protocol ?? null,
    }
  }

  onRequestStart(controller: Controller): void {
    this.#sent = true
    this.#controller = controller
    this.#choice?.upstream.reached()
    if (this.#clientGone) controller.abort(new Error('the client went away'))
  }

  onResponseStart(
    controller: Controller,
    status: number,
    _headers: unknown,
    statusMessage = '',
  ): void {
    const { response } = this.incoming
    if (status === 101) throw new Error('the app changed the protocol unasked')
    const headers = responseHeaders(rawHeadersOf(controller))
    if (status < 200) {
      inform(response, status, headers)
      return
    }
    response.writeHead(status, sayable(statusMessage), headers)
    // The body that came along goes out in the same packet; without one the client learns of the head at once.
    process.nextTick(() => {
      if (!response.writableEnded && !response.destroyed) response.flushHeaders()
    })
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    const { response } = this.incoming
    if (response.write(chunk) || this.#clientGone || this.#held !== null) return
    this.#held = currentSocket()
    this.#held?.hold()
    response.once('drain', () => this.#letFlow())
  }

  onResponseEnd(): void {
    this.#letFlow() // The connection goes on to other requests.
    this.#release()
    this.incoming.response.end()
  }

  onResponseError(_controller: Controller, error: Error): void {
    const upstream = this.#release()
    const { response } = this.incoming
    if (this.#clientGone || response.destroyed) return
    if (response.headersSent) {
      response.destroy() // Half an answer must not look like a whole one.
      return
    }
    const failure = failureOf(error, this.#sent)
    if (failure === 'unreachable') this.#afterUnreachable(upstream, error)
    else if (failure === 'bad-gateway' && this.#mayRepeat()) this.#repeat(upstream)
    else this.#answer(failure)
  }

  onRequestUpgrade(controller: Controller, status: number, _headers: unknown, app: Duplex): void {
    const { response, upgrade } = this.incoming
    const choice = this.#choice
    const counter = this.#counter
    if (upgrade === null || choice === null || status !== 101) throw new Error('upgraded unasked')
    const client = upgrade.socket
    if (this.#clientGone || client.destroyed) {
      app.destroy()
      this.#release()
      return
    }
    this.#stopListening()
    upgrade.ready()
    response.detachSocket(client as typeof response.socket & object)
    this.#choice = null
    counter?.answered(status, performance.now() - this.#startedAt)
    client.write(
      switchingHead(responseHeaders(rawHeadersOf(controller)), upgrade.protocol),
      'latin1',
    )
    if (upgrade.head.length > 0) app.write(upgrade.head)
    choice.upstream.hold(client)
    tunnel(client, app, () => {
      choice.upstream.done()
      counter?.done()
    })
  }

  #afterUnreachable(upstream: Upstream | null, error: Error): void {
    if (upstream !== null) {
      this.#tried.add(upstream)
      upstream.eject(performance.now())
      this.shared.onEjected(upstream, error)
    }
    this.#attempt('down')
  }

  /** The connection broke after the request was sent: once more, elsewhere if there is another instance. */
  #repeat(upstream: Upstream | null): void {
    this.#broken += 1
    const others = this.incoming.route.backends.flatMap(({ upstreams }) => upstreams)
    const another = others.some((other) => other !== upstream && !this.#tried.has(other))
    if (upstream !== null && another) this.#tried.add(upstream)
    this.#attempt('bad-gateway')
  }

  #mayRepeat(): boolean {
    const { request, upgrade } = this.incoming
    return (
      this.#broken === 0 && upgrade === null && safe.has(request.method ?? '') && !hasBody(request)
    )
  }

  #answer(page: PageName): void {
    const { request, response, route, waits } = this.incoming
    if (this.#counter === null) this.#count(null)
    // Whether it will send its body after this answer is the client's choice, so nothing can follow.
    if (waits) response.shouldKeepAlive = false
    answerPage(request, response, page, route.host)
  }

  #count(release: number | null): void {
    const counter = this.shared.traffic.of(this.incoming.route, release)
    if (counter === this.#counter) return
    this.#counter?.takeBack()
    this.#counter = counter
    counter.begin()
  }

  #letFlow(): void {
    const held = this.#held
    this.#held = null
    held?.release()
  }

  #release(): Upstream | null {
    const upstream = this.#choice?.upstream ?? null
    this.#choice = null
    upstream?.done()
    return upstream
  }

  readonly #closed = (): void => {
    if (!this.#stopListening()) return
    const { response } = this.incoming
    if (response.writableFinished)
      this.#counter?.answered(response.statusCode, performance.now() - this.#startedAt)
    else this.#broke()
    this.#counter?.done()
  }

  /** Whether it still did. */
  #stopListening(): boolean {
    const { request, response } = this.incoming
    const listening = this.#open
    this.#open = false
    response.off('close', this.#closed)
    request.socket.off('close', this.#closed)
    return listening
  }

  #broke(): void {
    this.#clientGone = true
    this.#counter?.failed()
    this.#controller?.abort(new Error('the client went away'))
  }
}

/** Methods that change nothing, so that an app may see one twice. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

function peerOf({ socket }: IncomingMessage): string {
  const address = socket.remoteAddress ?? 'unknown'
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

const rawHeadersOf = ({ rawHeaders }: Controller): readonly (Buffer | string)[] =>
  Array.isArray(rawHeaders) ? rawHeaders : []

/** A status line of the app's own, as far as HTTP allows it. */
const sayable = (message: string): string =>
  /^[\t\x20-\x7e\x80-\xff]*$/.test(message) ? message : ''

function inform(response: ServerResponse, status: number, headers: readonly string[]): void {
  if (response.headersSent || response.req.httpVersionMinor === 0) return
  if (status === 102) response.writeProcessing()
  const links = headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === 'link')
  if (status !== 103 || links.length === 0) return
  try {
    response.writeEarlyHints({ link: links })
  } catch {
    // A hint that Node does not find well formed: the answer itself follows anyway.
  }
}

function switchingHead(headers: readonly string[], protocol: string): string {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${protocol}`]
  for (let at = 0; at + 1 < headers.length; at += 2)
    lines.push(`${headers[at]}: ${headers[at + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

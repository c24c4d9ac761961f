import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { sayBytes } from '../../../base/size.ts'
import { clientOf, peerOf } from './client.ts'
import type { Counter } from './counter.ts'
import { failureOf } from './failure.ts'
import { Flow } from './flow.ts'
import { requestHeaders, responseHeaders } from './headers.ts'
import type { LiveRoute } from './live-table.ts'
import { answerPage } from './page.ts'
import type { PageName } from './page-words.ts'
import type { Patience } from './patience.ts'
import { type Choice, pick } from './pick.ts'
import { type InLine, Place } from './place.ts'
import { hasBody, RequestBody } from './request-body.ts'
import { inform, sayable, switchingHead } from './said.ts'
import type { Target } from './target.ts'
import type { Traffic } from './traffic.ts'
import { tunnel } from './tunnel.ts'
import type { Upstream } from './upstream.ts'

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
export type Shared = {
  traffic: Traffic
  patience: Patience
  /** By the table that is served now. */
  find: (host: string, path: string) => LiveRoute | undefined
  onEjected: (upstream: Upstream, error: Error) => void
}

/** Hints and notes before an answer; an app that sends more never means to answer. */
const mostInformed = 100

/** Names and values in turn, as an app sent them. */
type Raw = readonly (Buffer | string)[]

/**
 * One request and its answer, between a client and an instance. Another instance is tried only as long as the
 * client was sent nothing, and only if this one cannot have begun to work on it, or if doing it twice is doing it once.
 * It hears undici in the older of two ways: by the newer one every answer's headers are read into an object first.
 */
export class Exchange implements Dispatcher.DispatchHandler, InLine {
  readonly #startedAt = performance.now()
  #tried: ReadonlySet<Upstream> = none
  #choice: Choice | null = null
  #counter: Counter | null = null
  /** Ends the attempt that is under way. */
  #abort: ((error: Error) => void) | null = null
  #sent = false
  #broken = 0
  #open = true
  #clientGone = false
  #informed = 0
  /** Why the rest of the request's body is not taken. */
  #refusal: PageName | null = null
  #place: Place | null = null
  /** The page when it has waited, and then there is no instance to try. */
  #otherwise: PageName = 'down'
  /** Only of an answer that is not simply handed on. */
  #flow: Flow | null = null

  constructor(
    private readonly incoming: Incoming,
    private readonly shared: Shared,
  ) {}

  start(): void {
    this.incoming.response.once('close', this.#closed)
    // A request that waits behind another on its connection has no response of its own that could close.
    this.incoming.request.socket.once('close', this.#closed)
    const { request, route } = this.incoming
    const { bodyBytes } = route.bounds
    if (bodyBytes > 0 && Number(request.headers['content-length'] ?? 0) > bodyBytes)
      this.#answer('too-large')
    else this.#enter('down')
  }

  go(): boolean {
    const { backends, bounds } = this.incoming.route
    const choice = pick(backends, this.#tried, performance.now(), bounds.inFlight)
    if (choice === 'full') return false
    this.#follow(choice, this.#otherwise)
    return true
  }

  moveOn(): void {
    const { target } = this.incoming
    const route = this.shared.find(target.host, target.path)
    if (route === undefined) {
      this.#place?.leave()
      this.#answer('no-such-app')
      return
    }
    this.incoming.route = route
    this.#enter(this.#otherwise)
  }

  turnAway(): void {
    this.#answer('busy')
  }

  /** Nobody overtakes those who wait already. */
  #enter(otherwise: PageName): void {
    if (this.incoming.route.queue.size > 0) this.#wait(otherwise)
    else this.#attempt(otherwise)
  }

  /** `otherwise`: the page when there is no instance to try. */
  #attempt(otherwise: PageName): void {
    const { route } = this.incoming
    const choice = pick(route.backends, this.#tried, performance.now(), route.bounds.inFlight)
    if (choice === 'full') this.#wait(otherwise)
    else this.#follow(choice, otherwise)
  }

  #follow(choice: Choice | null, otherwise: PageName): void {
    this.#place?.leave()
    if (choice === null) {
      this.#answer(this.#tried.size > 0 ? otherwise : this.incoming.route.page)
      return
    }
    this.#count(choice.release)
    this.#choice = choice
    this.#sent = false
    this.#abort = null
    choice.upstream.begin()
    if (this.#broken === 0) choice.upstream.dispatch(this.#dispatchOptions(), this)
    else choice.upstream.dispatchAfresh(this.#dispatchOptions(), this)
  }

  #wait(otherwise: PageName): void {
    const { request, route } = this.incoming
    this.#otherwise = otherwise
    this.#count(null)
    this.#place ??= new Place(clientOf(peerOf(request.socket)), this.shared.traffic, this)
    this.#place.take(route)
  }

  #dispatchOptions(): Dispatcher.DispatchOptions {
    const { request, response, target, route, upgrade, waits } = this.incoming
    const { answerMs, bodyBytes } = route.bounds
    const peer = peerOf(request.socket)
    const body = hasBody(request)
      ? new RequestBody(request, {
          mostBytes: bodyBytes,
          idleMs: this.shared.patience.bodyMs,
          onFirstRead: () => {
            if (waits && !response.headersSent) response.writeContinue()
          },
          onRefused: (page) => {
            this.#refusal = page
          },
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
      headersTimeout: answerMs,
    }
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#sent = true
    this.#abort = abort
    this.#choice?.upstream.reached()
    if (this.#clientGone) abort(new Error('the client went away'))
  }

  onHeaders(status: number, raw: Raw, _resume: () => void, statusMessage = ''): true {
    const { response } = this.incoming
    if (status === 101) throw new Error('the app changed the protocol unasked')
    const headers = responseHeaders(raw)
    if (status < 200) {
      this.#informed += 1
      if (this.#informed > mostInformed) throw new Error('the app announces and never answers')
      inform(response, status, headers)
      return true
    }
    if (this.incoming.route.bounds.idleMs > 0) this.#flow = this.#newFlow()
    response.writeHead(status, sayable(statusMessage), headers)
    // The body that came along goes out in the same packet; without one the client learns of the head at once.
    process.nextTick(() => {
      if (!response.writableEnded && !response.destroyed) response.flushHeaders()
    })
    return true
  }

  onData(chunk: Buffer): true {
    if (this.incoming.response.write(chunk)) this.#flow?.heard()
    else if (!this.#clientGone) {
      this.#flow ??= this.#newFlow()
      this.#flow.hold()
    }
    return true
  }

  onComplete(): void {
    this.#flow?.end()
    this.#release()
    this.incoming.response.end()
  }

  onError(error: Error): void {
    this.#flow?.end()
    const upstream = this.#release()
    const { response } = this.incoming
    if (this.#clientGone || response.destroyed) return
    if (response.headersSent) {
      response.destroy() // Half an answer must not look like a whole one.
      return
    }
    const failure = this.#refusal ?? failureOf(error, this.#sent)
    if (failure === 'unreachable') this.#afterUnreachable(upstream, error)
    else if (failure === 'bad-gateway' && this.#mayRepeat()) this.#repeat(upstream)
    else this.#answer(failure)
  }

  onUpgrade(status: number, raw: Raw | null, app: Duplex): void {
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
    client.write(switchingHead(responseHeaders(raw ?? []), upgrade.protocol), 'latin1')
    if (upgrade.head.length > 0) app.write(upgrade.head)
    choice.upstream.hold(client)
    tunnel(client, app, this.shared.patience.halfMs, () => {
      choice.upstream.done()
      counter?.done()
    })
  }

  #afterUnreachable(upstream: Upstream | null, error: Error): void {
    if (upstream !== null) {
      this.#tried = new Set([...this.#tried, upstream])
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
    if (upstream !== null && another) this.#tried = new Set([...this.#tried, upstream])
    this.#attempt('bad-gateway')
  }

  #mayRepeat(): boolean {
    const { request, upgrade } = this.incoming
    return (
      this.#broken === 0 && upgrade === null && safe.has(request.method ?? '') && !hasBody(request)
    )
  }

  #answer(page: PageName): void {
    const { request, response, route, target, waits } = this.incoming
    if (this.#counter === null) this.#count(null)
    // Whether it will send its body after this answer is the client's choice, so nothing can follow.
    if (waits || page === 'too-slow') response.shouldKeepAlive = false
    const subject =
      page === 'too-large'
        ? sayBytes(route.bounds.bodyBytes)
        : page === 'no-such-app'
          ? target.authority
          : route.host
    answerPage(request, response, page, subject)
  }

  #count(release: number | null): void {
    const counter = this.shared.traffic.of(this.incoming.route, release)
    if (counter === this.#counter) return
    this.#counter?.takeBack()
    this.#counter = counter
    counter.begin()
  }

  #newFlow(): Flow {
    const { request, response, route } = this.incoming
    const silent = () => this.#abort?.(new Error('the app fell silent in its answer'))
    const { takeMs } = this.shared.patience
    return new Flow(request.socket, response, takeMs, route.bounds.idleMs, silent)
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
    this.#place?.leave()
    this.#flow?.end()
    response.off('close', this.#closed)
    request.socket.off('close', this.#closed)
    return listening
  }

  #broke(): void {
    this.#clientGone = true
    this.#counter?.failed()
    this.#abort?.(new Error('the client went away'))
  }
}

const none: ReadonlySet<Upstream> = new Set()

/** Methods that change nothing, so that an app may see one twice. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

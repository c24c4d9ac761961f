import { defaultLimits } from './route-bounds.ts'

const hour = 3600
const day = 24 * hour
const terabyte = 1024 ** 4

/** A route of `naru.yaml`; part of `definition`. */
export const route = {
  host: {
    value: { is: 'host' },
    otherwise: '<app>.<domain>, or <app>-<environment>.<domain> outside production',
    means: 'The host that is asked for.',
    example: 'host: shop.example.com',
  },
  path: {
    value: { is: 'route-path' },
    default: '/',
    means: 'The beginning of the path that is asked for, in whole segments.',
    example: 'path: /api',
  },
  service: {
    value: { is: 'service' },
    default: 'web',
    means: 'The service that answers.',
    example: 'service: web',
  },
  timeouts: {
    value: { is: 'mapping', of: 'timeouts' },
    otherwise: '3s to a connection, 60s to an answer',
    means: 'How long the router waits for an instance.',
    example: 'timeouts: { answer: 5m }',
  },
  limits: {
    value: { is: 'mapping', of: 'limits' },
    otherwise: 'none but the queue',
    means: 'How large a request may be, and how many are let through at once.',
    example: 'limits: { body: 100MB, in-flight: 20 }',
  },
} as const

/** How long its router waits. */
export const timeouts = {
  connect: {
    value: { is: 'duration', least: 0.1, most: hour },
    default: '3s',
    means:
      'How long a connection to an instance may take; then another instance is tried. Routes to the same service share the longest.',
    example: 'connect: 1s',
  },
  answer: {
    value: { is: 'duration', least: 0, most: day },
    default: '60s',
    means:
      'How long an instance may take from the request to the head of its answer, before the visitor gets a 504; 0 is no limit.',
    example: 'answer: 5m',
  },
  idle: {
    value: { is: 'duration', least: 0, most: day },
    otherwise: 'no limit: streams live',
    means:
      'How long an answer that has begun may be silent before it is broken off; 0 is no limit. A WebSocket is not an answer.',
    example: 'idle: 10m',
  },
} as const

/** How much it lets through. */
export const limits = {
  body: {
    value: { is: 'size', most: terabyte },
    otherwise: 'no limit',
    means: 'The largest body of a request; a larger one is answered with a 413. 0 is no limit.',
    example: 'body: 100MB',
  },
  'in-flight': {
    value: { is: 'whole-number', least: 0, most: 9_999 },
    otherwise: 'no limit: a number that nobody chose would cut off streams',
    means:
      'How many requests each instance is given at once; the others wait in a queue that is fair between visitors. 0 is no limit. WebSockets do not count.',
    example: 'in-flight: 20',
  },
  queue: {
    value: { is: 'whole-number', least: 0, most: 9_999 },
    default: defaultLimits.queue,
    means:
      'How many requests may wait in it; the visitor who has the most there is turned away first, with a 503.',
    example: 'queue: 200',
  },
  wait: {
    value: { is: 'duration', least: 0, most: hour },
    default: '10s',
    means: 'How long a request waits in it before it is answered with a 503.',
    example: 'wait: 5s',
  },
} as const

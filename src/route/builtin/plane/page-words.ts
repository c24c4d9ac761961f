/** Everything that the router answers by itself. */
export type PageName =
  | 'bad-request'
  | 'no-such-app'
  | 'starting'
  | 'down'
  | 'busy'
  | 'not-allowed'
  | 'too-slow'
  | 'too-large'
  | 'head-too-large'
  | 'bad-gateway'
  | 'gateway-timeout'

/** `text` is given the subject of the page: the host or the address that was asked for, or what was wrong. */
export type PageWords = { title: string; text: (subject: string) => string }

export type PageLanguage = 'en' | 'ko'

// Not in the catalogue of `contract`: the router is a program of its own below it, which outlives the server.
export const pageWords: Readonly<Record<PageLanguage, Readonly<Record<PageName, PageWords>>>> = {
  en: {
    'bad-request': {
      title: 'This request cannot be routed',
      text: (problem) => `The request was understood up to this: ${problem}.`,
    },
    'no-such-app': {
      title: 'No such app',
      text: (address) => `Nothing is deployed at ${address}.`,
    },
    starting: {
      title: 'Nothing serves here yet',
      text: (host) =>
        `${host} has had no release that serves so far. This page tries again by itself.`,
    },
    down: {
      title: 'All instances are down',
      text: (host) =>
        `No instance of ${host} can be reached right now. Please try again in a moment.`,
    },
    busy: {
      title: 'Too many requests at once',
      text: (host) =>
        `Every instance of ${host} has as many requests as it takes. Please try again in a moment.`,
    },
    'not-allowed': {
      title: 'This method is not taken',
      text: (method) => `${method} reaches no app.`,
    },
    'too-slow': {
      title: 'The request came too slowly',
      text: (host) => `The request for ${host} was not complete in time.`,
    },
    'too-large': {
      title: 'The request is too large',
      text: (limit) => `Its body may have at most ${limit} here.`,
    },
    'head-too-large': {
      title: 'The head of the request is too large',
      text: () => 'It may have at most 16 KB, and 200 headers.',
    },
    'bad-gateway': {
      title: 'The app broke off',
      text: (host) => `${host} ended the connection without a valid answer.`,
    },
    'gateway-timeout': {
      title: 'The app took too long',
      text: (host) => `${host} did not begin to answer in time.`,
    },
  },
  // Every name is followed by a particle that has one form only, or by none: what sound it ends with is not known here.
  ko: {
    'bad-request': {
      title: '전달할 수 없는 요청입니다',
      text: (problem) => `요청에 잘못이 있습니다: ${problems[problem] ?? problem}`,
    },
    'no-such-app': {
      title: '앱이 없습니다',
      text: (address) => `${address}에는 배포된 앱이 없습니다.`,
    },
    starting: {
      title: '아직 서비스하지 않습니다',
      text: (host) =>
        `${host}에서 서비스하는 릴리스가 아직 없습니다. 이 페이지는 스스로 다시 시도합니다.`,
    },
    down: {
      title: '응답할 수 있는 인스턴스가 없습니다',
      text: (host) => `지금은 ${host}에 연결할 수 없습니다. 잠시 뒤에 다시 시도해 주십시오.`,
    },
    busy: {
      title: '지금은 요청이 너무 많습니다',
      text: (host) =>
        `${host}에 요청이 몰려 지금은 받을 수 없습니다. 잠시 뒤에 다시 시도해 주십시오.`,
    },
    'not-allowed': {
      title: '받지 않는 메서드입니다',
      text: (method) => `${method} 요청은 앱에 전달하지 않습니다.`,
    },
    'too-slow': {
      title: '요청이 너무 느립니다',
      text: (host) => `${host}에 보내는 요청이 제때 끝나지 않았습니다.`,
    },
    'too-large': {
      title: '요청이 너무 큽니다',
      text: (limit) => `본문은 ${limit}까지 보낼 수 있습니다.`,
    },
    'head-too-large': {
      title: '요청 헤더가 너무 큽니다',
      text: () => '헤더는 모두 합쳐 16 KB, 200개까지 보낼 수 있습니다.',
    },
    'bad-gateway': {
      title: '앱이 연결을 끊었습니다',
      text: (host) => `${host}에서 올바른 응답 없이 연결이 끊어졌습니다.`,
    },
    'gateway-timeout': {
      title: '앱의 응답이 너무 늦습니다',
      text: (host) => `${host}에서 제때 응답이 오지 않았습니다.`,
    },
  },
}

/** What `refusalOf` and `targetOf` find wrong with a request. */
const problems: Readonly<Record<string, string>> = {
  'its version is neither HTTP/1.0 nor HTTP/1.1': 'HTTP 버전이 1.0도 1.1도 아닙니다',
  'it has a Transfer-Encoding in HTTP/1.0': 'HTTP/1.0 요청에 Transfer-Encoding 헤더가 있습니다',
  'its length is told in two ways': 'Content-Length 헤더와 Transfer-Encoding 헤더가 함께 있습니다',
  'its path has a "." or ".." for a segment': '경로에 "."이나 ".."만 있는 마디가 있습니다',
  'its Transfer-Encoding is not "chunked" alone':
    'Transfer-Encoding 헤더가 "chunked" 하나가 아닙니다',
  'it has more than one Host header': 'Host 헤더가 둘 이상입니다',
  'it has no Host header': 'Host 헤더가 없습니다',
  'its Host header names no host': 'Host 헤더에 호스트 이름이 없습니다',
  'its target is no path': '요청 대상이 경로가 아닙니다',
}

/** The language of `Accept-Language` that its sender likes best of those there are; English where none is. */
export function pageLanguage(header: string | undefined): PageLanguage {
  const wishes = (header ?? '').split(',').flatMap((wish, index) => {
    const [, tag = '', weight = '1'] =
      /^\s*([a-z]{2,3})(?:-[\w-]*)?\s*(?:;\s*q=([\d.]+)\s*)?$/i.exec(wish) ?? []
    const language = tag.toLowerCase()
    return isPageLanguage(language) && Number(weight) > 0
      ? [{ language, weight: Number(weight), index }]
      : []
  })
  return wishes.sort((a, b) => b.weight - a.weight || a.index - b.index)[0]?.language ?? 'en'
}

const isPageLanguage = (name: string): name is PageLanguage => Object.hasOwn(pageWords, name)

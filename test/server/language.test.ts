import { expect, test } from 'vitest'
import { ask, home, sayRaw, startApi, startShop } from './rig.ts'

const korean = { 'accept-language': 'ko-KR,ko;q=0.9,en;q=0.8' }

test('a failure is said in the language that was asked for; its code, facts and status are the same', async () => {
  const rig = await startApi()
  const path = '/v1/apps/gone'
  const plain = await ask(rig, path)
  const asked = await ask(rig, path, { headers: korean })
  expect(plain.json).toMatchObject({ message: 'there is no app "gone" on this server' })
  expect(plain.headers['content-language']).toBe('en')
  expect(asked.json).toMatchObject({
    code: 'app.unknown',
    message: '이 서버에는 "gone" 앱이 없습니다',
    facts: { app: 'gone' },
    requestId: asked.headers['x-request-id'],
  })
  expect(asked.headers['content-language']).toBe('ko')
  expect(asked.status).toBe(plain.status)
})

test('what is wrong with a request is said in that language as well', async () => {
  const rig = await startShop()
  const why = async (path: string, question: Parameters<typeof ask>[2] = {}) =>
    (await ask(rig, path, { ...question, headers: { ...korean, ...question.headers } })).json as {
      message: string
    }
  const refused = '요청이 거절되었고 바뀐 것은 없습니다: '
  expect(await why(`${home}/releases?limit=0`)).toMatchObject({
    message: `${refused}limit: 1부터 1000까지의 숫자여야 합니다`,
  })
  expect(await why('/v1/apps', { method: 'POST', body: { name: 3 } })).toMatchObject({
    message: `${refused}name: 문자열 값이 있어야 하는데 숫자 값이 왔습니다`,
  })
  expect(
    await why('/v1/apps', {
      method: 'POST',
      raw: Buffer.from('{'),
      headers: { 'content-type': 'application/json' },
    }),
  ).toMatchObject({ message: `${refused}body: JSON이 아닙니다` })
  expect(await why('/v1/apps/..%2Fserver')).toMatchObject({
    message: '"../server"는 앱 이름이 될 수 없습니다',
  })
})

test('below /git/ it comes as plain text, which git shows', async () => {
  const rig = await startShop()
  const { text, headers } = await ask(rig, '/git/gone.git/info/refs?service=git-receive-pack', {
    headers: korean,
  })
  expect(headers['content-type']).toMatch(/^text\/plain/)
  expect(text).toMatch(/^이 서버에는 "gone" 앱이 없습니다\n.*naru apps.*\n$/)
})

test('a header that makes no sense is no failure', async () => {
  const rig = await startApi()
  for (const language of [';;q=,', 'xx;q=NaN', '\u00e9', 'x'.repeat(4000)]) {
    const { status, headers } = await ask(rig, '/v1/apps/gone', {
      headers: { 'accept-language': language },
    })
    expect({ status, language: headers['content-language'] }).toEqual({
      status: 404,
      language: 'en',
    })
  }
})

test('what is no request at all is answered in the words of the server', async () => {
  const rig = await startApi()
  expect(await sayRaw(rig, 'NONSENSE\r\n\r\n')).toContain('this is no HTTP request')
})

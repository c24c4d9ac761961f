import { expect, test } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { korean } from '../../src/contract/words/korean/korean.ts'
import { sayProblem } from '../../src/contract/words/words.ts'
import { parse, sentences } from './sentences.ts'
import { mutatedSpec } from './spec-mutations.ts'

/** The lines of the message in Korean; none where there is no mistake. */
function koreanSentences(text: string): string[] {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof NaruError) || error.code !== 'spec.invalid') throw error
    return sayProblem(korean, error.problem).message.split('\n')
  }
  return []
}

test.each([
  [
    'servises: {}',
    'naru.yaml:1:1 servises: 있는 것: 키 "servises", 있어야 할 것: app, build, image, pipeline, services, jobs, routes, settings, secrets, strategy, deploy, environments 중 하나. 혹시 "services"입니까?',
  ],
  ['slo: []', 'naru.yaml:1:1 slo: 키 "slo" — 이 버전에는 없습니다'],
  [
    'services: { worker: {} }',
    'naru.yaml:1:13 services.worker: 있는 것: command가 없는 서비스 worker, 있어야 할 것: command(web만 생략할 수 있습니다)',
  ],
  ['app: "x', 'naru.yaml:1:8: 있는 것: 닫히지 않은 채 끝난 텍스트, 있어야 할 것: 닫는 "'],
  [
    'pipeline: [{ install: x }]',
    'naru.yaml:1:14 pipeline[0].install: 있는 것: 단계 "install", 있어야 할 것: 다른 이름(Naru 자체의 단계가 쓰는 이름입니다)',
  ],
])('a mistake in Korean: %j', (text, sentence) => {
  expect(koreanSentences(text)).toEqual([sentence])
})

test('every mistake has its sentence in both languages, on one line', () => {
  let told = 0
  for (let number = 0; number < 500; number++) {
    const text = mutatedSpec(1_126, number)
    const lines = koreanSentences(text)
    expect(lines).toHaveLength(sentences(text).length)
    for (const line of lines) {
      expect(line).toMatch(/[가-힣]/)
      expect(line).not.toMatch(/undefined|\[object/)
      told++
    }
  }
  expect(told).toBeGreaterThan(500)
})

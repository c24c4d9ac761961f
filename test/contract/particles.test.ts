import { describe, expect, it } from 'vitest'
import {
  object,
  subject,
  together,
  topic,
  toward,
} from '../../src/contract/words/korean/particles.ts'

/** The word with each of its particles: topic, subject, object, "and", "into". */
const all = (word: string): string =>
  [topic, subject, object, together, toward].map((say) => say(word).slice(word.length)).join(' ')

const closed = '은 이 을 과 으로'
const liquid = '은 이 을 과 로'
const open = '는 가 를 와 로'

describe('a particle goes by the sound that the word before it ends with', () => {
  it.each([
    ['나루', open],
    ['앱', closed],
    ['빌드', open],
    ['서울', liquid],
    ['환경', closed],
    ['ㄱ', closed],
    ['ㄹ', liquid],
    ['ㅏ', open],
  ])('of Hangul by its final consonant: %s', (word, particles) => {
    expect(all(word)).toBe(particles)
  })

  it.each([
    ['0', closed], // 영
    ['1', liquid], // 일
    ['2', open], // 이
    ['3', closed], // 삼
    ['4', open], // 사
    ['5', open], // 오
    ['6', closed], // 육
    ['7', liquid], // 칠
    ['8', liquid], // 팔
    ['9', open], // 구
    ['10', closed], // 십
    ['11', liquid],
    ['200', closed], // 백
    ['3000', closed], // 천
    ['10000', closed], // 만
    ['100,000,000', closed], // 억
    ['1,000,000,000,000', open], // 조
    ['v3', closed],
    ['v42', open],
    ['127.0.0.1:8080', closed],
    ['1.5', open],
    ['50%', open],
  ])('of a number by how it is read: %s', (word, particles) => {
    expect(all(word)).toBe(particles)
  })

  it.each([
    ['web', closed], // 웹
    ['shop', closed], // 숍
    ['app', closed], // 앱
    ['main', closed], // 메인
    ['staging', closed], // 스테이징
    ['production', closed], // 프로덕션
    ['api', open], // 에이피아이
    ['worker', open], // 워커
    ['hello', open], // 헬로
    ['Naru', open], // 나루
    ['test', open], // 테스트
    ['build', open], // 빌드
    ['commit', closed], // 커밋
    ['git', closed], // 깃
    ['push', open], // 푸시
    ['node', open], // 노드
    ['service', open], // 서비스
    ['file', liquid], // 파일
    ['table', liquid], // 테이블
    ['module', liquid], // 모듈
    ['engine', closed], // 엔진
    ['name', closed], // 네임
    ['store', open], // 스토어
    ['config', open], // 컨피그
    ['stack', closed], // 스택
    ['secret', closed], // 시크릿
    ['client', open], // 클라이언트
    ['port', open], // 포트
    ['check', open], // 체크
    ['naru.yaml', liquid], // 야믈
    ['package.json', closed], // 제이슨
    ['server.js', open], // 제이에스
    ['shop.localhost', open], // 로컬호스트
    ['shop.example.com', closed], // 닷컴
  ])('of an English word by how Koreans read it: %s', (word, particles) => {
    expect(all(word)).toBe(particles)
  })

  it.each([
    ['A', open], // 에이
    ['L', liquid], // 엘
    ['M', closed], // 엠
    ['N', closed], // 엔
    ['R', liquid], // 알
    ['npm', closed], // 엔피엠
    ['db', open], // 디비
    ['DATABASE_URL', liquid], // 유알엘
    ['SESSION_KEY', open], // 키
    ['PORT', open], // 포트
    ['SIGKILL', liquid], // 킬
    ['HTTP', open], // 에이치티티피
    ['example.co.kr', liquid], // 케이알
  ])('of what is spelled by the name of its last letter: %s', (word, particles) => {
    expect(all(word)).toBe(particles)
  })

  it.each([
    ['"shop"', closed],
    ["'Naru'", open],
    ['nginx (pid 812)', open],
    ['main…', closed],
    ['/var/lib/naru/', open],
    ['[web]', closed],
    ['「앱」', closed],
    ['web.', closed],
  ])('and not by quotes, brackets and stops after it: %s', (word, particles) => {
    expect(all(word)).toBe(particles)
  })

  it.each([
    ['café', open],
    ['naïve', open],
    ['ニュース', open],
    ['パン', closed],
    ['', open],
    ['🚀', open],
    ['""', open],
  ])('and of what nobody here can read as of a vowel: %s', (word, particles) => {
    expect(all(word)).toBe(particles)
  })

  it('of a syllable that was typed as separate letters as of the whole one', () => {
    expect(topic('앱'.normalize('NFD'))).toBe(`${'앱'.normalize('NFD')}은`)
  })
})

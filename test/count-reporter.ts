import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'
import type {} from './support/docker.ts'
import { missingFrom } from './support/provoked.ts'
import { readSeen } from './support/seen.ts'

/**
 * Writes how many tests passed, failed and were skipped to the file that `NARU_TEST_COUNTS` names, which suites were left
 * out and why, and what is missing from the failures that they saw.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const missing = missingFrom(readSeen(process.env['NARU_TEST_SEEN'] ?? ''))
    const counts = {
      passed: 0,
      failed: errors.length,
      skipped: 0,
      missing,
      leftOut: leftOut(modules),
    }
    for (const module of modules) {
      // A file that could not even be read holds no test that could fail.
      const broken = module.errors().length
      counts.failed += broken
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') counts.passed++
        else if (state === 'skipped') counts.skipped++
        else counts.failed++
      }
    }
    const file = process.env['NARU_TEST_COUNTS']
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts))
  }
}

/** What says why it is skipped, by its file; a reason of a whole suite stands for all in it. */
function leftOut(modules: readonly TestModule[]): { file: string; reason: string }[] {
  return modules.flatMap((module) => {
    const parts = [...module.children.allSuites(), ...module.children.allTests()]
    const reasons = new Set(parts.map((part) => part.meta().leftOut).filter(isText))
    return [...reasons].map((reason) => ({ file: module.relativeModuleId, reason }))
  })
}

const isText = (value: string | undefined): value is string => value !== undefined

import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'
import { missingFrom } from './support/provoked.ts'
import { readSeen } from './support/seen.ts'

/**
 * Writes how many tests passed, failed and were skipped to the file that `NARU_TEST_COUNTS` names, and what is missing
 * from the failures that they saw.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const missing = missingFrom(readSeen(process.env['NARU_TEST_SEEN'] ?? ''))
    const counts = { passed: 0, failed: errors.length, skipped: 0, missing }
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

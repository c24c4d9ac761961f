import { defineConfig } from 'vitest/config'

/** Pure: values in, values out. They share a process, since none leaves anything behind. */
const units = ['base', 'model', 'rollout', 'contract', 'house'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
)
/** Whole programs, killed and started again; each is long and wants a core for itself. */
const programs = ['test/journeys/**/*.test.ts', 'test/faults/**/*.test.ts']

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: units,
          isolate: false,
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          globalSetup: ['test/global-setup.ts'],
          include: ['test/**/*.test.ts'],
          exclude: [...units, ...programs, '**/node_modules/**'],
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'programs',
          globalSetup: ['test/global-setup.ts'],
          include: programs,
          pool: 'forks',
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})

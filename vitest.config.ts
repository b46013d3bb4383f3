import { defineConfig } from 'vitest/config'

// Everything in the repository runs from source: `skerry` resolves to src/ under this condition, to dist/ for users.
const conditions = ['skerry-source', 'module', 'node', 'development|production']

/** What starts a server of its own, and restarts, kills or crowds it. */
const withServers = [
  'tests/postgres/**/*.test.ts',
  'tests/conformance/postgres*.test.ts',
  'tests/nats/**/*.test.ts',
  'tests/discovery/**/*.test.ts',
  'tests/conformance/nats.test.ts',
  'tests/kafka/**/*.test.ts',
  'tests/conformance/kafka.test.ts'
]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['skerry-source', 'node'] } },
  test: {
    // The programs and worker threads that tests start resolve `skerry` as the tests themselves do.
    execArgv: ['--conditions=skerry-source'],
    env: { NODE_OPTIONS: '--conditions=skerry-source' },
    // The projects run one after the other: what measures time or kills processes is not disturbed by the units.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'tests/**/*.test.ts',
            'examples/**/*.test.ts',
            'benchmarks/**/*.test.ts'
          ],
          exclude: ['tests/system/**', 'tests/packaging/**', ...withServers, '**/node_modules/**'],
          // Files run side by side, so that a slow machine is slow for all of them.
          testTimeout: 30_000,
          sequence: { groupOrder: 1 }
        }
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['tests/system/**/*.test.ts', ...withServers],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 }
        }
      },
      {
        extends: true,
        test: {
          name: 'packaging',
          include: ['tests/packaging/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 3 }
        }
      }
    ]
  }
})

import { defineConfig } from 'vitest/config'

// Everything in the repository runs from source: `skerry` resolves to src/ under this condition, to dist/ for users.
const conditions = ['skerry-source', 'module', 'node', 'development|production']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['skerry-source', 'node'] } },
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'examples/**/*.test.ts'],
    execArgv: ['--conditions=skerry-source'],
    env: { NODE_OPTIONS: '--conditions=skerry-source' },
    restoreMocks: true
  }
})

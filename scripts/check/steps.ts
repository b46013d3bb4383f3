import { api } from './api.ts'
import { compile } from './compile.ts'
import { biome, deadCode, eslint } from './lint.ts'
import { contents, lint, types } from './package.ts'
import type { Step } from './step.ts'

/** Every checker of the repository that is no test, the quickest first. */
export const steps: readonly Step[] = [biome, compile, eslint, deadCode, api, contents, lint, types]

import { createOptions, createSession } from 'knip/session'
import { root, sourceFiles } from '../source-files.ts'
import { executeInstalled, failureOf, type Step, sawTooFew } from './step.ts'

/** Format, import order, import cycles, names of files and the recommended rules. */
export const biome: Step = {
  name: 'biome',
  run: async () => {
    const ended = await executeInstalled('biome', ['ci', '--colors=off', '--error-on-warnings'])
    const saw = Number(/Checked (\d+) files?/.exec(ended.output + ended.errors)?.[1] ?? 0)
    const least = sourceFiles('**/*.ts').length
    return { saw: `${saw} files`, problems: [...sawTooFew(saw, least, 'files'), ...failureOf(ended)] }
  }
}

interface LintedFile {
  readonly filePath: string
  readonly messages: readonly {
    readonly line?: number
    readonly ruleId: string | null
    readonly message: string
  }[]
}

/** The three rules that need types: promises left alone or misused, switches that miss a case. */
export const eslint: Step = {
  name: 'eslint',
  run: async () => {
    const ended = await executeInstalled('eslint', ['.', '--format', 'json'])
    if (ended.output === '') return { saw: '0 files', problems: [ended.errors] }
    const files: LintedFile[] = JSON.parse(ended.output)
    const problems = files.flatMap((file) =>
      file.messages.map((m) => `${file.filePath}:${m.line ?? 0} ${m.message} (${m.ruleId ?? 'eslint'})`)
    )
    const least = sourceFiles('**/*.ts').filter((file) => !file.endsWith('.d.ts')).length
    return {
      saw: `${files.length} files`,
      problems: [...sawTooFew(files.length, least, 'files'), ...problems]
    }
  }
}

/** Files, exports and dependencies that nothing uses, and dependencies that are used but not declared. */
export const deadCode: Step = {
  name: 'knip',
  run: async () => {
    // Its command says nothing of how much it looked at, its library does.
    const { counters } = (
      await createSession(await createOptions({ cwd: root, isSession: true }))
    ).getResults()
    const few = sawTooFew(counters.total, sourceFiles('src/**/*.ts').length, 'files')
    const ended = await executeInstalled('knip', ['--no-progress', '--no-config-hints'])
    return { saw: `${counters.total} files`, problems: [...few, ...failureOf(ended)] }
  }
}

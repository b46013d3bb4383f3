import { join } from 'node:path'
import { builtSurface, reportProblems } from '../api/report.ts'
import { root } from '../source-files.ts'
import { entryNames } from './package.ts'
import { execute, failureOf, type Step, sawTooFew } from './step.ts'

/** The public surface against its reviewed reports in api/; a type that users meet must be one that they can name. */
export const api: Step = {
  name: 'api',
  run: async () => {
    const built = await execute('npm', ['run', '--silent', 'build'])
    if (built.code !== 0) return { saw: 'nothing', problems: failureOf(built) }
    const surface = builtSurface(root)
    const names = surface.surfaces.reduce((sum, { declared }) => sum + declared.length, 0)
    const few = sawTooFew(surface.surfaces.length, entryNames().length, 'entries')
    const silent = surface.surfaces
      .filter(({ declared }) => declared.length === 0)
      .map(({ entry }) => `${entry.name} exports nothing`)
    return {
      saw: `${names} names in ${surface.surfaces.length} entries`,
      problems: [...few, ...silent, ...reportProblems(join(root, 'api'), surface)]
    }
  }
}

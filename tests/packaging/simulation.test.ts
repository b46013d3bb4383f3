import { test } from 'vitest'
import { guideProject } from './guide-project.ts'

/** What a reader types into the project before the first run. */
const files = [
  'examples/guide/bad-days/fleet.ts',
  'examples/guide/bad-days/repairs.ts',
  'examples/guide/bad-days/board.ts',
  'examples/guide/bad-days/skerry.config.ts',
  'examples/guide/first/tsconfig.json'
]
/** What the session brings in later. */
const later = [
  'examples/guide/bad-days/board-mended.ts',
  'examples/guide/bad-days/parts.ts',
  'examples/guide/bad-days/parts-mended.ts',
  'examples/guide/bad-days/simulation.ts'
]

test('whoever simulates the system of the guide finds the bugs that it says', async () => {
  const project = await guideProject('examples/guide/first/install.sh')
  project.copy(files, 'project')
  project.copy(later, 'beside')
  await project.replay('examples/guide/sessions/bad-days.txt')
})

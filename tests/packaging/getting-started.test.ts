import { test } from 'vitest'
import { guideProject } from './guide-project.ts'

/** What a reader of the guide types into the project. */
const files = [
  'examples/guide/first/contract.ts',
  'examples/guide/first/bike.ts',
  'examples/guide/first/bikes.ts',
  'examples/guide/first/skerry.config.ts',
  'examples/guide/first/bike.test.ts',
  'examples/guide/first/tsconfig.json'
]

test('whoever follows the guide from an empty directory sees what it says', async () => {
  const project = await guideProject('examples/guide/first/install.sh')
  project.copy(files, 'project')
  await project.replay('examples/guide/sessions/first.txt')
})

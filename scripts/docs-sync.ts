// Rewrites the code blocks of all documents from the files they are regions of.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { documents, synchronised } from './docs/parity.ts'
import { root } from './source-files.ts'

const changed = documents(root).filter((path) => {
  const before = readFileSync(join(root, path), 'utf8')
  const after = synchronised(root, before)
  if (after !== before) writeFileSync(join(root, path), after)
  return after !== before
})
console.log(changed.length === 0 ? 'every block is as its origin' : `rewritten: ${changed.join(', ')}`)

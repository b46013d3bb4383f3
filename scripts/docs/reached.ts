import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { sourceFiles } from '../source-files.ts'
import { importsOf, parse, type Source, walk } from '../tidy/source.ts'

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile()

const literalsOf = (source: Source): string[] => {
  const found: string[] = []
  walk(source, (node) => {
    if (ts.isStringLiteralLike(node)) found.push(node.text)
  })
  return found
}

/**
 * The files that the tests run, as far as the text of the tests shows it: those that a test imports, directly or
 * through others, and those whose path a test names in a string, because it starts or reads them.
 */
export const reachedByTests = (root: string): ReadonlySet<string> => {
  const reached = new Set<string>()
  const open = sourceFiles('**/*.test.ts', root)
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    if (!path.endsWith('.ts')) continue
    const source = parse(path, readFileSync(join(root, path), 'utf8'))
    const here = join(root, dirname(path))
    const imported = importsOf(source).filter(({ module }) => module.startsWith('.'))
    const named = path.endsWith('.test.ts')
      ? literalsOf(source).filter((text) => /^[\w./-]+\.\w+$/.test(text))
      : []
    const files = [
      ...imported.map(({ module }) => join(here, module)),
      ...named.flatMap((text) => [join(root, text), join(here, text)])
    ]
    open.push(...files.filter(isFile).map((file) => relative(root, file)))
  }
  return reached
}

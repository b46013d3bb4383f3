import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sourceFiles } from '../source-files.ts'
import { type Block, blocksOf, proseOf } from './blocks.ts'
import { reachedByTests } from './reached.ts'
import { regionOf } from './regions.ts'

/** The Markdown files of the repository, as paths from its root. */
export const documents = (root: string): string[] =>
  // The reports of the public surface are made by a tool, from the code itself.
  sourceFiles('**/*.md', root).filter((path) => !path.startsWith('api/'))

/** What a block must say: the text of the region that its comment names, or why there is none. */
const expected = (root: string, block: Block): { readonly text: string } | { readonly problem: string } => {
  const [path = '', region] = (block.origin ?? '').split('#')
  const file = join(root, path)
  if (!existsSync(file)) return { problem: `${path} does not exist` }
  const text = regionOf(readFileSync(file, 'utf8'), region)
  return text === undefined ? { problem: `${path} has no complete region ${region}` } : { text }
}

const problemOfBlock = (
  root: string,
  block: Block,
  reached: ReadonlySet<string>,
  document: string
): string[] => {
  // A diagram is not code.
  if (block.language === 'mermaid') return []
  if (block.origin === 'paths') return pathProblems(root, block)
  if (block.origin === undefined)
    return ['a block without origin: write <!-- file#region --> on the line above, and run npm run docs:sync']
  const wanted = expected(root, block)
  if ('problem' in wanted) return [wanted.problem]
  const problems =
    wanted.text === block.content ? [] : [`differs from ${block.origin}: run npm run docs:sync`]
  // A decision record may show roads not taken: those are compiled, but there is nothing to run.
  const path = block.origin.split('#')[0] ?? ''
  if (document.startsWith('docs/adr/') && path.startsWith('docs/adr/') && path.endsWith('.ts'))
    return problems
  return reached.has(path) ? problems : [...problems, `${path} is run by no test`]
}

/** A map of the repository: each line begins with a path, which must exist. */
const pathProblems = (root: string, block: Block): string[] =>
  block.content
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((path) => path !== '' && !existsSync(join(root, path)))
    .map((path) => `${path} does not exist`)

const link = /\]\((?<target>[^)\s]+)\)/g
const code = /`(?<target>(?:src|docs|examples|tests|benchmarks|scripts|api)\/[\w./-]+)`/g

const slug = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .replace(/\s/g, '-')

const hasHeading = (file: string, anchor: string): boolean =>
  [...proseOf(readFileSync(file, 'utf8')).matchAll(/^#{1,6}\s+(.*)$/gm)].some(
    ([, text]) => slug(text ?? '') === anchor
  )

const problemOfLink = (root: string, document: string, target: string): string | undefined => {
  if (/^[a-z]+:/.test(target)) return undefined
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? join(root, document) : join(root, dirname(document), path)
  if (!existsSync(file)) return `links to ${path}, which does not exist`
  if (anchor === undefined || !file.endsWith('.md')) return undefined
  return hasHeading(file, anchor) ? undefined : `links to ${target}, but there is no such heading`
}

const proseProblems = (root: string, document: string, markdown: string): string[] =>
  proseOf(markdown)
    .split('\n')
    .flatMap((line, index) => {
      const links = [...line.matchAll(link)].map(({ groups }) =>
        problemOfLink(root, document, groups?.target ?? '')
      )
      const paths = [...line.matchAll(code)]
        .map(({ groups }) => groups?.target ?? '')
        .map((path) => (existsSync(join(root, path)) ? undefined : `names ${path}, which does not exist`))
      const quoted = /^\s*>\s*(```|~~~)/.test(line)
        ? ['a fenced block inside a quotation cannot be checked']
        : []
      return [...links, ...paths, ...quoted]
        .filter((problem) => problem !== undefined)
        .map((problem) => `${document}:${index + 1}: ${problem}`)
    })

/** Every place where a document says something else than the repository does, as lines `path:line: what is wrong`. */
export const problemsOf = (root: string, paths: readonly string[]): string[] => {
  const reached = reachedByTests(root)
  return paths.flatMap((document) => {
    const markdown = readFileSync(join(root, document), 'utf8')
    const blocks = blocksOf(markdown).flatMap((block) =>
      problemOfBlock(root, block, reached, document).map((problem) => `${document}:${block.line}: ${problem}`)
    )
    return [...blocks, ...proseProblems(root, document, markdown)]
  })
}

/** The document with each block that names its origin replaced by what stands there. */
export const synchronised = (root: string, markdown: string): string => {
  const lines = markdown.split('\n')
  for (const block of blocksOf(markdown).reverse()) {
    if (block.origin === undefined || block.origin === 'paths') continue
    const wanted = expected(root, block)
    if ('text' in wanted) lines.splice(block.line, block.endLine - block.line - 1, ...wanted.text.split('\n'))
  }
  return lines.join('\n')
}

import { basename } from 'node:path/posix'
import ts from 'typescript'
import { at, isConfig, isTest, type Rule, type Source, walk } from './source.ts'

const fileLinesMax = 400
const functionLinesMax = 70

const lineOf = (source: Source, offset: number): number =>
  source.tree.getLineAndCharacterOfPosition(offset).line

const isSuite = (node: ts.Node): boolean =>
  ts.isCallExpression(node.parent) && /^describe(?![a-z])/.test(node.parent.expression.getText())

/** Files and functions fit in the head of a reader. A suite of tests is no function in this sense. */
export const sizeRule: Rule = (source) => {
  const lines = source.text.replace(/\n$/, '').split('\n').length
  const problems = lines > fileLinesMax ? [`${source.path}: ${lines} lines, the most is ${fileLinesMax}`] : []
  walk(source, (node) => {
    if (!ts.isFunctionLike(node) || isSuite(node)) return
    const span = lineOf(source, node.end) - lineOf(source, node.getStart(source.tree)) + 1
    if (span > functionLinesMax)
      problems.push(at(source, node, `a function of ${span} lines, the most is ${functionLinesMax}`))
  })
  return problems
}

/** A name says what is inside; these say only that nobody knew. */
export const nameRule: Rule = (source) => {
  const name = basename(source.path).split('.')[0] ?? ''
  const problems = /^(utils?|helpers?|common|shared|types?|misc)$/.test(name)
    ? [`${source.path}: a file is named after its one idea, not ${name}`]
    : []
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)
    ? problems
    : [...problems, `${source.path}: file names are kebab-case`]
}

/** Exports are named one by one, and have one name everywhere. */
export const exportRule: Rule = (source) => {
  const problems: string[] = []
  walk(source, (node) => {
    if (
      ts.isExportDeclaration(node) &&
      (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause))
    )
      problems.push(at(source, node, 'export * hides what is exported'))
    if (isConfig(source.path)) return
    const isDefault =
      (ts.isExportAssignment(node) && !node.isExportEquals) ||
      node.kind === ts.SyntaxKind.DefaultKeyword ||
      (ts.isExportSpecifier(node) && node.name.text === 'default')
    if (isDefault && !ts.isDefaultClause(node.parent))
      problems.push(at(source, node, 'a default export has no name'))
  })
  return problems
}

/** Marks of unfinished work and switched-off checks, outside of string literals. */
export const commentRule: Rule = (source) => {
  const literals: [number, number][] = []
  walk(source, (node) => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isRegularExpressionLiteral(node))
      literals.push([node.getStart(source.tree), node.end])
  })
  const marks = [
    ...source.text.matchAll(/\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck|expect-error)|eslint-disable/g)
  ]
  return marks
    .filter(({ index }) => !literals.some(([start, end]) => start <= index && index < end))
    .filter(([mark]) => !(mark === '@ts-expect-error' && isTest(source.path)))
    .map(({ 0: mark, index }) =>
      at(source, index, `${mark}: finish it, or write it down where work is planned`)
    )
}

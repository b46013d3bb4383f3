import { basename } from 'node:path/posix'
import ts from 'typescript'

/** One file under the house rules. The path is from the root of the repository. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
}

/** Breaks of one rule, each a line `path:line: what is wrong`. */
export type Rule = (source: Source) => string[]

/** Reads one file for the rules. */
export const parse = (path: string, text: string): Source => ({
  path,
  text,
  tree: ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
})

/** Visits every node of a file, parents first. */
export const walk = (source: Source, visit: (node: ts.Node) => void): void => {
  const enter = (node: ts.Node): void => {
    visit(node)
    ts.forEachChild(node, enter)
  }
  enter(source.tree)
}

/** A break of a rule at a node or an offset. */
export const at = (source: Source, where: ts.Node | number, what: string): string => {
  const offset = typeof where === 'number' ? where : where.getStart(source.tree)
  return `${source.path}:${source.tree.getLineAndCharacterOfPosition(offset).line + 1}: ${what}`
}

/** True for a file that the test runner runs. */
export const isTest = (path: string): boolean => /\.test(-d)?\.ts$/.test(path)

/** True for a configuration file of a tool, and for a simulation, which is read like one. */
export const isConfig = (path: string): boolean => /(\.config|(^|-)simulation)\.ts$/.test(basename(path))

/** A module named in an import, an export or an `import()`, with the node that names it. */
export interface Named {
  readonly module: string
  readonly node: ts.Node
}

const moduleOf = (node: ts.Node): ts.Expression | undefined => {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return node.arguments[0]
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return node.argument.literal as ts.Expression
  return undefined
}

/** Every module that a file names. */
export const importsOf = (source: Source): Named[] => {
  const found: Named[] = []
  walk(source, (node) => {
    const named = moduleOf(node)
    if (named !== undefined && ts.isStringLiteralLike(named)) found.push({ module: named.text, node })
  })
  return found
}

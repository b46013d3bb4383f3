import { join } from 'node:path'
import ts from 'typescript'

/** One public entry: the name under which users import it, and the declarations that they get. */
export interface Entry {
  readonly name: string
  readonly declarations: string
}

/** The public surface of one entry. */
export interface Surface {
  readonly entry: Entry
  /** What each exported name is declared as, without comments and private parts, in the order of the names. */
  readonly declared: readonly { readonly name: string; readonly text: string }[]
}

/** All surfaces, and the types that a user meets in them but cannot name. */
export interface PublicSurface {
  readonly surfaces: readonly Surface[]
  readonly forgotten: readonly string[]
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  // Names are followed, nothing is checked: the types of the platform are not needed and slow to read.
  noLib: true,
  types: [],
  noEmit: true
}

const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed })

const resolve = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol

// A variable is printed with its statement, or the keyword would be lost.
const statementOf = (declaration: ts.Declaration): ts.Node =>
  ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration

const isPrivate = (node: ts.Node): boolean =>
  ts.isClassElement(node) &&
  ((node.name !== undefined && ts.isPrivateIdentifier(node.name)) ||
    (ts.canHaveModifiers(node) &&
      (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)))

const withoutPrivates = (node: ts.Node): ts.Node => {
  const { transformed } = ts.transform(node, [
    (context) => {
      const visit = (inner: ts.Node): ts.Node | undefined =>
        isPrivate(inner) ? undefined : ts.visitEachChild(inner, visit, context)
      return (root) => ts.visitNode(root, visit) ?? root
    }
  ])
  return transformed[0] ?? node
}

const print = (symbol: ts.Symbol): string =>
  (symbol.declarations ?? [])
    .map((declaration) => {
      const node = withoutPrivates(statementOf(declaration))
      return printer.printNode(ts.EmitHint.Unspecified, node, declaration.getSourceFile())
    })
    .map((text) =>
      text
        .replace(/^export /, '')
        .replace(/^declare /, '')
        .replace(/;$/gm, '')
        .replace(/^(?: {4})+/gm, (indent) => ' '.repeat(indent.length / 2))
    )
    .join('\n')

const isOurs = (symbol: ts.Symbol, directory: string): boolean =>
  (symbol.declarations ?? []).some((declaration) => {
    const holder = statementOf(declaration).parent
    return ts.isSourceFile(holder) && holder.fileName.startsWith(`${directory}/`)
  })

/** The names of our own declarations that a declaration uses. */
const usedBy = (checker: ts.TypeChecker, symbol: ts.Symbol, directory: string): Set<ts.Symbol> => {
  const used = new Set<ts.Symbol>()
  const visit = (node: ts.Node): void => {
    if (isPrivate(node)) return
    if (ts.isIdentifier(node)) {
      const found = checker.getSymbolAtLocation(node)
      const target = found && resolve(checker, found)
      if (target !== undefined && isOurs(target, directory)) used.add(target)
    }
    ts.forEachChild(node, visit)
  }
  for (const declaration of symbol.declarations ?? []) visit(declaration)
  return used
}

/** Reads the public surface from the declarations under `directory`, which the compiler has emitted. */
export const publicSurface = (directory: string, entries: readonly Entry[]): PublicSurface => {
  const program = ts.createProgram(
    entries.map((entry) => join(directory, entry.declarations)),
    options
  )
  const checker = program.getTypeChecker()
  const exportsOf = (entry: Entry): ts.Symbol[] => {
    const file = program.getSourceFile(join(directory, entry.declarations))
    const module = file && checker.getSymbolAtLocation(file)
    if (module === undefined) throw new Error(`${entry.name}: ${entry.declarations} is missing or no module`)
    return checker.getExportsOfModule(module)
  }
  const exported = entries.map((entry) => ({ entry, symbols: exportsOf(entry) }))
  const known = new Set(exported.flatMap(({ symbols }) => symbols.map((symbol) => resolve(checker, symbol))))
  const forgotten = [...known].flatMap((symbol) =>
    [...usedBy(checker, symbol, directory)]
      .filter((used) => !known.has(used))
      .map((used) => `${symbol.name} uses ${used.name}, which no public entry exports`)
  )
  const surfaces = exported.map(({ entry, symbols }) => ({
    entry,
    declared: symbols
      .map((symbol) => ({ name: symbol.name, text: print(resolve(checker, symbol)) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }))
  return { surfaces, forgotten: [...new Set(forgotten)].sort() }
}

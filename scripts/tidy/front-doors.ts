import { dirname, join } from 'node:path/posix'
import ts from 'typescript'
import { at, type Rule, type Source } from './source.ts'

/** A front door lists what its module gives to others, and does nothing else. */
export const frontDoorRule: Rule = (source) => {
  if (!/^src\/(.*\/)?index\.ts$/.test(source.path)) return []
  return source.tree.statements
    .filter((statement) => !ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined)
    .map((statement) => at(source, statement, 'index.ts only names exports of its neighbours'))
}

interface Declared {
  readonly source: Source
  readonly node: ts.Node
}

const namesOf = (statement: ts.Statement): string[] => {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText())
  const { name } = statement as ts.Statement & { readonly name?: ts.Node }
  return name !== undefined && ts.isIdentifier(name) ? [name.text] : []
}

const find = (sources: ReadonlyMap<string, Source>, path: string, name: string): Declared[] => {
  const source = sources.get(path)
  if (source === undefined) return []
  return source.tree.statements.flatMap((statement): Declared[] => {
    if (!ts.isExportDeclaration(statement))
      return namesOf(statement).includes(name) ? [{ source, node: statement }] : []
    if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) return []
    return statement.exportClause.elements
      .filter((element) => element.name.text === name)
      .flatMap((element) => follow(sources, source, statement, element))
  })
}

const follow = (
  sources: ReadonlyMap<string, Source>,
  source: Source,
  statement: ts.ExportDeclaration,
  element: ts.ExportSpecifier
): Declared[] => {
  const original = (element.propertyName ?? element.name).text
  const from = statement.moduleSpecifier
  if (from === undefined || !ts.isStringLiteral(from)) return find(sources, source.path, original)
  return find(sources, join(dirname(source.path), from.text), original)
}

const isDocumented = ({ source, node }: Declared): boolean =>
  (ts.getLeadingCommentRanges(source.text, node.pos) ?? []).some((comment) =>
    source.text.startsWith('/**', comment.pos)
  )

/**
 * Every export of a public entry says what it promises. `entries` are paths of front doors; the answer says also how
 * many exports were looked at.
 */
export const undocumented = (
  sources: ReadonlyMap<string, Source>,
  entries: readonly string[]
): { readonly seen: number; readonly problems: string[] } => {
  let seen = 0
  const problems = new Set<string>()
  for (const entry of entries) {
    const door = sources.get(entry)
    if (door === undefined) problems.add(`${entry}: package.json exports it, but there is no such file`)
    for (const statement of door?.tree.statements ?? []) {
      if (door === undefined || !ts.isExportDeclaration(statement)) continue
      if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) continue
      for (const element of statement.exportClause.elements) {
        seen += 1
        const declared = follow(sources, door, statement, element)
        if (declared.length === 0) problems.add(at(door, element, `${element.name.text} is declared nowhere`))
        const [first] = declared
        if (first !== undefined && !declared.some(isDocumented))
          problems.add(at(first.source, first.node, `${element.name.text} is public and has no doc comment`))
      }
    }
  }
  return { seen, problems: [...problems] }
}

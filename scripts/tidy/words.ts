import ts from 'typescript'
import { placeOf } from './layers.ts'
import { at, isTest, type Rule, type Source, walk } from './source.ts'

const timers = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate'
]
// Names that only Node's types declare (process, Buffer, console) need no mention: they do not compile in these layers.
const outside = ['Date', 'performance', 'crypto', 'globalThis', 'fetch', ...timers]

// What a layer must be given by its ports and not take from the air, so that a simulator can give it something else.
const bannedGlobals: Readonly<Record<string, readonly string[]>> = {
  core: [...outside, 'Promise'],
  ports: outside,
  runtime: outside,
  conformance: outside,
  testing: outside
}

// The kit for tests of users stands outside of what it tests: it turns the event loop, and takes time and chance away.
const mayReachOutside = ['src/testing/event-loop.ts', 'src/testing/perform.ts', 'src/testing/purely.ts']

/** The only files of the core that may throw: a broken invariant, and the failures of the error table. */
const mayThrow = ['src/core/assert.ts', 'src/core/failure.ts']

/** True where a name stands for a value in scope; false for properties, keys, types and declarations of that name. */
const isValue = (node: ts.Identifier): boolean => {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isTypeNode(parent) || ts.isQualifiedName(parent) || ts.isTypeParameterDeclaration(parent))
    return false
  if (ts.isExpressionWithTypeArguments(parent)) return false
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent)) return parent.initializer === node
  if (ts.isBindingElement(parent)) return parent.initializer === node
  const named = parent as ts.Node & { readonly name?: ts.Node }
  return named.name !== node || ts.isShorthandPropertyAssignment(parent)
}

const bannedWord = (source: Source, node: ts.Node, layer: string): string | undefined => {
  if (ts.isIdentifier(node) && bannedGlobals[layer]?.includes(node.text) && isValue(node))
    return `${node.text} is banned in ${layer}`
  if (ts.isPropertyAccessExpression(node) && node.getText(source.tree) === 'Math.random')
    return bannedGlobals[layer] && `Math.random is banned in ${layer}`
  if (layer !== 'core') return undefined
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async is banned in core'
  if (ts.isAwaitExpression(node)) return 'await is banned in core'
  if (ts.isThrowStatement(node) && !mayThrow.includes(source.path)) return 'throw is banned in core'
  return undefined
}

/** The pure layers and the shell take time, chance, ids and effects from their ports only. */
export const wordRule: Rule = (source) => {
  if (!source.path.startsWith('src/') || isTest(source.path) || source.path.endsWith('.d.ts')) return []
  if (mayReachOutside.includes(source.path)) return []
  const { layer } = placeOf(source.path)
  const problems: string[] = []
  walk(source, (node) => {
    const problem = bannedWord(source, node, layer)
    if (problem !== undefined) problems.push(at(source, node, problem))
  })
  return problems
}

const doubles = ['mock', 'doMock', 'hoisted', 'fn', 'spyOn', 'stubGlobal', 'useFakeTimers']

/** Tests use real parts and wait on conditions: no doubles, no sleeps. */
export const testRule: Rule = (source) => {
  if (!isTest(source.path)) return []
  const problems: string[] = []
  walk(source, (node) => {
    if (ts.isIdentifier(node) && node.text === 'setTimeout' && isValue(node))
      problems.push(at(source, node, 'a test does not sleep: it waits on a condition or drives a clock'))
    if (ts.isStringLiteral(node) && node.text.endsWith('timers/promises'))
      problems.push(at(source, node, 'a test does not sleep: it waits on a condition or drives a clock'))
    if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return
    if (node.expression.text === 'vi' && doubles.includes(node.name.text))
      problems.push(
        at(source, node, `vi.${node.name.text} makes a double: use the real part or an embedded adapter`)
      )
  })
  return problems
}

import { dirname, join, relative } from 'node:path/posix'
import { at, importsOf, isTest, type Rule, type Source } from './source.ts'

interface Layer {
  /** The modules that it may import. */
  readonly imports: readonly string[]
  /** Whether it may use Node and packages. The pure layers and the shell may not. */
  readonly platform: boolean
}

/** Who may import whom: core <- ports <- {adapters, conformance, runtime, testing} <- {gateway, simulator} <- cli. */
export const layers: Readonly<Record<string, Layer>> = {
  core: { imports: [], platform: false },
  ports: { imports: ['core'], platform: false },
  runtime: { imports: ['core', 'ports'], platform: false },
  conformance: { imports: ['core', 'ports'], platform: false },
  testing: { imports: ['core', 'ports'], platform: false },
  adapters: { imports: ['core', 'ports'], platform: true },
  gateway: { imports: ['core', 'ports', 'runtime'], platform: true },
  simulator: { imports: ['core', 'ports', 'runtime'], platform: true },
  cli: { imports: ['core', 'ports', 'runtime', 'adapters', 'gateway', 'simulator'], platform: true },
  // The root entry names no adapter, so that importing it loads no driver.
  index: { imports: ['core', 'ports', 'runtime'], platform: false }
}

/** The layer of a path under src/, and the unit inside it that has one front door: each adapter is a unit of its own. */
export const placeOf = (path: string): { readonly layer: string; readonly unit: string } => {
  const parts = relative('src', path).split('/')
  const layer = parts.length === 1 ? 'index' : (parts[0] ?? '')
  return { layer, unit: layer === 'adapters' ? parts.slice(0, 2).join('/') : layer }
}

const problemOfImport = (source: Source, module: string, test: boolean): string | undefined => {
  const { layer, unit } = placeOf(source.path)
  if (!module.startsWith('.')) {
    if (test) return undefined
    if (module === 'skerry' || module.startsWith('skerry/'))
      return 'src/ imports itself by path, not by the name of the package'
    return layers[layer]?.platform
      ? undefined
      : `${layer} must not import ${module}: it uses no platform and no package`
  }
  const target = join(dirname(source.path), module)
  if (!target.startsWith('src/')) return test ? undefined : `src/ must not import ${target}`
  const other = placeOf(target)
  if (other.unit === unit) return undefined
  // A test may use any layer, but comes in by the front door like everybody.
  if (!test && (other.layer === layer || !layers[layer]?.imports.includes(other.layer)))
    return `${unit} must not import ${other.unit}`
  return target.endsWith('/index.ts') ? undefined : `import src/${other.unit}/index.ts, not ${target}`
}

/** Imports go in the direction of the layers, and into another module only by its index.ts. */
export const importRule: Rule = (source) => {
  if (!source.path.startsWith('src/')) return []
  const { layer } = placeOf(source.path)
  if (layers[layer] === undefined) return [`${source.path}: the layer ${layer} is not in the table of layers`]
  return importsOf(source).flatMap(({ module, node }) => {
    const problem = problemOfImport(source, module, isTest(source.path))
    return problem === undefined ? [] : [at(source, node, problem)]
  })
}

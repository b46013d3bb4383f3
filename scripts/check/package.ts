import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { root } from '../source-files.ts'
import { execute, executeInstalled, type Finding, type Step, sawTooFew } from './step.ts'

/** The package as npm would publish it. */
export interface Packed {
  /** Where the tarball lies: in a directory of its own, outside the repository. */
  readonly tarball: string
  readonly files: readonly string[]
}

const pack = async (): Promise<Packed> => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-package-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  // `prepack` builds first, so what is packed is what stands in src/ now.
  const ended = await execute('npm', [
    'pack',
    '--json',
    '--workspaces=false',
    '--pack-destination',
    directory
  ])
  if (ended.code !== 0) throw new Error(`npm pack failed:\n${ended.output}${ended.errors}`)
  const report: unknown = JSON.parse(ended.output.slice(ended.output.indexOf('[')))
  const [packed] = report as { filename: string; files: { path: string }[] }[]
  if (packed === undefined) throw new Error(`npm pack named no package:\n${ended.output}`)
  return { tarball: join(directory, packed.filename), files: packed.files.map((file) => file.path) }
}

let packing: Promise<Packed> | undefined

/** Builds and packs the package, once in a process. */
export const packed = (): Promise<Packed> => {
  packing ??= pack()
  return packing
}

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
}

/** The names of the public entries in package.json: '.', './testing' and so on. */
export const entryNames = (): string[] => {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return Object.keys(manifest.exports).filter((name) => name !== './package.json')
}

/** What the tarball must hold, and what must not slip into it. */
export const contents: Step = {
  name: 'contents',
  run: async (): Promise<Finding> => {
    const { files } = await packed()
    const wanted = [
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'package.json',
      'dist/index.js',
      'dist/index.d.ts'
    ]
    const missing = wanted
      .filter((file) => !files.includes(file))
      .map((file) => `${file} is not in the tarball`)
    const stray = files
      .filter(
        (file) =>
          /\.test\.|tsbuildinfo|tsconfig|\.tgz$/.test(file) ||
          !/^(dist|src)\/|^[A-Za-z-]+(\.md|\.json)?$/.test(file)
      )
      .map((file) => `${file} must not be in the tarball`)
    return { saw: `${files.length} files`, problems: [...missing, ...stray] }
  }
}

/** The manifest of the tarball against its files: every path exists, has the right format, comes in the right order. */
export const lint: Step = {
  name: 'publint',
  run: async (): Promise<Finding> => {
    const { tarball } = await packed()
    const bytes = readFileSync(tarball)
    const tarballBuffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    const { messages, pkg } = await publint({ pack: { tarball: tarballBuffer }, strict: true })
    const seen = Object.keys((pkg as Partial<Manifest>).exports ?? {}).length
    return {
      saw: `${seen} entries`,
      problems: [
        ...sawTooFew(seen, entryNames().length, 'entries'),
        ...messages.map(
          (message) => `${message.type}: ${formatMessage(message, pkg, { color: false }) ?? message.code}`
        )
      ]
    }
  }
}

interface TypesReport {
  readonly analysis: { readonly entrypoints?: Readonly<Record<string, unknown>> }
}

/** The types of each public entry as a user's compiler resolves them. */
export const types: Step = {
  name: 'attw',
  run: async (): Promise<Finding> => {
    const { tarball } = await packed()
    const options = [tarball, '--profile', 'esm-only']
    // By way of a file: into a pipe, the tool ends before all of its answer is written.
    const answer = `${tarball}.json`
    const attw = join(root, 'node_modules', '.bin', 'attw')
    const ended = await execute('sh', ['-c', '"$0" "$@" > "$OUTPUT"', attw, ...options, '--format', 'json'], {
      env: { OUTPUT: answer }
    })
    const text = readFileSync(answer, 'utf8')
    if (!text.startsWith('{')) return { saw: '0 entries', problems: [text + ended.errors] }
    const report: TypesReport = JSON.parse(text)
    const seen = Object.keys(report.analysis.entrypoints ?? {}).length
    const few = sawTooFew(seen, entryNames().length, 'entries')
    if (ended.code === 0) return { saw: `${seen} entries`, problems: few }
    const table = await executeInstalled('attw', [
      tarball,
      '--profile',
      'esm-only',
      '--format',
      'ascii',
      '--no-emoji'
    ])
    return { saw: `${seen} entries`, problems: [...few, table.output] }
  }
}

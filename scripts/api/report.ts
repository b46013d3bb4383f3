import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Entry, type PublicSurface, publicSurface, type Surface } from './surface.ts'

interface Target {
  readonly types: string
}

/** The public entries that a manifest exports. */
export const entriesOf = (manifest: {
  readonly name: string
  readonly exports: Readonly<Record<string, string | Target>>
}): Entry[] =>
  Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    typeof target === 'string'
      ? []
      : [
          {
            name: subpath.replace(/^\./, manifest.name),
            declarations: target.types.replace(/^\.\/dist\//, '')
          }
        ]
  )

const fileOf = ({ entry }: Surface): string => `${entry.name.replaceAll('/', '-')}.api.md`

const textOf = ({ entry, declared }: Surface): string => {
  const blocks = declared.map(({ name, text }) => {
    const renamed = new RegExp(`\\b${name}\\b`).test(text) ? '' : `// exported as ${name}\n`
    return `${renamed}${text}`
  })
  return `# ${entry.name}\n\nMade by \`npm run api:update\`. A change here is a change for users.\n\n\`\`\`ts\n${blocks.join('\n\n')}\n\`\`\`\n`
}

/** Reads the surface of the built package in `root`. */
export const builtSurface = (root: string): PublicSurface => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return publicSurface(join(root, 'dist'), entriesOf(manifest))
}

/** Writes one report for each entry, and removes those of entries that are gone. */
export const writeReports = (directory: string, { surfaces }: PublicSurface): void => {
  mkdirSync(directory, { recursive: true })
  for (const old of readdirSync(directory).filter((name) => name.endsWith('.api.md')))
    rmSync(join(directory, old))
  for (const surface of surfaces) writeFileSync(join(directory, fileOf(surface)), textOf(surface))
}

/** Where the reports in `directory` say something else than the surface, and what the surface lacks. */
export const reportProblems = (directory: string, { surfaces, forgotten }: PublicSurface): string[] => {
  const named = new Set(surfaces.map(fileOf))
  const differing = surfaces.flatMap((surface) => {
    const path = join(directory, fileOf(surface))
    if (!existsSync(path)) return [`${surface.entry.name} has no report: run npm run api:update`]
    if (readFileSync(path, 'utf8') === textOf(surface)) return []
    return [
      `${surface.entry.name} differs from its report ${basename(path)}: run npm run api:update and review it`
    ]
  })
  const left = existsSync(directory) ? readdirSync(directory).filter((name) => !named.has(name)) : []
  return [...differing, ...left.map((name) => `${name} reports an entry that is gone`), ...forgotten]
}

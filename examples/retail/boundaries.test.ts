import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { retail } from './retail.ts'

const here = import.meta.dirname
const unasked = (): Promise<never> => Promise.reject(new Error('Nobody asks.'))
const { services } = retail({
  payments: { provider: { charge: unasked, refund: unasked, reverse: unasked } },
  post: { sender: { sendMail: unasked } }
})
const names = [...services.keys()]

/** What a service may have from outside, beside others' contracts: the platform and its schemas. */
const allowed = new Set(['skerry', 'zod'])

interface SourceFile {
  readonly service: string
  readonly path: string
  readonly imports: readonly string[]
}

function importsOf(source: string): string[] {
  return [...source.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier]) => specifier ?? '')
}

function sourceFiles(): SourceFile[] {
  return names.flatMap((service) =>
    readdirSync(join(here, service), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => {
        const path = join(service, file)
        return { service, path, imports: importsOf(readFileSync(join(here, path), 'utf8')) }
      })
  )
}

/** The service whose contract an import names. */
function contractOf(specifier: string): string | undefined {
  return /^\.\.\/([a-z-]+)\/contract\.ts$/.exec(specifier)?.[1]
}

/** The imports of a file that reach into another service, or out of all of them. */
function trespasses({ service, path, imports }: SourceFile): string[] {
  return imports
    .filter((specifier) => {
      if (/^\.\/[a-z-]+\.ts$/.test(specifier) || allowed.has(specifier)) return false
      const other = contractOf(specifier)
      return other === undefined || other === service || !names.includes(other)
    })
    .map((specifier) => `${path} imports ${specifier}`)
}

const files = sourceFiles()

test('every service has files, and they import contracts of others', () => {
  expect(names).toHaveLength(8)
  for (const name of names) {
    const own = files.filter(({ service }) => service === name).map(({ path }) => basename(path))
    expect(own, name).toEqual(expect.arrayContaining(['contract.ts', 'service.ts']))
  }
  const contracts = files.flatMap(({ imports }) =>
    imports.flatMap((specifier) => contractOf(specifier) ?? [])
  )
  expect(new Set(contracts)).toEqual(
    new Set(['catalog', 'sales', 'inventory', 'billing', 'shipping', 'fulfilment'])
  )
})

test('a service imports of another service its contract and nothing else', () => {
  expect(files.length).toBeGreaterThan(50)
  expect(files.flatMap(trespasses)).toEqual([])
})

test('an import that reaches into another service is found, however it is written', () => {
  const source = [
    `import { order } from '../sales/order.ts'`,
    `export { order } from "../sales/order.ts"`.replaceAll('"', "'"),
    `const late = await import('../sales/order.ts')`,
    `import '../sales/service.ts'`,
    `import { readFileSync } from 'node:fs'`,
    `import { OrderAccepted } from '../sales/contract.ts'`,
    `import { actor } from 'skerry'`
  ].join('\n')
  const file = { service: 'billing', path: 'billing/seeded.ts', imports: importsOf(source) }
  expect(file.imports).toHaveLength(7)
  expect(trespasses(file)).toHaveLength(5)
})

test('a contract needs no other contract', () => {
  const contracts = files.filter(({ path }) => basename(path) === 'contract.ts')
  expect(contracts).toHaveLength(8)
  for (const { path, imports } of contracts) expect(imports, path).toEqual(['skerry', 'zod'])
})

test('what a contract offers, its service keeps: every event is said by somebody', () => {
  const said = new Map<string, Set<string>>()
  for (const { name, units } of services.values()) {
    const types = [...units.values()].flatMap((unit) =>
      unit.kind === 'state-machine' ? [...unit.commands.values()].flatMap(({ emits }) => emits) : []
    )
    said.set(name, new Set(types))
  }
  const never = [...services.values()].flatMap(({ name, contract }) =>
    [...contract.events.keys()].filter((type) => !said.get(name)?.has(type)).map((type) => `${name}/${type}`)
  )
  // A process manager says these; its own tests see it.
  expect(never).toEqual(['fulfilment/OrderReadyForShipping', 'fulfilment/FulfilmentFailed'])
})

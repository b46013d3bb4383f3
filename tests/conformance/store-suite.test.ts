import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { type ConformanceCase, type StoreOpener, storeConformance } from '../../src/conformance/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { type Defect, storeDefects } from './store-defects.ts'

// A suite is worth what it catches: each of these stores breaks one promise, and some case must see that.

/** The store with some of its methods replaced. */
function spoilt(store: Store, defect: Defect): Store {
  const replaced = defect(store) as Record<PropertyKey, unknown>
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = replaced[name] ?? Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    }
  })
}

function openerOf(defect: Defect): StoreOpener {
  return async ({ service, partitions }) => {
    const directory = await mkdtemp(join(tmpdir(), 'skerry-defect-'))
    const opened: Store[] = []
    return {
      async open() {
        const store = await sqliteStore({ service, partitions, file: join(directory, `${service}.db`) })
        opened.push(store)
        return spoilt(store, defect)
      },
      async remove() {
        for (const store of opened) await store.close()
        await rm(directory, { recursive: true })
      }
    }
  }
}

/** The first case that fails, by its name. */
async function firstCaught(cases: readonly ConformanceCase[]): Promise<string | undefined> {
  for (const each of cases) {
    const failed = await each.run().then(
      () => false,
      () => true
    )
    if (failed) return each.name
  }
  return undefined
}

test('a store without a defect passes, as it does behind the same wrapping', async () => {
  expect(await firstCaught(storeConformance(openerOf(() => ({}))))).toBeUndefined()
}, 120_000)

test.each(Object.entries(storeDefects))(
  'the suite catches it when %s',
  async (_, defect) => {
    expect(await firstCaught(storeConformance(openerOf(defect)))).toBeTypeOf('string')
  },
  120_000
)

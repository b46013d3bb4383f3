// Archives what can be archived of a schema, and is killed before the call or step with the given number.
import { Pool } from 'pg'
import { postgresStore } from '../../src/adapters/postgres/index.ts'
import { archivePlan, archiveRange } from '../../src/cli/store-archive.ts'
import type { Retention } from '../../src/ports/index.ts'
import type { KilledArchive } from './archive-places.ts'

const { port, schema, directory, killBefore } = JSON.parse(process.argv[2] ?? '') as KilledArchive
let calls = 0

function count(): void {
  calls += 1
  if (calls === killBefore) process.kill(process.pid, 'SIGKILL')
}

function counted<Port extends object>(port: Port): Port {
  return new Proxy(port, {
    get(real, name) {
      const found: unknown = Reflect.get(real, name)
      if (typeof found !== 'function') return found
      return (...values: readonly unknown[]): unknown => {
        count()
        return found.apply(real, values)
      }
    }
  })
}

const pool = new Pool({ host: '127.0.0.1', port, database: 'postgres', user: 'postgres', max: 2 })
const store = await postgresStore({ service: 'harbour', schema, pool })
const retention = counted(store.retention as Retention)
const logNeeds = { machines: new Map<string, number>(), readers: [] }
const { leaving } = await archivePlan(retention, logNeeds)
for (const range of leaving)
  await archiveRange(
    { store: counted(store), retention, directory, logNeeds, by: 'test', tell: () => count() },
    range
  )
await store.close()

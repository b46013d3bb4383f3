// Moves a service, and is killed before the call with the given number; told as JSON.
import { Pool } from 'pg'
import { postgresCopy } from '../../src/adapters/postgres/index.ts'
import { sqliteCopy } from '../../src/adapters/sqlite/index.ts'
import { moveStore } from '../../src/cli/store-move.ts'
import type { StoreCopy } from '../../src/ports/index.ts'
import type { KilledMove, MovePlace } from './move-places.ts'

function opened({ file, schema, port }: MovePlace): StoreCopy {
  const service = 'harbour'
  if (file !== undefined) return sqliteCopy({ service, file })
  const pool = new Pool({ host: '127.0.0.1', port, database: 'postgres', user: 'postgres', max: 1 })
  return postgresCopy({ service, schema: schema ?? '', pool })
}

const { source, target, killBefore } = JSON.parse(process.argv[2] ?? '') as KilledMove
let calls = 0

function counted(copy: StoreCopy): StoreCopy {
  return new Proxy(copy, {
    get(real, name) {
      const found: unknown = Reflect.get(real, name)
      if (typeof found !== 'function') return found
      return (...values: readonly unknown[]): unknown => {
        calls += 1
        if (calls === killBefore) process.kill(process.pid, 'SIGKILL')
        return found.apply(real, values)
      }
    }
  })
}

const [left, right] = [opened(source), opened(target)]
await moveStore({ source: counted(left), target: counted(right), from: 'here', to: 'there' })
await left.close()
await right.close()

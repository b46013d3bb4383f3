import { appendFileSync } from 'node:fs'
import type { BusPlace } from '../../../src/cli/config.ts'
import { defineConfig } from '../../../src/cli/config.ts'
import { bank } from '../../runtime/bank.ts'
import { posting } from '../../system/posting.ts'
import { databaseOf, difficult } from '../../system/start-bank.ts'

/** What a service of the bank is told of its surroundings. */
export interface BankSurroundings {
  /** The address of the database, as this service reaches it. */
  readonly database: string
  readonly bus: BusPlace
  /** What is posted is taken down here, before anybody is told that it is posted. */
  readonly posts: string
}

/** Where the surroundings are said, as JSON. */
export const surroundingsVariable = 'CHAOS_BANK'

export default defineConfig(({ env }) => {
  const said = env[surroundingsVariable]
  if (said === undefined) throw new Error(`${surroundingsVariable} says nothing.`)
  const { database, bus, posts } = JSON.parse(said) as BankSurroundings
  const post = posting((line) => appendFileSync(posts, `${line}\n`))
  return {
    system: bank({ ...difficult, post }),
    profiles: {
      servers: {
        store: (service: string) => ({ kind: 'postgres', url: databaseOf(database, service) }) as const,
        bus
      }
    }
  }
})

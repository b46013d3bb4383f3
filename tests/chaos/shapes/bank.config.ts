import { appendFileSync } from 'node:fs'
import type { BusPlace, StorePlace } from '../../../src/cli/config.ts'
import { defineConfig } from '../../../src/cli/config.ts'
import { bank } from '../../runtime/bank.ts'
import { posting } from '../../system/posting.ts'
import { databaseOf, difficult, isDatabase } from '../../system/start-bank.ts'

/** What a service of the bank is told of its surroundings. */
export interface BankSurroundings {
  /** Where the data are, as this service reaches them: its data directory, or the address of a database. */
  readonly place: string
  readonly bus: BusPlace
  /** What is posted is taken down here, before anybody is told that it is posted. */
  readonly posts: string
}

/** Where the surroundings are said, as JSON. */
export const surroundingsVariable = 'CHAOS_BANK'

export default defineConfig(({ env }) => {
  const said = env[surroundingsVariable]
  if (said === undefined) throw new Error(`${surroundingsVariable} says nothing.`)
  const { place, bus, posts } = JSON.parse(said) as BankSurroundings
  const post = posting((line) => appendFileSync(posts, `${line}\n`))
  const store = (service: string): StorePlace =>
    isDatabase(place) ? { kind: 'postgres', url: databaseOf(place, service) } : { kind: 'sqlite' }
  return { system: bank({ ...difficult, post }), profiles: { chaos: { store, bus } } }
})

import { expect, test } from 'vitest'
import { compileSnippets } from './compile-snippets.ts'
import { largeContracts, largeSystem } from './large-system.ts'

const services = 50
/** With 50 services it was 5,600 for each: a machine, a process manager, a projection and an actor, 18 rules in all. */
const budgetEach = 7_000
/** With 50 services it was 556,000, half of it by the schemas alone. */
const budgetInAll = 700_000

test(`a system of ${services} services type-checks within its budget of instantiations`, {
  timeout: 120_000
}, () => {
  const schemas = compileSnippets(largeContracts(services))
  const all = compileSnippets(largeSystem(services))
  expect(schemas.errors.size).toBe(services)
  expect(all.errors.size).toBe(2 * services + 1)
  expect([...all.errors.values()].flat()).toEqual([])
  expect(schemas.instantiations).toBeGreaterThan(services * 1_000)
  expect((all.instantiations - schemas.instantiations) / services).toBeLessThan(budgetEach)
  expect(all.instantiations).toBeLessThan(budgetInAll)
})

test('a mistake in one of many services is seen', { timeout: 60_000 }, () => {
  const sources = largeSystem(3)
  const name = 'large-service-1'
  const broken = sources[name]?.replace('paid: event.pence }))', 'paid: event.penny }))') ?? ''
  const { errors } = compileSnippets({ ...sources, [name]: broken })
  expect(errors.get(name)?.map(({ text }) => text)).toEqual([
    expect.stringContaining("Property 'penny' does not exist")
  ])
})

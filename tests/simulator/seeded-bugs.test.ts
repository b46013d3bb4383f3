import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { alarmsOf, hunt } from '../../benchmarks/seeded-bugs/hunt.ts'
import { type BugKind, bugKinds, type Mutant, mutated } from '../../benchmarks/seeded-bugs/mutant.ts'
import { mutants } from '../../benchmarks/seeded-bugs/mutants.ts'
import { sampleFile, sampleNames } from '../../benchmarks/seeded-bugs/samples.ts'
import { Workers } from '../../benchmarks/seeded-bugs/workers.ts'
import { compileSnippets } from '../types/compile-snippets.ts'

const workers = new Workers(2)
afterAll(() => workers.stop())

const textOf = (mutant: Mutant): string => mutated(readFileSync(sampleFile(mutant.sample), 'utf8'), mutant)

test('there are enough mutants, of enough kinds, and enough samples', () => {
  const kinds = new Set(mutants.map(({ kind }) => kind))
  expect(mutants.length).toBeGreaterThanOrEqual(40)
  expect(kinds.size).toBeGreaterThanOrEqual(12)
  expect([...kinds].toSorted()).toEqual(Object.keys(bugKinds).toSorted())
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  expect(sampleNames.length).toBeGreaterThanOrEqual(20)
  expect(sampleNames).toEqual(expect.arrayContaining(mutants.map(({ sample }) => sample)))
})

test('a change whose text does not stand in the sample exactly once is refused', () => {
  const [mutant] = mutants as readonly [Mutant]
  const twice = { ...mutant, edits: [['a', 'b']] as const }
  expect(() => mutated('banana', twice)).toThrow("'a' stands 3 times in")
  expect(mutated('b', { ...mutant, edits: [['b', '$&']] })).toBe('$&')
})

test('the compiler takes every mutant', () => {
  const node = '/// <reference types="node" />\n'
  const texts = mutants.map((mutant) => [`mutant-${mutant.name}`, node + textOf(mutant)] as const)
  const { errors } = compileSnippets(Object.fromEntries(texts), new URL('.', sampleFile('accounts')).pathname)
  expect(errors.size).toBe(mutants.length)
  expect([...errors].filter(([, found]) => found.length > 0)).toEqual([])
}, 120_000)

const firstOf = (kind: string): Mutant => mutants.find((mutant) => mutant.kind === kind) as Mutant

test.each(Object.entries(bugKinds))('%s is found: %s', async (kind) => {
  const { sample, name } = firstOf(kind as BugKind)
  const { found } = await hunt(workers, { sample, mutant: name }, 25_000)
  expect(found?.oracle).toBeTypeOf('string')
})

test('correct samples raise no alarm', async () => {
  for (const sample of sampleNames) expect(await alarmsOf(workers, { sample }, 4), sample).toEqual([])
}, 120_000)

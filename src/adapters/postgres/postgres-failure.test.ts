import { expect, test } from 'vitest'
import { Failure } from '../../core/index.ts'
import { isConnectionLost, isTransient, isUndefined, storeFailure } from './postgres-failure.ts'

const coded = (code: string): Error => Object.assign(new Error('it went wrong'), { code })

test.each([
  ['53100', 'STORE_FULL'],
  ['XX001', 'STORE_CORRUPT'],
  ['XX002', 'STORE_CORRUPT'],
  ['XX000', 'INTERNAL'],
  ['53300', 'STORE_UNAVAILABLE'],
  ['57P01', 'STORE_UNAVAILABLE'],
  ['57P03', 'STORE_UNAVAILABLE'],
  ['08006', 'STORE_UNAVAILABLE'],
  ['28P01', 'STORE_UNAVAILABLE'],
  ['3D000', 'STORE_UNAVAILABLE'],
  ['42501', 'STORE_UNAVAILABLE'],
  ['40001', 'STORE_UNAVAILABLE'],
  ['58030', 'STORE_UNAVAILABLE'],
  ['ECONNRESET', 'STORE_UNAVAILABLE'],
  ['EPIPE', 'STORE_UNAVAILABLE'],
  ['SK001', 'VERSION_CONFLICT'],
  ['SK002', 'CHECKPOINT_CONFLICT'],
  ['42601', 'INTERNAL'],
  ['22P02', 'INTERNAL']
])('%s is %s', (state, code) => {
  const failure = storeFailure(coded(state), 'here')
  expect(failure.code).toBe(code)
  expect(failure.message).toContain('it went wrong')
})

test('a mistake of a program is not taken for a server that is away', () => {
  for (const mistake of [new TypeError('x'), new RangeError('x')]) {
    expect(storeFailure(mistake, 'here').code).toBe('INTERNAL')
    expect(isConnectionLost(mistake)).toBe(false)
  }
  const failure = new Failure('UNIT_UNKNOWN')
  expect(storeFailure(failure, 'here')).toBe(failure)
  expect(isConnectionLost(failure)).toBe(false)
})

test('what may be done again at once did not happen; what broke a connection may have', () => {
  for (const state of ['40001', '40P01'])
    expect([isTransient(coded(state)), isConnectionLost(coded(state))]).toEqual([true, false])
  for (const state of ['57P01', '08006', 'ECONNRESET', 'EPIPE'])
    expect([isTransient(coded(state)), isConnectionLost(coded(state))]).toEqual([false, true])
})

test('a table that is dropped while it is looked up is not there, and no other internal error is', () => {
  const internal = (message: string): Error => Object.assign(new Error(message), { code: 'XX000' })
  expect(isUndefined(coded('42P01'))).toBe(true)
  expect(isUndefined(coded('42883'))).toBe(true)
  expect(isUndefined(internal('cache lookup failed for function 17012'))).toBe(true)
  expect(isUndefined(internal('could not open relation with OID 17012'))).toBe(true)
  expect(isUndefined(internal('cache lookup failed for relation 17012'))).toBe(true)
  expect(isUndefined(internal('unexpected chunk number 3'))).toBe(false)
  expect(isUndefined(Object.assign(new Error('could not open relation with OID 1'), { code: 'XX001' }))).toBe(
    false
  )
})

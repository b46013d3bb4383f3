import { expect, test } from 'vitest'
import { frozen } from './frozen.ts'
import { projection } from './projection.ts'
import { stateMachine } from './state-machine.ts'

test('nobody changes what is frozen, at any depth', () => {
  const value = frozen({ notes: [{ text: 'one' }] })
  expect(() => value.notes.push({ text: 'two' })).toThrow(TypeError)
  expect(() => Object.assign(value.notes[0] ?? {}, { text: 'other' })).toThrow(TypeError)
  expect(value).toEqual({ notes: [{ text: 'one' }] })
})

test('what every entity and every row begins with cannot be changed by one of them', () => {
  const machine = stateMachine<{ readonly status: 'new'; readonly notes: string[] }>('ticket', {
    status: 'new',
    notes: []
  })
  const rows = projection<{ readonly notes: string[] }>('tickets', { initial: { notes: [] } })
  const initials = [machine.initial, rows.initial] as { readonly notes: string[] }[]
  for (const { notes } of initials) expect(() => notes.push('shared')).toThrow(TypeError)
})

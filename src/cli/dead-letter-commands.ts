import type { Command } from './command.ts'
import { shared, talking } from './options.ts'

type DeadLetters = typeof import('./dead-letters.ts')

const load = (): Promise<DeadLetters> => import('./dead-letters.ts')

/** Dead letters are messages that keep failing; each is named by its service and number, such as `sales/1`. */
export const deadLetterCommands: readonly Command[] = [
  {
    name: 'dlq list',
    summary: 'list the dead letters',
    words: '[SERVICE]',
    wordsLeast: 0,
    wordsMost: 1,
    notes: [
      'Numbers have gaps: messages that are retried, or wait, take numbers too. A service that is',
      'away, or does not answer this machine, does not hide the others; then it ends with 1.'
    ],
    options: {
      status: {
        value: 'STATUS',
        text: 'dead, behind, retrying or pending, or several with commas; else dead'
      },
      subscription: { value: 'NAME', text: 'of one part of the service' },
      key: { value: 'KEY', text: 'of one key' },
      after: { value: 'NUMBER', text: 'behind this number' },
      limit: { value: 'N', text: 'at most so many of each service; else 50' },
      ...talking
    },
    examples: [
      { line: 'skerry dlq list', text: 'of every service' },
      { line: 'skerry dlq list sales --status dead,behind', text: 'and what waits behind them' }
    ],
    run: async (call) => (await load()).listDeadLetters(call)
  },
  {
    name: 'dlq show',
    summary: 'show a dead letter: its message, and why it failed',
    words: 'SERVICE/NUMBER',
    wordsLeast: 1,
    wordsMost: 1,
    notes: [],
    options: talking,
    examples: [{ line: 'skerry dlq show sales/1', text: 'the message, the key and the failure' }],
    run: async (call) => (await load()).showDeadLetter(call)
  },
  {
    name: 'dlq edit',
    summary: 'replace the data of a dead letter, checked by its schema',
    words: 'SERVICE/NUMBER',
    wordsLeast: 1,
    wordsMost: 1,
    notes: ['Without --to and --file, $VISUAL or $EDITOR opens the data as it is now.'],
    options: {
      to: { value: 'JSON', text: 'the new data' },
      file: { value: 'FILE', text: 'the new data, as JSON in a file; - reads standard input' },
      by: shared.by,
      ...talking
    },
    examples: [
      { line: `skerry dlq edit sales/1 --to '{"customerId":"c-1","total":5}'`, text: 'then redrive it' }
    ],
    run: async (call) => (await load()).editDeadLetter(call)
  },
  {
    name: 'dlq redrive',
    summary: 'try dead letters again, once; what waits behind them follows',
    words: 'SERVICE/NUMBER ...',
    wordsLeast: 0,
    wordsMost: 1000,
    notes: [
      'Ends with 1 when one of them fails again. A command that is refused has not failed: it is decided.'
    ],
    options: {
      all: { value: 'SERVICE', text: 'every dead letter of a service, in the order of their numbers' },
      by: shared.by,
      ...talking
    },
    examples: [
      { line: 'skerry dlq redrive sales/1', text: 'says what is known then: done, or dead again' },
      { line: 'skerry dlq redrive --all sales', text: 'after a mistake was mended' }
    ],
    run: async (call) => (await load()).redriveDeadLetters(call)
  },
  {
    name: 'dlq discard',
    summary: 'drop a dead letter; what waits behind it follows',
    words: 'SERVICE/NUMBER',
    wordsLeast: 1,
    wordsMost: 1,
    notes: [],
    options: { reason: { value: 'TEXT', text: 'why, for the audit; needed' }, by: shared.by, ...talking },
    examples: [
      { line: `skerry dlq discard sales/1 --reason 'a test of ours'`, text: 'it takes effect nowhere' }
    ],
    run: async (call) => (await load()).discardDeadLetter(call)
  }
]

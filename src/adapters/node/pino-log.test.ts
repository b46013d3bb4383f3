import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Failure } from '../../core/index.ts'
import { type PinoLogOptions, pinoLog } from './index.ts'

const run = promisify(execFile)

function written(options: Omit<PinoLogOptions, 'destination'>) {
  const lines: string[] = []
  const log = pinoLog({ ...options, destination: { write: (line) => lines.push(line) } })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> }
}

test('a line is one JSON object with time, level in words, text and fields', () => {
  const { log, lines, last } = written({ level: 'debug' })
  log.info('a command was accepted', { service: 'sales', correlationId: 'c-1', count: 3 })
  expect(last()).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    level: 'info',
    msg: 'a command was accepted',
    service: 'sales',
    correlationId: 'c-1',
    count: 3
  })
  for (const level of ['debug', 'warn', 'error'] as const) {
    log[level]('said')
    expect(last()['level']).toBe(level)
  }
  expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true)
})

test('lines below the level are left out', () => {
  const { log, lines } = written({ level: 'warn' })
  log.debug('no')
  log.info('no')
  log.warn('yes')
  log.error('yes')
  expect(lines).toHaveLength(2)
})

test('an error is written with its code, details, stack and cause', () => {
  const { log, lines, last } = written({ level: 'info' })
  log.error('failed', { error: new Failure('FEED_INVALID', { at: 3 }, new Error('the cause')) })
  expect(last()['error']).toMatchObject({
    code: 'FEED_INVALID',
    details: { at: 3 },
    stack: expect.any(String)
  })
  expect(lines[0]).toContain('the cause')
})

test('fields cannot take the place of what every line has', () => {
  const { log, lines, last } = written({ level: 'info' })
  log.info('text', { time: 1, level: 2, msg: 3, other: 4 })
  expect(last()).toMatchObject({ level: 'info', msg: 'text', time_: 1, level_: 2, msg_: 3, other: 4 })
  expect(lines[0]?.match(/"level"/g)).toHaveLength(1)
})

test('nothing that is logged makes a call throw', () => {
  const { log, lines } = written({ level: 'info' })
  const circle: Record<string, unknown> = { name: 'circle' }
  circle['self'] = circle
  log.info('circle', circle)
  log.info('big', { big: 10n, symbol: Symbol('s'), function: () => 1 })
  log.info('hostile', {
    get field(): never {
      throw new Error('A getter that throws.')
    }
  })
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['circle', 'big'])
  const broken = pinoLog({
    level: 'info',
    destination: {
      write() {
        throw new Error('A destination that throws.')
      }
    }
  })
  expect(() => broken.error('text')).not.toThrow()
})

test('a pretty line has time of day, level, text and fields, and the stack of an error below', () => {
  const { log, lines } = written({ level: 'info', pretty: true })
  log.warn('the feed is away', { service: 'sales', reason: 'no answer', attempts: 2, deep: { a: [1] } })
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} warn {2}the feed is away service=sales reason="no answer" attempts=2 deep=\{"a":\[1\]\}\n$/
  )
  log.error('failed', { error: new Error('boom') })
  expect(lines[1]).toMatch(/error failed\n {4}Error: boom\n {8}at /)
})

const program = (after: string): string => `
  import { pinoLog } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
  const log = pinoLog({ level: 'info' })
  for (let line = 0; line < 5000; line++) log.info('line', { line, filling: 'x'.repeat(100) })
  ${after}`

test('lines go to standard error, all of them and in order, also when the process ends at once', async () => {
  for (const after of ['', 'process.exit(0)']) {
    const { stdout, stderr } = await run(
      process.execPath,
      ['--input-type=module', '--eval', program(after)],
      {
        timeout: 20_000,
        maxBuffer: 2 ** 24
      }
    )
    const lines = stderr.trim().split('\n')
    expect(stdout).toBe('')
    expect(lines.map((line) => JSON.parse(line).line)).toEqual(
      Array.from({ length: 5_000 }, (_, line) => line)
    )
  }
})

test.runIf(existsSync('/dev/full'))(
  'a log that cannot be written neither fails nor holds the process up',
  async () => {
    const script = `"${process.execPath}" --input-type=module --eval "$PROGRAM" 2>/dev/full; echo "status $?"`
    const env = { ...process.env, PROGRAM: program("console.log('went on')") }
    const { stdout } = await run('/bin/sh', ['-c', script], { timeout: 20_000, env })
    expect(stdout).toBe('went on\nstatus 0\n')
  }
)

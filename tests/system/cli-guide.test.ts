import { expect, test } from 'vitest'
import { ended, runningShop, shopDirectory, typed } from './skerry-process.ts'

const sessions: readonly (readonly [golden: string, lines: readonly string[]])[] = [
  [
    'golden/inspect-session.txt',
    [
      'skerry inspect',
      'skerry inspect sales',
      'skerry inspect sales/order --limit 1',
      'skerry inspect sales/order/o-1 --history'
    ]
  ],
  [
    'golden/dlq-session.txt',
    [
      'skerry dlq list',
      'skerry dlq redrive sales/1',
      `skerry dlq edit sales/1 --to '{"customerId":"c-1","total":5}' --by Ada`,
      'skerry dlq redrive sales/1',
      'skerry dlq list'
    ]
  ],
  ['golden/rebuild-session.txt', ['skerry rebuild sales/orders --wait']],
  ['golden/doctor-session.txt', ['skerry doctor', 'skerry doctor --data elsewhere']]
]

/** What differs from run to run gets one face. */
const steady = (output: string): string =>
  output
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-11-21T09:00:00.000Z')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:4000')
    .replace(/age +failure/, 'age  failure')
    .replace(/\d+ s +(?=TRANSITION)/g, '2 s  ')
    .replace(/\d+\.\d GB/g, '90.0 GB')
    .replace(/(node +)[\d.]+/, '$126.10.0')

test.each(sessions)('what the guide shows in %s is what is said', async (golden, lines) => {
  const cwd = shopDirectory('examples/guide/command-line/skerry.config.ts')
  const shop = await runningShop(cwd)
  await shop.place('o-1')
  await shop.place('o-2', 'poison')
  const isDead = async (): Promise<boolean> =>
    (await ended(['dlq', 'list', '--json'], { cwd })).output.includes('"dead"')
  await expect.poll(isDead, { timeout: 60_000, interval: 100 }).toBe(true)
  let session = ''
  for (const line of lines) {
    const { output, errors } = await typed(line, { cwd }).ended
    expect(errors).toBe('')
    session += `$ ${line}\n${steady(output)}`
  }
  await expect(session).toMatchFileSnapshot(golden)
})

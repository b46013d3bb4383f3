import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { commands } from '../../src/cli/commands.ts'
import {
  emptyDirectory,
  ended,
  type RunningShop,
  runningShop,
  shopDirectory,
  typed
} from './skerry-process.ts'

const helps: readonly (readonly [line: string, golden: string])[] = [
  ['--help', 'golden/skerry.txt'],
  ['run --help', 'golden/run.txt'],
  ['inspect --help', 'golden/inspect.txt'],
  ['dlq --help', 'golden/dlq.txt'],
  ['dlq list --help', 'golden/dlq-list.txt'],
  ['dlq show --help', 'golden/dlq-show.txt'],
  ['dlq edit --help', 'golden/dlq-edit.txt'],
  ['dlq redrive --help', 'golden/dlq-redrive.txt'],
  ['dlq discard --help', 'golden/dlq-discard.txt'],
  ['rebuild --help', 'golden/rebuild.txt'],
  ['doctor --help', 'golden/doctor.txt'],
  ['up --help', 'golden/up.txt'],
  ['move --help', 'golden/move.txt'],
  ['archive --help', 'golden/archive.txt'],
  ['subscribers --help', 'golden/subscribers.txt'],
  ['sim --help', 'golden/sim.txt']
]

test.each(helps)('skerry %s says what it always said', async (line, golden) => {
  const { code, output, errors } = await ended(line.split(' '), { cwd: emptyDirectory() })
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  await expect(output).toMatchFileSnapshot(golden)
  for (const shown of output.split('\n')) expect(shown.length).toBeLessThanOrEqual(102)
})

test('every command has its help among these, and every option is in it', () => {
  expect(commands.length).toBeGreaterThan(8)
  for (const { name, options } of commands) {
    const golden = helps.find(([line]) => line === `${name} --help`)?.[1] ?? ''
    const help = readFileSync(join(root, 'tests', 'system', golden), 'utf8')
    for (const option of Object.keys(options)) expect(help).toContain(`--${option}`)
  }
})

test('help of a command may be asked for by a word, and --version is that of the package', async () => {
  const cwd = emptyDirectory()
  const asked = await ended(['help', 'dlq', 'show'], { cwd })
  expect(asked.output).toBe(readFileSync(join(root, 'tests', 'system', 'golden', 'dlq-show.txt'), 'utf8'))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  expect((await ended(['--version'], { cwd })).output).toBe(`${version}\n`)
})

test('without a command there is the help, and the end is that of a mistake', async () => {
  const { code, output } = await ended([], { cwd: emptyDirectory() })
  expect(output).toContain('usage: skerry COMMAND')
  expect(code).toBe(2)
})

const examples = commands.flatMap(({ name, examples: lines }) =>
  lines.map(({ line }) => [line, name] as const)
)
const edit = examples.find(([, name]) => name === 'dlq edit')?.[0] ?? ''

/** A shop with what the examples speak of: the order o-1, and the dead letter sales/1. */
async function exampleShop(cwd: string): Promise<RunningShop> {
  const shop = await runningShop(cwd)
  expect(await shop.place('o-1')).toBe(200)
  expect(await shop.place('o-2', 'poison')).toBe(200)
  const isDead = async (): Promise<boolean> => {
    const { output } = await ended(['dlq', 'list', '--json'], { cwd })
    return output.includes('"number":1,')
  }
  await expect.poll(isDead, { timeout: 60_000, interval: 200 }).toBe(true)
  return shop
}

describe('every example in a help can be typed as it stands', () => {
  test.each(examples.filter(([, name]) => name === 'run'))('%s', async (line) => {
    const program = typed(line, { cwd: shopDirectory(), env: { PORT: '0' } })
    await program.until(/^stop /m)
  })

  test('there are examples of every command', () => {
    expect(new Set(examples.map(([, name]) => name)).size).toBe(commands.length)
  })

  test('those that only ask', async () => {
    const asking = examples.filter(([, name]) => /^(inspect|doctor|dlq (list|show))$/.test(name))
    expect(asking.length).toBeGreaterThan(8)
    const cwd = shopDirectory()
    await exampleShop(cwd)
    for (const [line] of asking) {
      const { code, output, errors } = await typed(line, { cwd }).ended
      expect({ line, code, errors }).toEqual({ line, code: 0, errors: '' })
      expect(output).not.toBe('')
    }
  })

  test.each(examples.filter(([, name]) => name === 'up'))('%s', async (line) => {
    const cwd = emptyDirectory()
    const origin = JSON.stringify(join(root, 'examples/retail/skerry.config.ts'))
    const profiles = "{ nats: { bus: { kind: 'nats', servers: 'nats://127.0.0.1:4222' } } }"
    const config = `import shop from ${origin}\nexport default async (setting) => ({ ...(await shop(setting)), profiles: ${profiles} })\n`
    writeFileSync(join(cwd, 'skerry.config.js'), config)
    const { code, output, errors } = await typed(line, { cwd }).ended
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(output).toContain('docker compose')
  })

  test.each(examples.filter(([, name]) => /^(rebuild|dlq (edit|redrive|discard))$/.test(name)))(
    '%s',
    async (line, name) => {
      const cwd = shopDirectory()
      await exampleShop(cwd)
      if (name === 'dlq redrive') expect(await typed(edit, { cwd }).ended).toMatchObject({ code: 0 })
      const { code, output, errors } = await typed(line, { cwd }).ended
      expect({ code, errors }).toEqual({ code: 0, errors: '' })
      expect(output).not.toBe('')
    }
  )
})

describe('every example of sim can be typed as it stands', () => {
  test.each(examples.filter(([, name]) => name === 'sim'))('%s', async (line) => {
    const cwd = emptyDirectory()
    const config = JSON.stringify(join(root, 'examples/readme/skerry.config.ts'))
    writeFileSync(join(cwd, 'skerry.config.ts'), `export { default } from ${config}\n`)
    const { code, output, errors } = await typed(line, { cwd }).ended
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(output).toMatch(/^seeds {5}(1|1,000) \(/m)
    expect(output).toMatch(/^Every promise held\.$/m)
  })
})

const misuses: readonly (readonly [line: string, hint: RegExp])[] = [
  ['runn', /no command 'runn'; did you mean 'run'\? See 'skerry --help'/],
  ['xyz', /no command 'xyz'\. See/],
  ['run --prot 1', /no option '--prot'; did you mean '--port'\? See 'skerry run --help'/],
  ['run -p 1', /no option '-p'/],
  ['run sales --split', /Either name the services of this process, or let --split start a process for each/],
  ['run --port abc', /--port is 'abc', but it takes a whole number from 0 to 65535/],
  ['run --port 70000', /--port is '70000'/],
  ['run --log-level loud', /--log-level is 'loud', but it is one of debug, info/],
  ['run --data', /--data/],
  ['-q run', /stand behind a command/],
  ['dlq lst', /no dlq command 'lst'; did you mean 'list'/],
  [
    'dlq list --status dead,dying',
    /--status is 'dying', but it is one of dead, behind, retrying, pending, or several with commas/
  ],
  ['dlq show', /It takes SERVICE\/NUMBER/],
  ['dlq show sales', /'sales' is no dead letter such as sales\/1/],
  ['dlq discard sales/1', /Say why with --reason/],
  ['dlq redrive', /Name dead letters such as sales\/1, or --all/],
  ['dlq redrive sales/1 --all sales', /Name dead letters such as sales\/1, or --all/],
  ["dlq edit sales/1 --to '{'", /--to is no JSON/],
  ['dlq edit sales/1', /Give the data with --to or --file/],
  ['dlq edit sales/1 --to 1 --file x', /leave one out/],
  ['inspect sales --at 3', /--at is for one key/],
  ['inspect --history', /--history is for one key/],
  ['inspect sales --limit 3', /--limit is for a part of a service/],
  ['inspect sales/order/a --after b', /--after is for a part of a service/],
  ['inspect //', /is no address such as/],
  ['inspect --url ftp://x', /--url is 'ftp:\/\/x', but it looks like/],
  ['rebuild sales', /is no SERVICE\/UNIT/],
  ['rebuild sales/orders --by me', /no option '--by'/],
  ['move sales', /Say where to: skerry move sales --to PROFILE/],
  ['move sales --to files', /which is where it is in the profile 'files', too/],
  ['archive sales', /Say where the files are: skerry archive sales --to DIR, or --restore DIR/],
  ['archive sales --to a --restore b', /Say where the files are/],
  ['archive sales --restore a --before 2026-01-31', /--before is for --to/],
  ['archive sales --to a --before soon', /--before is 'soon', but it is a date such as 2026-01-31/],
  ['archive sales --to a', /a file keeps all of its log\. Choose a profile in which it is on PostgreSQL/],
  ['subscribers sales', /a file keeps all of its log/],
  ['subscribers sales --yes', /--yes is for --remove NAME/],
  ['sim --kind storm', /--kind is 'storm', but it is one of chaos, orders, twice, cut-off/],
  ['sim --seeds 0', /--seeds is '0', but it takes a whole number from 1/],
  ['sim --seed 3 --first', /--seed runs one seed, --first is for many: leave one out/],
  ["dlq discard sales/1 --reason x --by 'É'", /--by takes 1 to 100 printable ASCII/]
]

test.each(misuses)('skerry %s is refused, with a hint, and nothing is done', async (line, hint) => {
  const { code, output, errors } = await typed(`skerry ${line}`, { cwd: shopDirectory() }).ended
  expect({ code, output }).toEqual({ code: 2, output: '' })
  expect(errors).toMatch(hint)
  expect(errors.trim().split('\n')).toHaveLength(1)
})

test('a mistake can be read by a program too', async () => {
  const { code, output, errors } = await ended(['inspect', '--json', '--at', 'x'], { cwd: emptyDirectory() })
  expect({ code, errors }).toEqual({ code: 2, errors: '' })
  expect(JSON.parse(output)).toMatchObject({ error: { code: 'USAGE_INVALID', retry: 'never' } })
})

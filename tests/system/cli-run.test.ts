import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { emptyDirectory, ended, runningShop, shopDirectory, skerry } from './skerry-process.ts'

interface Printed {
  readonly label: string
  readonly value: string
}

function printedBy(output: string): readonly Printed[] {
  const lines = output.trimEnd().split('\n')
  const width = Math.max(...lines.map((line) => line.indexOf('  ')))
  return lines.map((line) => ({ label: line.slice(0, width).trim(), value: line.slice(width).trim() }))
}

/** A port that is taken, by a server that answers as no Skerry does; the next may be free or not. */
async function takenPort(): Promise<number> {
  const server = createServer((_request, response) => response.end('I was here first.'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const filesOf = (cwd: string): string => join(cwd, '.data')
const closed = (cwd: string): boolean => existsSync(join(filesOf(cwd), 'closed.txt'))

test('a run says in at most eight aligned lines what runs where, and nothing on standard error', async () => {
  const cwd = shopDirectory()
  const shop = await runningShop(cwd)
  const { output, errors } = shop.program
  const lines = output.trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(8)
  const column = (lines[0] ?? '').search(/0\.1\.0/)
  for (const line of lines) {
    expect(line.slice(column - 2, column)).toBe('  ')
    expect(line[column]).not.toBe(' ')
  }
  expect(output).not.toContain('\u001b')
  expect(errors).toBe('')
  const values = new Map(printedBy(output).map(({ label, value }) => [label, value]))
  expect(values.get('shop')).toBe('sales')
  expect(values.get('data')).toBe('.data')
  expect(values.get('log')).toBe('.data/skerry.log')
  expect(values.get('commands')).toBe(`POST ${shop.url}/sales/order/KEY/PlaceOrder`)
  expect(values.get('beside it')).toMatch(/^greeter http:\/\/127\.0\.0\.1:\d+$/)
  expect(await shop.place('o-1')).toBe(200)
})

test('PORT and SKERRY_DATA are honoured, and the options before them', async () => {
  const cwd = shopDirectory()
  const free = await takenPort()
  const other = join(emptyDirectory(), 'made', 'on', 'the', 'way')
  const shop = await runningShop(cwd, { PORT: String(free), SKERRY_DATA: other }, ['--port', '0'])
  expect(Number(new URL(shop.url).port)).not.toBe(free)
  expect(existsSync(join(other, 'sales.db'))).toBe(true)
  expect(existsSync(filesOf(cwd))).toBe(false)
  await shop.stop()
  const again = await runningShop(cwd, { SKERRY_DATA: other }, ['--data', 'own'])
  expect(existsSync(join(cwd, 'own', 'sales.db'))).toBe(true)
  expect(again.program.output).toMatch(/^data +own$/m)
})

test('a port that is taken is passed over, and the run says so', async () => {
  const port = await takenPort()
  const shop = await runningShop(shopDirectory(), { PORT: String(port) })
  expect(Number(new URL(shop.url).port)).toBeGreaterThan(port)
  expect(shop.program.output).toMatch(new RegExp(`^address +\\S+ \\(port ${port} is taken\\)$`, 'm'))
  expect(await shop.place('o-1')).toBe(200)
})

test('a PORT that is none is refused, and nothing is made', async () => {
  const cwd = shopDirectory()
  const { code, errors } = await ended(['run'], { cwd, env: { PORT: '4ooo' } })
  expect(code).toBe(2)
  expect(errors).toMatch(/PORT is '4ooo', but it takes a whole number from 0 to 65535/)
  expect(existsSync(filesOf(cwd))).toBe(false)
})

test('a run for a program says it in one line of JSON', async () => {
  const cwd = shopDirectory()
  const program = skerry(['run', '--json'], { cwd, env: { PORT: '0' } })
  await program.until(/\n/)
  const said = JSON.parse(program.output) as { url: string; pid: number }
  expect(said).toMatchObject({
    system: 'shop',
    services: ['sales'],
    data: filesOf(cwd),
    pid: program.child.pid
  })
  expect((await fetch(`${said.url}/health`)).status).toBe(200)
  program.child.kill('SIGTERM')
  expect(await program.ended).toMatchObject({ code: 0, errors: '' })
  expect(program.output.trim().split('\n')).toHaveLength(1)
})

test('a second run on the same data is refused, and the first goes on', async () => {
  const cwd = shopDirectory()
  const shop = await runningShop(cwd)
  const { code, errors, output } = await ended(['run'], { cwd, env: { PORT: '0' } })
  expect({ code, output }).toEqual({ code: 1, output: '' })
  expect(errors).toContain(`process ${shop.program.child.pid} runs shop at ${shop.url} on it`)
  expect(errors).toContain('another --data')
  expect(await shop.place('o-1')).toBe(200)
})

test('the log is in a file, and with --log on standard error', async () => {
  const cwd = shopDirectory()
  const shop = await runningShop(cwd)
  const { errors } = await shop.stop()
  expect(errors).toBe('')
  const log = readFileSync(join(filesOf(cwd), 'skerry.log'), 'utf8')
  expect(log).toContain('the shop is open')
  expect(log.trim().split('\n').length).toBeGreaterThan(2)
  for (const line of log.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level', 'info')
  const shown = await runningShop(cwd, {}, ['--log'])
  await shown.program.until(/the shop is open/)
  expect((await shown.stop()).errors).toContain('the system has stopped')
  expect(readFileSync(join(filesOf(cwd), 'skerry.log'), 'utf8')).toBe(log)
  const silent = await runningShop(cwd, {}, ['--log', '--log-level', 'silent'])
  expect((await silent.stop()).errors).toBe('')
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends a run in good order, with 0', async (signal) => {
  const cwd = shopDirectory()
  const shop = await runningShop(cwd)
  expect(JSON.parse(readFileSync(join(filesOf(cwd), 'skerry.json'), 'utf8'))).toMatchObject({ url: shop.url })
  expect(closed(cwd)).toBe(false)
  expect(await shop.stop(signal)).toMatchObject({ code: 0, signal: null, errors: '' })
  expect(closed(cwd)).toBe(true)
  expect(existsSync(join(filesOf(cwd), 'skerry.json'))).toBe(false)
})

test('a second SIGINT ends a run at once; one that npm passes on is not a second', async () => {
  const cwd = shopDirectory()
  const shop = await runningShop(cwd, { SHOP: 'hangs' })
  const { child } = shop.program
  child.kill('SIGINT')
  child.kill('SIGINT')
  await expect.poll(() => closed(cwd), { timeout: 60_000 }).toBe(true)
  expect(child.exitCode).toBeNull()
  const again = setInterval(() => child.kill('SIGINT'), 100)
  onTestFinished(() => clearInterval(again))
  expect(await shop.program.ended).toMatchObject({ code: 130 })
})

test("what the user's code throws and nobody catches is told and logged, and ends the run with 1", async () => {
  const cwd = shopDirectory()
  const program = skerry(['run'], { cwd, env: { PORT: '0', SHOP: 'throws' } })
  const { code, errors } = await program.ended
  expect(code).toBe(1)
  expect(errors).toMatch(/the program failed and ends[\s\S]*A mistake of ours\.[\s\S]*skerry\.config\.ts/)
  expect(readFileSync(join(filesOf(cwd), 'skerry.log'), 'utf8')).toContain('A mistake of ours.')
  expect((await (await runningShop(cwd)).stop()).code).toBe(0)
})

const badConfigs: readonly (readonly [why: string, text: string, message: RegExp])[] = [
  ['no default export', 'export const config = 1', /has no default export/],
  ['no system', 'export default {}', /gives no 'system'/],
  ['no system from the function', 'export default () => ({ system: 1 })', /gives no 'system'/],
  [
    'a function that throws',
    "export default () => {\n  throw new Error('no')\n}",
    /failed: no \(.*skerry\.config\.ts:2\)/
  ],
  ['a package that is missing', "import 'nowhere-to-be-found'", /cannot be loaded: .*nowhere-to-be-found/],
  ['what is no TypeScript', 'export default {{{', /cannot be loaded: .*skerry\.config\.ts/s],
  [
    'a definition that cannot work',
    "import { contract } from 'skerry'\ncontract('Sales')",
    /declared in a way that cannot work\. Service 'Sales'/
  ]
]

test.each(badConfigs)(
  'a config with %s is refused in one line that says where',
  async (_why, text, message) => {
    const cwd = shopDirectory()
    const skerryPackage = JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)
    writeFileSync(join(cwd, 'skerry.config.ts'), text.replace("'skerry'", skerryPackage))
    const { code, errors, output } = await ended(['run'], { cwd, env: { PORT: '0' } })
    expect({ code, output }).toEqual({ code: 1, output: '' })
    expect(errors).toMatch(message)
    expect(errors.trim().split('\n')).toHaveLength(1)
  }
)

test('without a config, or without a place for the data, a run says what to do', async () => {
  const missing = await ended(['run'], { cwd: emptyDirectory() })
  expect(missing).toMatchObject({ code: 1 })
  expect(missing.errors).toMatch(/There is no skerry\.config\.ts in .*: write one, or name it with --config/)
  const named = await ended(['run', '--config', 'gone.ts'], { cwd: emptyDirectory() })
  expect(named.errors).toMatch(/There is no file .*gone\.ts/)
  const cwd = shopDirectory()
  const inFile = await ended(['run', '--data', 'skerry.config.ts/data'], { cwd })
  expect(inFile.errors).toMatch(/cannot be made or written .*choose another with --data/)
  const notAllowed = await ended(['run', '--data', '/proc/self'], { cwd })
  expect(notAllowed.errors).toMatch(/\/proc\/self cannot be made or written .*choose another with --data/)
})

test('a start that fails stops what the config started, and leaves the data to the next', async () => {
  const cwd = shopDirectory()
  writeFileSync(join(cwd, 'sales.db'), 'This is no database. '.repeat(400))
  const failed = await ended(['run', '--data', '.'], { cwd, env: { PORT: '0' } })
  expect(failed.code).toBe(1)
  expect(failed.errors).toMatch(/damaged/)
  expect(existsSync(join(cwd, 'closed.txt'))).toBe(true)
  writeFileSync(join(cwd, 'sales.db'), '')
  expect((await (await runningShop(cwd, {}, ['--data', '.'])).stop()).code).toBe(0)
})

test('whoever reads the first line and goes away does not end a run', async () => {
  const shop = await runningShop(shopDirectory())
  shop.program.child.stdout?.destroy()
  shop.program.child.stderr?.destroy()
  expect(await shop.place('o-1')).toBe(200)
  expect((await shop.stop()).code).toBe(0)
})

test('a run listens on its own machine alone, and elsewhere when it is told to', async () => {
  const shop = await runningShop(shopDirectory())
  expect(new URL(shop.url).hostname).toBe('127.0.0.1')
  const cwd = shopDirectory()
  const open = await runningShop(cwd, {}, ['--host', '0.0.0.0'])
  const record = JSON.parse(readFileSync(join(filesOf(cwd), 'skerry.json'), 'utf8')) as { url: string }
  expect(record.url).toBe(open.url.replace('0.0.0.0', '127.0.0.1'))
  const socket = connect(Number(new URL(open.url).port), '127.0.0.2')
  await once(socket, 'connect')
  socket.destroy()
  expect(await ended(['inspect'], { cwd })).toMatchObject({ code: 0, errors: '' })
})

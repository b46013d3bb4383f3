import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyDirectory, ended, runningShop, shopDirectory } from './skerry-process.ts'

interface Findings {
  readonly healthy: boolean
  readonly findings: readonly {
    readonly level: string
    readonly about: string
    readonly text: string
    readonly mend?: string
  }[]
}

async function examined(cwd: string, ...args: readonly string[]): Promise<Findings> {
  const { code, output, errors } = await ended(['doctor', '--json', ...args], { cwd })
  expect(errors).toBe('')
  const found = JSON.parse(output) as Findings
  expect(code).toBe(found.healthy ? 0 : 1)
  expect(found.findings.length).toBeGreaterThan(3)
  for (const { level, mend } of found.findings) expect(mend === undefined).toBe(level === 'ok')
  return found
}

const about = ({ findings }: Findings, name: string): Findings['findings'] =>
  findings.filter((one) => one.about === name)

function damage(file: string, position: number, bytes: number): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, Buffer.alloc(bytes, 0xff), 0, bytes, position)
  closeSync(descriptor)
}

test('a running system is asked to check itself; dead letters are a warning', async () => {
  const cwd = shopDirectory()
  const shop = await runningShop(cwd)
  await shop.place('o-1')
  const well = await examined(cwd)
  expect(well.healthy).toBe(true)
  expect(about(well, 'system')).toMatchObject([{ level: 'ok', text: `shop runs at ${shop.url}` }])
  expect(about(well, 'sales')).toMatchObject([{ level: 'ok', text: '1 message, files and states are sound' }])
  await shop.place('o-2', 'poison')
  const warned = async (): Promise<unknown> =>
    about(await examined(cwd), 'sales').map(({ level, mend }) => [level, mend])
  await expect.poll(warned, { timeout: 60_000, interval: 200 }).toEqual([
    ['warning', 'skerry dlq list sales'],
    ['ok', undefined]
  ])
})

test('before the first run there is nothing wrong, and nothing is made', async () => {
  const cwd = shopDirectory()
  const found = await examined(cwd)
  expect(found.healthy).toBe(true)
  expect(about(found, 'data')).toMatchObject([{ text: '.data is made by the first run' }])
  expect(about(found, 'system')).toMatchObject([{ text: 'does not run, and has no data yet' }])
  expect(existsSync(join(cwd, '.data'))).toBe(false)
})

async function stoppedShop(signal: NodeJS.Signals): Promise<{ readonly cwd: string; readonly file: string }> {
  const cwd = shopDirectory()
  const shop = await runningShop(cwd)
  for (let number = 0; number < 20; number++) expect(await shop.place(`o-${number}`)).toBe(200)
  await shop.stop(signal)
  return { cwd, file: join(cwd, '.data', 'sales.db') }
}

test('the files of a stopped and of a killed system are sound, and reading them changes nothing', async () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const { cwd, file } = await stoppedShop(signal)
    const files = [file, `${file}-wal`].filter((one) => existsSync(one))
    expect(files).toHaveLength(signal === 'SIGTERM' ? 1 : 2)
    const before = files.map((one) => readFileSync(one))
    expect(about(await examined(cwd), 'sales.db')).toMatchObject([{ level: 'ok', text: 'sound' }])
    expect(files.map((one) => readFileSync(one))).toEqual(before)
  }
})

test('a damaged file is found, and left as it is', async () => {
  const { cwd, file } = await stoppedShop('SIGTERM')
  expect(statSync(file).size).toBeGreaterThan(4 * 4_096)
  damage(file, 4_096, 4_096)
  const before = readFileSync(file)
  const found = await examined(cwd)
  expect(found.healthy).toBe(false)
  const [fault] = about(found, 'sales.db')
  expect(fault).toMatchObject({ level: 'fault' })
  expect(fault?.mend).toContain(`keep ${file} as it is`)
  expect(readFileSync(file).equals(before)).toBe(true)
})

test('a config that does not load is a fault, said as a run would say it', async () => {
  const cwd = emptyDirectory()
  const missing = await examined(cwd)
  expect(about(missing, 'config')).toMatchObject([{ level: 'fault' }])
  writeFileSync(join(cwd, 'skerry.config.ts'), 'export default {}')
  expect(about(await examined(cwd), 'config')[0]?.text).toMatch(/gives no 'system'/)
})

test('a directory that cannot be written is a fault', async () => {
  const cwd = shopDirectory()
  mkdirSync(join(cwd, 'taken'))
  writeFileSync(join(cwd, 'taken', 'file'), '')
  const found = await examined(cwd, '--data', 'taken/file')
  expect(about(found, 'data')).toMatchObject([{ level: 'fault' }])
})

test('a run that does not answer is a fault', async () => {
  const cwd = shopDirectory()
  const shop = await runningShop(cwd)
  const record = join(cwd, '.data', 'skerry.json')
  writeFileSync(record, readFileSync(record, 'utf8').replace(shop.url, 'http://127.0.0.1:9'))
  const found = await examined(cwd)
  expect(about(found, 'system')).toMatchObject([{ level: 'fault' }])
  expect(about(found, 'system')[0]?.text).toContain(`Process ${shop.program.child.pid} should run it`)
})

test('for people, every finding is a line, and what mends it the line below', async () => {
  const cwd = emptyDirectory()
  const { output } = await ended(['doctor'], { cwd })
  expect(output).toMatch(/^ok {7}node +\d+\.\d+\.\d+$/m)
  expect(output).toMatch(/^fault {4}config +The configuration cannot be used\..*\n +-> mend the config/m)
  expect(output).not.toContain('\u001b')
  const coloured = await ended(['doctor'], { cwd, env: { FORCE_COLOR: '1' } })
  expect(coloured.output).toContain('\u001b[31mfault')
  const plain = await ended(['doctor'], { cwd, env: { NO_COLOR: '1' } })
  // How much of the disk is free changes from moment to moment.
  const steady = (text: string): string => text.replace(/[\d.]+ GB/, 'some')
  expect(steady(plain.output)).toBe(steady(output))
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/source-files.ts'
import { emptyDirectory, ended, skerry } from './skerry-process.ts'

const fromHere = (path: string): string => JSON.stringify(join(root, path))

/** A directory with the config of a small shop, and a simulation of it that says this. */
function directoryWith(simulation: string): string {
  const cwd = emptyDirectory()
  const config = fromHere('examples/readme/skerry.config.ts')
  writeFileSync(join(cwd, 'skerry.config.ts'), `export { default } from ${config}\n`)
  const lines = [
    `import { defineSimulation, invariant } from ${fromHere('src/simulator/index.ts')}`,
    `import shop from ${config}`,
    'const { system } = shop',
    simulation
  ]
  writeFileSync(join(cwd, 'simulation.ts'), lines.join('\n'))
  return cwd
}

const sends = (service: string, type: string, data: object): string =>
  `const workload = () => [{ service: '${service}', type: '${type}', key: 'o-1', data: ${JSON.stringify(data)} }]
  export default defineSimulation({ system, workload })`

const mistakes: readonly (readonly [what: string, simulation: string, hint: RegExp])[] = [
  ['no default export', 'export const x = 1', /simulation\.ts has no default export: write 'export default/],
  ['a thrown error', "throw new Error('ha')", /simulation\.ts cannot be loaded: ha \(.*simulation\.ts:4\)/],
  ['no system', 'export default { system: 3 }', /simulation\.ts gives no 'system': make one with/],
  [
    'a system that cannot be made',
    "export default defineSimulation({ system: () => { throw new Error('no bank') } })",
    /The system of .*simulation\.ts cannot be made: no bank \(/
  ],
  [
    'a service that is not there',
    sends('sale', 'PlaceOrder', {}),
    /there is no service 'sale'\. Did you mean/
  ],
  [
    'a command that is not there',
    sends('sales', 'PlaceOder', {}),
    /sales has no command 'PlaceOder'\. Did you/
  ],
  [
    'data that are always wrong',
    sends('sales', 'PlaceOrder', { customer: 'c' }),
    /sends sales\/PlaceOrder with data that its schema never takes: /
  ],
  [
    'a workload that throws',
    "export default defineSimulation({ system, workload: () => { throw new Error('empty') } })",
    /The workload of simulation\.ts failed: empty \(/
  ],
  [
    'an excuse for nothing',
    "export default defineSimulation({ system, unreached: { 'fault cash': 'we are rich' } })",
    /excuses 'fault cash', which is nothing that can be reached\. Did you mean 'fault crash'\?/
  ]
]

test.each(mistakes)('%s in a simulation is told before a seed is run', async (_, simulation, hint) => {
  const { code, output, errors } = await ended(['sim'], { cwd: directoryWith(simulation) })
  expect({ code, output }).toEqual({ code: 1, output: '' })
  expect(errors).toMatch(hint)
  expect(errors.trim().split('\n')).toHaveLength(1)
})

test('a config that is a function asks for a simulation', async () => {
  const config = join(root, 'examples/guide/hire/skerry.config.ts')
  const { code, errors } = await ended(['sim', '--config', config], { cwd: emptyDirectory() })
  expect(code).toBe(1)
  expect(errors).toMatch(/may start servers: write simulation\.ts beside it/)
})

test('a system of one service without effects is asked for no fault that it cannot have', async () => {
  const config = join(root, 'examples/readme/skerry.config.ts')
  const args = ['sim', '--json', '--seeds', '200', '--config', config]
  const { code, output } = await ended(args, { cwd: emptyDirectory() })
  const { unreached, fired, failures } = JSON.parse(output)
  expect({ code, unreached, failures }).toEqual({ code: 0, unreached: [], failures: [] })
  expect(Object.keys(fired)).toContain('crash-before-write')
  expect(Object.keys(fired)).not.toContain('message-lost')
})

test('what was never reached is named, and ends with 1', async () => {
  const simulation = 'export default defineSimulation({ system, workload: () => [] })'
  const { code, output } = await ended(['sim', '--seeds', '200'], { cwd: directoryWith(simulation) })
  expect(code).toBe(1)
  expect(output).toMatch(/^UNREACHED {2}sales\/order: \w+ gives \w+$/m)
  expect(output).toContain("or say in its 'unreached' why not")
  expect(output).toMatch(/Every promise held, but not everything was reached\.\n$/)
})

test('a broken promise ends with 1, and leaves a test that fails as it did', async () => {
  const simulation = `const never = invariant('nobody orders', ({ states }) => states('sales/order').length === 0)
  export default defineSimulation({ system, invariants: [never] })`
  const cwd = directoryWith(simulation)
  const { code, output } = await ended(['sim', '--seeds', '10', '--kind', 'chaos'], { cwd })
  expect(code).toBe(1)
  expect(output).toMatch(/^BROKEN {2}nobody orders\n {2}It does not hold\.$/m)
  expect(output).toMatch(/^ {2}small {3}1 command and 0 faults are left/m)
  const file = /^ {2}test {4}(?<file>\S+)$/m.exec(output)?.groups?.['file'] ?? ''
  const written = readFileSync(join(cwd, file), 'utf8')
  expect(written).toContain("import simulation from '../simulation.ts'")
  expect(written).toContain('expect(finding).toBeUndefined()')
  const again = /^ {2}again {3}npx skerry (?<line>.*)$/m.exec(output)?.groups?.['line'] ?? ''
  expect((await ended(again.split(' '), { cwd })).output).toContain('BROKEN  nobody orders')
})

/** A simulation that does this in a worker, when a world of it begins. */
const inWorker = (act: string): string => `import process from 'node:process'
  let worlds = 0
  const outside = () => {
    worlds += 1
    if (process.send) ${act}
    return undefined
  }
  export default defineSimulation({ system, outside })`

test.each([
  [
    'is killed',
    "if (worlds === 9) process.kill(process.pid, 'SIGKILL')",
    /ended with SIGKILL while it ran the/
  ],
  ['ends by itself', 'if (worlds === 9) process.exit(0)', /ended with 0 while it ran the seeds \d+, \d+/],
  ['fails', "if (worlds === 9) throw new Error('broke')", /cannot be run: Seed \d+: broke \(/]
])('a process that %s amid its seeds is no campaign that went well', async (_, act, told) => {
  const cwd = directoryWith(inWorker(act))
  const { code, output, errors } = await ended(['sim', '--seeds', '60', '--jobs', '2'], { cwd })
  expect({ code, output }).toEqual({ code: 1, output: '' })
  expect(errors).toMatch(told)
})

test('what the code of a user leaves open or prints holds up nobody', async () => {
  const open = `if (process.send) { console.log('printed'); setInterval(() => {}, 1_000) }`
  const cwd = directoryWith(`${inWorker('undefined')}\n${open}`)
  const { code, output, errors } = await ended(['sim', '--seeds', '4', '--json'], { cwd })
  expect({ code, seeds: JSON.parse(output).seeds }).toEqual({ code: 0, seeds: 4 })
  expect(errors).toContain('printed')
})

test('a promise that is broken only by what ran before is told as it was seen', async () => {
  const simulation = `let checks = 0
  const early = invariant('few worlds were checked', () => ++checks < 12)
  export default defineSimulation({ system, invariants: [early] })`
  const args = ['sim', '--seeds', '30', '--jobs', '1']
  const { code, output } = await ended(args, { cwd: directoryWith(simulation) })
  expect(code).toBe(1)
  expect(output).toMatch(/^BROKEN {2}few worlds were checked\n {2}It does not hold\.$/m)
  expect(output).toContain('run by itself it did not break: something outlives a world')
  expect(output).not.toContain('undefined')
})

test('what a service takes from its process, and only writes down, is a drift', async () => {
  const simulation = `import { pid } from 'node:process'
  const placed = { service: 'sales', type: 'PlaceOrder', key: 'o-1', data: { customerId: 'c', total: pid } }
  export default defineSimulation({ system, workload: () => [placed] })`
  const { code, output } = await ended(['sim', '--seeds', '2', '--jobs', '1'], {
    cwd: directoryWith(simulation)
  })
  expect(code).toBe(1)
  expect(output).toMatch(/^DRIFT {3}seed 1 went another way/m)
})

test('a rejected promise that nobody waits for is a broken promise, as it would end the program', async () => {
  const simulation = `const check = invariant('nothing', () => {
    if (worlds++ === 2) void Promise.reject(new Error('nobody waits'))
  })
  let worlds = 0
  export default defineSimulation({ system, invariants: [check] })`
  const { code, output } = await ended(['sim', '--seeds', '9', '--kind', 'chaos', '--jobs', '1'], {
    cwd: directoryWith(simulation)
  })
  expect(code).toBe(1)
  expect(output).toMatch(
    /^BROKEN {2}nothing-unexpected\n {2}A promise was rejected .*: Error: nobody waits$/m
  )
})

test('a campaign that is stopped says what it has found by then', async () => {
  const simulation = `let worlds = 0
  const told = invariant('told', () => {
    if (worlds++ === 5) console.error('under way')
  })
  export default defineSimulation({ system, invariants: [told] })`
  const campaign = skerry(['sim', '--seeds', '1000000', '--jobs', '1'], { cwd: directoryWith(simulation) })
  await campaign.until(/under way/)
  campaign.child.kill('SIGINT')
  const { code, output } = await campaign.ended
  expect(output).toMatch(/^seeds {5}[\d,]+ of 1,000,000, then stopped \(/m)
  expect(output).toContain('Every promise held until it was stopped.')
  expect(code).toBe(130)
})

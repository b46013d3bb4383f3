import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Failure, type SystemDefinition } from '../core/index.ts'
import { type Simulation, systemOf } from '../simulator/index.ts'
import { configFile, loadConfig, reasonOf } from './load-config.ts'

const names = ['simulation.ts', 'simulation.js']

/** Where a simulation is described: in a file of its own, or nowhere, and then the config itself is simulated. */
export interface SimulationPlace {
  readonly file: string
  readonly kind: 'simulation' | 'config'
}

function invalid(hint: string, cause?: unknown): never {
  throw new Failure('CONFIG_INVALID', { hint }, cause)
}

/** The simulation that is named, or the one beside the config, or else the config. Fails with `CONFIG_INVALID`. */
export function simulationPlace(named: string | undefined, config: string | undefined): SimulationPlace {
  if (named !== undefined) {
    const file = resolve(named)
    if (existsSync(file)) return { file, kind: 'simulation' }
    invalid(`There is no file ${file}.`)
  }
  const configured = configFile(config)
  const beside = names.map((name) => join(dirname(configured), name)).find(existsSync)
  return beside === undefined ? { file: configured, kind: 'config' } : { file: beside, kind: 'simulation' }
}

async function exportOf(file: string): Promise<Partial<Simulation>> {
  let loaded: { readonly default?: Partial<Simulation> }
  try {
    loaded = await import(pathToFileURL(file).href)
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown
    invalid(`${file} cannot be loaded: ${reasonOf(thrown)}`, thrown)
  }
  if (typeof loaded.default === 'object' && loaded.default !== null) return loaded.default
  return invalid(
    `${file} has no default export: write 'export default defineSimulation({ system, ... })', with defineSimulation of 'skerry/simulator'.`
  )
}

/** Loads it. Fails with `CONFIG_INVALID`, or as the code that it loads does. */
export async function loadSimulation({ file, kind }: SimulationPlace): Promise<Simulation> {
  if (kind === 'simulation') return (await exportOf(file)) as Simulation
  const source = await loadConfig(file)
  if (typeof source !== 'function') return { system: source.system }
  return invalid(
    `${file} makes its system in a function that may start servers: write ${names[0]} beside it with 'export default defineSimulation({ outside, system })', with defineSimulation of 'skerry/simulator'.`
  )
}

/** The system that is simulated. Fails with `CONFIG_INVALID` when there is none. */
export function simulatedSystem({ file }: SimulationPlace, simulation: Simulation): SystemDefinition {
  let system: Partial<SystemDefinition> | undefined
  try {
    system = systemOf(simulation)
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown
    invalid(`The system of ${file} cannot be made: ${reasonOf(thrown)}`, thrown)
  }
  if (system?.services instanceof Map) return system as SystemDefinition
  return invalid(
    `${file} gives no 'system': make one with system('name', [service, ...]) of 'skerry', or give a function of what 'outside' makes.`
  )
}

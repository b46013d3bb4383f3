import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Failure } from '../core/index.ts'
import type { Simulation } from '../simulator/index.ts'
import { configFile, loadConfig } from './load-config.ts'

const names = ['simulation.ts', 'simulation.js']

/** Where a simulation is described: in a file of its own, or nowhere, and then the config itself is simulated. */
export interface SimulationPlace {
  readonly file: string
  readonly kind: 'simulation' | 'config'
}

/** The simulation that is named, or the one beside the config, or else the config. Fails with `CONFIG_INVALID`. */
export function simulationPlace(named: string | undefined, config: string | undefined): SimulationPlace {
  if (named !== undefined) {
    const file = resolve(named)
    if (existsSync(file)) return { file, kind: 'simulation' }
    throw new Failure('CONFIG_INVALID', { hint: `There is no file ${file}.` })
  }
  const configured = configFile(config)
  const beside = names.map((name) => join(dirname(configured), name)).find(existsSync)
  return beside === undefined ? { file: configured, kind: 'config' } : { file: beside, kind: 'simulation' }
}

/** Loads it. Fails with `CONFIG_INVALID`. */
export async function loadSimulation({ file, kind }: SimulationPlace): Promise<Simulation> {
  if (kind === 'simulation') {
    const loaded: { readonly default?: Partial<Simulation> } = await import(pathToFileURL(file).href)
    if (loaded.default?.system) return loaded.default as Simulation
    throw new Failure('CONFIG_INVALID', {
      hint: `${file} has no default export: write 'export default defineSimulation({ system, ... })'.`
    })
  }
  const source = await loadConfig(file)
  if (typeof source !== 'function') return { system: source.system }
  throw new Failure('CONFIG_INVALID', {
    hint: `${file} makes its system in a function that may start servers: write ${names[0]} beside it with 'export default defineSimulation({ outside, system })'.`
  })
}

import { registerHooks } from 'node:module'
import type { Simulation } from 'skerry/simulator'
import { type Mutant, mutated } from './mutant.ts'
import { mutants } from './mutants.ts'
import { sampleFile } from './samples.ts'

let copies = 0

// A mutant is its sample, changed on the way from the file to the engine: line numbers stay nearly what they are.
registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context)
    const [, name] = url.split(/\?mutant=|&copy=/)
    const mutant =
      name === undefined ? undefined : mutants.find((one) => one.name === decodeURIComponent(name))
    if (!mutant || loaded.source === null || loaded.source === undefined) return loaded
    const { source } = loaded
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source)
    return { ...loaded, source: mutated(text, mutant) }
  }
})

/** Loads a sample, or a mutant of it: anew each time, with whatever it keeps in variables. */
export async function loadSample(sample: string, mutant?: Mutant): Promise<Simulation> {
  copies += 1
  const url = `${sampleFile(sample).href}?mutant=${encodeURIComponent(mutant?.name ?? '')}&copy=${copies}`
  const loaded: { readonly simulation: Simulation } = await import(url)
  return loaded.simulation
}

import { readdirSync } from 'node:fs'

/** The names of all samples. */
export const sampleNames: readonly string[] = readdirSync(new URL('samples/', import.meta.url))
  .map((file) => file.replace(/\.ts$/, ''))
  .toSorted()

/** The file of a sample. */
export function sampleFile(sample: string): URL {
  return new URL(`samples/${sample}.ts`, import.meta.url)
}

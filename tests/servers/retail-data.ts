import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A week of a real shop, which is not a part of the repository: beside it, or where RETAIL_DATA says. */
export const retailFile: string =
  process.env['RETAIL_DATA'] ??
  fileURLToPath(new URL('../../../shared/data/online-retail-2010-12.csv', import.meta.url))

/** What is missing for the tests on it, in a sentence. */
export function retailDataMissing(): string | undefined {
  if (existsSync(retailFile)) return undefined
  return `There is no file ${retailFile}: set RETAIL_DATA to the path of the week of a real shop.`
}

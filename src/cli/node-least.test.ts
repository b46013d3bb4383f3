import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { olderNodeHint } from './node-least.ts'

const manifest: { readonly engines: { readonly node: string } } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
)

test('a Node that package.json does not admit is told what to install, any other nothing', () => {
  const least = manifest.engines.node.replace('>=', '')
  expect(least).toMatch(/^\d+\.\d+$/)
  for (const running of ['18.0.0', '20.20.2', '22.21.9'])
    expect(olderNodeHint(running)).toBe(`install Node ${least} or newer, such as the latest LTS`)
  for (const running of [`${least}.0`, '23.0.0', '26.10.0']) expect(olderNodeHint(running)).toBeUndefined()
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { uncompiledFiles } from '../scripts/check/compile.ts'

test('a file that no project compiles is found', () => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-compiled-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  mkdirSync(join(directory, 'a'))
  for (const file of ['a/one.ts', 'a/two.ts', 'lost.ts']) writeFileSync(join(directory, file), 'export {}')
  writeFileSync(join(directory, 'tsconfig.json'), '{ "files": [], "references": [{ "path": "./a" }] }')
  writeFileSync(join(directory, 'a', 'tsconfig.json'), '{ "include": ["."] }')
  expect(uncompiledFiles(directory)).toEqual(['lost.ts'])
  writeFileSync(join(directory, 'a', 'tsconfig.json'), '{ "include": ["./one.ts", "../lost.ts"] }')
  expect(uncompiledFiles(directory)).toEqual(['a/two.ts'])
})

test('no file of the repository escapes the compiler', () => {
  expect(uncompiledFiles()).toEqual([])
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { kafkaPom, wrongJars } from './kafka-jars.ts'

test('jars that are missing, were not asked for, or are not what they should be are named', () => {
  const directory = mkdtempSync(join(tmpdir(), 'skerry-jars-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(
    readFileSync(kafkaPom, 'utf8')
  )?.[1]
  const server = `kafka_2.13-${version}.jar`
  const all = wrongJars(directory)
  expect(all.length).toBeGreaterThan(30)
  expect(all).toContain(`${server} is missing`)
  writeFileSync(join(directory, server), 'something else')
  writeFileSync(join(directory, 'more.jar'), '')
  const wrong = wrongJars(directory)
  expect(wrong).toHaveLength(all.length + 1)
  expect(wrong).toContain(`${server} is not what it should be`)
  expect(wrong).toContain('more.jar was not asked for')
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Child } from '../system/child.ts'

/** A quick run of the shape on Kafka where the jars of its server are missing; gives the exit code, and what it tells. */
async function quickWithoutJars(required: string): Promise<readonly [number | string, unknown[]]> {
  const cache = mkdtempSync(join(tmpdir(), 'skerry-chaos-'))
  onTestFinished(() => rmSync(cache, { recursive: true }))
  const parameters = ['--quick', '--shape', 'kafka', '--json']
  const run = new Child('tests/chaos/main.ts', parameters, {
    XDG_CACHE_HOME: cache,
    SKERRY_REQUIRE: required
  })
  const code = await run.end()
  return [
    code,
    run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  ]
}

test('a quick run has the shape on Kafka, and without a server it fails only where that is required', async () => {
  const skipped = { fault: 'kafka:mixed', verdict: 'SKIPPED', reason: expect.stringMatching(/Kafka|java/) }
  expect(await quickWithoutJars('')).toMatchObject([0, [skipped]])
  expect(await quickWithoutJars('postgres,nats')).toMatchObject([0, [skipped]])
  expect(await quickWithoutJars('postgres, nats, kafka')).toMatchObject([1, [skipped]])
})

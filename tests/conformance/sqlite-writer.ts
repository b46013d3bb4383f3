// A program that commits to a store until it is killed, and says on its output what was acknowledged.
import { writeSync } from 'node:fs'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { Failure, partitionOf } from '../../src/core/index.ts'
import type { Store } from '../../src/ports/index.ts'
import { type WriterOptions, writerBatch, writerPartitions } from './writer-batch.ts'

const {
  file,
  order,
  commitsMax = Number.POSITIVE_INFINITY
} = JSON.parse(process.argv[2] ?? '') as WriterOptions

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

async function commitNext(store: Store, commit: number): Promise<boolean> {
  // The honest order is to commit, then to acknowledge; the other one is there to be caught.
  if (order === 'acknowledge first') say(`ack ${commit}`)
  try {
    await store.commit(writerBatch(commit, (key) => partitionOf(key, writerPartitions)))
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown
    say(`failed ${commit} ${thrown.code}`)
    return false
  }
  if (order === 'commit first') say(`ack ${commit}`)
  return true
}

try {
  const store = await sqliteStore({ service: 'harbour', file, partitions: writerPartitions })
  const [state] = (await store.states('berth', ['Aurora'])).values()
  say('open')
  let failures = 0
  for (let commit = (state?.version ?? 0) + 1; commit <= commitsMax && failures < 1_000; ) {
    if (await commitNext(store, commit)) commit += 1
    else failures += 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  await store.close()
  say('closed')
} catch (thrown) {
  say(`refused ${thrown instanceof Failure ? thrown.code : String(thrown)}`)
}

import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, test } from 'vitest'
import { sqliteStore } from '../../src/adapters/sqlite/index.ts'
import { type CourseData, runCourses } from './store-course.ts'

let directory = ''
let files = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skerry-model-'))
})

afterAll(() => rm(directory, { recursive: true }))

function newFile(): string {
  files += 1
  return join(directory, `${files}.db`)
}

function newData(): CourseData {
  let file = newFile()
  return {
    open: () => sqliteStore({ service: 'harbour', partitions: 2, file }),
    // The files as they are now are opened under another name.
    crash: async (store) => {
      const copy = newFile()
      for (const suffix of ['', '-wal']) await copyFile(`${file}${suffix}`, `${copy}${suffix}`)
      await store.close()
      file = copy
    }
  }
}

test('the store on SQLite does what a plain model does, whatever is done to both and crashed in between', async () => {
  await runCourses(Number(process.env['SKERRY_RUNS'] ?? 40), newData)
}, 300_000)

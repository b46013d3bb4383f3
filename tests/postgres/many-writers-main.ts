// The proof of many writers at any size: node tests/postgres/many-writers-main.ts [events] [seconds idle]
import { PostgresServer } from '../servers/postgres-server.ts'
import { manyWriters } from './many-writers.ts'

const [events = '10000000', idleSeconds = '60'] = process.argv.slice(2)
const server = await PostgresServer.start()
const startedMs = performance.now()
let done = 0
const shown = setInterval(() => console.log(`${done} of ${events} events`), 10_000)
try {
  const report = await manyWriters({
    server,
    schema: 'counters',
    writers: 64,
    events: Number(events),
    rowsPerCommitMax: 100,
    pauseMsMax: 4,
    rollbackOneIn: 20,
    idleMs: Number(idleSeconds) * 1_000,
    onProgress: (count) => {
      done += count
    }
  })
  console.log({ ...report, seconds: Math.round((performance.now() - startedMs) / 1_000) })
  const wrong = report.skipped + report.outOfOrder + report.problems.length
  process.exitCode = wrong === 0 && report.read === Number(events) ? 0 : 1
} finally {
  clearInterval(shown)
  await server.remove()
}

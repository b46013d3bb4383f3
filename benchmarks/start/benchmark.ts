import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Plan } from '../plan.ts'
import { median, rounded } from '../quantile.ts'
import type { Outcome } from '../report.ts'

const root = join(import.meta.dirname, '..', '..')

/** A way to start the shop. */
interface Way {
  readonly name: string
  readonly command: string
  readonly arguments: readonly string[]
}

const ways: readonly Way[] = [
  { name: 'npm start', command: 'npm', arguments: ['start', '--silent', '--'] },
  {
    name: 'skerry run from source',
    command: process.execPath,
    arguments: [
      '--conditions=skerry-source',
      'src/cli/main.ts',
      'run',
      '--config',
      'examples/retail/skerry.config.ts'
    ]
  }
]

/** The line in which the program says that it listens, and where. */
interface Listening {
  readonly url: string
  readonly pid: number
}

function listening(child: ChildProcess): Promise<Listening> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => reject(new Error(`The shop ended with ${signal ?? code}.`)))
    if (child.stdout)
      createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as Listening))
  })
}

/** Starts the shop, asks it something, stops it; the milliseconds until it listened and until it had answered. */
async function startOnce(way: Way, data: string): Promise<{ listenMs: number; answerMs: number }> {
  const startMs = performance.now()
  const child = spawn(way.command, [...way.arguments, '--port', '0', '--data', data, '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const { url, pid } = await listening(child)
  const listenMs = performance.now() - startMs
  try {
    const { status } = await fetch(url)
    if (status !== 200) throw new Error(`The shop answered with ${status}.`)
    return { listenMs, answerMs: performance.now() - startMs }
  } finally {
    process.kill(pid, 'SIGTERM')
    await closed
  }
}

/** The shop from the command to its first answer; warm, that is not for the first time. */
export async function* start({ scratch, quick }: Plan): AsyncIterable<Outcome> {
  const runs = quick ? 3 : 9
  for (const way of ways) {
    const data = scratch.directory()
    await startOnce(way, data)
    const listens: number[] = []
    const answers: number[] = []
    for (let run = 0; run < runs; run++) {
      const { listenMs, answerMs } = await startOnce(way, data)
      listens.push(listenMs)
      answers.push(answerMs)
    }
    scratch.drop(data)
    yield {
      benchmark: 'start',
      case: `${way.name}, warm, middle of ${runs}`,
      figures: {
        listen_ms: rounded(median(listens)),
        listen_max_ms: rounded(Math.max(...listens)),
        first_answer_ms: rounded(median(answers))
      },
      goals: { listen_ms: { max: 1_500 } }
    }
  }
}

// Plays the README's session: runs the service beside it, sends what the lines say, and prints what comes back.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const session = [
  `curl http://127.0.0.1:4000/sales/order/o-1/PlaceOrder -H 'content-type: application/json' -d '{"customerId":"c-1","total":1250}'`,
  `curl 'http://127.0.0.1:4000/sales/orders?customerId=c-1&after=sales:8:1'`,
  'npx skerry inspect sales/order/o-1 --history'
]

// The program of the installed package, run by the Node that runs this.
const program = fileURLToPath(import.meta.resolve('skerry/config')).replace(/config(?=\.[jt]s$)/, 'main')
const config = fileURLToPath(new URL('skerry.config.ts', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'skerry-readme-'))
const skerry = (...args: readonly string[]) =>
  spawn(process.execPath, [...process.execArgv, program, ...args], {
    cwd: directory,
    env: { ...process.env, SKERRY_DATA: '', PORT: '' },
    stdio: ['ignore', 'pipe', 'inherit']
  })

/** What differs from run to run gets one face. */
const steady = (output: string): string =>
  output
    .replace(/\S+ on Node \S+, process \d+/, '0.1.0 on Node 26.10.0, process 4711')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:4000')
    .replace(/"correlationId":"[^"]+"/, '"correlationId":"7d5c7a3e-6a0c-4b52-9d6f-0b1d3c1f8f27"')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-11-21T09:00:00.000Z')

/** Everything that a server says until it listens. */
const greeting = async (stdout: Readable): Promise<string> => {
  let said = ''
  for await (const part of stdout) {
    said += part
    if (said.includes('stop ')) return said
  }
  throw new Error(`skerry run ended early: ${said}`)
}

/** What curl would print for this line. */
const curl = async (line: string, port: string): Promise<string> => {
  const url = (/http:[^\s']+/.exec(line)?.[0] ?? '').replace(':4000', `:${port}`)
  const body = /-d '(.*)'$/.exec(line)?.[1]
  if (body === undefined) return (await fetch(url)).text()
  return (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).text()
}

const running = skerry('run', '--config', config, '--port', '0')
try {
  const greeted = await greeting(running.stdout)
  const port = /127\.0\.0\.1:(\d+)/.exec(greeted)?.[1] ?? ''
  const answer = async (line: string): Promise<string> => {
    if (line.startsWith('curl')) return `${await curl(line, port)}\n`
    return text(skerry(...line.split(' ').slice(2)).stdout)
  }
  process.stdout.write(`$ npx skerry run\n${steady(greeted)}`)
  for (const line of session) process.stdout.write(`$ ${line}\n${steady(await answer(line))}`)
} finally {
  running.kill('SIGTERM')
  if (running.exitCode === null) await once(running, 'exit')
  rmSync(directory, { recursive: true, force: true })
}

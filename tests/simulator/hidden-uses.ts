import { exec } from 'node:child_process'
import crypto, { pbkdf2, randomBytes, randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request } from 'node:https'
import { connect } from 'node:net'
import { setTimeout as setTimer } from 'node:timers'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { gzip } from 'node:zlib'

const word = new Uint8Array(4)
const shared = new Int32Array(new SharedArrayBuffer(4))
const url = 'http://127.0.0.1:9/'

/** One use of each kind of thing that no seed decides, by the name it is told under. Each stands on one line. */
export const hiddenUses: Readonly<Record<string, () => unknown>> = {
  'Date.now': () => Date.now(),
  'new Date()': () => new Date(),
  'Date()': () => Date(),
  'performance.now': () => performance.now(),
  'process.hrtime': () => process.hrtime(),
  'process.hrtime.bigint': () => process.hrtime.bigint(),
  'process.uptime': () => process.uptime(),
  'process.cpuUsage': () => process.cpuUsage(),
  'process.memoryUsage': () => process.memoryUsage(),
  setTimeout: () => setTimeout(() => undefined, 1),
  setInterval: () => setInterval(() => undefined, 1),
  setImmediate: () => setImmediate(() => undefined),
  'timers.setTimeout': () => setTimer(() => undefined, 1),
  'timers/promises.setTimeout': () => delay(1),
  'AbortSignal.timeout': () => AbortSignal.timeout(1),
  'Math.random': () => Math.random(),
  'crypto.randomUUID': () => globalThis.crypto.randomUUID(),
  'crypto.getRandomValues': () => globalThis.crypto.getRandomValues(word),
  'crypto.subtle.digest': () => globalThis.crypto.subtle.digest('SHA-256', word),
  'crypto.randomBytes': () => randomBytes(4),
  'crypto.randomInt': () => randomInt(4),
  'crypto.randomFillSync': () => crypto.randomFillSync(word),
  'crypto.pbkdf2': () => pbkdf2('a', 'b', 1, 4, 'sha256', () => undefined),
  fetch: () => fetch(url),
  'new WebSocket': () => new WebSocket('ws://127.0.0.1:9/'),
  'new MessageChannel': () => new MessageChannel(),
  'new worker_threads.Worker': () => new Worker('', { eval: true }),
  'Atomics.wait': () => Atomics.wait(shared, 0, 0, 1),
  'new WeakRef': () => new WeakRef(shared),
  'new FinalizationRegistry': () => new FinalizationRegistry(() => undefined),
  'fs.readFileSync': () => readFileSync(new URL(import.meta.url)),
  'fs.promises.readFile': () => readFile(new URL(import.meta.url)),
  'net.connect': () => connect(9, '127.0.0.1'),
  'tls.connect': () => connectTls(9, '127.0.0.1'),
  'http.get': () => get(url),
  'https.request': () => request('https://127.0.0.1:9/'),
  'http2.connect': () => connectHttp2(url),
  'dgram.createSocket': () => createSocket('udp4'),
  'dns.lookup': () => lookup('localhost', () => undefined),
  'child_process.exec': () => exec('true'),
  'zlib.gzip': () => gzip('a', () => undefined)
}

/** What a service may use: it always gives the same. */
export const plainUses: Readonly<Record<string, () => unknown>> = {
  'new Date(0)': () =>
    new Date(0).toISOString() === '1970-01-01T00:00:00.000Z' && new Date(0) instanceof Date,
  'Date.parse': () => Date.parse('1970-01-01') === 0,
  createHash: () => crypto.createHash('sha256').update('a').digest('hex').length === 64,
  structuredClone: () => structuredClone({ at: new Date(1) }).at.getTime() === 1,
  queueMicrotask: () => queueMicrotask(() => undefined) === undefined,
  AbortController: () => !new AbortController().signal.aborted
}

import childProcess from 'node:child_process'
import crypto from 'node:crypto'
import dgram from 'node:dgram'
import dns from 'node:dns'
import fs from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import timers from 'node:timers'
import timersPromises from 'node:timers/promises'
import tls from 'node:tls'
import workerThreads from 'node:worker_threads'
import zlib from 'node:zlib'

/** A function or class of the platform through which something gets in that no seed decides. */
export interface HiddenInput {
  readonly holder: object
  readonly name: PropertyKey
  /** As it is written where it is used. */
  readonly as: string
  /** What to do instead, as a sentence. */
  readonly instead: string
}

/** What to do instead of asking for the present. */
export const insteadOfTheTime =
  'Take the time from `context.nowMs` in a decision or an effect, and from `meta.timeMs` elsewhere.'
const insteadOfTimers =
  'Wait by the `.timeout()` of a process step; how long an effect waits and tries again is in its policy.'
const insteadOfChance =
  'Take ids from `context.commandId` in a decision, `meta.id` elsewhere, and `idempotencyKey` in an effect.'
const insteadOfTheOutside =
  'Go outside only in an effect, through something that the system is given and `outside` of the simulation makes.'
const insteadOfThreads = 'Threads end in any order: use what is synchronous, or go outside in an effect.'
const insteadOfMemory =
  'Nobody knows when memory is given back: keep what is needed in the state, and let go of the rest.'
const insteadOfMeasuring =
  'What a service does must not depend on the machine: leave it to the logs and figures.'

type Holder = Readonly<Record<PropertyKey, unknown>>

function listed(holder: unknown, where: string, names: string, instead: string): readonly HiddenInput[] {
  if (holder === undefined || holder === null) return []
  const dotted = where === '' ? '' : `${where}.`
  return names
    .split(' ')
    .filter((name) => name in (holder as Holder))
    .map((name) => ({ holder: holder as Holder, name, as: `${dotted}${name}`, instead }))
}

/** Every function and class that a module has, but those that `isHarmless`. */
function allOf(
  holder: object,
  where: string,
  instead: string,
  isHarmless: (name: string) => boolean = () => false
): readonly HiddenInput[] {
  return Object.entries(Object.getOwnPropertyDescriptors(holder))
    .filter(([name, { value }]) => typeof value === 'function' && !isHarmless(name))
    .map(([name]) => ({ holder, name, as: `${where}.${name}`, instead }))
}

const prototypeOf = (made: unknown): unknown => Object.getPrototypeOf(made)

function ofTheLanguage(): readonly HiddenInput[] {
  const { Temporal } = globalThis as { readonly Temporal?: { readonly Now: object } }
  return [
    ...listed(Date, 'Date', 'now', insteadOfTheTime),
    ...(Temporal ? allOf(Temporal.Now, 'Temporal.Now', insteadOfTheTime) : []),
    ...listed(Math, 'Math', 'random', insteadOfChance),
    ...listed(Atomics, 'Atomics', 'wait waitAsync', insteadOfThreads),
    ...listed(globalThis, '', 'WeakRef FinalizationRegistry', insteadOfMemory)
  ]
}

function ofThePlatform(): readonly HiddenInput[] {
  return [
    ...listed(prototypeOf(performance), 'performance', 'now mark measure', insteadOfTheTime),
    ...listed(globalThis, '', 'setTimeout setInterval setImmediate', insteadOfTimers),
    ...listed(AbortSignal, 'AbortSignal', 'timeout', insteadOfTimers),
    ...listed(globalThis, '', 'fetch WebSocket EventSource', insteadOfTheOutside),
    ...listed(globalThis, '', 'MessageChannel BroadcastChannel Worker', insteadOfThreads),
    ...listed(prototypeOf(globalThis.crypto), 'crypto', 'getRandomValues randomUUID', insteadOfChance),
    ...allOf(prototypeOf(globalThis.crypto.subtle) as object, 'crypto.subtle', insteadOfThreads, (name) =>
      ['constructor', 'supports'].includes(name)
    ),
    ...listed(process.hrtime, 'process.hrtime', 'bigint', insteadOfTheTime),
    ...listed(process, 'process', 'hrtime uptime', insteadOfTheTime),
    ...listed(process.memoryUsage, 'process.memoryUsage', 'rss', insteadOfMeasuring),
    ...listed(
      process,
      'process',
      'cpuUsage memoryUsage resourceUsage threadCpuUsage availableMemory',
      insteadOfMeasuring
    )
  ]
}

/** What draws or works on other threads; what is synchronous and always gives the same may be used. */
const randomCrypto = /^random|^generate/
const threadCrypto = /^(pbkdf2|scrypt|hkdf|argon2|checkPrime|encapsulate|decapsulate)$/
const questions = /^(isIP|isIPv4|isIPv6|getCiphers|checkServerIdentity|convertALPNProtocols|validateHeader)/

function ofTheModules(): readonly HiddenInput[] {
  const outside: readonly (readonly [object, string])[] = [
    [fs, 'fs'],
    [fs.promises, 'fs.promises'],
    [net, 'net'],
    [tls, 'tls'],
    [http, 'http'],
    [https, 'https'],
    [http2, 'http2'],
    [dgram, 'dgram'],
    [dns, 'dns'],
    [dns.promises, 'dns.promises'],
    [childProcess, 'child_process']
  ]
  return [
    ...listed(timers, 'timers', 'setTimeout setInterval setImmediate', insteadOfTimers),
    ...allOf(timersPromises, 'timers/promises', insteadOfTimers),
    ...listed(prototypeOf(timersPromises.scheduler), 'scheduler', 'wait yield', insteadOfTimers),
    ...allOf(crypto, 'crypto', insteadOfChance, (name) => !randomCrypto.test(name)),
    ...allOf(crypto, 'crypto', insteadOfThreads, (name) => !threadCrypto.test(name)),
    ...allOf(zlib, 'zlib', insteadOfThreads, (name) => /Sync$|^crc32$|^[A-Z]|MaxZip/.test(name)),
    ...listed(workerThreads, 'worker_threads', 'Worker MessageChannel BroadcastChannel', insteadOfThreads),
    ...outside.flatMap(([holder, where]) =>
      allOf(holder, where, insteadOfTheOutside, (name) => questions.test(name))
    )
  ]
}

/** All of them, but `Date` itself, which is hidden only when it is asked for the present. */
export function hiddenInputs(): readonly HiddenInput[] {
  return [...ofTheLanguage(), ...ofThePlatform(), ...ofTheModules()]
}

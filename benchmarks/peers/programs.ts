import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Engine } from './servers.ts'

/** A program of this directory, and what it needs. */
export interface PeerProgram {
  readonly name: string
  /** The package whose version is told; none for Skerry itself. */
  readonly package?: string
  readonly engine?: Engine
  /** How what it promises is kept on the disk, in a few words. */
  readonly durable: string
}

const postgres = 'PostgreSQL, synchronous_commit on'
const redis = `Redis, appendfsync always, and ${postgres}`

/** Skerry first: the others are compared with it. */
export const programs: readonly PeerProgram[] = [
  { name: 'skerry', durable: postgres },
  { name: 'pg-boss', package: 'pg-boss', durable: postgres },
  { name: 'graphile-worker', package: 'graphile-worker', durable: postgres },
  { name: 'dbos', package: '@dbos-inc/dbos-sdk', durable: postgres },
  {
    name: 'emmett',
    package: '@event-driven-io/emmett-postgresql',
    durable: `${postgres}, one append at a time`
  },
  { name: 'bullmq', package: 'bullmq', engine: 'redis', durable: redis },
  { name: 'moleculer', package: 'moleculer', engine: 'redis', durable: redis },
  {
    name: 'restate',
    package: '@restatedev/restate-server',
    engine: 'restate',
    durable: 'its own log, synced'
  }
]

const directory = fileURLToPath(new URL('.', import.meta.url))
const installed = new URL('node_modules/.package-lock.json', import.meta.url)

/**
 * Installs the versions that the lock file of this directory names, unless they are there. The manifest overrides what
 * one of them asks for where that is not published for every platform, or at all.
 */
export async function installPeers(): Promise<void> {
  if (existsSync(installed)) return
  console.error(`Installing what is compared with: npm ci in ${directory}`)
  await promisify(execFile)('npm', [
    'ci',
    '--prefix',
    directory,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund'
  ])
}

/** The version of a program that is installed. */
export function versionOf({ package: name }: PeerProgram): string | undefined {
  if (name === undefined) return undefined
  const manifest = new URL(`node_modules/${name}/package.json`, import.meta.url)
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined
}

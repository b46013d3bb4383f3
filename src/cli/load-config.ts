import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Failure } from '../core/index.ts'
import type { Config, ConfigSetting, ConfigSource } from './config.ts'
import { thrownPlace } from './thrown-place.ts'

const names = ['skerry.config.ts', 'skerry.config.js']

function invalid(hint: string, cause?: unknown): never {
  throw new Failure('CONFIG_INVALID', { hint }, cause)
}

/** The config file: the one that is named, or the one in the working directory. */
export function configFile(named: string | undefined): string {
  const file = named === undefined ? names.map((name) => resolve(name)).find(existsSync) : resolve(named)
  if (file === undefined)
    invalid(`There is no ${names[0]} in ${process.cwd()}: write one, or name it with --config.`)
  if (!existsSync(file)) invalid(`There is no file ${file}.`)
  return file
}

/** What was thrown, and the file and line where. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const place = thrownPlace(thrown)
  return place === undefined ? thrown.message : `${thrown.message} (${place})`
}

/** Loads what a config file exports by default. Fails with `CONFIG_INVALID`, or as the code that it loads does. */
export async function loadConfig(file: string): Promise<ConfigSource> {
  let loaded: { readonly default?: unknown }
  try {
    loaded = await import(pathToFileURL(file).href)
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown
    invalid(`${file} cannot be loaded: ${reasonOf(thrown)}`, thrown)
  }
  const source = loaded.default
  if (typeof source !== 'function' && (typeof source !== 'object' || source === null))
    invalid(`${file} has no default export: write 'export default defineConfig({ system })'.`)
  if (typeof source === 'object') checkConfig(file, source as Config)
  return source as ConfigSource
}

function checkConfig(file: string, config: Partial<Config> | undefined): void {
  if (!(config?.system?.services instanceof Map))
    invalid(`${file} gives no 'system': make one with system('name', [service, ...]) of 'skerry'.`)
  for (const name of ['started', 'stop'] as const)
    if (config[name] !== undefined && typeof config[name] !== 'function')
      invalid(`${file} gives a '${name}' that is no function.`)
}

/** The config of a run: a function is called, a value is taken. Fails with `CONFIG_INVALID`. */
export async function configured(
  file: string,
  source: ConfigSource,
  setting: ConfigSetting
): Promise<Config> {
  if (typeof source !== 'function') return source
  let config: Config
  try {
    config = await source(setting)
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown
    invalid(`The function in ${file} failed: ${reasonOf(thrown)}`, thrown)
  }
  checkConfig(file, config)
  return config
}

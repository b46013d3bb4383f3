import { randomBytes } from 'node:crypto'
import { isPublic } from '../core/index.ts'
import type { SampleCommand } from '../gateway/index.ts'
import type { Companion } from './companions.ts'
import type { Config } from './config.ts'
import { type LeftInFile, leftWords } from './left-in-files.ts'
import { shownPath } from './shown-path.ts'
import { labelled, shortened } from './table.ts'

/** What runs where. */
export interface RunFacts {
  readonly config: Config
  /** What of the system runs. */
  readonly services: readonly string[]
  /** Each of them has a process of its own. */
  readonly split: boolean
  /** How many processes one of them has then. */
  readonly instancesOf: (service: string) => number
  readonly companions: readonly Companion[]
  readonly version: string
  readonly url: string
  /** The port that was asked for and is taken. */
  readonly takenPort: number | undefined
  readonly directory: string
  /** The profile that was chosen. */
  readonly profile: string | undefined
  /** What begins with nothing, though it had data in files. */
  readonly leftInFiles: readonly LeftInFile[]
  readonly logFile: string | undefined
}

/** A list of names may be so long, and a line to be copied may. */
const namesWidth = 100
const copiedWidth = 160

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function sampleLine(url: string, sample: SampleCommand): string {
  const id = randomBytes(4).toString('hex')
  const filled = (text: string): string => text.replaceAll('{id}', id)
  const { service, machine, command } = sample
  const address = `${url}/${service}/${machine}/${encodeURIComponent(filled(sample.key))}/${command}`
  return `curl ${address} -H 'content-type: application/json' -d ${quoted(filled(JSON.stringify(sample.data)))}`
}

/**
 * How a command is sent to what runs here: the sample of the config, or the address of the first command that can be
 * sent.
 */
function proposal({
  url,
  config: { system, home },
  services
}: RunFacts): readonly [string, string] | undefined {
  const sample = home?.tryIt
  if (sample && services.includes(sample.service)) {
    const line = sampleLine(url, sample)
    if (line.length <= copiedWidth) return ['try it', line]
    // A part of a system shows no page.
    if (services.length === system.services.size)
      return ['try it', `'${sample.button}' at ${url}, which shows a line for curl too`]
  }
  for (const service of system.services.values())
    for (const [command, machine] of service.machineOf)
      if (services.includes(service.name) && isPublic(service, command))
        return ['commands', `POST ${url}/${service.name}/${machine.name}/KEY/${command}`]
  return undefined
}

/** What runs here, with the number of processes where it is not one. */
function servicesText({ services, split, instancesOf }: RunFacts): string {
  if (!split) return shortened(services.join(', '), namesWidth)
  const names = services.map((service) => {
    const count = instancesOf(service)
    return count === 1 ? service : `${service} (${count})`
  })
  const several = services.some((service) => instancesOf(service) > 1)
  return `${shortened(names.join(', '), namesWidth)}, ${several ? 'processes of their own' : 'a process for each'}`
}

const companionText = ({ name, url }: Companion): string => `${name} ${url}`

/** Data that this run does not have are nothing that anybody should find out later. */
function leftText([first, ...others]: readonly LeftInFile[], profile: string | undefined): string {
  if (!first) return ''
  const { service } = first
  const more = others.length === 0 ? '' : `, and so do ${others.map((one) => one.service).join(', ')}`
  return `${service} begins with nothing, ${leftWords(first)}${more}: skerry move ${service} --to ${profile ?? ''}`
}

/** What a run says when it listens: at most ten lines. */
export function runLines(facts: RunFacts): string[] {
  const { config, companions, version, url, takenPort, directory, profile, logFile } = facts
  const left = leftText(facts.leftInFiles, profile)
  const { system } = config
  const proposed = proposal(facts)
  return labelled([
    ['skerry', `${version} on Node ${process.versions.node}, process ${process.pid}`],
    [system.name, servicesText(facts)],
    ['address', takenPort === undefined ? url : `${url} (port ${takenPort} is taken)`],
    ...(profile === undefined ? [] : [['profile', profile] as const]),
    ['data', shownPath(directory)],
    ...(left === '' ? [] : [['but', left] as const]),
    ...(logFile === undefined ? [] : [['log', shownPath(logFile)] as const]),
    ...(companions.length === 0 ? [] : [['beside it', companions.map(companionText).join(', ')] as const]),
    ...(proposed === undefined ? [] : [proposed]),
    ['stop', 'Ctrl-C']
  ])
}

/** The same for a program. */
export function runDocument({
  config,
  services,
  split,
  instancesOf,
  companions,
  version,
  url,
  directory,
  profile,
  leftInFiles,
  logFile
}: RunFacts): unknown {
  return {
    system: config.system.name,
    services,
    ...(split
      ? { split, processes: Object.fromEntries(services.map((name) => [name, instancesOf(name)])) }
      : {}),
    url,
    ...(profile === undefined ? {} : { profile }),
    data: directory,
    ...(leftInFiles.length === 0 ? {} : { leftInFiles }),
    log: logFile,
    companions,
    version,
    pid: process.pid
  }
}

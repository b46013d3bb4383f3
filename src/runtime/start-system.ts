import { Failure, type ServiceDefinition, type SystemDefinition } from '../core/index.ts'
import type { Clock } from '../ports/index.ts'
import type { RuntimePorts } from './ports.ts'
import type { RunningService, RunningSystem } from './running.ts'
import { type PreparedService, prepareService } from './start-service.ts'

/** How long a stop waits for effects under way. */
const stopGraceMs = 5_000

/** What of a system is started here. */
export interface StartOptions {
  /** Only these services; the others run elsewhere, and the bus has a way to their feeds. Default: all. */
  readonly only?: readonly string[]
  /** How other instances of these services know this process; each gets an id of its own anyway. */
  readonly instance?: {
    /** Put before the id, for people. */
    readonly name?: string
    /** Where it is reached: others hear of it from `instances()`. */
    readonly url?: string
  }
}

function servicesOf(definition: SystemDefinition, only: StartOptions['only']): readonly ServiceDefinition[] {
  if (!only) return [...definition.services.values()]
  return only.map((name) => {
    const service = definition.services.get(name)
    if (service) return service
    throw new Failure('SERVICE_UNKNOWN', {
      hint: `There is no service '${name}'; there are: ${[...definition.services.keys()].join(', ')}.`
    })
  })
}

/**
 * Starts the services of a system in this process: opens the stores, goes on where each subscription stopped, and
 * takes commands when all of it stands. Fails as a whole, with everything closed again, when one service cannot start.
 */
export async function startSystem(
  definition: SystemDefinition,
  ports: RuntimePorts,
  { only, instance = {} }: StartOptions = {}
): Promise<RunningSystem> {
  const prepared: PreparedService[] = []
  // Never that of a former life: its leases are not those of this one.
  const unique = ports.ids.unique()
  const self = {
    id: instance.name === undefined ? unique : `${instance.name}/${unique}`,
    ...(instance.url === undefined ? {} : { url: instance.url })
  }
  try {
    for (const service of servicesOf(definition, only))
      prepared.push(await prepareService(definition, service, ports, self))
    for (const one of prepared) await one.begin()
  } catch (thrown) {
    await stopAll(prepared, 0)
    throw thrown
  }
  return runningSystem(definition, ports, prepared)
}

async function stopAll(prepared: readonly PreparedService[], graceMs: number): Promise<void> {
  await Promise.all(prepared.map((one) => one.close(graceMs)))
}

function runningSystem(
  definition: SystemDefinition,
  ports: RuntimePorts,
  prepared: readonly PreparedService[]
): RunningSystem {
  const services = new Map<string, RunningService>(
    prepared.map((one) => [one.running.definition.name, one.running])
  )
  let stopped: Promise<void> | undefined
  return {
    definition,
    services,
    service: (name) => {
      const found = services.get(name)
      if (!found)
        throw new Failure('SERVICE_UNKNOWN', {
          hint: `There is no service '${name}'; there are: ${[...services.keys()].join(', ')}.`
        })
      return found
    },
    heard: (service) => {
      for (const { engine } of prepared) engine.heard(service)
    },
    idle: () => idle(prepared, ports.clock),
    stop: () => {
      stopped ??= stopAll(prepared, stopGraceMs).then(() => ports.bus.close())
      return stopped
    }
  }
}

/** Resolves when no service has anything left to do, seen thrice with a turn of input and output in between. */
function idle(prepared: readonly PreparedService[], clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let calm = 0
    const hearsAll = (): boolean => prepared.every((one) => one.engine.hearsAll)
    let asked = hearsAll()
    const look = (): void => {
      const busy = !prepared.every((one) => one.engine.idle)
      calm = busy ? 0 : calm + 1
      if (busy) asked = hearsAll()
      if (calm >= 3 && asked) resolve()
      else if (calm >= 3) {
        // What was announced may have been lost: the sources themselves are asked once more.
        asked = true
        void Promise.all(prepared.map((one) => one.engine.learnHeads())).then(look)
      } else if (calm > 0) clock.soon(look)
      else clock.schedule(1, look)
    }
    look()
  })
}

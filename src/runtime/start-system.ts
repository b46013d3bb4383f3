import { Failure, type ServiceDefinition, type SystemDefinition } from '../core/index.ts'
import type { Clock } from '../ports/index.ts'
import type { RuntimePorts } from './ports.ts'
import type { RunningService, RunningSystem, ServiceStatus } from './running.ts'
import { type PreparedService, prepareService } from './start-service.ts'
import { calmElsewhere } from './status-elsewhere.ts'

/** How long a stop waits for effects under way. */
const stopGraceMs = 5_000
/** How often it is looked whether other instances have something left to do. */
const elsewhereMs = 20

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
  const halted = await Promise.allSettled(prepared.map((one) => one.halt(graceMs)))
  // Whom they tell may be among them, so each store stays open until all have done so.
  await Promise.all(prepared.map((one) => one.report()))
  await Promise.all(prepared.map((one) => one.close()))
  for (const one of halted) if (one.status === 'rejected') throw one.reason
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

/** Resolves when no service has anything left to do, here or at other instances that share its store. */
async function idle(prepared: readonly PreparedService[], clock: Clock): Promise<void> {
  const isStopping = (): boolean => prepared.some(({ engine }) => isLeaving(engine.state))
  let before: string | undefined
  for (;;) {
    await calmHere(prepared, clock)
    if (isStopping()) return
    const hearsAll = prepared.every(({ engine }) => engine.hearsAll)
    if (!hearsAll) await Promise.all(prepared.map(({ engine }) => engine.learnHeads()))
    const seen = await Promise.all(prepared.map(({ engine }) => calmElsewhere(engine)))
    const isCalm = seen.every((one) => one !== undefined)
    const now = isCalm ? seen.join('\n') : undefined
    const isAlone = seen.every((one) => one === '')
    // While others were asked, something may have come here; and from one of them to another that was asked before.
    if (isCalm && (isAlone || now === before) && prepared.every(({ engine }) => engine.idle)) return
    before = now
    if (!isAlone) await new Promise<void>((resolve) => clock.schedule(elsewhereMs, resolve))
  }
}

const isLeaving = (state: ServiceStatus['state'] | 'starting'): boolean =>
  state === 'stopping' || state === 'stopped'

/** Resolves when no service has anything left to do here, seen thrice with a turn of input and output in between. */
function calmHere(prepared: readonly PreparedService[], clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let calm = 0
    const look = (): void => {
      calm = prepared.every(({ engine }) => engine.idle) ? calm + 1 : 0
      if (calm >= 3) resolve()
      else if (calm > 0) clock.soon(look)
      else clock.schedule(1, look)
    }
    look()
  })
}

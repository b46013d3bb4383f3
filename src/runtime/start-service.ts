import { Failure, inboxSources, type ServiceDefinition, type SystemDefinition } from '../core/index.ts'
import type { Instance, LogRow, Query, QueryPage, Store } from '../ports/index.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { actorHandler } from './actor-handler.ts'
import { checkStates } from './archived-log.ts'
import { EngineDeadLetters } from './dead-letters.ts'
import { Engine } from './engine.ts'
import type { Handler } from './handler.ts'
import { Handover } from './handover.ts'
import { inboxHandler } from './inbox.ts'
import { Inspection } from './inspection.ts'
import { limitsDefault } from './limits.ts'
import { LiveGenerations } from './live-generations.ts'
import type { RuntimePorts } from './ports.ts'
import { processHandler } from './process-handler.ts'
import { projectionHandler } from './projection-handler.ts'
import { Reading } from './reading.ts'
import { Rebuilds } from './rebuild.ts'
import { rebuildUnit } from './rebuild-unit.ts'
import type { EntityView, ReadOptions, RebuildStatus, RunningService } from './running.ts'
import { Tenure } from './tenure.ts'

/** A service between opening its store and its first turn. */
export interface PreparedService {
  readonly running: RunningService
  readonly engine: Engine
  /** Lets the turns begin; every feed it listens to must be on the bus by then. */
  begin(): Promise<void>
  /** Commits what was taken, and lets no turn begin any more. */
  halt(graceMs: number): Promise<void>
  /** Tells publishers how far it came, once it stands still; those of this process must have their stores open. */
  report(): Promise<void>
  close(): Promise<void>
}

/** Opens a service's store and puts its parts together, but does not let it turn yet. */
export async function prepareService(
  system: SystemDefinition,
  definition: ServiceDefinition,
  ports: RuntimePorts,
  { id: instance, url }: Omit<Instance, 'leases'>
): Promise<PreparedService> {
  const { bus, clock, ids, log } = ports
  const limits = { ...limitsDefault, ...ports.limits }
  const store = await ports.openStore(definition.name)
  try {
    checkGuarantees(definition, store)
  } catch (thrown) {
    await store.close()
    throw thrown
  }
  bus.offer(store)
  const live = new LiveGenerations(store)
  const units = leasedUnits(definition)
  const { leases } = store
  const { name: service } = definition
  const tenure = new Tenure({ service, leases, instance, url, ttlMs: limits.leaseMs, units, clock, log })
  const engine = new Engine({
    definition,
    store,
    bus,
    clock,
    ids,
    log,
    limits,
    effects: ports.effects(definition.name),
    live,
    tenure
  })
  const acknowledgements = new Acknowledgements(engine)
  const rebuilds = new Rebuilds(engine, live, () => acknowledgements.report())
  const running = runningService(definition, store, engine, live, rebuilds)
  return {
    running,
    engine,
    begin: async () => {
      await checkStates(definition, store)
      await tenure.join()
      const handlers = await handlersOf(system, definition, ports, rebuilds)
      await engine.start(handlers)
      for (const unit of definition.units.values())
        if (unit.kind === 'projection') await rebuilds.resume(unit)
      tenure.begin(new Handover(engine, rebuilds, handlers), (task) => engine.between(task))
      acknowledgements.begin()
    },
    halt: (graceMs) => {
      acknowledgements.end()
      return engine.stop(graceMs)
    },
    report: () => acknowledgements.last(),
    close: () => store.close()
  }
}

/** What one instance at a time works for: all that hears messages, and has timers or rows with it. */
function leasedUnits({ units }: ServiceDefinition): readonly string[] {
  const hearing = [...units.values()].filter(({ kind }) => kind !== 'state-machine')
  return ['inbox', ...hearing.map(({ name }) => name)]
}

function checkGuarantees(definition: ServiceDefinition, store: Store): void {
  if (!store.guarantees.durable)
    throw new Failure('STORE_GUARANTEE', {
      service: definition.name,
      hint: `${store.guarantees.name} does not keep what it acknowledged; choose a durable store.`
    })
}

async function handlersOf(
  system: SystemDefinition,
  definition: ServiceDefinition,
  ports: RuntimePorts,
  rebuilds: Rebuilds
): Promise<readonly Handler[]> {
  const handlers: Handler[] = [inboxHandler(definition, inboxSources(system, definition), ports.log)]
  for (const unit of definition.units.values()) {
    if (unit.kind === 'process-manager') handlers.push(processHandler(definition, unit))
    if (unit.kind === 'actor') handlers.push(actorHandler(definition, unit))
    if (unit.kind === 'projection') handlers.push(projectionHandler(unit, await rebuilds.open(unit)))
  }
  for (const handler of handlers)
    for (const source of handler.sources)
      if (!system.services.has(source))
        throw new Failure('DEFINITION_INVALID', {
          hint: `${definition.name}/${handler.subscription} listens to '${source}', which is not in the system ${system.name}.`
        })
  return handlers
}

function runningService(
  definition: ServiceDefinition,
  store: Store,
  engine: Engine,
  live: LiveGenerations,
  rebuilds: Rebuilds
): RunningService {
  const reading = new Reading(definition, store, engine, live)
  const inspection = new Inspection(engine, rebuilds, live)
  return {
    definition,
    feed: store,
    deadLetters: new EngineDeadLetters(engine),
    send: (request) => engine.intake.send(request),
    row: (projection: string, key: string, options?: ReadOptions): Promise<unknown> =>
      reading.row(projection, key, options),
    query: (projection: string, query: Query, options?: ReadOptions): Promise<QueryPage> =>
      reading.query(projection, query, options),
    entity: (unit: string, key: string, atPosition?: number): Promise<EntityView | undefined> =>
      inspection.entity(unit, key, atPosition),
    history: (unit: string, key: string): Promise<readonly LogRow[]> => inspection.history(unit, key),
    entities: (unit: string, afterKey: string, limit: number): Promise<readonly EntityView[]> =>
      inspection.entities(unit, afterKey, limit),
    rebuild: (unit: string, by = 'anonymous'): Promise<RebuildStatus> =>
      rebuildUnit(engine, rebuilds, unit, by),
    rowsHash: (projection) => inspection.rowsHash(projection),
    instances: () => engine.options.tenure.instances(),
    status: () => inspection.status(),
    state: () => inspection.state(),
    check: () => inspection.check()
  }
}

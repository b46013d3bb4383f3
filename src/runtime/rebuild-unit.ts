import { Failure } from '../core/index.ts'
import { checkWhole } from './archived-log.ts'
import type { Engine } from './engine.ts'
import type { Rebuilds } from './rebuild.ts'
import { refoldStates } from './refold.ts'
import type { RebuildStatus } from './running.ts'
import type { Work } from './work.ts'

/** What somebody asked for: as `RunningService.rebuild` promises. */
export async function rebuildUnit(
  engine: Engine,
  rebuilds: Rebuilds,
  name: string,
  by: string
): Promise<RebuildStatus> {
  const { definition } = engine.options
  const unit = definition.units.get(name)
  if (!unit) throw new Failure('UNIT_UNKNOWN', { hint: `${definition.name} has no part '${name}'.` })
  if (unit.kind !== 'projection' && unit.kind !== 'state-machine')
    throw new Failure('REBUILD_IMPOSSIBLE', {
      hint: `'${name}' is a ${unit.kind}; projections and state machines can be rebuilt.`
    })
  if (unit.kind === 'state-machine') await checkWhole(name, [engine.options.store])
  await record(engine, name, by)
  if (unit.kind === 'projection') return rebuilds.start(unit)
  const count = await refoldStates(engine, unit)
  return { unit: name, processed: count, total: count, state: 'done' }
}

/** Writes down who asked for a rebuild. */
function record(engine: Engine, unit: string, by: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const work: Work = {
      prepare: () => undefined,
      run: ({ audit, nowMs }) => {
        audit.push({ timeMs: nowMs, action: 'rebuild', subject: unit, by, reason: '', details: {} })
      },
      committed: () => resolve(),
      lost: (failure, again) => (again ? engine.submit(work) : reject(failure))
    }
    engine.submit(work)
  })
}

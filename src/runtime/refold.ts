import { type StateMachineDefinition, toFailure } from '../core/index.ts'
import { emptyBatch, type StateWrite } from '../ports/index.ts'
import type { Engine } from './engine.ts'
import { foldHistory } from './state-loading.ts'

const refoldPage = 100
const conflictsMax = 100

/** Folds the states of a machine anew from what its entities said; gives how many there were. */
export async function refoldStates(engine: Engine, machine: StateMachineDefinition): Promise<number> {
  const { store } = engine.options
  let count = 0
  for (let afterKey = ''; ; ) {
    const page = await store.listStates(machine.name, afterKey, refoldPage)
    const last = page.at(-1)
    if (!last) return count
    const keys = page.map((state) => state.key)
    await refoldKeys(engine, machine, keys)
    count += page.length
    afterKey = last.key
  }
}

/** As often as another instance changes one of these states meanwhile. */
async function refoldKeys(
  engine: Engine,
  machine: StateMachineDefinition,
  keys: readonly string[]
): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      await engine.between(() => refoldPageOf(engine, machine, keys))
      return
    } catch (thrown) {
      const isOthers = engine.options.tenure.shared && toFailure(thrown).code === 'VERSION_CONFLICT'
      if (!isOthers || tries >= conflictsMax) throw thrown
    }
}

/** Between two turns, so that nobody decides on these states meanwhile. */
async function refoldPageOf(
  engine: Engine,
  machine: StateMachineDefinition,
  keys: readonly string[]
): Promise<void> {
  const { store } = engine.options
  const states = await store.states(machine.name, keys)
  const writes: StateWrite[] = []
  for (const [key, { version, sequence, lastPosition }] of states) {
    const data = foldHistory(machine, await store.history(machine.name, key))
    writes.push({
      unit: machine.name,
      key,
      expected: version,
      version: version + 1,
      sequence,
      lastPosition,
      revision: machine.revision,
      data
    })
  }
  await store.commit({ ...emptyBatch, states: writes })
  engine.cache.forget(machine.name)
}

import { type Batch, emptyBatch, type LogRow, type Query, type Store } from '../../src/ports/index.ts'

/** How a store that breaks one promise differs from one that keeps it. */
export type Defect = (store: Store) => Partial<Store>

function commitWith(change: (batch: Batch) => Batch): Defect {
  return (store) => ({ commit: (batch) => store.commit(change(batch)) })
}

function readWith(change: (rows: readonly LogRow[], after: number) => readonly LogRow[]): Defect {
  return (store) => ({
    read: async (partition, after, limit) => change(await store.read(partition, after, limit), after)
  })
}

function queryWith(change: (query: Query) => Query): Defect {
  return (store) => ({
    query: (projection, generation, query) => store.query(projection, generation, change(query))
  })
}

/** Commits the parts of a batch one after the other. */
async function commitInParts(store: Store, batch: Batch): ReturnType<Store['commit']> {
  const { states, checkpoints, projections, ...rest } = batch
  const first = await store.commit({ ...emptyBatch, ...rest })
  const resolved = states.map((state) => ({
    ...state,
    lastPosition:
      typeof state.lastPosition === 'number'
        ? state.lastPosition
        : (first.positions[state.lastPosition.row] ?? 0)
  }))
  await store.commit({ ...emptyBatch, states: resolved })
  await store.commit({ ...emptyBatch, checkpoints, projections })
  return first
}

/** Takes whatever version, position or status is there for the one expected. */
async function ignoreConflicts(store: Store, batch: Batch, code: string): ReturnType<Store['commit']> {
  try {
    return await store.commit(batch)
  } catch (thrown) {
    if ((thrown as { readonly code?: string }).code !== code) throw thrown
    return { positions: batch.log.map(() => 1), parkedNumbers: [] }
  }
}

const lost = new Set<Store>()

/** Defects that stores have been seen with, by what is wrong. */
export const storeDefects: Readonly<Record<string, Defect>> = {
  'a batch is committed in parts': (store) => ({ commit: (batch) => commitInParts(store, batch) }),
  'a version conflict is answered as a success': (store) => ({
    commit: (batch) => ignoreConflicts(store, batch, 'VERSION_CONFLICT')
  }),
  'a checkpoint conflict is answered as a success': (store) => ({
    commit: (batch) => ignoreConflicts(store, batch, 'CHECKPOINT_CONFLICT')
  }),
  'positions are those of the batch, not of the partition': (store) => ({
    commit: async (batch) => {
      const { parkedNumbers } = await store.commit(batch)
      return { positions: batch.log.map((_, index) => index + 1), parkedNumbers }
    }
  }),
  'the rows of a batch are written backwards': commitWith((batch) => ({
    ...batch,
    log: [...batch.log].reverse()
  })),
  'the correlation of a row is lost': commitWith((batch) => ({
    ...batch,
    log: batch.log.map((row) => ({ ...row, correlationId: '' }))
  })),
  'the address of a reply is lost': commitWith((batch) => ({
    ...batch,
    log: batch.log.map(({ replyTo: _, ...row }) => row)
  })),
  'the revision of a state is lost': commitWith((batch) => ({
    ...batch,
    states: batch.states.map((state) => ({ ...state, revision: 1 }))
  })),
  'a read begins with the row it should begin behind': (store) => ({
    read: (partition, after, limit) => store.read(partition, Math.max(0, after - 1), limit)
  }),
  'a read skips a row': readWith((rows, after) => (after === 0 ? rows : rows.slice(1))),
  'a read gives the newest first': readWith((rows) => [...rows].reverse()),
  'a read gives more than it is asked for': (store) => ({
    read: (partition, after, limit) => store.read(partition, after, limit + 1)
  }),
  'a history has no end': (store) => ({ history: (unit, key) => store.history(unit, key) }),
  'a history is the newest first': (store) => ({
    history: async (unit, key, upto) => [...(await store.history(unit, key, upto))].reverse()
  }),
  'states of other units are found': (store) => ({
    states: async (_, keys) => new Map([...(await store.states('berth', keys))])
  }),
  'states are listed again from the first': (store) => ({
    listStates: async (unit, afterKey, limit) => (await store.listStates(unit, afterKey, limit)).slice(0, 1)
  }),
  'what is done is not added up': commitWith((batch) => ({
    ...batch,
    checkpoints: batch.checkpoints.map((move) => ({ ...move, done: 0 }))
  })),
  'checkpoints of all sources are one': commitWith((batch) => ({
    ...batch,
    checkpoints: batch.checkpoints.map((move) => ({ ...move, source: 'pilot' }))
  })),
  'an answer keeps the number of its row in the batch': (store) => ({
    answer: async (key) => {
      const found = await store.answer(key)
      return found && { ...found, outcome: { partition: 0, position: 1 } }
    }
  }),
  'the audit trail is the oldest first': (store) => ({
    audit: async (limit) => [...(await store.audit(limit))].reverse()
  }),
  'a cancelled timer stays': commitWith((batch) => ({
    ...batch,
    timers: batch.timers.filter((timer) => timer.dueMs !== 'cancel')
  })),
  'a timer fires without a look at when it is due': commitWith((batch) => ({
    ...batch,
    timers: batch.timers.map(({ firedMs: _, ...timer }) => timer)
  })),
  'timers come in the order of their names': (store) => ({
    timers: async (limit) =>
      [...(await store.timers(1_000))].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limit)
  }),
  'the count of timers stops at two': (store) => ({
    timerCount: async () => Math.min(2, await store.timerCount())
  }),
  'an edit of a parked message is lost': commitWith((batch) => ({
    ...batch,
    parkedChanges: batch.parkedChanges.map(({ message: _, ...change }) => change)
  })),
  'parked messages are not filtered by status': (store) => ({
    parked: ({ status: _, ...filter }) => store.parked(filter)
  }),
  'parked messages of a key are given once each': (store) => ({
    parkedKeys: async () => {
      const keys = await store.parkedKeys()
      return [...keys, ...keys]
    }
  }),
  'removed rows stay': commitWith((batch) => ({
    ...batch,
    projections: batch.projections.filter((row) => row.data !== null)
  })),
  'a swap leaves the other generations': (store) => ({
    swapGeneration: async (projection, generation) => {
      const all = await store.generations(projection)
      if (!all.some((each) => each.generation === generation))
        await store.swapGeneration(projection, generation)
    }
  }),
  'the first generation waits to be swapped': (store) => ({
    generations: async (projection) =>
      (await store.generations(projection)).map((each) => ({ ...each, status: 'building' }))
  }),
  'a hash counts rows only': (store) => ({
    rowsHash: async (projection, generation) => {
      const { rows } = await store.rowsHash(projection, generation)
      return { rows, hash: `${rows}` }
    }
  }),
  'only the first filter counts': queryWith((query) => ({ ...query, filters: query.filters.slice(0, 1) })),
  'a query is never descending': queryWith((query) => ({ ...query, descending: false })),
  'a query ignores its cursor': queryWith(({ cursor: _, ...query }) => query),
  'greater includes equal': queryWith((query) => ({
    ...query,
    filters: query.filters.map((filter) => ({
      ...filter,
      comparison: filter.comparison === 'gt' ? 'gte' : filter.comparison
    }))
  })),
  'a closed store still answers': (store) => ({
    close: async () => {
      lost.add(store)
    }
  })
}

import type { Batch, Store } from 'skerry/ports'
import type { OrderRow } from './orders.ts'
import { orderIndex } from './workload.ts'

/** The orders that a batch of sales makes ready in the read model, by their indexes. */
export function readyOrders(batch: Batch): readonly number[] {
  return batch.projections.flatMap(({ projection, key, data }) => {
    if (projection !== 'orders') return []
    // The two services may be heard in either order; an order is whole when both have been.
    const { status, customerId } = data as OrderRow
    return status === 'ready' && customerId !== '' ? [orderIndex(key)] : []
  })
}

/** What is committed is what a query reads from then on: this sees it without asking. */
export function watched(store: Store, onReady: (indexes: readonly number[]) => void): Store {
  const commit = store.commit.bind(store)
  store.commit = async (batch) => {
    const committed = await commit(batch)
    const indexes = readyOrders(batch)
    if (indexes.length > 0) onReady(indexes)
    return committed
  }
  return store
}

import type { DataOf } from 'skerry'
import type { RunningSystem } from 'skerry/runtime'
import type { ProductNames } from './notifications/contract.ts'
import type { PostOptions } from './notifications/postman.ts'

/** The names that notifications keeps, for its own postman, once the system runs. */
export function ownNames(running: Promise<RunningSystem>): PostOptions['namesOf'] {
  return async (stockCodes) => {
    const notifications = (await running).service('notifications')
    const nameOf = async (stockCode: string): Promise<readonly [string, string] | undefined> => {
      try {
        const row = (await notifications.row('product-names', stockCode)) as DataOf<typeof ProductNames>
        return [stockCode, row.name]
      } catch (failure) {
        if ((failure as { code?: unknown }).code === 'ROW_UNKNOWN') return undefined
        throw failure
      }
    }
    const found = await Promise.all(stockCodes.map(nameOf))
    return new Map(found.filter((one) => one !== undefined))
  }
}

import type { DataOf } from 'skerry'
import type { RunningSystem } from 'skerry/runtime'
import type { ProductNames } from './notifications/contract.ts'
import type { PostOptions } from './notifications/postman.ts'

type Row = DataOf<typeof ProductNames>

/** Looks names up in notifications' own copy, for its own postman. */
export interface OwnNames {
  readonly namesOf: PostOptions['namesOf']
  /** Says where the copy is; until then no name is found, and mails use those of the order. */
  readIn(running: RunningSystem): void
}

/** The postman is made before the system runs in which its names are. */
export function ownNames(): OwnNames {
  let system: RunningSystem | undefined
  return {
    readIn: (running) => {
      system = running
    },
    namesOf: async (stockCodes) => {
      const notifications = system?.service('notifications')
      if (notifications === undefined) return new Map()
      const found = await Promise.all(
        stockCodes.map(async (stockCode): Promise<readonly [string, string] | undefined> => {
          try {
            return [stockCode, ((await notifications.row('product-names', stockCode)) as Row).name]
          } catch (failure) {
            if ((failure as { code?: unknown }).code === 'ROW_UNKNOWN') return undefined
            throw failure
          }
        })
      )
      return new Map(found.filter((one) => one !== undefined))
    }
  }
}

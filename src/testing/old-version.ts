import { type AnyEventType, type EventOf, upcast } from '../core/index.ts'
import { arrivingData } from './check-message.ts'
import { calledBy, failScenario } from './scenario-failure.ts'

/**
 * An event that was written with an older version of its type, as every reader gets it: `oldVersion(RideBooked, 1,
 * {...})`. Fails when there is no such older version, or when what its upcasters make of it does not fit the schema.
 */
export function oldVersion<Event extends AnyEventType>(
  type: Event,
  version: number,
  data: unknown
): EventOf<Event> {
  return calledBy(oldVersion, () => {
    if (!Number.isInteger(version) || version < 1 || version >= type.version)
      return failScenario(`${type.type} has no older version ${version}; its version now is ${type.version}.`)
    const event = type(upcast(type, version, data) as never)
    arrivingData(event, type)
    return event as EventOf<Event>
  })
}

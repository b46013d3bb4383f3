import {
  type AnyCommandType,
  type AnyEventType,
  type CommandMessage,
  type EventMessage,
  type MessageMeta,
  madeBy,
  type OutgoingMessage,
  validate,
  validateStrictly
} from '../core/index.ts'
import { frozenJson } from './plain-json.ts'
import { failScenario } from './scenario-failure.ts'

/** The parts of a message's origin that a scenario may fix. */
export type MetaParts = Partial<Pick<MessageMeta, 'key' | 'timeMs' | 'id' | 'correlationId' | 'causationId'>>

const metaParts = new WeakMap<object, MetaParts>()

/**
 * The same event with a fixed origin, for code that reads `meta`: the key of the entity that said it, and when.
 * Without it the key is that of the command, or `some-key`, and the time is that of the scenario.
 */
export function withMeta<Event extends EventMessage>(event: Event, meta: MetaParts): Event {
  const copy = { ...event }
  metaParts.set(copy, meta)
  return copy
}

/** The origin of a message of a scenario. */
export function metaOf(message: object, number: number, nowMs: number, key = 'some-key'): MessageMeta {
  const id = `test:0:${number}`
  return { id, key, timeMs: nowMs, correlationId: 'test', causationId: id, ...metaParts.get(message) }
}

/** The data of a message as its unit is given it: through JSON, checked by its schema, frozen. */
export function arrivingData(message: OutgoingMessage, type: AnyEventType | AnyCommandType): unknown {
  const what = `The data of ${message.type}`
  const data = frozenJson(message.data, what)
  const checked = type.kind === 'event' ? validate(type.schema, data) : validateStrictly(type.schema, data)
  if (checked.ok) return type.kind === 'event' ? data : frozenJson(checked.value, what)
  const problems = checked.problems.map(({ pointer, problem }) => `${pointer || '(all)'}: ${problem}`)
  return failScenario(`${what} does not fit its schema.`, problems)
}

/** A message that a unit said, checked like one that arrives. */
export function saidMessage<Message extends OutgoingMessage>(message: Message, who: string): Message {
  const type = madeBy(message)
  if (!type)
    return failScenario(
      `${who} said ${message.type}, which no contract made; make it with the contract's own type.`
    )
  const data = arrivingData(message, type)
  return { ...message, data }
}

/** What makes this message, as a test would write it. */
export function titleOf(message: OutgoingMessage): string {
  return message.kind === 'event' ? message.type : `${message.type}.for('${message.key}')`
}

/** A message as plain data, for a comparison. */
export function comparable(
  message: OutgoingMessage
): Pick<CommandMessage, 'service' | 'type' | 'data'> & { key?: string } {
  const { service, type, data } = message
  return message.kind === 'event' ? { service, type, data } : { service, type, key: message.key, data }
}

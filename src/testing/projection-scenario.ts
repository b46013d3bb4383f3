import {
  type EventMessage,
  eventName,
  type ProjectionDefinition,
  type ProjectionRule,
  validate
} from '../core/index.ts'
import { arrivingData, metaOf } from './check-message.ts'
import { difference, inShort } from './difference.ts'
import { frozenJson } from './plain-json.ts'
import { purely } from './purely.ts'
import { calledBy, failScenario } from './scenario-failure.ts'
import { scenarioStartMs } from './scenario-start.ts'

/** A projection that has folded some events. */
export interface GivenProjection<Row, Folded extends string> {
  /** Folds more events, in this order. */
  when(...events: readonly EventMessage<Folded>[]): GivenProjection<Row, Folded>
  /** Fails unless the row with this key is exactly this one. */
  thenRow(key: string, row: Row): GivenProjection<Row, Folded>
  /** Fails unless there is no row with this key. */
  thenNoRow(key: string): GivenProjection<Row, Folded>
  /** Fails unless these are all the rows, by key. */
  thenRows(rows: Readonly<Record<string, Row>>): GivenProjection<Row, Folded>
}

type Rows = ReadonlyMap<string, unknown>

interface Folding {
  readonly projection: ProjectionDefinition
  readonly rows: Rows
  readonly messages: number
}

type Fields = Readonly<Record<string, unknown>>

/** The fields a rule declares to read: the others are not there for it. */
function fieldsRead(rule: ProjectionRule, data: unknown): unknown {
  if (rule.reads === undefined) return data
  const read = rule.reads
    .filter((name) => Object.hasOwn(data as Fields, name))
    .map((name) => [name, (data as Fields)[name]])
  return Object.freeze(Object.fromEntries(read))
}

/** A row as it is stored, checked by the schema of its query. */
function storedRow(projection: ProjectionDefinition, row: unknown, what: string): unknown {
  const stored = frozenJson(row, `The row after ${what}`)
  const checked = projection.schema === undefined ? undefined : validate(projection.schema, stored)
  if (checked && !checked.ok) {
    const problems = checked.problems.map(({ pointer, problem }) => `${pointer || '(all)'}: ${problem}`)
    failScenario(`The row after ${what} does not fit the schema of its query.`, problems)
  }
  return stored
}

function foldEvent(folding: Folding, event: EventMessage): Folding {
  const { projection } = folding
  const rule = projection.rules.get(eventName(event))
  if (!rule)
    return failScenario(`${event.type} of ${event.service} is no event that ${projection.name} folds.`)
  const messages = folding.messages + 1
  const data = fieldsRead(rule, arrivingData(event, rule.event))
  const meta = Object.freeze(metaOf(event, messages, scenarioStartMs))
  const found = purely(`The key for ${event.type} in ${projection.name}`, () => rule.keys(data, meta))
  const rows = new Map(folding.rows)
  // A row is folded once for an event, also when its key is named twice.
  for (const key of typeof found === 'string' ? [found] : new Set(found)) {
    if (typeof key !== 'string' || key === '')
      failScenario(
        `${event.type} gave ${projection.name} the key ${inShort(key)}; a key is a text that is not empty.`
      )
    const what = `fold(${event.type}) of ${projection.name}`
    const before =
      rows.get(key) ??
      frozenJson(projection.initial ?? null, `The initial row of ${projection.name}`) ??
      undefined
    const row = purely(what, () => rule.fold(before, data, meta, key))
    if (row === undefined) failScenario(`${what} gave nothing; it gives a row, or null to remove it.`)
    if (row === null) rows.delete(key)
    else rows.set(key, storedRow(projection, row, event.type))
  }
  return { projection, rows, messages }
}

type AnyGiven = GivenProjection<unknown, string>

function present(rows: Rows): string {
  return rows.size === 0
    ? 'There is no row.'
    : `Rows are there for ${[...rows.keys()].slice(0, 8).map(inShort).join(', ')}.`
}

function projectionScenario(folding: Folding): AnyGiven {
  const { name } = folding.projection
  const scenario: AnyGiven = {
    when: function when(...events) {
      return calledBy(when, () => projectionScenario(events.reduce(foldEvent, folding)))
    },
    thenRow: function thenRow(key, row) {
      return calledBy(thenRow, () => {
        const got = folding.rows.get(key)
        if (got === undefined)
          failScenario(`${name} has no row ${inShort(key)}.`, [
            `expected ${inShort(row)}`,
            present(folding.rows)
          ])
        const lines = difference(row, got)
        return lines.length === 0
          ? scenario
          : failScenario(`The row ${inShort(key)} of ${name} is another.`, lines)
      })
    },
    thenNoRow: function thenNoRow(key) {
      return calledBy(thenNoRow, () => {
        const got = folding.rows.get(key)
        return got === undefined
          ? scenario
          : failScenario(`${name} has a row ${inShort(key)}.`, [inShort(got)])
      })
    },
    thenRows: function thenRows(rows) {
      return calledBy(thenRows, () => {
        const lines = difference(rows, Object.fromEntries(folding.rows))
        return lines.length === 0 ? scenario : failScenario(`The rows of ${name} are others.`, lines)
      })
    }
  }
  return scenario
}

/** A projection that has folded these events, in this order. */
export function givenProjection(projection: ProjectionDefinition, events: readonly EventMessage[]): AnyGiven {
  return projectionScenario(
    events.reduce(foldEvent, { projection, rows: new Map<string, unknown>(), messages: 0 })
  )
}

import { Failure } from '../core/index.ts'
import { comparisons, type Filter, type Query } from '../ports/index.ts'
import { type FieldKind, valueOfText } from './field-kinds.ts'
import type { GatewayLimits } from './limits.ts'

const reserved = new Set(['order', 'limit', 'cursor', 'after', 'waitMs'])
/** So many conditions at once; a database takes no number of them. */
const filtersMax = 100
const filterForm = /^([^[\]]+)(?:\[([a-z]+)\])?$/

interface ParameterProblem {
  readonly parameter: string
  readonly problem: string
}

/** Collects what is wrong with a query, so that all of it is told at once. */
class Problems {
  readonly #found: ParameterProblem[] = []

  add(parameter: string, problem: string): undefined {
    this.#found.push({ parameter, problem })
  }

  raise(): void {
    if (this.#found.length === 0) return
    const hint = this.#found.map(({ parameter, problem }) => `${parameter}: ${problem}`).join(' ')
    throw new Failure('QUERY_INVALID', { hint, problems: this.#found })
  }
}

function filterOf(
  [name, text]: readonly [string, string],
  kinds: ReadonlyMap<string, FieldKind>,
  problems: Problems
): Filter | undefined {
  const [, field = '', compared = 'eq'] = filterForm.exec(name) ?? []
  const kind = kinds.get(field)
  if (kind === undefined) return problems.add(name, `One may ask by ${[...kinds.keys()].join(', ')}.`)
  const comparison = comparisons.find((each) => each === compared)
  if (comparison === undefined) return problems.add(name, `It compares by ${comparisons.join(', ')}.`)
  const value = valueOfText(text, kind)
  if (value === undefined) return problems.add(name, `It is a ${kind}.`)
  return { field, comparison, value }
}

function limitOf(text: string | null, limits: GatewayLimits, problems: Problems): number {
  if (text === null) return limits.rowsDefault
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > limits.rowsMax)
    problems.add('limit', `It is a whole number from 1 to ${limits.rowsMax}.`)
  return limit
}

/**
 * The question that an address asks: `field=value` and `field[gte]=value`, `order=field` or `order=-field`, `limit`,
 * `cursor`. A field that is named like one of these is asked for as `order[eq]=...`.
 */
export function queryOfAddress(
  parameters: URLSearchParams,
  kinds: ReadonlyMap<string, FieldKind>,
  limits: GatewayLimits
): Query {
  const problems = new Problems()
  const asked = [...parameters].filter(([name]) => !reserved.has(name))
  if (asked.length > filtersMax)
    throw new Failure('QUERY_INVALID', {
      hint: `A query has ${filtersMax} conditions at most, not ${asked.length}.`
    })
  const filters = asked.flatMap((pair) => filterOf(pair, kinds, problems) ?? [])
  const order = parameters.get('order') ?? 'key'
  const orderBy = order.replace(/^-/, '')
  if (!kinds.has(orderBy)) problems.add('order', `Rows are in the order of ${[...kinds.keys()].join(', ')}.`)
  const limit = limitOf(parameters.get('limit'), limits, problems)
  problems.raise()
  const cursor = parameters.get('cursor')
  return {
    filters,
    orderBy,
    descending: order.startsWith('-'),
    limit,
    ...(cursor === null ? {} : { cursor })
  }
}

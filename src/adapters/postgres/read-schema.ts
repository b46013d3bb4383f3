import { functions } from './schema-functions.ts'
import { timerOrder } from './timer-table.ts'

/**
 * Settings of a function that reads by keys. Each connection plans what is in it once, and not by what the tables are
 * like at that moment: a table that is small then, or empty, grows while the plan is kept. Nothing is compiled: a plan
 * that goes by keys where there are none counts as so dear that the server would.
 */
const byKeys = `SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off`

/** The last archived position; ranges are archived in their order. */
const floor = (schema: string): string =>
  `coalesce((SELECT a.last FROM ${schema}.archived AS a ORDER BY a.first DESC LIMIT 1), 0)`

/** The limit keeps the server from joining all states of the unit with the keys. */
const readStates = (schema: string): string => `
CREATE FUNCTION ${schema}.read_states(_unit text, _keys text[]) RETURNS SETOF ${schema}.state
LANGUAGE plpgsql STABLE ${byKeys} AS $$
BEGIN
  RETURN QUERY SELECT found.* FROM unnest(_keys) AS n (key) CROSS JOIN LATERAL (
    SELECT * FROM ${schema}.state AS s WHERE s.unit = _unit AND s.key = n.key LIMIT 1
  ) AS found;
END $$;`

/**
 * Rows of a partition behind a position, up to another, with so many bytes of data and one row more; each with the head
 * and the last archived position of the same moment, which come alone when there is no such row. The upper position lets
 * the server leave out later ranges before it looks at them. Lines are put together of what is given only: a whole row
 * as one value has all of its data in it, which the server would fetch for rows that are too many, too.
 */
const readLog = (schema: string): string => `
CREATE FUNCTION ${schema}.read_log(_partition integer, _after bigint, _upto bigint, _bytes bigint)
RETURNS TABLE (head bigint, floor bigint, line ${schema}.log)
LANGUAGE plpgsql STABLE ${byKeys} AS $$
BEGIN
  RETURN QUERY SELECT p.head, ${floor(schema)},
    (l.partition, l.position, l.previous, l.kind, l.type, l.version, l.unit, l.key, l.sequence, l.time,
      l.correlation, l.causation, l.traceparent, l.recipient, l.reply_to, l.data)::${schema}.log
  FROM ${schema}.partition AS p LEFT JOIN LATERAL (
    SELECT r.*, sum(octet_length(r.data)) OVER (ORDER BY r.position) - octet_length(r.data) AS before
    FROM ${schema}.log AS r WHERE r.partition = _partition AND r.position > _after AND r.position <= _upto
  ) AS l ON l.before < _bytes
  WHERE p.number = _partition ORDER BY l.position;
END $$;`

/** A row and those before it in its chain, each with the last archived position of the same moment. */
const readChain = (schema: string): string => `
CREATE FUNCTION ${schema}.read_chain(_partition integer, _last bigint)
RETURNS TABLE (floor bigint, line ${schema}.log)
LANGUAGE plpgsql STABLE ${byKeys} AS $$
BEGIN
  RETURN QUERY WITH RECURSIVE chain AS (
    SELECT l AS line FROM ${schema}.log AS l WHERE l.partition = _partition AND l.position = _last
    UNION ALL
    SELECT before.line FROM chain AS c CROSS JOIN LATERAL (
      SELECT l AS line FROM ${schema}.log AS l
      WHERE l.partition = _partition AND l.position = (c.line).previous AND l.position < (c.line).position LIMIT 1
    ) AS before
  ) SELECT f.floor, chain.line
  FROM (SELECT ${floor(schema)} AS floor) AS f LEFT JOIN chain ON true
  ORDER BY (chain.line).position;
END $$;`

/**
 * Timers in the order in which they are due, and of their keys where that is at one time, which may be many. The columns
 * of the key are in it as expressions: otherwise a timer could be looked for in it that is found by its key.
 */
const timerIndex = (schema: string): string => `
DROP INDEX ${schema}.timer_due;
CREATE INDEX timer_due ON ${schema}.timer (${timerOrder});`

/** Removes rows of a generation. */
const removeRows = (schema: string): string => `
CREATE FUNCTION ${schema}.remove_rows(_table text, _keys text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('DELETE FROM ${schema}.%I AS r USING unnest($1) AS n (key) WHERE r.key = n.key', _table) USING _keys;
END $$;`

/** Version 4: what is read and written again and again is planned once, and goes by keys. */
export function readSchema(schema: string): string {
  return [functions, timerIndex, readStates, readLog, readChain, removeRows]
    .map((define) => define(schema))
    .join('\n')
}

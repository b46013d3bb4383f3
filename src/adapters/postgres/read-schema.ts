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
 * The columns of a row of the log, with their types. A whole row as one value would have all of its data in it: large
 * data would be fetched for rows that are not given, and be written to temporary files with each step.
 */
const lineTypes = `partition integer, "position" bigint, previous bigint, kind text, type text, version integer,
  unit text, key text, sequence bigint, "time" double precision, correlation text, causation text, traceparent text,
  recipient text, reply_to text, data text`

const lineOf = (
  row: string
): string => `${row}.partition, ${row}.position, ${row}.previous, ${row}.kind, ${row}.type,
  ${row}.version, ${row}.unit, ${row}.key, ${row}.sequence, ${row}.time, ${row}.correlation, ${row}.causation,
  ${row}.traceparent, ${row}.recipient, ${row}.reply_to, ${row}.data`

/**
 * Rows of a partition behind a position, up to another, with so many bytes of data and one row more; each with the head
 * and the last archived position of the same moment, which come alone when there is no such row. The upper position lets
 * the server leave out later ranges before it looks at them.
 */
const readLog = (schema: string): string => `
CREATE FUNCTION ${schema}.read_log(_partition integer, _after bigint, _upto bigint, _bytes bigint)
RETURNS TABLE (head bigint, floor bigint, ${lineTypes})
LANGUAGE plpgsql STABLE ${byKeys} AS $$
BEGIN
  RETURN QUERY SELECT p.head, ${floor(schema)}, ${lineOf('page')}
  FROM ${schema}.partition AS p LEFT JOIN LATERAL (
    SELECT l.*, sum(octet_length(l.data)) OVER (ORDER BY l.position) - octet_length(l.data) AS before
    FROM ${schema}.log AS l WHERE l.partition = _partition AND l.position > _after AND l.position <= _upto
  ) AS page ON page.before < _bytes
  WHERE p.number = _partition ORDER BY page.position;
END $$;`

/** A row and those before it in its chain, each with the last archived position of the same moment. */
const readChain = (schema: string): string => `
CREATE FUNCTION ${schema}.read_chain(_partition integer, _last bigint)
RETURNS TABLE (floor bigint, ${lineTypes})
LANGUAGE plpgsql STABLE ${byKeys} AS $$
BEGIN
  RETURN QUERY WITH RECURSIVE chain AS (
    SELECT l.* FROM ${schema}.log AS l WHERE l.partition = _partition AND l.position = _last
    UNION ALL
    SELECT before.* FROM chain AS c CROSS JOIN LATERAL (
      SELECT l.* FROM ${schema}.log AS l
      WHERE l.partition = _partition AND l.position = c.previous AND l.position < c.position LIMIT 1
    ) AS before
  ) SELECT f.floor, ${lineOf('chain')}
  FROM (SELECT ${floor(schema)} AS floor) AS f LEFT JOIN chain ON true
  ORDER BY chain.position;
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

/** The function that reads rows of the generation with that number by their keys; it goes when their table does. */
export const readRows = (schema: string, id: number | typeof anyId): string => `
CREATE FUNCTION ${schema}.read_rows_${id}(_keys text[]) RETURNS SETOF ${schema}.rows_${id}
LANGUAGE plpgsql STABLE ${byKeys} AS $$
BEGIN
  RETURN QUERY SELECT found.* FROM unnest(_keys) AS n (key) CROSS JOIN LATERAL (
    SELECT * FROM ${schema}.rows_${id} AS r WHERE r.key = n.key LIMIT 1
  ) AS found;
END $$;`

const anyId = '{id}'

const readRowsOfAll = (schema: string): string => `
DO $all$
DECLARE
  _id integer;
BEGIN
  FOR _id IN SELECT id FROM ${schema}.generation LOOP
    EXECUTE replace($one$${readRows(schema, anyId)}$one$, '${anyId}', _id::text);
  END LOOP;
END $all$;`

/** Version 4: what is read and written again and again is planned once, and goes by keys. */
export function readSchema(schema: string): string {
  return [functions, timerIndex, readStates, readLog, readChain, readRowsOfAll, removeRows]
    .map((define) => define(schema))
    .join('\n')
}

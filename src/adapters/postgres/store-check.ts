import type { PostgresConnection, Row } from './connection.ts'
import { quoted } from './statement.ts'
import { plainText } from './stored-text.ts'

/** So many problems of one kind are enough to know that a database is damaged. */
const problemsMax = 100

/** A question that finds only what is wrong, and the sentence for each of its rows. */
interface Question {
  readonly sql: string
  readonly values?: unknown[]
  say(row: Row): string
}

/** Where the log was archived up to. */
const floor = (schema: string): string => `(SELECT coalesce(max(last), 0) FROM ${schema}.archived)`

/** Positions from 1, or where what is not archived begins, to the head without a hole, each row behind the one it points to. */
function logQuestions(schema: string, service: string): readonly Question[] {
  const place = (row: Row): string => `${service}:${row['partition']}:${row['position']}`
  return [
    {
      sql: `SELECT partition, position, before FROM (
          SELECT partition, position, lag(position, 1, ${floor(schema)}) OVER (PARTITION BY partition ORDER BY position) AS before
          FROM ${schema}.log
        ) AS l WHERE position <> before + 1`,
      say: (row) => `Log: ${place(row)} follows ${row['before']}: rows between them are missing.`
    },
    {
      sql: `SELECT p.number, p.head, coalesce(l.last, ${floor(schema)}) AS last FROM ${schema}.partition AS p LEFT JOIN (
          SELECT partition, max(position) AS last FROM ${schema}.log GROUP BY partition
        ) AS l ON l.partition = p.number WHERE p.head <> coalesce(l.last, ${floor(schema)})`,
      say: (row) => `Log: partition ${row['number']} ends at ${row['last']}, its head says ${row['head']}.`
    },
    {
      sql: `SELECT partition, position FROM ${schema}.log
        WHERE partition NOT IN (SELECT number FROM ${schema}.partition)`,
      say: (row) => `Log: ${place(row)} is in a partition that is not there.`
    },
    {
      sql: `SELECT partition, position, previous FROM ${schema}.log WHERE previous >= position OR previous < 0`,
      say: (row) => `Log: ${place(row)} points to ${row['previous']}, which is not before it.`
    },
    {
      sql: `SELECT first, before FROM (
          SELECT first, lag(last, 1, 0::bigint) OVER (ORDER BY first) AS before
          FROM (SELECT first, last FROM ${schema}.archived UNION ALL SELECT first, last FROM ${schema}.log_range) AS a
        ) AS r WHERE first <> before + 1`,
      say: (row) => `Log: the range from ${row['first']} on follows one up to ${row['before']}.`
    }
  ]
}

/** What refers to the log is within it: states, whose last row is their own, answers, and checkpoints of one's own log. */
function referenceQuestions(schema: string, service: string): readonly Question[] {
  return [
    {
      sql: `SELECT s.unit, s.key, s.sequence, s.partition, s.last_position, l.unit AS said_unit, l.key AS said_key,
          l.sequence AS said_sequence
        FROM ${schema}.state AS s LEFT JOIN ${schema}.log AS l
          ON l.partition = s.partition AND l.position = s.last_position
        WHERE s.last_position > ${floor(schema)}
          AND (l.unit, l.key, l.sequence) IS DISTINCT FROM (s.unit, s.key, s.sequence)`,
      say: (row) => {
        const where = `${plainText(row['unit'])} ${plainText(row['key'])}`
        const at = `${row['partition']}:${row['last_position']}`
        return row['said_unit'] === null
          ? `State: ${where} is at ${at}, the log has no such row.`
          : `State: ${where} has said ${row['sequence']} and is at ${at}, which is row ${row['said_sequence']} of ${plainText(row['said_unit'])} ${plainText(row['said_key'])}.`
      }
    },
    {
      sql: `SELECT a.idempotency_key, a.partition, a.position FROM ${schema}.answer AS a
        LEFT JOIN ${schema}.log AS l ON l.partition = a.partition AND l.position = a.position
        WHERE a.position > ${floor(schema)} AND l.position IS NULL`,
      say: (row) =>
        `Answer: ${plainText(row['idempotency_key'])} is at ${row['partition']}:${row['position']}, the log has no such row.`
    },
    {
      sql: `SELECT c.subscription, c.partition, c.position, p.head FROM ${schema}.checkpoint AS c
        LEFT JOIN ${schema}.partition AS p ON p.number = c.partition
        WHERE c.source = $1 AND c.position > coalesce(p.head, 0)`,
      values: [service],
      say: (row) =>
        `Checkpoint: ${plainText(row['subscription'])} is at ${row['partition']}:${row['position']}, the log ends at ${row['head'] ?? 0}.`
    },
    {
      sql: `SELECT subscription, source, partition, position, done FROM ${schema}.checkpoint
        WHERE position < 0 OR done < 0`,
      say: (row) =>
        `Checkpoint: ${plainText(row['subscription'])} of ${plainText(row['source'])}:${row['partition']} is at ${row['position']}, ${row['done']} done.`
    }
  ]
}

/** Each generation has its table, one of each projection serves, and parked numbers are behind those given. */
function tableQuestions(schema: string): readonly Question[] {
  const named = "'rows_' || g.id"
  const tablesOf = `SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r'`
  return [
    {
      sql: `SELECT g.projection, g.generation FROM ${schema}.generation AS g
        WHERE ${named} NOT IN (${tablesOf})`,
      values: [schema],
      say: (row) =>
        `Generation: ${row['generation']} of ${plainText(row['projection'])} has no table of rows.`
    },
    {
      sql: `SELECT projection, count(*) FILTER (WHERE status = 'live') AS live FROM ${schema}.generation
        GROUP BY projection HAVING count(*) FILTER (WHERE status = 'live') <> 1`,
      say: (row) => `Generation: of ${plainText(row['projection'])} ${row['live']} serve.`
    },
    {
      sql: `SELECT p.number FROM ${schema}.parked AS p, ${schema}.parked_number AS s WHERE p.number > s.last_value`,
      say: (row) => `Parked: the number ${row['number']} is ahead of those that were given.`
    }
  ]
}

/**
 * Reads the whole schema and changes nothing, in the transaction of the caller: whether the log has no hole, and
 * whether what refers to it stands where the log says. What is wrong, in sentences; empty when nothing is.
 */
export async function checkStore(
  connection: PostgresConnection,
  schemaName: string,
  service: string
): Promise<readonly string[]> {
  const schema = quoted(schemaName)
  const questions = [
    ...logQuestions(schema, service),
    ...referenceQuestions(schema, service),
    ...tableQuestions(schema)
  ]
  // Before the first look: a range that goes later than that would be missing in what is seen.
  await connection.query(`LOCK TABLE ${schema}.log IN ACCESS SHARE MODE`)
  const problems: string[] = []
  for (const { sql, values, say } of questions) {
    const { rows } = await connection.query(`${sql} LIMIT ${problemsMax}`, values ?? [])
    problems.push(...rows.map(say))
  }
  return problems.slice(0, problemsMax)
}

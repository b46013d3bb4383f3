/** What was said, and what it led to. */
const logTables = (schema: string, partitions: number): string => `
CREATE TABLE ${schema}.partition (
  number integer PRIMARY KEY,
  head bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO ${schema}.partition SELECT number, 0 FROM generate_series(0, ${partitions - 1}) AS number;
CREATE TABLE ${schema}.log (
  partition integer NOT NULL,
  position bigint NOT NULL,
  previous bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  unit text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  time double precision NOT NULL,
  correlation text COLLATE "C" NOT NULL,
  causation text COLLATE "C" NOT NULL,
  traceparent text COLLATE "C" NOT NULL,
  recipient text COLLATE "C",
  reply_to text COLLATE "C",
  data text COLLATE "C" NOT NULL,
  PRIMARY KEY (partition, position)
);
CREATE TABLE ${schema}.state (
  unit text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  version bigint NOT NULL,
  sequence bigint NOT NULL,
  last_position bigint NOT NULL,
  revision integer NOT NULL,
  data text COLLATE "C" NOT NULL,
  PRIMARY KEY (unit, key)
) WITH (fillfactor = 70);
CREATE TABLE ${schema}.checkpoint (
  subscription text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  position bigint NOT NULL,
  done bigint NOT NULL,
  PRIMARY KEY (subscription, source, partition)
) WITH (fillfactor = 30);
`

/** What waits, what was answered, and the projections. */
const otherTables = (schema: string): string => `CREATE TABLE ${schema}.timer (
  unit text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  due double precision NOT NULL,
  correlation text COLLATE "C" NOT NULL,
  traceparent text COLLATE "C" NOT NULL,
  PRIMARY KEY (unit, key, name)
);
CREATE INDEX timer_due ON ${schema}.timer (due, unit, key, name);
CREATE SEQUENCE ${schema}.parked_number;
CREATE TABLE ${schema}.parked (
  number bigint PRIMARY KEY,
  subscription text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  position bigint NOT NULL,
  status text COLLATE "C" NOT NULL,
  attempts integer NOT NULL,
  due double precision NOT NULL,
  failure text COLLATE "C" NOT NULL,
  parked double precision NOT NULL,
  message text COLLATE "C" NOT NULL
);
CREATE INDEX parked_key ON ${schema}.parked (subscription, key);
CREATE TABLE ${schema}.answer (
  idempotency_key text COLLATE "C" PRIMARY KEY,
  fingerprint text COLLATE "C" NOT NULL,
  partition integer,
  position bigint,
  refusal text COLLATE "C",
  time double precision NOT NULL,
  CHECK ((refusal IS NULL) = (position IS NOT NULL) AND (refusal IS NULL) = (partition IS NOT NULL))
);
CREATE TABLE ${schema}.audit (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  time double precision NOT NULL,
  action text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  by text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  details text COLLATE "C" NOT NULL
);
CREATE TABLE ${schema}.generation (
  id integer GENERATED ALWAYS AS IDENTITY,
  projection text COLLATE "C" NOT NULL,
  generation integer NOT NULL,
  revision integer NOT NULL,
  status text COLLATE "C" NOT NULL,
  indexes text COLLATE "C" NOT NULL,
  PRIMARY KEY (projection, generation)
);
`

/**
 * The tables of version 1. Text is compared by its bytes, which is the order of the code points. Rows that change
 * often have room on their page, so that a change touches no index.
 */
export function tables(schema: string, partitions: number): string {
  return logTables(schema, partitions) + otherTables(schema)
}

/** So many positions of each partition are in a range of the log, if nothing else is said. */
export const rangeSpanDefault = 100_000

/** Names may come from outside, and all of them are looked at before a range leaves. */
const subscribersMax = 1_000

/** Which ranges are there, which were archived, and who is known to read the log. */
const tables = (schema: string): string => `
CREATE TABLE ${schema}.log_range (
  first bigint PRIMARY KEY,
  last bigint NOT NULL
);
CREATE TABLE ${schema}.archived (
  first bigint PRIMARY KEY,
  last bigint NOT NULL,
  rows bigint NOT NULL,
  hash text COLLATE "C" NOT NULL,
  time double precision NOT NULL,
  by text COLLATE "C" NOT NULL
);
CREATE TABLE ${schema}.subscriber (
  name text COLLATE "C" PRIMARY KEY,
  positions bigint[] NOT NULL,
  time double precision NOT NULL
) WITH (fillfactor = 50);
INSERT INTO ${schema}.setting (name, value) VALUES ('span', '${rangeSpanDefault}') ON CONFLICT DO NOTHING;`

/** The log so far becomes the first range, as far as whole spans reach behind its last row. */
const partitionLog = (schema: string): string => `
ALTER TABLE ${schema}.log RENAME TO log_1;
ALTER INDEX ${schema}.log_pkey RENAME TO log_1_pkey;
CREATE TABLE ${schema}.log (LIKE ${schema}.log_1) PARTITION BY RANGE (position);
ALTER TABLE ${schema}.log ADD PRIMARY KEY (partition, position);
DO $$
DECLARE
  _span bigint := (SELECT value::bigint FROM ${schema}.setting WHERE name = 'span');
  _last bigint := greatest(1, ceil((SELECT max(head) FROM ${schema}.partition) / _span::numeric)) * _span;
BEGIN
  EXECUTE format('ALTER TABLE ${schema}.log ATTACH PARTITION ${schema}.log_1 FOR VALUES FROM (1) TO (%s)', _last + 1);
  INSERT INTO ${schema}.log_range (first, last) VALUES (1, _last);
END $$;`

/** What a range of the log is called. */
export function rangeTable(first: number): string {
  return `log_${first}`
}

/**
 * Makes ranges until one has the position, and gives the last position that there is room for. A range is made beside
 * the log and then attached, for which no commit waits.
 */
const makeRanges = (schema: string): string => `
CREATE FUNCTION ${schema}.lock_ranges() RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('skerry ranges ${schema}', 0))
$$;
CREATE FUNCTION ${schema}.make_ranges(_upto bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  _span bigint;
  _last bigint;
  _name text;
BEGIN
  PERFORM ${schema}.lock_ranges();
  SELECT value::bigint INTO _span FROM ${schema}.setting WHERE name = 'span';
  SELECT greatest(0, (SELECT max(last) FROM ${schema}.log_range), (SELECT max(last) FROM ${schema}.archived))
    INTO _last;
  WHILE _last < _upto LOOP
    _name := format('${schema}.log_%s', _last + 1);
    EXECUTE format('CREATE TABLE %s (LIKE ${schema}.log INCLUDING INDEXES)', _name);
    EXECUTE format('ALTER TABLE ${schema}.log ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)',
      _name, _last + 1, _last + _span + 1);
    INSERT INTO ${schema}.log_range (first, last) VALUES (_last + 1, _last + _span);
    _last := _last + _span;
  END LOOP;
  RETURN _last;
END $$;`

/** Remembers how far a subscriber is. */
const acknowledge = (schema: string): string => `
CREATE FUNCTION ${schema}.acknowledge(_name text, _positions bigint[], _time float8) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF 0 > ANY (_positions) OR _positions IS DISTINCT FROM ARRAY(
    SELECT least(head, _positions[number + 1]) FROM ${schema}.partition ORDER BY number) THEN
    RAISE EXCEPTION USING ERRCODE = 'SK006',
      MESSAGE = format(
      '%s does not say one position for each partition of this log, none of them beyond its head.', _name);
  END IF;
  IF (SELECT count(*) FROM ${schema}.subscriber WHERE name <> _name) >= ${subscribersMax} THEN
    RAISE EXCEPTION USING ERRCODE = 'SK006',
      MESSAGE = 'There are ${subscribersMax} subscribers already: remove those that are gone with skerry subscribers.';
  END IF;
  INSERT INTO ${schema}.subscriber (name, positions, time) VALUES (_name, _positions, _time)
  ON CONFLICT (name) DO UPDATE SET positions = excluded.positions, time = excluded.time;
END $$;`

/** Version 3: the log is kept in ranges of positions, of which the oldest may be archived. */
export function rangeSchema(schema: string): string {
  return [tables, partitionLog, makeRanges, acknowledge].map((define) => define(schema)).join('\n')
}

/** Refuses a commit by a program of another version, or under settings that promise less; bounds waits for locks. */
const guard = (schema: string): string => `
CREATE OR REPLACE FUNCTION ${schema}.guard(_version integer, _lock_ms integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  _found integer;
BEGIN
  SELECT value::integer INTO _found FROM ${schema}.setting WHERE name = 'version';
  IF _found <> _version THEN
    RAISE EXCEPTION USING ERRCODE = 'SK003', MESSAGE = format(
      'The schema has version %s now, this program knows %s: run the newer program.', _found, _version);
  END IF;
  IF current_setting('fsync') <> 'on' OR current_setting('full_page_writes') <> 'on'
    OR current_setting('synchronous_commit') = 'off'
    OR current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION USING ERRCODE = 'SK004', MESSAGE =
      'fsync, full_page_writes or synchronous_commit was switched off, or the isolation changed, while the service was running: switch it back.';
  END IF;
  PERFORM set_config('lock_timeout', _lock_ms::text, true);
END $$;`

/** Moves checkpoints, each from where it must stand; one that never moved stands at 0. */
const moveCheckpoints = (schema: string): string => `
CREATE OR REPLACE FUNCTION ${schema}.move_checkpoints(
  _subscriptions text[], _sources text[], _partitions integer[], _froms bigint[], _tos bigint[], _dones bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  _moved bigint := 0;
  _all bigint := 0;
BEGIN
  IF cardinality(_froms) = 1 AND _froms[1] > 0 THEN
    UPDATE ${schema}.checkpoint AS c SET position = _tos[1], done = c.done + _dones[1]
    WHERE c.subscription = _subscriptions[1] AND c.source = _sources[1] AND c.partition = _partitions[1]
      AND c.position = _froms[1];
    IF FOUND THEN RETURN; END IF;
  END IF;
  IF 0 = ANY (_froms) THEN
    INSERT INTO ${schema}.checkpoint AS c (subscription, source, partition, position, done)
    SELECT n.subscription, n.source, n.partition, n.upto, n.done
    FROM unnest(_subscriptions, _sources, _partitions, _froms, _tos, _dones)
      AS n (subscription, source, partition, start, upto, done)
    WHERE n.start = 0 ORDER BY 1, 2, 3
    ON CONFLICT (subscription, source, partition) DO UPDATE
      SET position = excluded.position, done = c.done + excluded.done WHERE c.position = 0;
    GET DIAGNOSTICS _all = ROW_COUNT;
  END IF;
  IF 0 < ANY (_froms) THEN
    UPDATE ${schema}.checkpoint AS c SET position = n.upto, done = c.done + n.done
    FROM unnest(_subscriptions, _sources, _partitions, _froms, _tos, _dones)
      AS n (subscription, source, partition, start, upto, done)
    WHERE n.start > 0 AND c.subscription = n.subscription AND c.source = n.source AND c.partition = n.partition
      AND c.position = n.start;
    GET DIAGNOSTICS _moved = ROW_COUNT;
  END IF;
  IF _all + _moved <> cardinality(_subscriptions) THEN
    RAISE EXCEPTION USING ERRCODE = 'SK002', MESSAGE = format(
      'A checkpoint of %s is no longer where it was.', array_to_string(ARRAY(
        SELECT DISTINCT unnest FROM unnest(_subscriptions) ORDER BY 1 LIMIT 5), ', '));
  END IF;
END $$;`

const logColumns = `partition, position, previous, kind, type, version, unit, key, sequence, time, correlation,
    causation, traceparent, recipient, reply_to, data`

/**
 * Numbers rows behind the heads of their partitions and writes them. The rows of the partitions are locked in their
 * order until the commit, so positions become visible in their order and have no holes. A previous position below 0
 * is that of a row of the same batch, by its number from 1.
 */
const writeLog = (schema: string): string => `
CREATE OR REPLACE FUNCTION ${schema}.write_log(
  _partitions integer[], _nths bigint[], _previous bigint[], _kinds text[], _types text[], _versions integer[],
  _units text[], _keys text[], _sequences bigint[], _times float8[], _correlations text[], _causations text[],
  _traceparents text[], _recipients text[], _reply_tos text[], _data text[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  _numbers integer[];
  _heads bigint[];
  _positions bigint[];
BEGIN
  IF cardinality(_partitions) = 1 AND _previous[1] >= 0 THEN
    UPDATE ${schema}.partition AS p SET head = p.head + 1 WHERE p.number = _partitions[1]
    RETURNING ARRAY[p.head] INTO _positions;
    INSERT INTO ${schema}.log (${logColumns})
    VALUES (_partitions[1], _positions[1], _previous[1], _kinds[1], _types[1], _versions[1], _units[1], _keys[1],
      _sequences[1], _times[1], _correlations[1], _causations[1], _traceparents[1], _recipients[1], _reply_tos[1],
      _data[1]);
    RETURN _positions;
  END IF;
  SELECT array_agg(l.number), array_agg(l.head) INTO _numbers, _heads FROM (
    SELECT number, head FROM ${schema}.partition WHERE number = ANY (_partitions)
    ORDER BY number FOR NO KEY UPDATE
  ) AS l;
  _positions := ARRAY(
    SELECT _heads[array_position(_numbers, n.partition)] + n.nth
    FROM unnest(_partitions, _nths) WITH ORDINALITY AS n (partition, nth, row) ORDER BY n.row);
  INSERT INTO ${schema}.log (${logColumns})
  SELECT n.partition, n.position, CASE WHEN n.previous < 0 THEN _positions[-n.previous] ELSE n.previous END,
    n.kind, n.type, n.version, n.unit, n.key, n.sequence, n.time,
    n.correlation, n.causation, n.traceparent, n.recipient, n.reply_to, n.data
  FROM unnest(_partitions, _positions, _previous, _kinds, _types, _versions, _units, _keys, _sequences, _times,
    _correlations, _causations, _traceparents, _recipients, _reply_tos, _data)
    AS n (${logColumns});
  UPDATE ${schema}.partition AS p SET head = n.head
  FROM (
    SELECT r.partition, max(r.position) AS head FROM unnest(_partitions, _positions) AS r (partition, position)
    GROUP BY r.partition
  ) AS n
  WHERE p.number = n.partition;
  RETURN _positions;
END $$;`

const lastPosition = (last: string): string =>
  `CASE WHEN ${last} < 0 THEN _positions[-${last}] ELSE ${last} END`

/** Writes states, each on the version it was decided on; one that is there and must not be violates the key of the table. */
const writeStates = (schema: string): string => `
CREATE OR REPLACE FUNCTION ${schema}.write_states(
  _positions bigint[], _units text[], _keys text[], _partitions integer[], _expected bigint[], _versions bigint[],
  _sequences bigint[], _lasts bigint[], _revisions integer[], _data text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  _new bigint := 0;
  _changed bigint := 0;
  _unit text;
  _key text;
  _wanted bigint;
BEGIN
  IF cardinality(_keys) = 1 AND _expected[1] = 0 THEN
    INSERT INTO ${schema}.state (unit, key, partition, version, sequence, last_position, revision, data)
    VALUES (_units[1], _keys[1], _partitions[1], _versions[1], _sequences[1], ${lastPosition('_lasts[1]')},
      _revisions[1], _data[1]);
    RETURN;
  END IF;
  IF cardinality(_keys) = 1 THEN
    UPDATE ${schema}.state AS s SET version = _versions[1], sequence = _sequences[1], revision = _revisions[1],
      data = _data[1], last_position = ${lastPosition('_lasts[1]')}
    WHERE s.unit = _units[1] AND s.key = _keys[1] AND s.version = _expected[1];
    IF FOUND THEN RETURN; END IF;
  END IF;
  IF 0 = ANY (_expected) THEN
    INSERT INTO ${schema}.state (unit, key, partition, version, sequence, last_position, revision, data)
    SELECT n.unit, n.key, n.partition, n.version, n.sequence, ${lastPosition('n.last')}, n.revision, n.data
    FROM unnest(_units, _keys, _partitions, _expected, _versions, _sequences, _lasts, _revisions, _data)
      AS n (unit, key, partition, expected, version, sequence, last, revision, data)
    WHERE n.expected = 0 ORDER BY 1, 2;
    GET DIAGNOSTICS _new = ROW_COUNT;
  END IF;
  IF 0 < ANY (_expected) THEN
    UPDATE ${schema}.state AS s SET version = n.version, sequence = n.sequence, revision = n.revision,
      data = n.data, last_position = ${lastPosition('n.last')}
    FROM unnest(_units, _keys, _expected, _versions, _sequences, _lasts, _revisions, _data)
      AS n (unit, key, expected, version, sequence, last, revision, data)
    WHERE n.expected > 0 AND s.unit = n.unit AND s.key = n.key AND s.version = n.expected;
    GET DIAGNOSTICS _changed = ROW_COUNT;
  END IF;
  IF _new + _changed = cardinality(_units) THEN RETURN; END IF;
  SELECT n.unit, n.key, n.expected INTO _unit, _key, _wanted
  FROM unnest(_units, _keys, _expected) AS n (unit, key, expected)
  WHERE NOT EXISTS (
    SELECT FROM ${schema}.state AS s
    WHERE s.unit = n.unit AND s.key = n.key AND s.xmin = pg_current_xact_id()::xid)
  LIMIT 1;
  RAISE EXCEPTION USING ERRCODE = 'SK001',
    MESSAGE = format('%s %s is no longer at version %s.', _unit, _key, _wanted);
END $$;`

/**
 * What fires is removed if it is due at its time; then what is cancelled; the rest is set. The time is added to so that
 * the timer is found by its key: many may be due at one time.
 */
const writeTimers = (schema: string): string => `
CREATE OR REPLACE FUNCTION ${schema}.write_timers(
  _units text[], _keys text[], _names text[], _dues float8[], _fired float8[], _correlations text[],
  _traceparents text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  _firing integer := cardinality(array_remove(_fired, NULL));
  _setting integer := cardinality(array_remove(_dues, NULL));
  _removed bigint;
BEGIN
  IF _firing = 0 AND _setting = 1 AND cardinality(_dues) = 1 THEN
    INSERT INTO ${schema}.timer (unit, key, name, due, correlation, traceparent)
    VALUES (_units[1], _keys[1], _names[1], _dues[1], _correlations[1], _traceparents[1])
    ON CONFLICT (unit, key, name) DO UPDATE
      SET due = excluded.due, correlation = excluded.correlation, traceparent = excluded.traceparent;
    RETURN;
  END IF;
  IF _firing > 0 THEN
    DELETE FROM ${schema}.timer AS t USING unnest(_units, _keys, _names, _fired) AS n (unit, key, name, fired)
    WHERE n.fired IS NOT NULL AND t.unit = n.unit AND t.key = n.key AND t.name = n.name AND t.due + 0 = n.fired;
    GET DIAGNOSTICS _removed = ROW_COUNT;
    IF _removed <> _firing THEN
      RAISE EXCEPTION USING ERRCODE = 'SK001', MESSAGE = 'A timer that fires is no longer due at its time.';
    END IF;
  END IF;
  IF _setting < cardinality(_dues) THEN
    DELETE FROM ${schema}.timer AS t USING unnest(_units, _keys, _names, _dues) AS n (unit, key, name, due)
    WHERE n.due IS NULL AND t.unit = n.unit AND t.key = n.key AND t.name = n.name;
  END IF;
  IF _setting > 0 THEN
    INSERT INTO ${schema}.timer (unit, key, name, due, correlation, traceparent)
    SELECT n.unit, n.key, n.name, n.due, n.correlation, n.traceparent
    FROM unnest(_units, _keys, _names, _dues, _correlations, _traceparents)
      AS n (unit, key, name, due, correlation, traceparent)
    WHERE n.due IS NOT NULL ORDER BY 1, 2, 3
    ON CONFLICT (unit, key, name) DO UPDATE
      SET due = excluded.due, correlation = excluded.correlation, traceparent = excluded.traceparent;
  END IF;
END $$;`

/** Changes parked messages, each in the status it expects; no new status means gone. */
const changeParked = (schema: string): string => `
CREATE OR REPLACE FUNCTION ${schema}.change_parked(
  _numbers bigint[], _expected text[], _expected_attempts integer[], _statuses text[], _attempts integer[],
  _dues float8[], _failures text[], _messages text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  _changed bigint;
  _removed bigint;
BEGIN
  UPDATE ${schema}.parked AS p SET status = n.status, attempts = n.attempts, due = n.due, failure = n.failure,
    message = coalesce(n.message, p.message)
  FROM unnest(_numbers, _expected, _expected_attempts, _statuses, _attempts, _dues, _failures, _messages)
    AS n (number, expected, expected_attempts, status, attempts, due, failure, message)
  WHERE n.status IS NOT NULL AND p.number = n.number AND p.status = n.expected
    AND p.attempts = n.expected_attempts;
  GET DIAGNOSTICS _changed = ROW_COUNT;
  DELETE FROM ${schema}.parked AS p
  USING unnest(_numbers, _expected, _expected_attempts, _statuses)
    AS n (number, expected, expected_attempts, status)
  WHERE n.status IS NULL AND p.number = n.number AND p.status = n.expected AND p.attempts = n.expected_attempts;
  GET DIAGNOSTICS _removed = ROW_COUNT;
  IF _changed + _removed <> cardinality(_numbers) THEN
    RAISE EXCEPTION USING ERRCODE = 'SK001',
      MESSAGE = 'A parked message is no longer in the status and with the attempts it was.';
  END IF;
END $$;`

/** Sets messages aside and gives their numbers, in the order of the batch. */
const writeParked = (schema: string): string => `
CREATE OR REPLACE FUNCTION ${schema}.write_parked(
  _subscriptions text[], _keys text[], _sources text[], _partitions integer[], _positions bigint[],
  _statuses text[], _attempts integer[], _dues float8[], _failures text[], _parked float8[], _messages text[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  _numbers bigint[] := ARRAY(
    SELECT nextval('${schema}.parked_number')
    FROM generate_series(1, cardinality(_subscriptions)));
BEGIN
  INSERT INTO ${schema}.parked (number, subscription, key, source, partition, position, status, attempts, due,
    failure, parked, message)
  SELECT * FROM unnest(_numbers, _subscriptions, _keys, _sources, _partitions, _positions, _statuses, _attempts,
    _dues, _failures, _parked, _messages);
  RETURN _numbers;
END $$;`

/** Stores answers; a row is that of this batch, by its number from 1. */
const writeAnswers = (schema: string): string => `
CREATE OR REPLACE FUNCTION ${schema}.write_answers(
  _positions bigint[], _keys text[], _fingerprints text[], _partitions integer[], _rows bigint[],
  _refusals text[], _times float8[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  _written bigint;
BEGIN
  INSERT INTO ${schema}.answer (idempotency_key, fingerprint, partition, position, refusal, time)
  SELECT n.key, n.fingerprint, n.partition, _positions[n.row], n.refusal, n.time
  FROM unnest(_keys, _fingerprints, _partitions, _rows, _refusals, _times)
    AS n (key, fingerprint, partition, row, refusal, time)
  ORDER BY 1
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS _written = ROW_COUNT;
  IF _written <> cardinality(_keys) THEN
    RAISE EXCEPTION USING ERRCODE = 'SK001', MESSAGE = 'An idempotency key has its answer already.';
  END IF;
END $$;`

const writeAudit = (schema: string): string => `
CREATE OR REPLACE FUNCTION ${schema}.write_audit(
  _times float8[], _actions text[], _subjects text[], _bys text[], _reasons text[], _details text[]
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO ${schema}.audit (time, action, subject, by, reason, details)
  SELECT n.time, n.action, n.subject, n.by, n.reason, n.details
  FROM unnest(_times, _actions, _subjects, _bys, _reasons, _details) WITH ORDINALITY
    AS n (time, action, subject, by, reason, details, row)
  ORDER BY n.row
$$;`

/**
 * Puts rows of a generation and removes those without data, for programs that know version 3: they must still be able to
 * ask for a commit, which is then refused.
 */
const writeRows = (schema: string): string => `
CREATE OR REPLACE FUNCTION ${schema}.write_rows(_table text, _keys text[], _data text[], _fields text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF array_position(_data, NULL) IS NOT NULL THEN
    EXECUTE format(
      'DELETE FROM ${schema}.%I AS r USING unnest($1, $2) AS n (key, data)
       WHERE n.data IS NULL AND r.key = n.key', _table) USING _keys, _data;
  END IF;
  EXECUTE format(
    'INSERT INTO ${schema}.%I (key, data, fields)
     SELECT n.key, n.data, n.fields::bytea[] FROM unnest($1, $2, $3) AS n (key, data, fields)
     WHERE n.data IS NOT NULL ORDER BY 1
     ON CONFLICT (key) DO UPDATE SET data = excluded.data, fields = excluded.fields', _table)
    USING _keys, _data, _fields;
END $$;`

/**
 * Each writes one part of a batch, so that a commit is one statement. A schema has them since version 1; a later version
 * that changes one defines all of them anew.
 */
export function functions(schema: string): string {
  return [
    guard,
    moveCheckpoints,
    writeLog,
    writeStates,
    writeTimers,
    changeParked,
    writeParked,
    writeAnswers,
    writeAudit,
    writeRows
  ]
    .map((define) => define(schema))
    .join('\n')
}

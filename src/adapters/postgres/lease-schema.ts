/** The instances that are alive, and who holds what. A lease lasts as long as its holder is among the living. */
const tables = (schema: string): string => `
CREATE TABLE ${schema}.instance (
  id text COLLATE "C" PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY,
  url text COLLATE "C",
  names text COLLATE "C" NOT NULL,
  alive_until timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE ${schema}.lease (
  name text COLLATE "C" PRIMARY KEY,
  epoch bigint NOT NULL,
  holder text COLLATE "C",
  changes bigint NOT NULL
) WITH (fillfactor = 30);`

/** Who is alive and holds what, as JSON. Not \`now()\`: that is when the transaction began, perhaps before a wait. */
const living = (schema: string): string => `
CREATE FUNCTION ${schema}.living() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT json_build_object(
    'instances', coalesce((
      SELECT json_agg(json_build_object('id', i.id, 'url', i.url, 'names', i.names) ORDER BY i.number)
      FROM ${schema}.instance AS i WHERE i.alive_until > clock_timestamp()), '[]'::json),
    'leases', coalesce((
      SELECT json_agg(json_build_object('name', l.name, 'epoch', l.epoch, 'holder', l.holder, 'changes', l.changes)
        ORDER BY l.name)
      FROM ${schema}.lease AS l), '[]'::json))::text
$$;`

/**
 * An instance is alive, and gives leases back. Nothing waits for the disk: what of it is lost with the server is told
 * again a second later.
 */
const beat = (schema: string): string => `
CREATE FUNCTION ${schema}.beat(_version integer, _id text, _url text, _names text, _ttl_ms integer, _released text[])
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT value::integer FROM ${schema}.setting WHERE name = 'version') <> _version THEN
    RAISE EXCEPTION USING ERRCODE = 'SK003',
      MESSAGE = format('The schema has another version than %s, which this program knows.', _version);
  END IF;
  PERFORM set_config('synchronous_commit', 'off', true);
  INSERT INTO ${schema}.instance AS i (id, url, names, alive_until)
  VALUES (_id, _url, _names, clock_timestamp() + _ttl_ms * interval '1 millisecond')
  ON CONFLICT (id) DO UPDATE SET url = excluded.url, names = excluded.names, alive_until = excluded.alive_until;
  DELETE FROM ${schema}.instance WHERE id IN (
    SELECT id FROM ${schema}.instance WHERE alive_until <= clock_timestamp() FOR UPDATE SKIP LOCKED);
  UPDATE ${schema}.lease SET holder = NULL WHERE name = ANY (_released) AND holder = _id;
  RETURN ${schema}.living();
END $$;`

/** Takes leases that nobody living holds, each if it is still under the epoch it was seen with; 0 is that of none. */
const take = (schema: string): string => `
CREATE FUNCTION ${schema}.take_leases(_id text, _names text[], _epochs bigint[]) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ${schema}.lease (name, epoch, holder, changes)
  SELECT n.name, 1, _id, 0 FROM unnest(_names, _epochs) AS n (name, epoch) WHERE n.epoch = 0 ORDER BY 1
  ON CONFLICT DO NOTHING;
  UPDATE ${schema}.lease AS l SET epoch = l.epoch + 1, holder = _id
  FROM unnest(_names, _epochs) AS n (name, epoch)
  WHERE l.name = n.name AND l.epoch = n.epoch AND n.epoch > 0 AND NOT EXISTS (
    SELECT FROM ${schema}.instance AS i WHERE i.id = l.holder AND i.alive_until > clock_timestamp());
  RETURN ${schema}.living();
END $$;`

const leave = (schema: string): string => `
CREATE FUNCTION ${schema}.leave(_id text) RETURNS void LANGUAGE sql AS $$
  UPDATE ${schema}.lease SET holder = NULL WHERE holder = _id;
  DELETE FROM ${schema}.instance WHERE id = _id;
$$;`

/** Fails unless each lease is held under its epoch. Until the commit nobody else can take one of them. */
const checkFences = (schema: string): string => `
CREATE FUNCTION ${schema}.check_fences(_names text[], _epochs bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  _held bigint;
BEGIN
  PERFORM l.name FROM ${schema}.lease AS l
  JOIN unnest(_names, _epochs) AS n (name, epoch) ON n.name = l.name
  WHERE l.epoch = n.epoch AND l.holder IS NOT NULL
  ORDER BY l.name FOR SHARE OF l;
  GET DIAGNOSTICS _held = ROW_COUNT;
  IF _held <> cardinality(_names) THEN
    RAISE EXCEPTION USING ERRCODE = 'SK005', MESSAGE = format(
      'Not all of these are held as they were: %s.', array_to_string(_names, ', '));
  END IF;
END $$;`

const touch = (schema: string): string => `
CREATE FUNCTION ${schema}.touch_leases(_names text[]) RETURNS void LANGUAGE sql AS $$
  UPDATE ${schema}.lease SET changes = changes + 1 WHERE name IN (
    SELECT name FROM ${schema}.lease WHERE name = ANY (_names) ORDER BY name FOR NO KEY UPDATE);
$$;`

/** Version 2: several instances share the schema. */
export function leaseSchema(schema: string): string {
  return [tables, living, beat, take, leave, checkFences, touch].map((define) => define(schema)).join('\n')
}

-- depends: 0001_roles
-- The log, the jobs it calls for, and the one function that may write them.
SET LOCAL ROLE sfdify_owner;

CREATE SCHEMA es;

-- An empty setting reads as no tenant: after one transaction-local SET it stays '' for the session.
CREATE FUNCTION es.tenant() RETURNS uuid LANGUAGE sql STABLE AS
  $$ SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid $$;

-- Added to every position. A migration raises it after a dump and restore, where transaction ids start again;
-- always a multiple of 2^20.
CREATE FUNCTION es.id_base() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 0::bigint';

-- Every position below the horizon is final: no transaction that could still write there is open.
CREATE FUNCTION es.horizon() RETURNS bigint LANGUAGE sql STABLE AS
  $$ SELECT es.id_base() + (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 20) $$;

-- An enum rather than a CHECK: a CHECK is parsed again at every INSERT.
CREATE TYPE es.job_state AS ENUM ('ready', 'running', 'done', 'buried', 'cancelled');

CREATE TABLE es.event (
  position           bigint      NOT NULL,   -- id_base + (transaction id << 20 | ordinal in the transaction)
  recorded_at        timestamptz NOT NULL,   -- real time; business time is inside state
  originator_version bigint      NOT NULL,
  tenant_id          uuid        NOT NULL,
  originator_id      uuid        NOT NULL,
  hash               bytea       NOT NULL,   -- sha256 over the previous hash of the stream and this whole row
  topic              text COLLATE "C" NOT NULL,
  metadata           bytea       NOT NULL,   -- canonical JSON: actor, command, correlation, causation; never PII
  state              bytea       NOT NULL,   -- canonical JSON; sealed fields are ciphertext inside it
  CONSTRAINT event_stream PRIMARY KEY (tenant_id, originator_id, originator_version),
  CONSTRAINT event_position UNIQUE (position)
) WITH (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.05);

CREATE TABLE es.command_seen (
  position    bigint      NOT NULL,          -- of the last event the command caused
  at          timestamptz NOT NULL,
  tenant_id   uuid        NOT NULL,
  command_id  uuid        NOT NULL,
  fingerprint bytea,
  answer      bytea,                         -- canonical JSON of ids and versions; never PII
  CONSTRAINT command_seen_once PRIMARY KEY (tenant_id, command_id)
);

-- Test-mode tenants only; stands still between advances.
CREATE TABLE es.tenant_clock (tenant_id uuid PRIMARY KEY, now_at timestamptz NOT NULL);

CREATE TABLE es.job (
  run_at         timestamptz NOT NULL,       -- business time, on the tenant's clock
  ready_at       timestamptz NOT NULL,       -- real time, the only column claiming looks at
  after_position bigint      NOT NULL,       -- query tables must have reached it before the job reads them
  at             timestamptz NOT NULL,
  attempts       int         NOT NULL DEFAULT 0,
  state          es.job_state NOT NULL DEFAULT 'ready',
  tenant_id      uuid        NOT NULL,
  id             uuid        NOT NULL CONSTRAINT job_once PRIMARY KEY,   -- from sha256(tenant, dedupe)
  queue          text COLLATE "C" NOT NULL,
  dedupe         text COLLATE "C" NOT NULL,
  command        bytea       NOT NULL,
  lease_token    uuid,
  lease_until    timestamptz,
  finished_at    timestamptz,
  last_error     text
) WITH (fillfactor = 70);

-- One plain index serves claim and sweep; the predicate of a partial one is prepared again at every INSERT.
CREATE INDEX job_queue ON es.job (state, queue, ready_at, run_at);

CREATE FUNCTION es.immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the event log is append-only' USING ERRCODE = 'SF003';
END $$;

CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON es.event FOR EACH ROW EXECUTE FUNCTION es.immutable();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON es.event FOR EACH STATEMENT EXECUTE FUNCTION es.immutable();

-- Everything one command decided, or nothing: its id and answer, its events, the jobs they call for, and the
-- end of the job that asked for it. Events come grouped by aggregate, in version order, aggregates sorted by id.
-- Returns the first position; the others follow it. At most 2^20 events and one call in a transaction.
-- Errors: SF001 lease lost; SF004 event_no_hole; 23505 event_stream, command_seen_once, event_position.
CREATE FUNCTION es.append(
  p_tenant uuid, p_ids uuid[], p_versions bigint[], p_topics text[], p_states bytea[], p_meta bytea,
  p_command uuid, p_fingerprint bytea, p_answer bytea,
  p_queues text[], p_commands bytea[], p_dedupes text[], p_run_at timestamptz[], p_job uuid, p_token uuid
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
DECLARE
  base      bigint := es.id_base() + (pg_current_xact_id()::text::bigint << 20);
  n         int := coalesce(cardinality(p_ids), 0);
  final     bigint := base + greatest(n - 1, 0);
  ts        timestamptz := clock_timestamp();
  tid       text := set_config('app.tenant_id', p_tenant::text, true);   -- assigned here: no SPI call
  head      bytea := uuid_send(p_tenant) || timestamptz_send(ts) || int4send(length(p_meta)) || p_meta;
  prev      bytea;
  stream    uuid;
  before    uuid;
  ver       bigint;
  last      bigint;
  hashes    bytea[];
  test_now  timestamptz;
BEGIN
  IF p_job IS NOT NULL THEN
    UPDATE es.job SET state = 'done', finished_at = ts, lease_token = NULL, lease_until = NULL, last_error = NULL
     WHERE tenant_id = p_tenant AND job.id = p_job AND state = 'running' AND lease_token = p_token;
    IF NOT FOUND THEN RAISE EXCEPTION 'lease lost on job %', p_job USING ERRCODE = 'SF001'; END IF;
  END IF;
  IF p_run_at IS NOT NULL THEN
    SELECT c.now_at INTO test_now FROM es.tenant_clock c WHERE c.tenant_id = p_tenant;
  END IF;
  FOR i IN 1..n LOOP
    stream := p_ids[i];
    ver := p_versions[i];
    IF before IS DISTINCT FROM stream THEN
      prev := NULL;
      before := stream;
      IF ver > 1 THEN
        SELECT e.hash INTO prev FROM es.event e
         WHERE e.tenant_id = p_tenant AND e.originator_id = stream AND e.originator_version = ver - 1;
        IF prev IS NULL THEN
          RAISE EXCEPTION 'hole in stream % before version %', stream, ver USING ERRCODE = 'SF004', CONSTRAINT = 'event_no_hole';
        END IF;
      ELSIF ver IS DISTINCT FROM 1 THEN
        RAISE EXCEPTION 'stream % cannot have version %', stream, ver USING ERRCODE = 'SF004', CONSTRAINT = 'event_no_hole';
      END IF;
    ELSIF ver IS DISTINCT FROM last + 1 THEN
      RAISE EXCEPTION 'hole in stream % before version %', stream, ver USING ERRCODE = 'SF004', CONSTRAINT = 'event_no_hole';
    END IF;
    prev := sha256(coalesce(prev, '\x') || head || int8send(base + i - 1) || uuid_send(stream) || int8send(ver)
      || int4send(octet_length(p_topics[i])) || convert_to(p_topics[i], 'UTF8') || p_states[i]);
    hashes[i] := prev;
    last := ver;
  END LOOP;
  -- The command row goes first in both shapes: a repeat must read as command_seen_once, never as a stale version.
  IF n = 1 AND coalesce(cardinality(p_queues), 1) = 1 THEN   -- the common shape, without unnest
    WITH c AS (
      INSERT INTO es.command_seen (position, at, tenant_id, command_id, fingerprint, answer)
      SELECT final, ts, p_tenant, p_command, p_fingerprint, p_answer WHERE p_command IS NOT NULL RETURNING 0 AS z
    ), j AS (
      INSERT INTO es.job (id, tenant_id, queue, command, dedupe, run_at, ready_at, after_position, at)
      SELECT encode(substr(sha256(uuid_send(p_tenant) || convert_to(p_dedupes[1], 'UTF8')), 1, 16), 'hex')::uuid,
        p_tenant, p_queues[1], p_commands[1], p_dedupes[1], coalesce(p_run_at[1], ts),
        CASE WHEN p_run_at[1] IS NULL THEN ts WHEN test_now IS NULL THEN p_run_at[1]
             WHEN p_run_at[1] > test_now THEN 'infinity' ELSE ts END,
        final, ts
      WHERE p_queues IS NOT NULL ON CONFLICT ON CONSTRAINT job_once DO NOTHING
    )
    INSERT INTO es.event (position, recorded_at, originator_version, tenant_id, originator_id, hash, topic, metadata, state)
    VALUES (base + coalesce((SELECT z FROM c), 0), ts, ver, p_tenant, stream, prev, p_topics[1], p_meta, p_states[1]);
    RETURN base;
  END IF;
  WITH c AS (
    INSERT INTO es.command_seen (position, at, tenant_id, command_id, fingerprint, answer)
    SELECT final, ts, p_tenant, p_command, p_fingerprint, p_answer WHERE p_command IS NOT NULL RETURNING 0 AS z
  ), j AS (
    INSERT INTO es.job (id, tenant_id, queue, command, dedupe, run_at, ready_at, after_position, at)
    SELECT encode(substr(sha256(uuid_send(p_tenant) || convert_to(j.d, 'UTF8')), 1, 16), 'hex')::uuid,
      p_tenant, j.q, j.c, j.d, coalesce(j.r, ts),
      CASE WHEN j.r IS NULL THEN ts WHEN test_now IS NULL THEN j.r WHEN j.r > test_now THEN 'infinity' ELSE ts END,
      final, ts
    FROM unnest(p_queues, p_commands, p_dedupes, p_run_at) AS j(q, c, d, r) ON CONFLICT ON CONSTRAINT job_once DO NOTHING
  )
  INSERT INTO es.event (position, recorded_at, originator_version, tenant_id, originator_id, hash, topic, metadata, state)
  SELECT base + e.n - 1 + coalesce((SELECT z FROM c), 0), ts, e.v, p_tenant, e.o, e.h, e.t, p_meta, e.s
  FROM unnest(p_ids, p_versions, hashes, p_topics, p_states) WITH ORDINALITY AS e(o, v, h, t, s, n);
  RETURN base;
END $$;

-- Moves a test tenant's clock forward and makes the timers that fell due claimable.
CREATE FUNCTION es.advance_clock(p_tenant uuid, p_to timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
DECLARE tid text := set_config('app.tenant_id', p_tenant::text, true);
BEGIN
  UPDATE es.tenant_clock SET now_at = p_to WHERE tenant_id = p_tenant AND now_at <= p_to;
  IF NOT FOUND THEN RAISE EXCEPTION 'no test clock, or it would go back' USING ERRCODE = 'SF002'; END IF;
  UPDATE es.job SET ready_at = statement_timestamp()   -- one instant for all: they are then claimed by run_at
   WHERE tenant_id = p_tenant AND state = 'ready' AND ready_at = 'infinity' AND run_at <= p_to;
END $$;

-- Called with the sweep: frees a timer whose append had read the clock just before it was advanced.
CREATE FUNCTION es.clock_due() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
  WITH freed AS (
    UPDATE es.job j SET ready_at = statement_timestamp() FROM es.tenant_clock c
     WHERE c.tenant_id = j.tenant_id AND j.state = 'ready' AND j.ready_at = 'infinity' AND j.run_at <= c.now_at
    RETURNING 1
  ) SELECT count(*) FROM freed
$$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['event', 'command_seen', 'job', 'tenant_clock'] LOOP
    EXECUTE format('ALTER TABLE es.%I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE es.%I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON es.%I TO sfdify_app USING (tenant_id = (SELECT es.tenant())) '
      'WITH CHECK (tenant_id = (SELECT es.tenant()))', t);
    EXECUTE format('CREATE POLICY writer ON es.%I TO sfdify_writer '
      'USING (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), '''')::uuid) '
      'WITH CHECK (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), '''')::uuid)', t);
  END LOOP;
END $$;

CREATE POLICY read_all ON es.event FOR SELECT TO sfdify_projector USING (true);
CREATE POLICY dispatch ON es.job TO sfdify_dispatch USING (true) WITH CHECK (true);
CREATE POLICY dispatch ON es.tenant_clock FOR SELECT TO sfdify_dispatch USING (true);

GRANT USAGE ON SCHEMA es TO sfdify_app, sfdify_projector, sfdify_dispatch, sfdify_writer;
GRANT SELECT ON es.event, es.command_seen, es.job, es.tenant_clock TO sfdify_app;
GRANT SELECT ON es.event TO sfdify_projector;
GRANT SELECT, UPDATE ON es.job TO sfdify_dispatch;
GRANT SELECT ON es.tenant_clock TO sfdify_dispatch;
GRANT SELECT, INSERT ON es.event, es.command_seen, es.job TO sfdify_writer;
GRANT UPDATE (state, finished_at, lease_token, lease_until, last_error, ready_at) ON es.job TO sfdify_writer;
GRANT SELECT, INSERT, UPDATE (now_at) ON es.tenant_clock TO sfdify_writer;

REVOKE ALL ON FUNCTION es.append, es.advance_clock, es.clock_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.append, es.advance_clock, es.clock_due TO sfdify_app;

-- A function's new owner needs CREATE on its schema while it is handed over, and the handing over is done by the
-- migrator, who is a member of every role; the owner of the tables must not be a member of the writer.
GRANT CREATE ON SCHEMA es TO sfdify_writer, sfdify_dispatch;
RESET ROLE;
ALTER FUNCTION es.append OWNER TO sfdify_writer;
ALTER FUNCTION es.advance_clock OWNER TO sfdify_writer;
ALTER FUNCTION es.clock_due OWNER TO sfdify_dispatch;
REVOKE CREATE ON SCHEMA es FROM sfdify_writer, sfdify_dispatch;

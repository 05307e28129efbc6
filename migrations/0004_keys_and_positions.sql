-- depends: 0002_event_store
-- Consumers' keys, projection positions, reading a stream, and which tenants there are.
SET LOCAL ROLE sfdify_owner;

-- Outside the log and its backups on purpose: destroying a row makes the log unreadable for that person.
CREATE TABLE es.subject_key (
  tenant_id    uuid NOT NULL,
  subject_id   uuid NOT NULL,
  kek_id       text COLLATE "C" NOT NULL,     -- the tenant key that wraps it
  wrapped      bytea,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  destroyed_at timestamptz,
  CONSTRAINT subject_key_once PRIMARY KEY (tenant_id, subject_id),
  CONSTRAINT subject_key_destroyed CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

-- How far each projection has read. No tenant's data.
CREATE TABLE es.position (
  name            text COLLATE "C" NOT NULL,
  part            int NOT NULL DEFAULT 0,
  notification_id bigint NOT NULL DEFAULT 0,
  updated_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (name, part)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Events a projection could not apply. The rest of their stream waits behind them.
CREATE TABLE es.parked (
  name               text COLLATE "C" NOT NULL,
  notification_id    bigint NOT NULL,
  tenant_id          uuid NOT NULL,
  originator_id      uuid NOT NULL,
  originator_version bigint NOT NULL,
  error              text NOT NULL,           -- kind and place of the failure; never an event's content
  attempts           int NOT NULL DEFAULT 1,
  at                 timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (name, notification_id)
);
CREATE INDEX parked_stream ON es.parked (name, tenant_id, originator_id);

-- Read before a tenant is known, so no row security: it holds nothing but names.
CREATE TABLE es.tenant_directory (
  tenant_id uuid PRIMARY KEY,
  slug      text COLLATE "C" NOT NULL CONSTRAINT tenant_slug_once UNIQUE,
  mode      text COLLATE "C" NOT NULL CONSTRAINT tenant_mode CHECK (mode IN ('live', 'test'))
);

-- Enters a tenant, once: the same tenant again under the same slug and mode changes nothing.
-- Errors: 23505 tenant_slug_once, the slug is taken; SF005, the tenant is registered under another slug or mode.
CREATE FUNCTION es.register_tenant(p_tenant uuid, p_slug text, p_mode text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
BEGIN
  INSERT INTO es.tenant_directory (tenant_id, slug, mode) VALUES (p_tenant, p_slug, p_mode) ON CONFLICT (tenant_id) DO NOTHING;
  PERFORM FROM es.tenant_directory WHERE tenant_id = p_tenant AND slug = p_slug AND mode = p_mode;
  IF NOT FOUND THEN RAISE EXCEPTION 'tenant % is registered under another slug or mode', p_tenant USING ERRCODE = 'SF005'; END IF;
END $$;

-- Gives a test tenant a clock of its own, standing at p_at. Errors: SF002, no test tenant, or it has a clock already.
CREATE FUNCTION es.start_clock(p_tenant uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
DECLARE tid text := set_config('app.tenant_id', p_tenant::text, true);
BEGIN
  PERFORM FROM es.tenant_directory WHERE tenant_id = p_tenant AND mode = 'test';
  IF NOT FOUND THEN RAISE EXCEPTION 'only a test tenant has a clock of its own' USING ERRCODE = 'SF002'; END IF;
  INSERT INTO es.tenant_clock (tenant_id, now_at) VALUES (p_tenant, p_at) ON CONFLICT (tenant_id) DO NOTHING;
  IF NOT FOUND THEN RAISE EXCEPTION 'the clock was started before; advance it' USING ERRCODE = 'SF002'; END IF;
END $$;

-- One stream in one call: the tenant is set and the events are read in the same implicit transaction.
CREATE FUNCTION es.load(p_tenant uuid, p_id uuid, p_gt bigint DEFAULT NULL, p_lte bigint DEFAULT NULL,
  p_desc boolean DEFAULT false, p_limit bigint DEFAULT NULL)
RETURNS TABLE (originator_version bigint, topic text, state bytea) LANGUAGE plpgsql AS $$
DECLARE
  tid  text := set_config('app.tenant_id', p_tenant::text, true);
  low  bigint := coalesce(p_gt, 0);
  high bigint := coalesce(p_lte, 9223372036854775807);
BEGIN
  IF p_desc THEN
    RETURN QUERY SELECT e.originator_version, e.topic, e.state FROM es.event e
      WHERE e.tenant_id = p_tenant AND e.originator_id = p_id AND e.originator_version > low AND e.originator_version <= high
      ORDER BY e.originator_version DESC LIMIT p_limit;
  ELSE
    RETURN QUERY SELECT e.originator_version, e.topic, e.state FROM es.event e
      WHERE e.tenant_id = p_tenant AND e.originator_id = p_id AND e.originator_version > low AND e.originator_version <= high
      ORDER BY e.originator_version LIMIT p_limit;
  END IF;
END $$;

-- What a command of this id came to, if it was carried out.
CREATE FUNCTION es.seen(p_tenant uuid, p_command uuid) RETURNS TABLE ("position" bigint, fingerprint bytea, answer bytea)
LANGUAGE plpgsql AS $$
DECLARE tid text := set_config('app.tenant_id', p_tenant::text, true);
BEGIN
  RETURN QUERY SELECT s.position, s.fingerprint, s.answer FROM es.command_seen s
    WHERE s.tenant_id = p_tenant AND s.command_id = p_command;
END $$;

ALTER TABLE es.subject_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE es.subject_key FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON es.subject_key TO sfdify_app USING (tenant_id = (SELECT es.tenant())) WITH CHECK (tenant_id = (SELECT es.tenant()));
CREATE POLICY never_again ON es.subject_key AS RESTRICTIVE FOR UPDATE TO sfdify_app USING (destroyed_at IS NULL) WITH CHECK (true);
CREATE POLICY read_all ON es.subject_key FOR SELECT TO sfdify_projector USING (true);

ALTER TABLE es.parked ENABLE ROW LEVEL SECURITY;
ALTER TABLE es.parked FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON es.parked FOR SELECT TO sfdify_app USING (tenant_id = (SELECT es.tenant()));
CREATE POLICY projector ON es.parked TO sfdify_projector USING (true) WITH CHECK (true);

GRANT SELECT, INSERT ON es.subject_key TO sfdify_app;
GRANT UPDATE (kek_id, wrapped, destroyed_at) ON es.subject_key TO sfdify_app;
GRANT SELECT ON es.subject_key TO sfdify_projector;
GRANT SELECT ON es.position, es.parked TO sfdify_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON es.position, es.parked TO sfdify_projector;
GRANT SELECT ON es.tenant_directory TO sfdify_app, sfdify_projector;
GRANT SELECT, INSERT ON es.tenant_directory TO sfdify_writer;

REVOKE ALL ON FUNCTION es.register_tenant, es.start_clock, es.load, es.seen FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.register_tenant, es.start_clock, es.load, es.seen TO sfdify_app;

GRANT CREATE ON SCHEMA es TO sfdify_writer;
RESET ROLE;
ALTER FUNCTION es.register_tenant OWNER TO sfdify_writer;
ALTER FUNCTION es.start_clock OWNER TO sfdify_writer;
REVOKE CREATE ON SCHEMA es FROM sfdify_writer;

-- Query tables belong to the projector, which makes, swaps and drops them.
CREATE SCHEMA rm AUTHORIZATION sfdify_projector;
GRANT USAGE ON SCHEMA rm TO sfdify_app;

-- depends: 0004_keys_and_positions
-- Secrets that are never events (passwords, refresh families, API keys, webhook endpoints), webhooks seen once,
-- and rate-limit buckets.
SET LOCAL ROLE sfdify_owner;

CREATE SCHEMA auth;
CREATE SCHEMA limits;

CREATE TABLE auth.password (
  tenant_id  uuid NOT NULL,
  user_id    uuid NOT NULL,
  hash       text COLLATE "C" NOT NULL,           -- argon2id, with its own parameters and salt
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);

-- One sign-in. Each use of a refresh token issues the next one of the same family.
CREATE TABLE auth.refresh_family (
  tenant_id  uuid NOT NULL,
  family_id  uuid NOT NULL,
  user_id    uuid NOT NULL,
  started_at timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,                -- however often it is rotated
  revoked_at timestamptz,
  revoked_by text COLLATE "C",                    -- sign_out, reuse, password_changed, operator
  PRIMARY KEY (tenant_id, family_id),
  CONSTRAINT refresh_family_revoked CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX refresh_family_user ON auth.refresh_family (tenant_id, user_id) WHERE revoked_at IS NULL;

CREATE TABLE auth.refresh_token (
  tenant_id  uuid NOT NULL,
  family_id  uuid NOT NULL,
  hash       bytea NOT NULL,                      -- SHA-256 of 32 random bytes
  issued_at  timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  PRIMARY KEY (tenant_id, family_id, hash),
  FOREIGN KEY (tenant_id, family_id) REFERENCES auth.refresh_family ON DELETE CASCADE
);

CREATE TABLE auth.api_key (
  tenant_id    uuid NOT NULL,
  key_id       uuid NOT NULL,
  hash         bytea NOT NULL,                    -- SHA-256 of 32 random bytes
  mode         text COLLATE "C" NOT NULL CONSTRAINT api_key_mode CHECK (mode IN ('live', 'test')),
  role         text COLLATE "C" NOT NULL,
  name         text NOT NULL,
  created_by   uuid NOT NULL,
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz,                       -- to the hour
  revoked_at   timestamptz,
  PRIMARY KEY (tenant_id, key_id)
);

CREATE TABLE auth.webhook_endpoint (
  tenant_id     uuid NOT NULL,
  endpoint_id   uuid NOT NULL,
  provider      text COLLATE "C" NOT NULL,
  sealed_secret bytea NOT NULL,
  created_at    timestamptz NOT NULL,
  disabled_at   timestamptz,
  PRIMARY KEY (tenant_id, endpoint_id)
);

CREATE TYPE es.inbox_state AS ENUM ('received', 'done', 'ignored');
CREATE TABLE es.inbox (
  tenant_id   uuid NOT NULL,
  provider    text COLLATE "C" NOT NULL,
  event_id    text COLLATE "C" NOT NULL,
  received_at timestamptz NOT NULL,
  finished_at timestamptz,
  state       es.inbox_state NOT NULL DEFAULT 'received',
  body        bytea NOT NULL,                     -- the raw body, sealed: it may name the addressee
  CONSTRAINT inbox_once PRIMARY KEY (tenant_id, provider, event_id)
);
CREATE INDEX inbox_waiting ON es.inbox (tenant_id, received_at) WHERE state = 'received';

-- Counters only, lost in a crash on purpose; keys are ids and keyed hashes. No row security: a named exception.
CREATE UNLOGGED TABLE limits.bucket (
  key     text COLLATE "C" PRIMARY KEY,
  tokens  double precision NOT NULL,
  at      timestamptz NOT NULL,
  allowed boolean NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);

-- Takes one token from each bucket in turn and stops at the first that has none; a refusal costs nothing, so a
-- client that never pauses still gets its steady rate. p_rates: tokens a second. Returns a row for each bucket tried.
CREATE FUNCTION limits.take(p_keys text[], p_capacities float8[], p_rates float8[], p_now timestamptz DEFAULT NULL)
RETURNS TABLE (allowed boolean, tokens float8) LANGUAGE plpgsql SET search_path = pg_catalog, limits, pg_temp AS $$
DECLARE ts timestamptz := coalesce(p_now, clock_timestamp()); have float8; capacity float8; rate float8;
BEGIN
  FOR i IN 1..cardinality(p_keys) LOOP
    capacity := p_capacities[i]; rate := p_rates[i];
    INSERT INTO limits.bucket AS b (key, tokens, at, allowed) VALUES (p_keys[i], capacity - 1, ts, true)
    ON CONFLICT (key) DO UPDATE SET
      tokens = least(capacity, b.tokens + greatest(0, extract(epoch FROM ts - b.at)) * rate)
        - (least(capacity, b.tokens + greatest(0, extract(epoch FROM ts - b.at)) * rate) >= 1)::int,
      allowed = least(capacity, b.tokens + greatest(0, extract(epoch FROM ts - b.at)) * rate) >= 1,
      at = greatest(b.at, ts)
    RETURNING b.allowed, b.tokens INTO allowed, tokens;
    RETURN NEXT;
    EXIT WHEN NOT allowed;
  END LOOP;
END $$;

CREATE FUNCTION auth.find_api_key(p_tenant uuid, p_key uuid)
RETURNS TABLE (hash bytea, mode text, role text, last_used_at timestamptz, revoked_at timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, auth, pg_temp AS $$
DECLARE tid text := set_config('app.tenant_id', p_tenant::text, true);
BEGIN
  RETURN QUERY SELECT k.hash, k.mode, k.role, k.last_used_at, k.revoked_at FROM auth.api_key k
    WHERE k.tenant_id = p_tenant AND k.key_id = p_key;
END $$;

CREATE FUNCTION auth.session_alive(p_tenant uuid, p_family uuid, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, auth, pg_temp AS $$
DECLARE tid text := set_config('app.tenant_id', p_tenant::text, true);
BEGIN
  RETURN EXISTS (SELECT FROM auth.refresh_family f WHERE f.tenant_id = p_tenant AND f.family_id = p_family
    AND f.revoked_at IS NULL AND f.ends_at > p_now);
END $$;

DO $$
DECLARE t regclass;
BEGIN
  FOREACH t IN ARRAY ARRAY['auth.password', 'auth.refresh_family', 'auth.refresh_token', 'auth.api_key',
                           'auth.webhook_endpoint', 'es.inbox']::regclass[] LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %s TO sfdify_app USING (tenant_id = (SELECT es.tenant())) WITH CHECK (tenant_id = (SELECT es.tenant()))', t);
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA auth, limits TO sfdify_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA auth TO sfdify_app;
GRANT SELECT, INSERT ON es.inbox TO sfdify_app;
GRANT UPDATE (state, finished_at) ON es.inbox TO sfdify_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON limits.bucket TO sfdify_app;
REVOKE ALL ON FUNCTION limits.take, auth.find_api_key, auth.session_alive FROM PUBLIC;
GRANT EXECUTE ON FUNCTION limits.take, auth.find_api_key, auth.session_alive TO sfdify_app;

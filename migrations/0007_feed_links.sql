-- depends: 0006_auth
-- Links to report providers under way, and the tokens of those that work. Neither is ever an event.
SET LOCAL ROLE sfdify_owner;

-- One row for each connection: whoever begins again makes the former state useless.
CREATE TABLE auth.feed_link (
  tenant_id     uuid NOT NULL,
  connection_id uuid NOT NULL,
  state_hash    bytea NOT NULL,                   -- SHA-256 of 32 random bytes
  consumer_id   uuid NOT NULL,
  user_id       uuid NOT NULL,                    -- who began it; nobody else may end it
  provider      text COLLATE "C" NOT NULL,
  nonce         text COLLATE "C" NOT NULL,
  code_verifier bytea,                            -- sealed with the consumer's key; taken out for the one exchange
  redirect_uri  text COLLATE "C" NOT NULL,
  expires_at    timestamptz NOT NULL,
  used_at       timestamptz,
  PRIMARY KEY (tenant_id, connection_id),
  CONSTRAINT feed_link_state UNIQUE (tenant_id, state_hash)
);
CREATE INDEX feed_link_consumer ON auth.feed_link (tenant_id, consumer_id);
CREATE INDEX feed_link_age ON auth.feed_link (tenant_id, expires_at);

CREATE TABLE auth.feed_token (
  tenant_id     uuid NOT NULL,
  connection_id uuid NOT NULL,
  consumer_id   uuid NOT NULL,
  provider      text COLLATE "C" NOT NULL,
  sealed        bytea NOT NULL,                   -- access and refresh token, with the consumer's key
  scopes        text[] NOT NULL,
  expires_at    timestamptz,                      -- of the access token; NULL when the provider did not say
  refresh_at    timestamptz,                      -- when to renew it, a little earlier
  generation    uuid NOT NULL,                    -- another one with each set of tokens
  refreshing_until timestamptz,                   -- whoever renews it holds it until then
  PRIMARY KEY (tenant_id, connection_id)
);
CREATE INDEX feed_token_consumer ON auth.feed_token (tenant_id, consumer_id);

DO $$
DECLARE t regclass;
BEGIN
  FOREACH t IN ARRAY ARRAY['auth.feed_link', 'auth.feed_token']::regclass[] LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %s TO sfdify_app USING (tenant_id = (SELECT es.tenant())) WITH CHECK (tenant_id = (SELECT es.tenant()))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO sfdify_app', t);
  END LOOP;
END $$;

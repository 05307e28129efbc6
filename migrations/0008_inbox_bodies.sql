-- depends: 0006_auth
-- A webhook's body is kept for as long as it waits to be worked off, and no longer: it may name the addressee.
SET LOCAL ROLE sfdify_owner;

-- A trigger and no grant: the application may note that a webhook was worked off, but never rewrites one.
CREATE FUNCTION es.empty_body() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.body := '';
  RETURN NEW;
END $$;
CREATE TRIGGER emptied BEFORE UPDATE ON es.inbox FOR EACH ROW WHEN (NEW.state <> 'received')
  EXECUTE FUNCTION es.empty_body();
REVOKE ALL ON FUNCTION es.empty_body FROM PUBLIC;

-- Row security is off for one statement: the bodies of every tenant are emptied.
ALTER TABLE es.inbox NO FORCE ROW LEVEL SECURITY;
UPDATE es.inbox SET body = '' WHERE state <> 'received';
ALTER TABLE es.inbox FORCE ROW LEVEL SECURITY;

ALTER TABLE es.inbox ADD CONSTRAINT inbox_emptied CHECK (state = 'received' OR body = '');

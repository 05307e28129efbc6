-- depends: 0004_keys_and_positions
-- Which shape each read model was last built in, and how far behind the log it is.
SET LOCAL ROLE sfdify_owner;

CREATE TABLE es.projection (
  name     text COLLATE "C" PRIMARY KEY,
  version  int NOT NULL,
  shape    text NOT NULL,                -- of the tables its rows were made for; another shape is not written to
  tables   text[] NOT NULL,              -- of schema rm, so that a later version can drop those it no longer has
  epoch    bigint NOT NULL DEFAULT 0,    -- moves whenever rows, position or parked events were changed by hand
  built_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT ON es.projection TO sfdify_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON es.projection TO sfdify_projector;

-- Read by monitoring, which sees no tenant's events: ages and counts only.
-- seconds_behind: age of the oldest event not yet read, 0 when there is none. events_behind stops counting at p_cap.
CREATE FUNCTION es.projection_lag(p_cap bigint DEFAULT 100000)
RETURNS TABLE (name text, "position" bigint, events_behind bigint, seconds_behind double precision, parked bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
  SELECT p.name, p.notification_id,
    (SELECT count(*) FROM (SELECT FROM es.event e WHERE e.position > p.notification_id LIMIT p_cap) unread),
    coalesce((SELECT greatest(extract(epoch FROM clock_timestamp() - e.recorded_at), 0)::double precision
              FROM es.event e WHERE e.position > p.notification_id ORDER BY e.position LIMIT 1), 0),
    (SELECT count(*) FROM es.parked k WHERE k.name = p.name)
  FROM es.position p JOIN es.projection r ON r.name = p.name
  WHERE p.part = 0 AND strpos(r.name, '__') = 0
  ORDER BY p.name
$$;
REVOKE ALL ON FUNCTION es.projection_lag FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.projection_lag TO sfdify_app, sfdify_projector;

GRANT CREATE ON SCHEMA es TO sfdify_projector;
RESET ROLE;
ALTER FUNCTION es.projection_lag OWNER TO sfdify_projector;
REVOKE CREATE ON SCHEMA es FROM sfdify_projector;

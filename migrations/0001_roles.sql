-- Roles are one per cluster, so this file runs under the cluster-wide lock of infrastructure.postgres.migrate.
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['sfdify_owner', 'sfdify_writer', 'sfdify_dispatch'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE format('CREATE ROLE %I NOLOGIN', r); END IF;
  END LOOP;
  FOREACH r IN ARRAY ARRAY['sfdify_app', 'sfdify_projector'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE format('CREATE ROLE %I LOGIN', r); END IF;
  END LOOP;
  -- Never sfdify_writer to sfdify_owner or sfdify_app: a member inherits the policy that lets the writer insert.
  EXECUTE format('GRANT sfdify_owner, sfdify_writer, sfdify_dispatch, sfdify_projector TO %I', current_user);
  EXECUTE format('REVOKE TEMPORARY, CONNECT ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I, sfdify_app, sfdify_projector', current_database(), current_user);
  EXECUTE format('GRANT CREATE ON DATABASE %I TO sfdify_owner', current_database());
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;

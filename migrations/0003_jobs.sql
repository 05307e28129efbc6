-- depends: 0002_event_store
-- What workers and operators do with jobs. Workers serve all tenants, so these functions belong to the role that sees
-- es.job whole and nothing else of a tenant's; the app may only call them.
SET LOCAL ROLE sfdify_owner;

-- A job moves through three states within seconds: its dead index entries must go as quickly.
ALTER TABLE es.job SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000);

GRANT CREATE ON SCHEMA es TO sfdify_dispatch;
RESET ROLE;
SET LOCAL ROLE sfdify_dispatch;

-- Leases the jobs that are due, longest waiting first. What keeps this on the index among many jobs: the order names
-- every column of job_queue, since under row security a comparison of enums does not count as fixing the column; the
-- array leads to the primary key whatever is believed of p_n; the instant is a variable, as a volatile call could not
-- bound a scan; and statistics on a queue's states are always wrong, so a sequential scan is never right.
CREATE FUNCTION es.claim(p_queue text, p_n int, p_lease interval) RETURNS SETOF es.job
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp SET enable_seqscan = off AS $$
DECLARE ts timestamptz := clock_timestamp();
BEGIN
  RETURN QUERY WITH claimed AS (
    UPDATE es.job j SET state = 'running', attempts = j.attempts + 1, lease_token = gen_random_uuid(), lease_until = ts + p_lease
     WHERE j.id = ANY (ARRAY(
       SELECT d.id FROM es.job d WHERE d.state = 'ready' AND d.queue = p_queue AND d.ready_at <= ts
        ORDER BY d.state, d.queue, d.ready_at, d.run_at LIMIT p_n FOR UPDATE SKIP LOCKED))
    RETURNING j.*
  ) SELECT * FROM claimed c ORDER BY c.ready_at, c.run_at;
END $$;

-- Prolongs a lease. False: it is lost, whoever asked must stop.
CREATE FUNCTION es.heartbeat(p_job uuid, p_token uuid, p_lease interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
BEGIN
  UPDATE es.job SET lease_until = clock_timestamp() + p_lease WHERE id = p_job AND lease_token = p_token AND state = 'running';
  RETURN FOUND;
END $$;

-- Ends an attempt without success: back to ready after p_retry_in, or buried once p_max attempts are used up.
-- A snooze gives the attempt back. NULL: the lease was lost and nothing changed. Relays look once a second by
-- themselves and are told of what comes back sooner.
CREATE FUNCTION es.fail(p_job uuid, p_token uuid, p_error text, p_retry_in interval, p_max int, p_snooze boolean) RETURNS es.job_state
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
DECLARE
  ts     timestamptz := clock_timestamp();
  result es.job_state;
BEGIN
  UPDATE es.job j SET
    state = CASE WHEN NOT p_snooze AND j.attempts >= p_max THEN 'buried'::es.job_state ELSE 'ready'::es.job_state END,
    finished_at = CASE WHEN NOT p_snooze AND j.attempts >= p_max THEN ts END,
    attempts = j.attempts - p_snooze::int, ready_at = ts + p_retry_in, last_error = p_error, lease_token = NULL, lease_until = NULL
   WHERE j.id = p_job AND j.lease_token = p_token AND j.state = 'running' RETURNING j.state INTO result;
  IF result = 'ready' AND p_retry_in < interval '1 s' THEN PERFORM pg_notify('sfdify_jobs', ''); END IF;
  RETURN result;
END $$;

-- Frees jobs whose lease ran out: their worker died. The attempt counts, so that a job which kills its worker ends buried.
CREATE FUNCTION es.sweep(p_queues text[], p_max int[], p_max_otherwise int) RETURNS TABLE (job_id uuid, job_queue text, result es.job_state)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp SET enable_seqscan = off AS $$
DECLARE ts timestamptz := clock_timestamp();
BEGIN
  RETURN QUERY UPDATE es.job j SET
    state = CASE WHEN j.attempts >= coalesce(p_max[array_position(p_queues, j.queue)], p_max_otherwise)
                 THEN 'buried'::es.job_state ELSE 'ready'::es.job_state END,
    finished_at = CASE WHEN j.attempts >= coalesce(p_max[array_position(p_queues, j.queue)], p_max_otherwise) THEN ts END,
    ready_at = ts, last_error = 'LeaseExpired:lease_expired', lease_token = NULL, lease_until = NULL
   WHERE j.id = ANY (ARRAY(
     SELECT d.id FROM es.job d WHERE d.state = 'running' AND d.lease_until < ts LIMIT 500 FOR UPDATE SKIP LOCKED))
  RETURNING j.id, j.queue, j.state;
END $$;

-- What waits in each queue: how many are due (counted up to p_cap) and in how many seconds the next one will be.
CREATE FUNCTION es.ready(p_queues text[], p_cap int) RETURNS TABLE (job_queue text, due bigint, next_in double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp SET enable_seqscan = off AS $$
DECLARE ts timestamptz := clock_timestamp();
BEGIN
  RETURN QUERY SELECT q.name,
    (SELECT count(*) FROM (
       SELECT FROM es.job d WHERE d.state = 'ready' AND d.queue = q.name AND d.ready_at <= ts
        ORDER BY d.state, d.queue, d.ready_at LIMIT p_cap) AS waiting),
    (SELECT extract(epoch FROM n.ready_at - ts)::double precision FROM es.job n
      WHERE n.state = 'ready' AND n.queue = q.name AND n.ready_at > ts AND n.ready_at < 'infinity'
      ORDER BY n.state, n.queue, n.ready_at LIMIT 1)
  FROM unnest(p_queues) AS q(name);
END $$;

-- Unfinished work of all tenants, for the meters: jobs and the age in seconds of the one waiting longest.
CREATE FUNCTION es.job_counts() RETURNS TABLE (job_queue text, job_state es.job_state, n bigint, oldest_s double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp SET enable_seqscan = off AS $$
DECLARE ts timestamptz := clock_timestamp();
BEGIN
  RETURN QUERY SELECT j.queue, j.state, count(*),
    coalesce(extract(epoch FROM ts - min(j.ready_at) FILTER (WHERE j.ready_at <= ts))::double precision, 0)
  FROM es.job j WHERE j.state = ANY (ARRAY['ready', 'running', 'buried']::es.job_state[]) GROUP BY j.queue, j.state;
END $$;

-- One tenant's jobs, newest first, or everyone's for whoever runs the installation and has the database's password.
-- A timer on a standing test clock has no claimable_at.
CREATE FUNCTION es.jobs_list(p_tenant uuid, p_everyone boolean, p_job uuid, p_states es.job_state[], p_queue text, p_limit int)
RETURNS TABLE (job_id uuid, owner_id uuid, job_queue text, job_state es.job_state, tries int, due_at timestamptz, claimable_at timestamptz,
  made_at timestamptz, ended_at timestamptz, asked_at_position bigint, dedupe_key text, error text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT j.id, j.tenant_id, j.queue, j.state, j.attempts, j.run_at, nullif(j.ready_at, 'infinity'),
    j.at, j.finished_at, j.after_position, j.dedupe, j.last_error
  FROM es.job j
  WHERE (p_everyone OR j.tenant_id = p_tenant) AND (p_job IS NULL OR j.id = p_job)
    AND (p_states IS NULL OR j.state = ANY (p_states)) AND (p_queue IS NULL OR j.queue = p_queue)
  ORDER BY j.at DESC, j.id LIMIT p_limit;
END $$;

-- Starts a buried or cancelled job over, or ends the back-off of one that failed. A timer still waits for its hour.
CREATE FUNCTION es.job_retry(p_tenant uuid, p_job uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
DECLARE
  ts       timestamptz := clock_timestamp();
  test_now timestamptz;
BEGIN
  SELECT c.now_at INTO test_now FROM es.tenant_clock c WHERE c.tenant_id = p_tenant;
  UPDATE es.job j SET state = 'ready', attempts = 0, finished_at = NULL,
    ready_at = CASE WHEN j.run_at > coalesce(test_now, ts) THEN CASE WHEN test_now IS NULL THEN j.run_at ELSE 'infinity' END ELSE ts END
   WHERE j.tenant_id = p_tenant AND j.id = p_job
     AND (j.state = ANY (ARRAY['buried', 'cancelled']::es.job_state[]) OR (j.state = 'ready' AND j.attempts > 0));
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM pg_notify('sfdify_jobs', '');
  RETURN true;
END $$;

-- Sets a job aside, also from under a worker, whose lease is lost by it.
CREATE FUNCTION es.job_bury(p_tenant uuid, p_job uuid, p_error text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
BEGIN
  UPDATE es.job j SET state = 'buried', finished_at = clock_timestamp(), last_error = p_error, lease_token = NULL, lease_until = NULL
   WHERE j.tenant_id = p_tenant AND j.id = p_job AND j.state = ANY (ARRAY['ready', 'running']::es.job_state[]);
  RETURN FOUND;
END $$;

-- Withdraws a job that has not begun, such as the timer of a matter that is closed.
CREATE FUNCTION es.job_cancel(p_tenant uuid, p_job uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, es, pg_temp AS $$
BEGIN
  UPDATE es.job j SET state = 'cancelled', finished_at = clock_timestamp()
   WHERE j.tenant_id = p_tenant AND j.id = p_job AND j.state = ANY (ARRAY['ready', 'buried']::es.job_state[]);
  RETURN FOUND;
END $$;

REVOKE ALL ON FUNCTION es.claim, es.heartbeat, es.fail, es.sweep, es.ready, es.job_counts, es.jobs_list,
  es.job_retry, es.job_bury, es.job_cancel FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.claim, es.heartbeat, es.fail, es.sweep, es.ready, es.job_counts, es.jobs_list,
  es.job_retry, es.job_bury, es.job_cancel TO sfdify_app;

RESET ROLE;
SET LOCAL ROLE sfdify_owner;
REVOKE CREATE ON SCHEMA es FROM sfdify_dispatch;
RESET ROLE;

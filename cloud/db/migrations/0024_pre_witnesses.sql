-- What the cloud's own clock said of a boot: by it a gateway is found out whose kernel called a wrong clock right.

CREATE TABLE boot_witness (
    gateway_no  integer NOT NULL,
    boot_id     uuid NOT NULL,
    hour        integer NOT NULL,
    boottime_ns bigint NOT NULL,
    utc_at      timestamptz NOT NULL,
    error_s     real NOT NULL CHECK (error_s >= 0),
    PRIMARY KEY (gateway_no, boot_id, hour),
    FOREIGN KEY (gateway_no, boot_id) REFERENCES boot ON DELETE CASCADE
);

-- Where a moment of a boot lies by the tie that leaves the smallest error, as contract.timeline.best_tie.
CREATE FUNCTION tied_at(boottime_ns bigint, tie_ns bigint[], tie_at timestamptz[], tie_error_s double precision[],
                        drift_per_ns double precision, OUT at timestamptz, OUT error_s double precision)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT t.utc_at + (boottime_ns - t.ns) / 1000 * interval '1 microsecond', t.error_s + abs(boottime_ns - t.ns) * drift_per_ns
    FROM unnest(tie_ns, tie_at, tie_error_s) AS t (ns, utc_at, error_s)
    ORDER BY 2 LIMIT 1
$$;

-- Whether what a synchronised clock said is contradicted by the cloud's own, as contract.timeline.settle.
CREATE FUNCTION is_contradicted(said_at timestamptz, boottime_ns bigint, tie_ns bigint[], tie_at timestamptz[],
                                tie_error_s double precision[], drift_per_ns double precision, by_s double precision) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(abs(extract(epoch FROM said_at - tied.at)) > by_s + tied.error_s, false)
    FROM tied_at(boottime_ns, tie_ns, tie_at, tie_error_s, drift_per_ns) tied
$$;

-- What becomes of a row's time: from begins_at on (a boot between others), else by the best tie; where that cannot be
-- (before earliest, or max_ahead after its arrival) the time of arrival. Keeps what was claimed before.
CREATE FUNCTION settled(boottime_ns bigint, received_at timestamptz, was_at timestamptz, was_quality smallint, was_claimed_at timestamptz,
                        begins_at timestamptz, stretch double precision, tie_ns bigint[], tie_at timestamptz[],
                        tie_error_s double precision[], drift_per_ns double precision, earliest timestamptz, max_ahead interval,
                        OUT recorded_at timestamptz, OUT time_quality smallint, OUT claimed_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN can_be THEN told_at ELSE $2 END,
           (CASE WHEN NOT can_be THEN 3 WHEN begins_at IS NULL THEN 1 ELSE 2 END)::smallint,
           coalesce(was_claimed_at, CASE WHEN was_quality IN (0, 2) THEN was_at END)
    FROM tied_at(boottime_ns, tie_ns, tie_at, tie_error_s, drift_per_ns) tied,
         LATERAL (SELECT CASE WHEN begins_at IS NULL THEN tied.at
                        ELSE least($2, begins_at + boottime_ns / 1000 * stretch * interval '1 microsecond') END AS told_at) t,
         LATERAL (SELECT coalesce(told_at BETWEEN earliest AND $2 + max_ahead, false) AS can_be) c
$$;

-- Times that become known later. Rows without a time wait in plain tables (their recorded_at is the time of
-- arrival); an anchor, or the boots before and after, gives them one and moves them to where they belong.

CREATE TABLE reading_waiting (LIKE reading INCLUDING DEFAULTS);
CREATE TABLE movement_waiting (LIKE movement INCLUDING DEFAULTS);
CREATE TABLE health_waiting (LIKE health INCLUDING DEFAULTS);
CREATE INDEX ON reading_waiting (gateway_no, boot_id);
CREATE INDEX ON movement_waiting (gateway_no, boot_id);
CREATE INDEX ON health_waiting (gateway_no, boot_id);
CREATE INDEX ON movement_waiting (movement_id, revision);

INSERT INTO reading_waiting SELECT * FROM reading WHERE time_quality = 3;
INSERT INTO movement_waiting SELECT * FROM movement WHERE time_quality = 3;
INSERT INTO health_waiting SELECT * FROM health WHERE time_quality = 3;
DELETE FROM reading WHERE time_quality = 3;
DELETE FROM movement WHERE time_quality = 3;
DELETE FROM health WHERE time_quality = 3;

-- last_ns: about the highest boot time of its rows, never more than that. unsure: whether rows of it have a time
-- that an anchor would correct; those of them that do not wait lie in unsure_from..unsure_to. waits: whether any wait.
CREATE TABLE boot (
    gateway_no  integer NOT NULL REFERENCES gateway,
    boot_id     uuid NOT NULL,
    boot_no     integer NOT NULL,
    last_ns     bigint NOT NULL,
    noted_at    timestamptz NOT NULL,
    unsure      boolean NOT NULL DEFAULT false,
    unsure_from timestamptz,
    unsure_to   timestamptz,
    waits       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (gateway_no, boot_id)
) WITH (fillfactor = 50);

-- At boottime_ns of a boot it was utc_at, give or take error_s; the best of each hour of a boot.
CREATE TABLE boot_tie (
    gateway_no  integer NOT NULL,
    boot_id     uuid NOT NULL,
    hour        integer NOT NULL,
    boottime_ns bigint NOT NULL,
    utc_at      timestamptz NOT NULL,
    error_s     real NOT NULL CHECK (error_s >= 0),
    PRIMARY KEY (gateway_no, boot_id, hour),
    FOREIGN KEY (gateway_no, boot_id) REFERENCES boot ON DELETE CASCADE
);

INSERT INTO boot (gateway_no, boot_id, boot_no, last_ns, noted_at, unsure, waits, unsure_from, unsure_to)
SELECT gateway_no, boot_id, max(boot_no), max(boottime_ns), max(received_at), true, bool_or(time_quality = 3),
       min(recorded_at) FILTER (WHERE time_quality = 2), max(recorded_at) FILTER (WHERE time_quality = 2)
FROM (SELECT gateway_no, boot_id, boot_no, boottime_ns, received_at, recorded_at, time_quality FROM reading WHERE time_quality >= 2
      UNION ALL SELECT gateway_no, boot_id, boot_no, boottime_ns, received_at, recorded_at, time_quality FROM movement WHERE time_quality >= 2
      UNION ALL SELECT gateway_no, boot_id, boot_no, boottime_ns, received_at, recorded_at, time_quality FROM reading_waiting
      UNION ALL SELECT gateway_no, boot_id, boot_no, boottime_ns, received_at, recorded_at, time_quality FROM movement_waiting) r
GROUP BY gateway_no, boot_id;

-- What ended a boot's uncertainty is a record like others: it keeps its place in the lane.
CREATE TABLE anchor (
    gateway_no  integer NOT NULL REFERENCES gateway,
    epoch       uuid NOT NULL,
    lane        smallint NOT NULL,
    seq         bigint NOT NULL,
    received_at timestamptz NOT NULL,
    boot_no     integer NOT NULL,
    boot_id     uuid NOT NULL,
    boottime_ns bigint NOT NULL,
    utc_at      timestamptz NOT NULL,
    error_s     double precision NOT NULL,
    source      text NOT NULL,
    why         text NOT NULL,
    step_s      double precision
);
CREATE INDEX ON anchor (gateway_no, received_at);

-- The views show what waits beside what has its time.
CREATE OR REPLACE VIEW movement_line AS
SELECT h.site_no, h.gateway_no, h.movement_id, replace(h.movement_id::text, '-', '') AS movement_id_hex, h.revision,
       stage.word AS stage, movement_kind.word AS kind, h.recorded_at AS at, slot.slot_id, m.slot_probability,
       shelf.name AS shelf_name, product.product_id, product.name AS product_name, h.volume_ml, h.volume_sigma_ml,
       m.weight_after_g - m.weight_before_g AS delta_g, m.doubts, m.time_quality
FROM movement_head h
JOIN LATERAL (
    SELECT * FROM movement
    WHERE movement.movement_id = h.movement_id AND movement.revision = h.revision
      AND movement.recorded_at = h.recorded_at AND movement.gateway_no = h.gateway_no
    UNION ALL
    SELECT * FROM movement_waiting w
    WHERE w.movement_id = h.movement_id AND w.revision = h.revision AND w.gateway_no = h.gateway_no
    LIMIT 1
) m ON true
JOIN stage ON stage.code = m.stage
JOIN movement_kind ON movement_kind.code = h.kind
JOIN scale ON scale.scale_no = m.scale_no
JOIN shelf ON shelf.shelf_no = scale.shelf_no
LEFT JOIN slot ON slot.slot_no = h.slot_no
LEFT JOIN product ON product.product_no = h.product_no;

CREATE OR REPLACE VIEW reading_log AS
SELECT g.gateway_id, replace(r.epoch::text, '-', '') AS epoch, lane.word AS lane, r.seq, r.recorded_at, r.received_at,
       r.time_quality, s.scale_id, slot.slot_id, r.weight_g, r.sigma_g, quality.word AS quality, r.temperature_c
FROM (SELECT * FROM reading UNION ALL SELECT * FROM reading_waiting) r
JOIN gateway g USING (gateway_no)
JOIN lane ON lane.code = r.lane
JOIN quality ON quality.code = r.quality
JOIN scale s USING (scale_no)
LEFT JOIN slot ON slot.slot_no = r.slot_no;

CREATE OR REPLACE VIEW movement_log AS
SELECT g.gateway_id, replace(m.epoch::text, '-', '') AS epoch, lane.word AS lane, m.seq, m.recorded_at, m.received_at,
       m.time_quality, replace(m.movement_id::text, '-', '') AS movement_id, m.revision, stage.word AS stage,
       movement_kind.word AS kind, s.scale_id, slot.slot_id, m.slot_probability, product.product_id,
       m.weight_before_g, m.weight_after_g, m.delta_sigma_g, m.volume_ml, m.volume_sigma_ml, m.posterior, m.doubts
FROM (SELECT * FROM movement UNION ALL SELECT * FROM movement_waiting) m
JOIN gateway g USING (gateway_no)
JOIN lane ON lane.code = m.lane
JOIN stage ON stage.code = m.stage
JOIN movement_kind ON movement_kind.code = m.kind
JOIN scale s USING (scale_no)
LEFT JOIN slot ON slot.slot_no = m.slot_no
LEFT JOIN product ON product.product_no = m.product_no;

CREATE OR REPLACE VIEW health_log AS
SELECT g.gateway_id, replace(h.epoch::text, '-', '') AS epoch, lane.word AS lane, h.seq, h.recorded_at, h.received_at,
       h.time_quality, h.body
FROM (SELECT * FROM health UNION ALL SELECT * FROM health_waiting) h
JOIN gateway g USING (gateway_no)
JOIN lane ON lane.code = h.lane;

CREATE VIEW anchor_log AS
SELECT g.gateway_id, replace(a.epoch::text, '-', '') AS epoch, lane.word AS lane, a.seq, a.received_at, a.boot_no,
       a.boottime_ns, a.utc_at, a.error_s, a.source, a.why, a.step_s
FROM anchor a JOIN gateway g USING (gateway_no) JOIN lane ON lane.code = a.lane;

-- The business day of an instant: as cloud/sites/business_day.py, whose tests compare. Where a local time comes
-- twice, the first one begins the day; PostgreSQL takes the second.
CREATE FUNCTION business_day(at timestamptz, zone text, day_ends_at time) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN at < CASE WHEN (begins_at - interval '1 hour') AT TIME ZONE zone = local_begin
                               THEN begins_at - interval '1 hour' ELSE begins_at END
                THEN on_date - 1 ELSE on_date END
    FROM (SELECT (at AT TIME ZONE zone)::date AS on_date) d,
         LATERAL (SELECT on_date + day_ends_at AS local_begin) l,
         LATERAL (SELECT local_begin AT TIME ZONE zone AS begins_at) b
$$;

-- What was poured per gateway, product and business day; usage_day sums it per site. Kept by the transaction that
-- changes movement_head, whoever that is. A row belongs to one gateway, so that two never wait for each other.
CREATE TABLE usage_of_gateway (
    gateway_no   integer NOT NULL REFERENCES gateway,
    product_no   integer NOT NULL REFERENCES product,
    day_on       date NOT NULL,
    site_no      integer NOT NULL REFERENCES site,
    poured_ml    double precision NOT NULL,
    variance_ml2 double precision NOT NULL,
    pours        integer NOT NULL,
    PRIMARY KEY (gateway_no, product_no, day_on)
) WITH (fillfactor = 70);
CREATE INDEX ON usage_of_gateway (site_no, day_on);

CREATE VIEW usage_day AS
SELECT site_no, product_no, day_on, sum(poured_ml) AS poured_ml, sqrt(greatest(sum(variance_ml2), 0)) AS sigma_ml,
       sum(pours)::integer AS pours
FROM usage_of_gateway
GROUP BY site_no, product_no, day_on
HAVING sum(pours) > 0;

CREATE FUNCTION keep_usage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign integer := CASE TG_ARGV[0] WHEN 'add' THEN 1 ELSE -1 END;
BEGIN
    INSERT INTO usage_of_gateway AS u (gateway_no, product_no, day_on, site_no, poured_ml, variance_ml2, pours)
    SELECT gateway_no, product_no, business_day(recorded_at, site.timezone, site.day_ends_at) AS day_on, min(site_no),
           sign * coalesce(sum(volume_ml::double precision), 0), sign * coalesce(sum(volume_sigma_ml::double precision ^ 2), 0),
           sign * count(*)
    FROM changed JOIN site USING (site_no)
    WHERE kind = 0 AND product_no IS NOT NULL
    GROUP BY gateway_no, product_no, business_day(recorded_at, site.timezone, site.day_ends_at)
    ORDER BY gateway_no, product_no, day_on
    ON CONFLICT (gateway_no, product_no, day_on) DO UPDATE SET poured_ml = u.poured_ml + excluded.poured_ml,
        variance_ml2 = u.variance_ml2 + excluded.variance_ml2, pours = u.pours + excluded.pours;
    RETURN NULL;
END $$;

CREATE TRIGGER usage_added AFTER INSERT ON movement_head
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_usage('add');
CREATE TRIGGER usage_was AFTER UPDATE ON movement_head
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_usage('take');
CREATE TRIGGER usage_is AFTER UPDATE ON movement_head
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_usage('add');
CREATE TRIGGER usage_gone AFTER DELETE ON movement_head
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION keep_usage('take');

INSERT INTO usage_of_gateway (gateway_no, product_no, day_on, site_no, poured_ml, variance_ml2, pours)
SELECT gateway_no, product_no, business_day(recorded_at, site.timezone, site.day_ends_at), min(site_no),
       coalesce(sum(volume_ml::double precision), 0), coalesce(sum(volume_sigma_ml::double precision ^ 2), 0), count(*)
FROM movement_head JOIN site USING (site_no)
WHERE kind = 0 AND product_no IS NOT NULL
GROUP BY 1, 2, 3;

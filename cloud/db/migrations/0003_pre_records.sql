-- What gateways accepted. (gateway_no, epoch, lane, seq) is a record's key; the mark keeps it unique, so
-- these tables need no unique index. recorded_at is the partition key where TimescaleDB is there.
-- recorded_at: the gateway's wall time where it is believed, else the time of arrival (time_quality 3,
-- and claimed_at then keeps what the gateway said).

CREATE TABLE lane (code smallint PRIMARY KEY, word text NOT NULL UNIQUE);
INSERT INTO lane VALUES (0, 'movements'), (1, 'states');

CREATE TABLE quality (code smallint PRIMARY KEY, word text NOT NULL UNIQUE);
INSERT INTO quality VALUES
    (0, 'ok'), (1, 'unsettled'), (2, 'in_hand'), (3, 'saturated'), (4, 'stuck'), (5, 'silent'), (6, 'not_ready');

CREATE TABLE movement_kind (code smallint PRIMARY KEY, word text NOT NULL UNIQUE);
INSERT INTO movement_kind VALUES
    (0, 'pour'), (1, 'removal'), (2, 'return'), (3, 'restock'), (4, 'swap'), (5, 'spillage');

CREATE TABLE stage (code smallint PRIMARY KEY, word text NOT NULL UNIQUE);
INSERT INTO stage VALUES (0, 'provisional'), (1, 'final'), (2, 'corrected');

-- slot_no: the one slot the weight speaks for; slot_nos: where it speaks for several.
CREATE TABLE reading (
    recorded_at   timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    seq           bigint NOT NULL,
    boottime_ns   bigint NOT NULL,
    epoch         uuid NOT NULL,
    boot_id       uuid NOT NULL,
    gateway_no    integer NOT NULL,
    boot_no       integer NOT NULL,
    scale_no      integer NOT NULL,
    lane          smallint NOT NULL,
    quality       smallint NOT NULL,
    time_quality  smallint NOT NULL,
    slot_no       integer,
    weight_g      real,
    sigma_g       real,
    temperature_c real,
    claimed_at    timestamptz,
    slot_nos      integer[]
);
CREATE INDEX reading_scale ON reading (scale_no, recorded_at);

CREATE TABLE movement (
    recorded_at      timestamptz NOT NULL,
    received_at      timestamptz NOT NULL,
    seq              bigint NOT NULL,
    boottime_ns      bigint NOT NULL,
    epoch            uuid NOT NULL,
    boot_id          uuid NOT NULL,
    movement_id      uuid NOT NULL,
    gateway_no       integer NOT NULL,
    boot_no          integer NOT NULL,
    scale_no         integer NOT NULL,
    lane             smallint NOT NULL,
    time_quality     smallint NOT NULL,
    revision         smallint NOT NULL,
    stage            smallint NOT NULL,
    kind             smallint NOT NULL,
    slot_no          integer,
    slot_probability real NOT NULL,
    product_no       integer,
    weight_before_g  real NOT NULL,
    weight_after_g   real NOT NULL,
    delta_sigma_g    real NOT NULL,
    volume_ml        real,
    volume_sigma_ml  real,
    duration_s       real NOT NULL,
    settled_after_s  real NOT NULL,
    claimed_at       timestamptz,
    posterior        jsonb NOT NULL,
    doubts           text[] NOT NULL
);
CREATE INDEX movement_revision ON movement (movement_id, revision);

CREATE TABLE health (
    recorded_at  timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    seq          bigint NOT NULL,
    boottime_ns  bigint NOT NULL,
    epoch        uuid NOT NULL,
    boot_id      uuid NOT NULL,
    gateway_no   integer NOT NULL,
    boot_no      integer NOT NULL,
    lane         smallint NOT NULL,
    time_quality smallint NOT NULL,
    claimed_at   timestamptz,
    body         jsonb NOT NULL
);
CREATE INDEX health_gateway ON health (gateway_no, recorded_at);

-- The newest revision of each movement: what the pour log and the business day are made of.
CREATE TABLE movement_head (
    gateway_no      integer NOT NULL REFERENCES gateway,
    movement_id     uuid NOT NULL,
    site_no         integer NOT NULL REFERENCES site,
    revision        smallint NOT NULL,
    kind            smallint NOT NULL,
    recorded_at     timestamptz NOT NULL,
    slot_no         integer,
    product_no      integer,
    volume_ml       real,
    volume_sigma_ml real,
    PRIMARY KEY (gateway_no, movement_id)
);
CREATE INDEX movement_head_site ON movement_head (site_no, recorded_at, movement_id);
CREATE INDEX movement_head_product ON movement_head (product_no, recorded_at) WHERE kind = 0;

-- What is known of each slot now. weight_g and weighed_at are of the newest reading of quality ok;
-- quality, seq and seen_at of the newest of any. shared: the weight is that of several slots together.
CREATE TABLE slot_state (
    slot_no    integer PRIMARY KEY REFERENCES slot,
    epoch      uuid NOT NULL,
    seq        bigint NOT NULL,
    seen_at    timestamptz NOT NULL,
    quality    smallint NOT NULL,
    shared     boolean NOT NULL,
    weight_g   real,
    sigma_g    real,
    weighed_at timestamptz
) WITH (fillfactor = 50);

-- The pour log: the newest revision of each movement, with the names of things.
CREATE VIEW movement_line AS
SELECT h.site_no, h.gateway_no, h.movement_id, replace(h.movement_id::text, '-', '') AS movement_id_hex, h.revision,
       stage.word AS stage, movement_kind.word AS kind, h.recorded_at AS at, slot.slot_id, m.slot_probability,
       shelf.name AS shelf_name, product.product_id, product.name AS product_name, h.volume_ml, h.volume_sigma_ml,
       m.weight_after_g - m.weight_before_g AS delta_g, m.doubts, m.time_quality
FROM movement_head h
JOIN LATERAL (
    SELECT * FROM movement
    WHERE movement.movement_id = h.movement_id AND movement.revision = h.revision
      AND movement.recorded_at = h.recorded_at AND movement.gateway_no = h.gateway_no
    LIMIT 1
) m ON true
JOIN stage ON stage.code = m.stage
JOIN movement_kind ON movement_kind.code = h.kind
JOIN scale ON scale.scale_no = m.scale_no
JOIN shelf ON shelf.shelf_no = scale.shelf_no
LEFT JOIN slot ON slot.slot_no = h.slot_no
LEFT JOIN product ON product.product_no = h.product_no;

-- For people and audits: every record with its words and names.
CREATE VIEW reading_log AS
SELECT g.gateway_id, replace(r.epoch::text, '-', '') AS epoch, lane.word AS lane, r.seq, r.recorded_at, r.received_at,
       r.time_quality, s.scale_id, slot.slot_id, r.weight_g, r.sigma_g, quality.word AS quality, r.temperature_c
FROM reading r
JOIN gateway g USING (gateway_no)
JOIN lane ON lane.code = r.lane
JOIN quality ON quality.code = r.quality
JOIN scale s USING (scale_no)
LEFT JOIN slot ON slot.slot_no = r.slot_no;

CREATE VIEW movement_log AS
SELECT g.gateway_id, replace(m.epoch::text, '-', '') AS epoch, lane.word AS lane, m.seq, m.recorded_at, m.received_at,
       m.time_quality, replace(m.movement_id::text, '-', '') AS movement_id, m.revision, stage.word AS stage,
       movement_kind.word AS kind, s.scale_id, slot.slot_id, m.slot_probability, product.product_id,
       m.weight_before_g, m.weight_after_g, m.delta_sigma_g, m.volume_ml, m.volume_sigma_ml, m.posterior, m.doubts
FROM movement m
JOIN gateway g USING (gateway_no)
JOIN lane ON lane.code = m.lane
JOIN stage ON stage.code = m.stage
JOIN movement_kind ON movement_kind.code = m.kind
JOIN scale s USING (scale_no)
LEFT JOIN slot ON slot.slot_no = m.slot_no
LEFT JOIN product ON product.product_no = m.product_no;

CREATE VIEW health_log AS
SELECT g.gateway_id, replace(h.epoch::text, '-', '') AS epoch, lane.word AS lane, h.seq, h.recorded_at, h.received_at,
       h.time_quality, h.body
FROM health h
JOIN gateway g USING (gateway_no)
JOIN lane ON lane.code = h.lane;

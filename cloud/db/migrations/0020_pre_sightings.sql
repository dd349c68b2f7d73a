-- What the cameras of gateways saw. The history is a plain table on both kinds of database, kept for 35 days:
-- a camera says a few hundred bytes a minute. What stock is made of is slot_sight, the newest word on each slot.

CREATE TABLE sighting (
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
CREATE INDEX sighting_gateway ON sighting (gateway_no, recorded_at);

-- volume_ml is the gateway's belief from all its sensors and source says from which; scale_ml is what the scale
-- alone said then; findings are sentences.
CREATE TABLE slot_sight (
    slot_no         integer PRIMARY KEY REFERENCES slot,
    epoch           uuid NOT NULL,
    seq             bigint NOT NULL,
    seen_at         timestamptz NOT NULL,
    state           text NOT NULL,
    fill_level      real,
    fill_sigma      real,
    scale_ml        real,
    volume_ml       real,
    volume_sigma_ml real,
    source          text,
    findings        text[] NOT NULL
) WITH (fillfactor = 50);

CREATE VIEW sighting_log AS
SELECT g.gateway_id, replace(s.epoch::text, '-', '') AS epoch, lane.word AS lane, s.seq, s.recorded_at, s.received_at,
       s.time_quality, s.body
FROM sighting s
JOIN gateway g USING (gateway_no)
JOIN lane ON lane.code = s.lane;

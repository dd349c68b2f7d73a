-- Who may speak, how far each has spoken, how it is, and what it said that could not be believed.

CREATE TABLE gateway_key (
    gateway_no    integer NOT NULL REFERENCES gateway,
    public_key    bytea NOT NULL CHECK (octet_length(public_key) = 32),
    registered_at timestamptz NOT NULL,
    revoked_at    timestamptz,
    PRIMARY KEY (gateway_no, public_key)
);

-- The high-water mark: everything of this lane up to and including seq is committed.
CREATE TABLE mark (
    gateway_no integer NOT NULL REFERENCES gateway,
    epoch      uuid NOT NULL,
    lane       smallint NOT NULL,
    seq        bigint NOT NULL,
    PRIMARY KEY (gateway_no, epoch, lane)
) WITH (fillfactor = 50);

-- Positions that a gateway gave up on purpose; they will never be records.
CREATE TABLE gap (
    gap_no      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_no  integer NOT NULL REFERENCES gateway,
    epoch       uuid NOT NULL,
    lane        smallint NOT NULL,
    from_seq    bigint NOT NULL,
    to_seq      bigint NOT NULL,
    reason      text NOT NULL,
    declared_at timestamptz NOT NULL
);
CREATE INDEX ON gap (gateway_no, gap_no);

CREATE TABLE gateway_state (
    gateway_no     integer PRIMARY KEY REFERENCES gateway,
    seen_at        timestamptz,
    quarantined    bigint NOT NULL DEFAULT 0,
    flagged        bigint NOT NULL DEFAULT 0,
    given_up       bigint NOT NULL DEFAULT 0,
    health_epoch   uuid,
    health_seq     bigint,
    health_at      timestamptz,
    software       text,
    outbox_waiting integer,
    clock_synced   boolean,
    refused        jsonb NOT NULL DEFAULT '{}',
    scales         jsonb NOT NULL DEFAULT '[]'
) WITH (fillfactor = 50);

-- Bounded: the newest rows of each gateway; gateway_state.quarantined counts them all.
CREATE TABLE quarantine (
    quarantine_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_no    integer NOT NULL REFERENCES gateway,
    epoch         uuid NOT NULL,
    lane          smallint NOT NULL,
    seq           bigint NOT NULL,
    received_at   timestamptz NOT NULL,
    reason        text NOT NULL,
    record        text NOT NULL
);
CREATE INDEX ON quarantine (gateway_no, quarantine_no);

-- Whole batches refused, by one of a fixed set of reasons.
CREATE TABLE refusal (
    gateway_no integer NOT NULL REFERENCES gateway,
    reason     text NOT NULL,
    batches    bigint NOT NULL,
    last_at    timestamptz NOT NULL,
    PRIMARY KEY (gateway_no, reason)
);

-- Names that knocked and are not registered; bounded to the newest.
CREATE TABLE stranger (
    gateway_id text PRIMARY KEY,
    batches    bigint NOT NULL,
    last_at    timestamptz NOT NULL
);
CREATE INDEX ON stranger (last_at);

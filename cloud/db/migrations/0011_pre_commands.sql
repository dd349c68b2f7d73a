-- What people ask of gateways, and how gateways should be and are set.

-- state is how far the gateway has said it is; a command that no gateway has received by expires_at never begins.
CREATE TABLE command (
    command_id  uuid PRIMARY KEY,
    gateway_no  integer NOT NULL REFERENCES gateway,
    kind        text NOT NULL,
    arguments   jsonb NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    sent_at     timestamptz,
    received_at timestamptz,
    ended_at    timestamptz,
    is_done     boolean,
    detail      text,
    result      text
);
CREATE INDEX command_newest ON command (gateway_no, made_at DESC);
CREATE INDEX command_open ON command (gateway_no) WHERE received_at IS NULL AND ended_at IS NULL;

CREATE TABLE desired_settings (
    gateway_no integer PRIMARY KEY REFERENCES gateway,
    version    bigint NOT NULL,
    settings   jsonb NOT NULL,
    set_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE reported_settings (
    gateway_no  integer PRIMARY KEY REFERENCES gateway,
    version     bigint NOT NULL,
    settings    jsonb NOT NULL,
    problem     text,
    reported_at timestamptz NOT NULL DEFAULT now()
);

-- Claims that let a gateway in, keys that end, and what all processes of this cloud sign with.
-- Times here are the database's own, which is real time even where the bar's runs faster.

-- secret: the twelve letters that both sides know; gone once the claim is over. gateway_no: made for one gateway.
CREATE TABLE claim (
    claim_no   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    handle     text NOT NULL UNIQUE CHECK (length(handle) = 4),
    secret     text CHECK (length(secret) = 12),
    site_no    integer NOT NULL REFERENCES site,
    gateway_no integer REFERENCES gateway,
    made_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    used_by    integer REFERENCES gateway,
    used_key   bytea
);

-- ends_at: a key that was replaced still counts until then. how: registered, enrolled or rotated.
ALTER TABLE gateway_key ADD COLUMN ends_at timestamptz;
ALTER TABLE gateway_key ADD COLUMN how text NOT NULL DEFAULT 'registered' CHECK (how IN ('registered', 'enrolled', 'rotated'));
CREATE INDEX gateway_key_public ON gateway_key (public_key);

CREATE TABLE cloud_secret (
    name  text PRIMARY KEY,
    value bytea NOT NULL CHECK (octet_length(value) = 32)
);

-- A nonce is signed once; one that has expired needs no row to be refused.
CREATE TABLE used_nonce (
    nonce      text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON used_nonce (expires_at);

-- Where everything stands. Names are the layout's slugs; the *_no columns are what rows of measurements carry.
-- What a newer layout no longer names is retired, never deleted: old rows still point at it.

CREATE TABLE organisation (
    organisation_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text NOT NULL UNIQUE
);

CREATE TABLE site (
    site_no         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_no integer NOT NULL REFERENCES organisation,
    site_id         text NOT NULL UNIQUE,
    name            text NOT NULL,
    timezone        text NOT NULL,
    day_ends_at     time NOT NULL
);

CREATE TABLE location (
    location_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no     integer NOT NULL REFERENCES site,
    name        text NOT NULL,
    UNIQUE (site_no, name)
);

CREATE TABLE product (
    product_no       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no          integer NOT NULL REFERENCES site,
    product_id       text NOT NULL,
    position         integer NOT NULL,
    name             text NOT NULL,
    category         text NOT NULL,
    liquid           text NOT NULL,
    volume_ml        double precision NOT NULL CHECK (volume_ml > 0),
    tare_weight_g    double precision NOT NULL CHECK (tare_weight_g >= 0),
    density_g_per_ml double precision NOT NULL CHECK (density_g_per_ml > 0),
    par_bottles      double precision,
    retired_at       timestamptz,
    UNIQUE (site_no, product_id)
);

-- A gateway's name is unique among all sites: a batch carries nothing else to tell whose it is.
CREATE TABLE gateway (
    gateway_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no    integer NOT NULL REFERENCES site,
    gateway_id text NOT NULL UNIQUE,
    position   integer NOT NULL,
    name       text NOT NULL,
    retired_at timestamptz
);

CREATE TABLE shelf (
    shelf_no    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no     integer NOT NULL REFERENCES site,
    location_no integer NOT NULL REFERENCES location,
    gateway_no  integer NOT NULL REFERENCES gateway,
    shelf_id    text NOT NULL,
    position    integer NOT NULL,
    name        text NOT NULL,
    retired_at  timestamptz,
    UNIQUE (site_no, shelf_id)
);

CREATE TABLE scale (
    scale_no     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no      integer NOT NULL REFERENCES site,
    shelf_no     integer NOT NULL REFERENCES shelf,
    scale_id     text NOT NULL,
    position     integer NOT NULL,
    node         text NOT NULL,
    channel      text NOT NULL,
    tare_counts  double precision NOT NULL,
    counts_per_g double precision NOT NULL,
    capacity_g   double precision NOT NULL,
    retired_at   timestamptz,
    UNIQUE (site_no, scale_id)
);

CREATE TABLE slot (
    slot_no    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no    integer NOT NULL REFERENCES site,
    shelf_no   integer NOT NULL REFERENCES shelf,
    scale_no   integer REFERENCES scale,
    product_no integer REFERENCES product,
    slot_id    text NOT NULL,
    position   integer NOT NULL,
    retired_at timestamptz,
    UNIQUE (site_no, slot_id)
);

-- What is special about a day, and sales where nothing is weighed.

-- Where a site is, for its holidays and its weather; a site without a row has neither.
CREATE TABLE site_place (
    site_no     integer PRIMARY KEY REFERENCES site,
    country     text NOT NULL,
    subdivision text,
    latitude    double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude   double precision CHECK (longitude BETWEEN -180 AND 180),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
);

-- What people know of: a festival, a match, a private party. Removed ones stay, for forecasts that knew of them.
CREATE TABLE event (
    event_no   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no    integer NOT NULL REFERENCES site,
    calendar   text NOT NULL,
    uid        text NOT NULL,
    name       text NOT NULL,
    starts_on  date NOT NULL,
    ends_on    date NOT NULL,
    added_at   timestamptz NOT NULL,
    removed_at timestamptz,
    CHECK (ends_on >= starts_on)
);
CREATE UNIQUE INDEX event_uid ON event (site_no, calendar, uid, starts_on) WHERE removed_at IS NULL;

-- Weather as it was foretold, never overwritten: a forecast of demand may only know what was known.
CREATE TABLE weather (
    site_no           integer NOT NULL REFERENCES site,
    day_on            date NOT NULL,
    issued_at         timestamptz NOT NULL,
    temperature_max_c real NOT NULL,
    precipitation_mm  real NOT NULL,
    PRIMARY KEY (site_no, day_on, issued_at)
);
CREATE INDEX weather_issued ON weather (site_no, issued_at);

-- What a name in a site's sales file stands for: how much of which product leaves the stock with each sale.
CREATE TABLE sales_item (
    site_no     integer NOT NULL REFERENCES site,
    name        text NOT NULL,
    product_no  integer NOT NULL REFERENCES product,
    ml_per_sale double precision NOT NULL CHECK (ml_per_sale > 0),
    PRIMARY KEY (site_no, name, product_no)
);

-- Sold pieces by name and business day, as imported; demand is counted from them.
CREATE TABLE sale (
    site_no  integer NOT NULL REFERENCES site,
    day_on   date NOT NULL,
    name     text NOT NULL,
    pieces   double precision NOT NULL,
    PRIMARY KEY (site_no, day_on, name)
);

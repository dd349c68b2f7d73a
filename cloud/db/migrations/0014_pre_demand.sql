-- Demand per site, product and business day: what forecasts and orders are made from. One row per source; where
-- several sources speak of the same day, the one of the lowest rank counts (demand_known).

CREATE TABLE demand_source (code smallint PRIMARY KEY, word text NOT NULL UNIQUE, rank smallint NOT NULL UNIQUE);
INSERT INTO demand_source VALUES (0, 'sensed', 0), (1, 'sales', 1), (2, 'counted', 2);

-- quantity_ml: what left the stock. servings: pours, or pieces sold; their size is quantity / servings.
-- exposure: share 0..1 of the open time in which there was something to sell; 0: the day was not seen.
CREATE TABLE demand (
    site_no     integer NOT NULL REFERENCES site,
    product_no  integer NOT NULL REFERENCES product,
    day_on      date NOT NULL,
    source      smallint NOT NULL REFERENCES demand_source,
    quantity_ml double precision NOT NULL CHECK (quantity_ml >= 0),
    sigma_ml    double precision NOT NULL CHECK (sigma_ml >= 0),
    servings    integer NOT NULL CHECK (servings >= 0),
    exposure    real NOT NULL CHECK (exposure BETWEEN 0 AND 1),
    counted_at  timestamptz NOT NULL,
    PRIMARY KEY (site_no, product_no, day_on, source)
);

-- What demand said before it was corrected, and until when: so that what was known at any time can be told, and a
-- forecast can be repeated as it was made.
CREATE TABLE demand_was (
    site_no     integer NOT NULL REFERENCES site,
    product_no  integer NOT NULL REFERENCES product,
    day_on      date NOT NULL,
    source      smallint NOT NULL REFERENCES demand_source,
    quantity_ml double precision NOT NULL,
    sigma_ml    double precision NOT NULL,
    servings    integer NOT NULL,
    exposure    real NOT NULL,
    counted_at  timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL
);
CREATE INDEX demand_was_site ON demand_was (site_no, day_on);

-- The business days on which a site was open, and from when to when something was sold. A day that is not here
-- was closed, or nobody saw it.
CREATE TABLE open_day (
    site_no   integer NOT NULL REFERENCES site,
    day_on    date NOT NULL,
    source    smallint NOT NULL REFERENCES demand_source,
    opened_at timestamptz,
    closed_at timestamptz,
    PRIMARY KEY (site_no, day_on, source)
);

CREATE VIEW demand_known AS
SELECT DISTINCT ON (site_no, product_no, day_on) demand.*
FROM demand JOIN demand_source ON code = source
ORDER BY site_no, product_no, day_on, rank;

-- Hours of a site in which a movement was added or corrected since its demand was last counted. Written by the
-- movements' own transaction, whoever writes them: a correction that comes months later is counted too. A list
-- and not a set, so that batches of two gateways never wait for each other.
CREATE TABLE demand_touched (
    touched_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no    integer NOT NULL,
    hour_at    timestamptz NOT NULL
);
CREATE INDEX demand_touched_site ON demand_touched (site_no, hour_at);

CREATE FUNCTION touch_demand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO demand_touched (site_no, hour_at)
    SELECT DISTINCT site_no, date_trunc('hour', recorded_at) FROM changed;
    RETURN NULL;
END;
$$;

CREATE TRIGGER movement_added AFTER INSERT ON movement_head
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION touch_demand();
CREATE TRIGGER movement_corrected AFTER UPDATE ON movement_head
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION touch_demand();
CREATE TRIGGER movement_was AFTER UPDATE ON movement_head
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION touch_demand();

-- What stood there before is counted on the first run.
INSERT INTO demand_touched (site_no, hour_at)
SELECT DISTINCT site_no, date_trunc('hour', recorded_at) FROM movement_head;

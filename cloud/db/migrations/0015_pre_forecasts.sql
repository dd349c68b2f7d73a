-- What was foretold, as it was foretold: an issued forecast never changes, a newer one supersedes it.

CREATE TABLE forecast_run (
    run_no       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no      integer NOT NULL REFERENCES site,
    made_at      timestamptz NOT NULL,
    starts_on    date NOT NULL,
    horizon_days smallint NOT NULL,
    method       text NOT NULL,
    reason       text NOT NULL,
    levels       real[] NOT NULL,
    leads        smallint[] NOT NULL,
    provenance   jsonb NOT NULL
);
CREATE INDEX forecast_run_site ON forecast_run (site_no, run_no);

-- Arrays lie one after the other: quantiles_ml is day by day its levels, sum_quantiles_ml lead by lead its levels.
-- basis: where it comes from in words, such as 'own history'. days_known: days of own demand behind it.
CREATE TABLE forecast (
    run_no           bigint NOT NULL REFERENCES forecast_run ON DELETE CASCADE,
    product_no       integer NOT NULL REFERENCES product,
    basis            text NOT NULL,
    days_known       smallint NOT NULL,
    mean_ml          real[] NOT NULL,
    quantiles_ml     real[] NOT NULL,
    sum_mean_ml      real[] NOT NULL,
    sum_quantiles_ml real[] NOT NULL,
    why              jsonb NOT NULL,
    PRIMARY KEY (run_no, product_no)
);
CREATE INDEX forecast_product ON forecast (product_no, run_no);

-- Which method a site's forecasts are made by, and how the others did when they were last compared.
CREATE TABLE forecast_champion (
    site_no   integer PRIMARY KEY REFERENCES site,
    method    text NOT NULL,
    judged_at timestamptz NOT NULL,
    reason    text NOT NULL,
    scores    jsonb NOT NULL
);

-- What came, beside what had been foretold for it: one row per product, day and horizon (1: the next day; 7: the
-- sum of the next seven). rank is the share of the stated distribution under what came (0..1).
CREATE TABLE forecast_outcome (
    site_no      integer NOT NULL REFERENCES site,
    product_no   integer NOT NULL REFERENCES product,
    starts_on    date NOT NULL,
    length_days  smallint NOT NULL,
    run_no       bigint NOT NULL,
    method       text NOT NULL,
    foretold_ml  real NOT NULL,
    came_ml      real NOT NULL,
    rank         real NOT NULL,
    loss         real NOT NULL,
    PRIMARY KEY (site_no, product_no, starts_on, length_days)
);

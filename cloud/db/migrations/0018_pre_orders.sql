-- Plans as they were made, with what they were made from, and the orders a manager approved.

-- How a site orders; without a row the defaults hold. weekly_budget, storage_l: null is unlimited.
CREATE TABLE order_settings (
    site_no         integer PRIMARY KEY REFERENCES site,
    days            smallint NOT NULL DEFAULT 14 CHECK (days BETWEEN 1 AND 56),
    weekly_budget   double precision CHECK (weekly_budget >= 0),
    storage_l       double precision CHECK (storage_l > 0),
    holding_rate    double precision NOT NULL DEFAULT 0.25 CHECK (holding_rate >= 0),
    shortage_factor double precision NOT NULL DEFAULT 3.5 CHECK (shortage_factor > 0)
);

-- inputs: stock, forecast, prices, calendars and settings, packed; the same code makes the same plan of them.
-- fingerprint: of lines and cost, to compare a repeat with.
CREATE TABLE order_plan (
    plan_no     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no     integer NOT NULL REFERENCES site,
    made_at     timestamptz NOT NULL,
    reason      text NOT NULL,
    software    text NOT NULL,
    inputs      bytea NOT NULL,
    fingerprint text NOT NULL,
    suggestion  jsonb NOT NULL
);
CREATE INDEX order_plan_site ON order_plan (site_no, plan_no);

CREATE TABLE purchase_order (
    order_no    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no     integer NOT NULL REFERENCES site,
    supplier_no integer NOT NULL REFERENCES supplier,
    plan_no     bigint REFERENCES order_plan ON DELETE SET NULL,
    order_on    date NOT NULL,
    arrives_on  date NOT NULL,
    state       text NOT NULL CHECK (state IN ('approved', 'withdrawn')),
    approved_at timestamptz NOT NULL
);
CREATE INDEX purchase_order_site ON purchase_order (site_no, arrives_on);
CREATE UNIQUE INDEX purchase_order_once ON purchase_order (supplier_no, order_on) WHERE state = 'approved';

CREATE TABLE purchase_order_line (
    order_no   bigint NOT NULL REFERENCES purchase_order ON DELETE CASCADE,
    article_no integer NOT NULL REFERENCES article,
    cases      integer NOT NULL CHECK (cases >= 1),
    pack_units integer NOT NULL,
    unit_price double precision NOT NULL,
    deposit    double precision NOT NULL,
    PRIMARY KEY (order_no, article_no)
);

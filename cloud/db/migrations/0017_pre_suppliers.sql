-- Who sells what at which price, and when they take orders and come. Money is in the site's own currency.

CREATE TABLE supplier (
    supplier_no         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no             integer NOT NULL REFERENCES site,
    supplier_id         text NOT NULL,
    name                text NOT NULL,
    order_weekdays      smallint[] NOT NULL DEFAULT '{}',
    cut_off             time NOT NULL DEFAULT '12:00',
    lead_days           smallint NOT NULL DEFAULT 1 CHECK (lead_days BETWEEN 0 AND 60),
    delivery_weekdays   smallint[] NOT NULL DEFAULT '{}',
    closed_on           date[] NOT NULL DEFAULT '{}',
    minimum_order_value double precision NOT NULL DEFAULT 0 CHECK (minimum_order_value >= 0),
    delivery_fee        double precision NOT NULL DEFAULT 0 CHECK (delivery_fee >= 0),
    is_closed           boolean NOT NULL DEFAULT false,
    UNIQUE (site_no, supplier_id)
);

-- pack_units: bottles in a case. Prices and deposits are of one bottle. product_no: null until it is matched.
CREATE TABLE article (
    article_no      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_no     integer NOT NULL REFERENCES supplier,
    article_id      text NOT NULL,
    name            text NOT NULL,
    barcode         text,
    product_no      integer REFERENCES product,
    pack_units      integer NOT NULL CHECK (pack_units >= 1),
    bottle_ml       double precision NOT NULL CHECK (bottle_ml > 0),
    deposit         double precision NOT NULL DEFAULT 0 CHECK (deposit >= 0),
    shelf_life_days integer CHECK (shelf_life_days > 0),
    priced_at       timestamptz NOT NULL,
    retired_at      timestamptz,
    UNIQUE (supplier_no, article_id)
);
CREATE INDEX article_product ON article (product_no);

-- From min_cases on, every bottle of the line costs unit_price.
CREATE TABLE price_break (
    article_no integer NOT NULL REFERENCES article ON DELETE CASCADE,
    min_cases  integer NOT NULL CHECK (min_cases >= 1),
    unit_price double precision NOT NULL CHECK (unit_price > 0),
    PRIMARY KEY (article_no, min_cases)
);

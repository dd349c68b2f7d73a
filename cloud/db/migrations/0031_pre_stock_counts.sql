-- What stands in store rooms, counted by hand. Rows are only ever added: the newest of a room and product counts,
-- the older ones say who counted what and when.
CREATE TABLE stock_count (
    count_no    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_no     integer NOT NULL REFERENCES site,
    location_no integer NOT NULL REFERENCES location,
    product_no  integer NOT NULL REFERENCES product,
    counted_at  timestamptz NOT NULL,
    counted_by  text NOT NULL,
    bottles     double precision NOT NULL CHECK (bottles BETWEEN 0 AND 100000)
);
CREATE INDEX stock_count_newest ON stock_count (site_no, product_no, location_no, count_no DESC);

-- How late suppliers come, when approved orders came, and room by storage zone.

-- usual_delay_days, delay_spread_days: what a person thinks, before deliveries say it.
ALTER TABLE supplier
    ADD COLUMN usual_delay_days  double precision NOT NULL DEFAULT 0 CHECK (usual_delay_days BETWEEN 0 AND 14),
    ADD COLUMN delay_spread_days double precision NOT NULL DEFAULT 0 CHECK (delay_spread_days BETWEEN 0 AND 14);

-- arrives_on: as promised. came_on: the day it came; null until somebody says so.
ALTER TABLE purchase_order ADD COLUMN came_on date;

-- A plan over three weeks is cheaper than one over two: docs/ordering.md says by how much.
ALTER TABLE order_settings ALTER COLUMN days SET DEFAULT 21;

-- zones: [{"name", "litres", "categories"}]; what belongs to none shares storage_l.
ALTER TABLE order_settings ADD COLUMN zones jsonb NOT NULL DEFAULT '[]';

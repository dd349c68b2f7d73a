-- Without chunks, a block-range index finds a range of time; rows arrive nearly in order.

CREATE INDEX reading_time ON reading USING brin (recorded_at);
CREATE INDEX movement_time ON movement USING brin (recorded_at);
CREATE INDEX health_time ON health USING brin (recorded_at);

-- How far a gateway's readings have come, and when it last said how much it still has to send.
ALTER TABLE gateway_state ADD COLUMN waiting_at timestamptz, ADD COLUMN states_to timestamptz;

-- A movement of the gateway's: the bottle stands again with next to nothing in it.
INSERT INTO movement_kind VALUES (6, 'empty');

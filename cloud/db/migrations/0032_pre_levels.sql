-- What a manager says of a product by hand; a layout that is imported again leaves it as it is.

-- par_by_hand: bottles, in place of the layout's par. at_least_bottles: to be kept in reserve by plans.
ALTER TABLE product ADD COLUMN par_by_hand double precision CHECK (par_by_hand >= 0);
ALTER TABLE product ADD COLUMN at_least_bottles double precision CHECK (at_least_bottles >= 0);

-- How much more a missing bottle weighs, of classes A, B and C.
ALTER TABLE order_settings ADD COLUMN class_weights double precision[] NOT NULL DEFAULT '{1,1,1}'
    CHECK (array_length(class_weights, 1) = 3);

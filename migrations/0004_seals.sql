-- Count and sum of what each part of a table holds, so that a row that was changed, added or taken away by hand is found. They are
-- made of the rows that are there when a release first opens the database, and follow every write from then on.

create table seals (
    -- The table.
    sealed text not null,
    -- Whose rows: an upload's, or one token's; empty: all.
    part text not null,
    rows bigint not null,
    -- Sum of the rows' hashes, modulo 2^128, in hex.
    sum text not null,
    primary key (sealed, part)
);

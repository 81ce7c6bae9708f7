-- Who did what, and what a person has decided of timings.

-- Rows are only ever added. What was done before this was kept is not in it.
create table audit (
    id bigint not null primary key,
    at bigint not null,
    -- Who did it: `seed`, `import`, `command line`, or the name of the token …
    sender text not null,
    -- … whose id this is.
    token bigint references tokens (id),
    -- `upload`, `undo`, `restore`, `release`, `hold`, `token_created` or `token_revoked`.
    action text not null,
    -- What it was done to: `upload`, `measurement` or `token`, and its id.
    subject text not null,
    subject_id bigint not null,
    -- How many timings came, went or were decided on.
    timings bigint not null,
    -- Why, where that was asked for.
    reason text
);

-- A row for each time that a person decided on a measurement: what held of it until that version of the data. With `moves`
-- it says how a fit of an earlier version saw it.
create table rulings (
    version bigint not null,
    measurement bigint not null references measurements (id),
    was text,
    primary key (version, measurement)
);

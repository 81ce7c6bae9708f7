-- Which measurements were in the fits at which version of the data, and which fits that gave, so that any of them can be
-- made again.

-- The version that brought the upload; 0: it came before this was kept.
alter table uploads add column version bigint not null default 0;

-- A row for each time that a measurement was taken out of the fits or put back, whatever for; none for its coming. So a
-- measurement was in them at an earlier version if it is now and has moved an even number of times since, or if it is not
-- and the number is odd.
create table moves (
    version bigint not null,
    measurement bigint not null references measurements (id),
    primary key (version, measurement)
);

-- The first version that gave a fit; its hash is that in the fit's name, with the sign that 64 bits have as a bigint.
create table fits (
    hash bigint not null primary key,
    version bigint not null
);

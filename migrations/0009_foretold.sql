-- How timings were predicted before they were learnt, so that it can be told how often intervals held.

-- Of what came before this was kept nothing can be told any more: a fit that has seen a timing says nothing of how it would
-- have predicted it. Whether a timing counts follows from its measurement: only what is in the fits now does.
create table foretold (
    measurement bigint not null primary key references measurements (id),
    -- ln(measured / predicted).
    log_ratio double precision not null,
    -- Half the widths of the intervals of 80, 90 and 95 %, likewise as logs.
    half_80 double precision not null,
    half_90 double precision not null,
    half_95 double precision not null
);

-- How many timings of a platform are out is said beside each of its fits.
create index measurements_doubted on measurements (platform, mode) where quarantined is not null and removed_at is null;

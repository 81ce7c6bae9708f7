-- Fits as they were made, so that a start reads them and does not make them of all timings again. All of it follows from the
-- measurements: it may be deleted at any time, and is in no seal.

-- One row, or none: nothing that is kept can be believed then.
create table kept_at (
    -- The version of the data that these fits are of.
    version bigint not null,
    -- Drawn anew where the data were replaced as a whole: a version alone does not say of which data.
    lineage bigint not null,
    -- Digest of which fits are kept, so that one that is missing is noticed.
    fits text not null
);

create table kept (
    platform text not null,
    mode text not null,
    -- As in `fits`, of the timings of this platform and mode alone.
    hash bigint not null,
    version bigint not null,
    -- The version of the data by which others stood in for it; null: it stands. One that does not is kept for a while, since
    -- somebody may just be reading it.
    until bigint,
    -- What lists show, with its digest.
    head blob not null,
    -- All the rest, with its digest.
    body blob not null,
    primary key (platform, mode, hash)
);

create index kept_heads on kept (until, platform, mode, hash, version);

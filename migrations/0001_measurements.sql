-- Platforms, uploads and measurements: what was sent; what follows from it is derived when it is read.
-- Forward only, in the subset that SQLite and PostgreSQL share. Flags are 0 or 1, times are Unix milliseconds.

create table meta (
    name text not null primary key,
    value text not null
);

-- Grows with every change to the measurements, in the same transaction.
create table data_version (
    version bigint not null
);

insert into data_version (version) values (0);

create table platforms (
    id text not null primary key,
    device text not null,
    device_count bigint not null,
    precision text,
    memory_format text,
    compiled bigint,
    framework text
);

create table uploads (
    id bigint not null primary key,
    created_at bigint not null,
    -- Who sent it: `seed`, `import`, or the name of a token.
    sender text not null,
    accepted bigint not null,
    duplicates bigint not null,
    quarantined bigint not null,
    rejected bigint not null,
    -- SHA-256 over its rows, to find out later whether one was damaged.
    content_hash text not null,
    -- When it was taken out; null: it was not.
    removed_at bigint
);

-- Rows that were not stored, as they were sent, to be fixed and sent again.
create table rejections (
    upload bigint not null references uploads (id),
    line bigint not null,
    field text not null,
    detail text not null,
    hint text not null,
    sent text not null,
    primary key (upload, line)
);

create table tokens (
    id bigint not null primary key,
    name text not null unique,
    scope text not null,
    -- SHA-256 of the token, which itself is shown once and kept nowhere.
    hash text not null unique,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);

create table measurements (
    id bigint not null primary key,
    upload bigint not null references uploads (id),
    line bigint not null,
    platform text not null references platforms (id),
    mode text not null,
    label text,
    family text,
    -- JSON as it was sent: a name, or a full description.
    model text,
    scaling text,
    -- In place of `model`.
    flops double precision,
    params double precision,
    acts double precision,
    resolution bigint,
    batch_size bigint,
    images_per_second double precision,
    step_seconds double precision,
    epoch_seconds double precision,
    dataset_images bigint,
    measured_at text,
    source text,
    noise double precision,
    -- Hash of all that makes two rows the same timing.
    identity text not null,
    -- Why it is kept out of the fits; null: it is in them.
    quarantined text,
    -- When it was taken out by its owner; null: it was not.
    removed_at bigint
);

create unique index measurements_by_identity on measurements (identity) where removed_at is null;
create index measurements_by_platform on measurements (platform, mode, id);
create index measurements_by_upload on measurements (upload, id);

-- All tables, as the steps for files have made them until 0010, which say what each column is. Text is compared by its bytes, as
-- SQLite does: a list has one order wherever it is kept. Nothing is sealed: whoever may edit a server may edit seals too.

create table meta (
    name text collate "C" not null primary key,
    value text collate "C" not null
);

create table data_version (
    version bigint not null
);

insert into data_version (version) values (0);

create table platforms (
    id text collate "C" not null primary key,
    device text collate "C" not null,
    device_count bigint not null,
    precision text collate "C",
    memory_format text collate "C",
    compiled bigint,
    framework text collate "C"
);

create table tokens (
    id bigint not null primary key,
    name text collate "C" not null unique,
    scope text collate "C" not null,
    hash text collate "C" not null unique,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);

create table uploads (
    id bigint not null primary key,
    created_at bigint not null,
    sender text collate "C" not null,
    accepted bigint not null,
    duplicates bigint not null,
    quarantined bigint not null,
    rejected bigint not null,
    content_hash text collate "C" not null,
    removed_at bigint,
    version bigint not null default 0,
    token bigint references tokens (id)
);

create table rejections (
    upload bigint not null references uploads (id),
    line bigint not null,
    field text collate "C" not null,
    detail text collate "C" not null,
    hint text collate "C" not null,
    sent text collate "C" not null,
    primary key (upload, line)
);

create table measurements (
    id bigint not null primary key,
    upload bigint not null references uploads (id),
    line bigint not null,
    platform text collate "C" not null references platforms (id),
    mode text collate "C" not null,
    label text collate "C",
    family text collate "C",
    model text collate "C",
    scaling text collate "C",
    flops double precision,
    params double precision,
    acts double precision,
    resolution bigint,
    batch_size bigint,
    images_per_second double precision,
    step_seconds double precision,
    epoch_seconds double precision,
    dataset_images bigint,
    measured_at text collate "C",
    source text collate "C",
    noise double precision,
    identity text collate "C" not null,
    quarantined text collate "C",
    removed_at bigint,
    mark text collate "C",
    ruling text collate "C"
);

create unique index measurements_by_identity on measurements (identity) where removed_at is null;
create index measurements_by_platform on measurements (platform, mode, id);
create index measurements_by_upload on measurements (upload, id);
create index measurements_out on measurements (identity, id) where removed_at is not null;
create index measurements_doubted on measurements (platform, mode) where quarantined is not null and removed_at is null;

create table duplicates (
    upload bigint not null references uploads (id),
    measurement bigint not null references measurements (id),
    mark text collate "C",
    primary key (upload, measurement)
);

create index duplicates_by_measurement on duplicates (measurement);

create table moves (
    version bigint not null,
    measurement bigint not null references measurements (id),
    primary key (version, measurement)
);

create table fits (
    hash bigint not null primary key,
    version bigint not null
);

create table audit (
    id bigint not null primary key,
    at bigint not null,
    sender text collate "C" not null,
    token bigint references tokens (id),
    action text collate "C" not null,
    subject text collate "C" not null,
    subject_id bigint not null,
    timings bigint not null,
    reason text collate "C"
);

create table rulings (
    version bigint not null,
    measurement bigint not null references measurements (id),
    was text collate "C",
    primary key (version, measurement)
);

create table repeats (
    token bigint not null references tokens (id),
    key text collate "C" not null,
    at bigint not null,
    sent text collate "C" not null,
    answer text collate "C" not null,
    primary key (token, key)
);

create index repeats_by_time on repeats (at);

create table foretold (
    measurement bigint not null primary key references measurements (id),
    log_ratio double precision not null,
    half_80 double precision not null,
    half_90 double precision not null,
    half_95 double precision not null
);

create table kept_at (
    version bigint not null,
    lineage bigint not null,
    fits text collate "C" not null
);

create table kept (
    platform text collate "C" not null,
    mode text collate "C" not null,
    hash bigint not null,
    version bigint not null,
    until bigint,
    head bytea not null,
    body bytea not null,
    primary key (platform, mode, hash)
);

create index kept_heads on kept (until, platform, mode, hash, version);

-- Who stands for a timing, so that taking out and putting back can be undone in any order.

-- A timing that an upload sent and that was stored already: there it is, and this upload stands for it too.
create table duplicates (
    upload bigint not null references uploads (id),
    measurement bigint not null references measurements (id),
    -- As in measurements, of this upload alone.
    mark text,
    primary key (upload, measurement)
);

create index duplicates_by_measurement on duplicates (measurement);

-- Whether the upload that brought it still stands for it. Null: it does; `upload`: it was taken out with an upload of the same
-- sender, and comes back with its own; `row`: it was taken out by itself, and comes back by itself. From now on `removed_at`
-- follows from the marks: it is null where somebody stands for the timing and no other measurement is in for it.
alter table measurements add column mark text;

create index measurements_out on measurements (identity, id) where removed_at is not null;

-- What is out stays out, and can be put back with its upload or by itself. Rows that went at one instant went with their
-- upload, also where that was taken out twice and its rows could not be put back any more; a row that went at an instant of its
-- own went by itself, unless it is all that its upload has.
update measurements set mark = 'upload' where removed_at is not null;

update measurements set mark = 'row'
where removed_at is not null
and removed_at is distinct from (select removed_at from uploads where uploads.id = measurements.upload)
and id in (select min(id) from measurements where removed_at is not null group by upload, removed_at having count(*) = 1)
and upload in (select upload from measurements group by upload having count(*) > 1);

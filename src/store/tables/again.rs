//! Timings that are sent again: what is in has one more upload that stands for it, what was taken out comes back.

use std::collections::{HashMap, HashSet};

use super::measurements::{COLUMNS, NewRow, Row};
use crate::store::error::StoreError;
use crate::store::sql::{Builder, Connection};

/// Ids of one statement, of SQLite's 32,766 parameters.
const IDS: usize = 5000;

/// Puts what was taken out and is among `rows` to the letter back in, so that it keeps its id; what its sender says now of
/// whether it is held out counts, and that it was put in by a person still does.
///
/// Returns the ids, with the positions in `rows`. A timing that was sent otherwise before is left to be stored anew.
pub(super) async fn bring_back(
    db: &mut Connection,
    rows: &[NewRow],
) -> Result<Vec<(i64, usize)>, StoreError> {
    let mut query = Builder::new("select ");
    query
        .push(COLUMNS)
        .push(" from measurements where removed_at is not null and identity in (");
    listed(&mut query, rows);
    query.push(
        ") and not exists (select 1 from measurements other
                           where other.removed_at is null and other.identity = measurements.identity)
         order by id",
    );
    let found: Vec<Row> = query.build_query_as().fetch_all(&mut *db).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut out: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in &found {
        out.entry(&row.identity).or_default().push(row);
    }
    let mut seen = HashSet::new();
    let mut back: Vec<(i64, usize)> = Vec::new();
    for (position, NewRow(row)) in rows.iter().enumerate() {
        let known = out
            .get(row.identity.as_str())
            .filter(|_| seen.insert(&row.identity));
        let same = known.and_then(|known| known.iter().find(|known| known.says_the_same_as(row)));
        back.extend(same.map(|same| (same.id, position)));
    }
    put_in(
        db,
        back.iter().map(|(id, position)| (*id, &rows[*position].0)),
    )
    .await?;
    Ok(back)
}

/// Puts measurements in with what is held out of the rows that they were sent as.
async fn put_in<'a>(
    db: &mut Connection,
    back: impl ExactSizeIterator<Item = (i64, &'a Row)>,
) -> Result<(), StoreError> {
    if back.len() == 0 {
        return Ok(());
    }
    let sql = "update measurements set removed_at = null, quarantined = held.column2,
               ruling = coalesce(held.column3, nullif(ruling, 'out')) from (";
    let mut query = Builder::new(sql);
    query.push_values(back, |(id, row)| {
        [id.into(), (&row.quarantined).into(), (&row.ruling).into()]
    });
    query.push(") as held where measurements.id = held.column1");
    query.build().execute(db).await?;
    Ok(())
}

/// Keeps that `upload` stands for those of `rows` that are in and that it did not bring itself.
pub(super) async fn stand_for(
    db: &mut Connection,
    upload: i64,
    rows: &[NewRow],
) -> Result<(), StoreError> {
    let mut query = Builder::new("insert into duplicates (upload, measurement) select ");
    query
        .push_bind(upload)
        .push(", id from measurements where upload <> ")
        .push_bind(upload)
        .push(" and removed_at is null and identity in (");
    listed(&mut query, rows);
    query.push(") order by id on conflict do nothing");
    query.build().execute(db).await?;
    Ok(())
}

/// Keeps that the measurements `ids` were put back into the fits at `version`.
pub(in crate::store) async fn moved(
    db: &mut Connection,
    ids: &[i64],
    version: i64,
) -> Result<(), StoreError> {
    for ids in ids.chunks(IDS) {
        let mut query = Builder::new("insert into moves (version, measurement) ");
        query.push_values(ids, |id| [version.into(), id.into()]);
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

fn listed<'q>(query: &mut Builder<'q>, rows: &'q [NewRow]) {
    query.push_list(rows.iter().map(|NewRow(row)| &row.identity));
}

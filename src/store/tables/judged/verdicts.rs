//! Storing what timings are thought of.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::store::error::StoreError;
use crate::timing::judge::standing::Judgement;

/// Ids of one statement, of SQLite's 32,766 parameters.
const IDS: usize = 5000;

/// Stores `judgement`.
pub(in crate::store::tables) async fn store(
    db: &mut SqliteConnection,
    judgement: &Judgement,
) -> Result<(), StoreError> {
    for cleared in judgement.cleared.chunks(IDS) {
        let sql = "update measurements set quarantined = null where id in (";
        let mut query = QueryBuilder::<Sqlite>::new(sql);
        let mut list = query.separated(", ");
        for id in cleared {
            list.push_bind(id);
        }
        query.push(")");
        query.build().execute(&mut *db).await?;
    }
    for doubted in judgement.doubted.chunks(IDS) {
        let sql = "update measurements set quarantined = verdicts.column2 from (";
        let mut query = QueryBuilder::<Sqlite>::new(sql);
        query.push_values(doubted, |mut columns, (id, reason)| {
            columns.push_bind(id).push_bind(reason);
        });
        query.push(") as verdicts where measurements.id = verdicts.column1");
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

/// Those of the measurements `ids` that a person has put in.
pub(in crate::store::tables) async fn released(
    db: &mut SqliteConnection,
    ids: &[i64],
) -> Result<Vec<i64>, StoreError> {
    let mut released = Vec::new();
    for ids in ids.chunks(IDS) {
        let sql = "select id from measurements where ruling = 'in' and id in (";
        let mut query = QueryBuilder::<Sqlite>::new(sql);
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id);
        }
        query.push(") order by id");
        let found: Vec<i64> = query.build_query_scalar().fetch_all(&mut *db).await?;
        released.extend(found);
    }
    Ok(released)
}

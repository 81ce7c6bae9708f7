//! What timings are thought of: stored, and counted.

use std::collections::BTreeMap;

use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Builder, Connection};
use crate::timing::judge::quarantine::Judgement;
use crate::timing::{Mode, PlatformId};

/// Ids of one statement, of SQLite's 32,766 parameters.
const IDS: usize = 5000;

/// Stores `judgement`.
pub(in crate::store::tables) async fn store(
    db: &mut Connection,
    judgement: &Judgement,
) -> Result<(), StoreError> {
    for cleared in judgement.cleared.chunks(IDS) {
        let sql = "update measurements set quarantined = null where id in (";
        let mut query = Builder::new(sql);
        query.push_list(cleared);
        query.push(")");
        query.build().execute(&mut *db).await?;
    }
    for doubted in judgement.doubted.chunks(IDS) {
        let sql = "update measurements set quarantined = verdicts.column2 from (";
        let mut query = Builder::new(sql);
        query.push_values(doubted, |(id, reason)| [id.into(), reason.into()]);
        query.push(") as verdicts where measurements.id = verdicts.column1");
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

impl Store {
    /// How many measurements of each platform and mode are out of the fits.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn out(&self) -> Result<BTreeMap<(PlatformId, Mode), usize>, StoreError> {
        let sql = "select platform, mode, count(*) from measurements
                   where quarantined is not null and removed_at is null
                   group by platform, mode order by platform, mode";
        let rows: Vec<(String, String, i64)> = sql::query_as(sql).fetch_all(&self.read).await?;
        let count = |(platform, mode, count): (String, String, i64)| {
            let fit = fit(&platform, &mode).map_err(|column| StoreError::Corrupt {
                table: "measurements",
                column,
                key: String::new(),
                cause: format!("`{platform}`, `{mode}`"),
            })?;
            Ok((fit, usize::try_from(count).unwrap_or_default()))
        };
        rows.into_iter().map(count).collect()
    }
}

/// The platform and the mode that are called so; else the column that no release has written.
pub(in crate::store::tables) fn fit(
    platform: &str,
    mode: &str,
) -> Result<(PlatformId, Mode), &'static str> {
    let id = PlatformId::new(platform).map_err(|_| "platform")?;
    let mut modes = Mode::ALL.into_iter();
    let mode = modes.find(|own| own.as_str() == mode).ok_or("mode")?;
    Ok((id, mode))
}

/// Those of the measurements `ids` that a person has put in.
pub(in crate::store::tables) async fn released(
    db: &mut Connection,
    ids: &[i64],
) -> Result<Vec<i64>, StoreError> {
    let mut released = Vec::new();
    for ids in ids.chunks(IDS) {
        let sql = "select id from measurements where ruling = 'in' and id in (";
        let mut query = Builder::new(sql);
        query.push_list(ids);
        query.push(") order by id");
        let found: Vec<i64> = query.build_query_scalar().fetch_all(&mut *db).await?;
        released.extend(found);
    }
    Ok(released)
}

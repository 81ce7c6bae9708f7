//! How timings were predicted before they were learnt, and who sent them.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::verdicts::fit;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Arg, Builder, Connection};
use crate::store::tables::uploads::Writing;
use crate::timing::judge::calibration::Outcome;
use crate::timing::judge::foretold::Foretold;
use crate::timing::{Mode, PlatformId};

/// Rows of one statement: 5 columns each, of SQLite's 32,766 parameters.
const ROWS: usize = 5000;

/// Keeps how new measurements were predicted.
async fn keep(db: &mut Connection, foretold: &[Foretold]) -> Result<(), StoreError> {
    for rows in foretold.chunks(ROWS) {
        let sql = "insert into foretold (measurement, log_ratio, half_80, half_90, half_95) ";
        let mut query = Builder::new(sql);
        query.push_values(rows, |row| {
            let [half_80, half_90, half_95] = row.half_widths.map(Arg::from);
            [row.row.into(), row.off.into(), half_80, half_90, half_95]
        });
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

impl Writing {
    /// The id that its first new measurement has.
    #[must_use]
    pub fn first_row(&self) -> i64 {
        self.first_row
    }

    /// Keeps how measurements that it has brought were predicted.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn foretell(&mut self, foretold: &[Foretold]) -> Result<(), StoreError> {
        keep(&mut self.transaction, foretold).await
    }
}

impl Writing {
    /// Who sent each of the timings of `platform` in `mode` that are in the fits once it is stored, by id of the measurement.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn senders(
        &mut self,
        platform: &PlatformId,
        mode: Mode,
    ) -> Result<BTreeMap<i64, String>, StoreError> {
        let sql = "select measurements.id, sender from measurements join uploads on uploads.id = measurements.upload
                   where platform = $1 and mode = $2 and measurements.removed_at is null
                   and measurements.quarantined is null order by measurements.id";
        let query = sql::query_as(sql)
            .bind(platform.as_str())
            .bind(mode.as_str());
        let rows: Vec<(i64, String)> = query.fetch_all(&mut *self.transaction).await?;
        Ok(rows.into_iter().collect())
    }
}

#[derive(FromRow)]
struct Row {
    measurement: i64,
    platform: String,
    mode: String,
    created_at: i64,
    log_ratio: f64,
    half_80: f64,
    half_90: f64,
    half_95: f64,
}

impl Store {
    /// What came of the predictions of the timings that are in the fits now and were predicted before they were learnt: the
    /// `most` that came last, newest first.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn outcomes(&self, most: u32) -> Result<Vec<Outcome>, StoreError> {
        // In this order of tables, which SQLite keeps where they are crossed: of the others there may be a million rows.
        let sql = "select measurement, platform, mode, uploads.created_at, log_ratio, half_80, half_90, half_95
                   from foretold cross join measurements cross join uploads
                   where measurements.id = foretold.measurement and uploads.id = measurements.upload
                   and measurements.removed_at is null and measurements.quarantined is null
                   order by measurement desc limit $1";
        let query = sql::query_as(sql).bind(i64::from(most));
        let rows: Vec<Row> = query.fetch_all(&self.read).await?;
        rows.into_iter().map(Outcome::try_from).collect()
    }
}

impl TryFrom<Row> for Outcome {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let (platform, mode) =
            fit(&row.platform, &row.mode).map_err(|column| StoreError::Corrupt {
                table: "measurements",
                column,
                key: row.measurement.to_string(),
                cause: format!("`{}`, `{}`", row.platform, row.mode),
            })?;
        Ok(Self {
            platform,
            mode,
            at: row.created_at,
            off: row.log_ratio,
            half_widths: [row.half_80, row.half_90, row.half_95],
        })
    }
}

//! Storing rows: an upload is one transaction.

use sqlx::SqliteConnection;

use super::{Store, StoreError, measurements, platforms};
use crate::timing::{Measurement, Platform};

impl Store {
    /// Stores the built-in measurements as the first upload.
    pub(super) async fn save_seed(
        &self,
        new_platforms: &[Platform],
        rows: &[Measurement],
        now: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write.begin_with("begin immediate").await?;
        for platform in new_platforms {
            platforms::insert(&mut transaction, platform).await?;
        }
        let upload = next_id(&mut transaction).await?;
        let sql = "insert into uploads (id, created_at, sender, accepted, duplicates, quarantined, rejected)
                   values ($1, $2, 'seed', $3, 0, 0, 0)";
        let accepted = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        sqlx::query(sql)
            .bind(upload)
            .bind(now)
            .bind(accepted)
            .execute(&mut *transaction)
            .await?;
        measurements::insert(&mut transaction, upload, rows).await?;
        bump_version(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }
}

async fn next_id(db: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(
        sqlx::query_scalar("select coalesce(max(id), 0) + 1 from uploads")
            .fetch_one(db)
            .await?,
    )
}

async fn bump_version(db: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("update data_version set version = version + 1")
        .execute(db)
        .await?;
    Ok(())
}

//! Which platforms are there?

use std::collections::BTreeMap;

use serde_json::json;
use sqlx::FromRow;

use crate::json::{controls_written, typed};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Connection};
use crate::timing::data::platform::RawPlatform;
use crate::timing::{Mode, Platform, PlatformId};

#[derive(FromRow)]
struct Row {
    id: String,
    device: String,
    device_count: i64,
    precision: Option<String>,
    memory_format: Option<String>,
    compiled: Option<i64>,
    framework: Option<String>,
}

impl TryFrom<Row> for Platform {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |cause: crate::json::Invalid| StoreError::Corrupt {
            table: "platforms",
            column: "",
            key: row.id.clone(),
            cause: cause.to_string(),
        };
        // Earlier releases let control characters in.
        let device = controls_written(&row.device);
        let framework = row.framework.as_deref().map(controls_written);
        let raw = json!({
            "id": row.id, "device": device, "device_count": row.device_count, "precision": row.precision,
            "memory_format": row.memory_format, "compiled": row.compiled.map(|c| c != 0), "framework": framework,
        });
        typed::<RawPlatform>(&raw)
            .and_then(Self::try_from)
            .map_err(corrupt)
    }
}

impl Store {
    /// All platforms, by id.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn platforms(&self) -> Result<Vec<Platform>, StoreError> {
        let sql = "select id, device, device_count, precision, memory_format, compiled, framework
                   from platforms order by id";
        let rows: Vec<Row> = sql::query_as(sql).fetch_all(&self.read).await?;
        rows.into_iter().map(Platform::try_from).collect()
    }

    /// When each platform was last sent a timing that is still there, in Unix milliseconds, by id.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn last_uploads(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        // The last row of each mode is the end of a range in the index, however many there are.
        let sql = "select platforms.id, uploads.created_at
                   from platforms
                   join measurements on measurements.id = (
                       select last.id from measurements last
                       where last.platform = platforms.id and last.mode = $1 and last.removed_at is null
                       order by last.id desc limit 1)
                   join uploads on uploads.id = measurements.upload
                   order by platforms.id";
        let mut newest = BTreeMap::new();
        for mode in Mode::ALL {
            let rows: Vec<(String, i64)> = sql::query_as(sql)
                .bind(mode.as_str())
                .fetch_all(&self.read)
                .await?;
            for (id, at) in rows {
                let known = newest.entry(id).or_insert(at);
                *known = at.max(*known);
            }
        }
        Ok(newest)
    }
}

/// The platform `id` as it is stored.
pub(in crate::store) async fn stored(
    db: &mut Connection,
    id: &PlatformId,
) -> Result<Option<Platform>, StoreError> {
    let sql = "select id, device, device_count, precision, memory_format, compiled, framework
               from platforms where id = $1";
    let row: Option<Row> = sql::query_as(sql)
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Platform::try_from).transpose()
}

/// Stores a platform where none is known by its id; whether it did.
pub(in crate::store) async fn insert(
    db: &mut Connection,
    platform: &Platform,
) -> Result<bool, StoreError> {
    let sql = "insert into platforms (id, device, device_count, precision, memory_format, compiled, framework)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
    let inserted = sql::query(sql)
        .bind(platform.id.as_str())
        .bind(&platform.device)
        .bind(i64::from(platform.device_count))
        .bind(platform.precision.and_then(word))
        .bind(platform.memory_format.and_then(word))
        .bind(platform.compiled.map(i64::from))
        .bind(&platform.framework)
        .execute(db)
        .await?;
    Ok(inserted == 1)
}

/// The word that stands for a choice in JSON.
fn word(choice: impl serde::Serialize) -> Option<String> {
    serde_json::to_value(choice)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
}

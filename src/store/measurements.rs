//! Which measurements are there?

use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};

use super::{Store, StoreError};
use crate::json::Invalid;
use crate::timing::measurement::RawMeasurement;
use crate::timing::training::identity;
use crate::timing::{Measurement, Mode};
use crate::units::Whole;

/// A measurement with what the store knows of it.
#[derive(Clone, Debug)]
pub struct StoredMeasurement {
    /// Its id.
    pub id: i64,
    /// The upload that brought it.
    pub upload: i64,
    /// Its line there, from 1.
    pub line: i64,
    /// The measurement.
    pub measurement: Measurement,
    /// Why it is kept out of the fits, where it is.
    pub quarantined: Option<String>,
}

/// Which measurements to read.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this mode.
    pub mode: Option<Mode>,
    /// Of this timing group, as it was sent.
    pub label: Option<String>,
    /// Of this upload.
    pub upload: Option<i64>,
}

/// A part of the list, in the order of ids.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Only ids above this.
    pub after: i64,
    /// At most so many.
    pub limit: u32,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    upload: i64,
    line: i64,
    platform: String,
    mode: String,
    label: Option<String>,
    family: Option<String>,
    model: Option<String>,
    scaling: Option<String>,
    flops: Option<f64>,
    params: Option<f64>,
    acts: Option<f64>,
    resolution: Option<i64>,
    batch_size: Option<i64>,
    images_per_second: Option<f64>,
    step_seconds: Option<f64>,
    epoch_seconds: Option<f64>,
    dataset_images: Option<i64>,
    measured_at: Option<String>,
    source: Option<String>,
    noise: Option<f64>,
    quarantined: Option<String>,
}

impl TryFrom<Row> for StoredMeasurement {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let key = row.id;
        let corrupt = |column, cause: String| StoreError::Corrupt {
            table: "measurements",
            column,
            key: key.to_string(),
            cause,
        };
        let mode = match row.mode.as_str() {
            "train" => Mode::Train,
            "infer" => Mode::Infer,
            other => return Err(corrupt("mode", format!("`{other}`"))),
        };
        let parse = |column, text: Option<String>| {
            text.map(|text| serde_json::from_str(&text).map_err(|e| corrupt(column, e.to_string())))
                .transpose()
        };
        let scaling = row
            .scaling
            .map(|text| serde_json::from_str(&text))
            .transpose();
        let complexity = match (row.flops, row.params, row.acts) {
            (Some(flops), Some(params), Some(acts)) => {
                Some(serde_json::json!({"flops": flops, "params": params, "acts": acts}))
            }
            _ => None,
        };
        let whole =
            |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok()).map(Whole);
        let raw = RawMeasurement {
            platform: row.platform.into(),
            mode,
            label: row.label,
            model: parse("model", row.model)?,
            scaling: scaling.map_err(|e: serde_json::Error| corrupt("scaling", e.to_string()))?,
            complexity,
            family: row.family,
            resolution: whole(row.resolution),
            batch_size: whole(row.batch_size),
            images_per_second: row.images_per_second,
            step_seconds: row.step_seconds,
            epoch_seconds: row.epoch_seconds,
            dataset_images: whole(row.dataset_images),
            measured_at: row.measured_at,
            source: row.source,
            noise: row.noise,
        };
        let measurement = raw
            .try_into()
            .map_err(|e: Invalid| corrupt("", e.to_string()))?;
        let (id, upload, line, quarantined) = (row.id, row.upload, row.line, row.quarantined);
        Ok(Self {
            id,
            upload,
            line,
            measurement,
            quarantined,
        })
    }
}

const COLUMNS: &str = "id, upload, line, platform, mode, label, family, model, scaling, flops, params, acts, resolution, \
     batch_size, images_per_second, step_seconds, epoch_seconds, dataset_images, measured_at, source, noise, quarantined";

impl Store {
    /// The measurements that are in the fits, by id.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn fitted_measurements(&self) -> Result<Vec<Measurement>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query.push(COLUMNS).push(
            " from measurements where removed_at is null and quarantined is null order by id",
        );
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
        rows.into_iter()
            .map(|row| StoredMeasurement::try_from(row).map(|stored| stored.measurement))
            .collect()
    }

    /// One page of the measurements that `filter` lets through, by id.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn measurements(
        &self,
        filter: &Filter,
        page: Page,
    ) -> Result<Vec<StoredMeasurement>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("select ");
        query
            .push(COLUMNS)
            .push(" from measurements where removed_at is null and id > ")
            .push_bind(page.after);
        if let Some(platform) = &filter.platform {
            query.push(" and platform = ").push_bind(platform);
        }
        if let Some(mode) = filter.mode {
            query.push(" and mode = ").push_bind(mode.as_str());
        }
        if let Some(label) = &filter.label {
            query.push(" and label = ").push_bind(label);
        }
        if let Some(upload) = filter.upload {
            query.push(" and upload = ").push_bind(upload);
        }
        query
            .push(" order by id limit ")
            .push_bind(i64::from(page.limit));
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
        rows.into_iter().map(StoredMeasurement::try_from).collect()
    }
}

/// Rows of one statement: 24 columns each, of SQLite's 32,766 parameters.
const ROWS_A_STATEMENT: usize = 500;

/// Stores `rows` of `upload`; one that equals a stored row is left out. Returns how many were stored.
pub(super) async fn insert(
    db: &mut SqliteConnection,
    upload: i64,
    rows: &[Measurement],
) -> Result<u64, StoreError> {
    let first: i64 = sqlx::query_scalar("select coalesce(max(id), 0) + 1 from measurements")
        .fetch_one(&mut *db)
        .await?;
    let mut numbered = (first..).zip(1i64..).zip(rows);
    let mut stored = 0;
    loop {
        let part: Vec<_> = numbered.by_ref().take(ROWS_A_STATEMENT).collect();
        if part.is_empty() {
            return Ok(stored);
        }
        let mut query = QueryBuilder::<Sqlite>::new(
            "insert into measurements (id, upload, line, platform, mode, label, family, model, scaling, flops, params, \
             acts, resolution, batch_size, images_per_second, step_seconds, epoch_seconds, dataset_images, measured_at, \
             source, noise, identity) ",
        );
        query.push_values(part, |mut columns, ((id, line), row)| {
            let raw = &row.raw;
            let json = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string);
            let cost = |name: &str| {
                raw.complexity
                    .as_ref()
                    .and_then(|costs| costs[name].as_f64())
            };
            let count =
                |count: Option<Whole>| count.and_then(|Whole(count)| i64::try_from(count).ok());
            columns
                .push_bind(id)
                .push_bind(upload)
                .push_bind(line)
                .push_bind(row.platform.as_str())
                .push_bind(row.mode.as_str())
                .push_bind(&raw.label)
                .push_bind(&raw.family)
                .push_bind(json(&raw.model))
                .push_bind(
                    raw.scaling
                        .as_ref()
                        .and_then(|scaling| serde_json::to_string(scaling).ok()),
                )
                .push_bind(cost("flops"))
                .push_bind(cost("params"))
                .push_bind(cost("acts"))
                .push_bind(count(raw.resolution))
                .push_bind(count(raw.batch_size))
                .push_bind(raw.images_per_second)
                .push_bind(raw.step_seconds)
                .push_bind(raw.epoch_seconds)
                .push_bind(count(raw.dataset_images))
                .push_bind(&raw.measured_at)
                .push_bind(&raw.source)
                .push_bind(raw.noise)
                .push_bind(format!("{:032x}", identity(row)));
        });
        query.push(" on conflict do nothing");
        stored += query.build().execute(&mut *db).await?.rows_affected();
    }
}

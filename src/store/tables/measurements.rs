//! Which measurements are there?

use sha2::{Digest, Sha256};
use sqlx::FromRow;

use crate::json::{Invalid, controls_written};
use crate::net::complexity::RawComplexity;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Arg, Builder, Connection};
use crate::timing::data::identity::identity;
use crate::timing::data::measurement::RawMeasurement;
use crate::timing::{Measurement, Mode};
use crate::units::{Whole, to_u64};

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
    /// What a person has decided of it.
    pub ruling: Option<Ruling>,
}

/// What a person has decided of a timing, whatever the others let expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is in the fits.
    In,
    /// It is out of them.
    Out,
}

impl Ruling {
    const ALL: [Self; 2] = [Self::In, Self::Out];

    /// The word for it in the store.
    pub(in crate::store) const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ruling| ruling.as_str() == word)
    }
}

/// A row to be stored, its columns made out already: that is done in the thread that reads an upload, while the one
/// that stores it waits for the disk.
#[derive(Debug)]
pub struct NewRow(pub(in crate::store) Row);

impl NewRow {
    /// The row of `measurement` on `line` of an upload, from 1; `held` says why it is held out of the fits, where its sender
    /// may say so.
    #[must_use]
    pub fn new(line: u64, measurement: &Measurement, held: Option<String>) -> Self {
        Self(Row::new(line, measurement, held))
    }

    /// Whether it is held out of the fits.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.quarantined.is_some()
    }

    /// Its line in the upload, from 1.
    pub(in crate::store) fn line(&self) -> i64 {
        self.0.line
    }
}

/// Which measurements to read.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this platform.
    pub platform: Option<String>,
    /// Of this mode.
    pub mode: Option<Mode>,
    /// With this label.
    pub label: Option<String>,
    /// That this upload sent, be it as duplicates.
    pub upload: Option<i64>,
    /// Whether those that are kept out of the fits, or only those.
    pub quarantined: Option<bool>,
    /// With this text in the label or in the net, whatever the case of its letters.
    pub search: Option<String>,
}

impl Filter {
    /// Adds where to read from to a query of measurements.
    pub(super) fn source<'q>(&'q self, query: &mut Builder<'q>) {
        let Some(upload) = self.upload else {
            query.push(" from measurements");
            return;
        };
        // Of each half the rows come in the order of their ids: with one condition in place of two halves a page of a long
        // upload would sort all that is left of it.
        let duplicates = COLUMNS.replacen(
            "id, upload",
            "duplicates.measurement, measurements.upload",
            1,
        );
        query
            .push(" from (select ")
            .push(COLUMNS)
            .push(", removed_at from measurements where upload = ")
            .push_bind(upload)
            .push(" union all select ")
            .push(duplicates)
            .push(", removed_at from duplicates join measurements on measurements.id = duplicates.measurement where duplicates.upload = ")
            .push_bind(upload)
            .push(") as measurements");
    }

    /// Adds its conditions to a query of measurements.
    pub(super) fn narrow<'q>(&'q self, query: &mut Builder<'q>) {
        if let Some(platform) = &self.platform {
            query.push(" and platform = ").push_bind(platform);
        }
        if let Some(mode) = self.mode {
            query.push(" and mode = ").push_bind(mode.as_str());
        }
        if let Some(label) = &self.label {
            query.push(" and label = ").push_bind(label);
        }
        match self.quarantined {
            Some(true) => drop(query.push(" and quarantined is not null")),
            Some(false) => drop(query.push(" and quarantined is null")),
            None => {}
        }
        if let Some(search) = &self.search {
            query
                .push(" and lower(coalesce(label, '') || ' ' || coalesce(model, '')) like ")
                .push_bind(containing(search))
                .push(" escape '\\'");
        }
    }
}

/// What a lower-case text is like that contains `text`.
pub(super) fn containing(text: &str) -> String {
    let text = text.to_lowercase().replace('\\', "\\\\");
    format!("%{}%", text.replace('%', "\\%").replace('_', "\\_"))
}

/// A part of the list, in the order of ids.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Only ids above this.
    pub after: i64,
    /// At most so many.
    pub limit: u32,
}

/// What a row holds of what was sent.
#[derive(Debug, FromRow)]
pub(in crate::store) struct Row {
    pub(in crate::store) id: i64,
    pub(in crate::store) upload: i64,
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
    pub(super) identity: String,
    pub(in crate::store) quarantined: Option<String>,
    pub(in crate::store) ruling: Option<String>,
}

pub(in crate::store) const COLUMNS: &str = "id, upload, line, platform, mode, label, family, model, scaling, flops, params, acts, \
     resolution, batch_size, images_per_second, step_seconds, epoch_seconds, dataset_images, measured_at, source, noise, \
     identity, quarantined, ruling";

impl Row {
    fn new(line: u64, row: &Measurement, quarantined: Option<String>) -> Self {
        let raw = &row.raw;
        let cost = |cost: fn(&RawComplexity) -> f64| raw.complexity.as_ref().map(cost);
        let count = |count: Option<Whole>| count.and_then(|Whole(count)| i64::try_from(count).ok());
        Self {
            id: 0,
            upload: 0,
            line: i64::try_from(line).unwrap_or(i64::MAX),
            platform: row.platform.as_str().to_owned(),
            mode: row.mode.as_str().to_owned(),
            label: raw.label.clone(),
            family: raw.family.clone(),
            model: raw.model.as_ref().map(ToString::to_string),
            scaling: raw
                .scaling
                .as_ref()
                .and_then(|scaling| serde_json::to_string(scaling).ok()),
            flops: cost(|costs| costs.flops),
            params: cost(|costs| costs.params),
            acts: cost(|costs| costs.acts),
            resolution: count(raw.resolution),
            batch_size: count(raw.batch_size),
            images_per_second: raw.images_per_second,
            step_seconds: raw.step_seconds,
            epoch_seconds: raw.epoch_seconds,
            dataset_images: count(raw.dataset_images),
            measured_at: raw.measured_at.clone(),
            source: raw.source.clone(),
            noise: raw.noise,
            identity: format!("{:032x}", identity(row)),
            ruling: quarantined
                .is_some()
                .then(|| Ruling::Out.as_str().to_owned()),
            quarantined,
        }
    }

    /// Whether it says the same as `other` to the letter, wherever they were sent.
    pub(super) fn says_the_same_as(&self, other: &Self) -> bool {
        let bits = |row: &Self| row.reals().map(|real| real.map(f64::to_bits));
        self.texts() == other.texts()
            && self.wholes() == other.wholes()
            && bits(self) == bits(other)
    }

    fn texts(&self) -> [Option<&String>; 9] {
        [
            Some(&self.platform),
            Some(&self.mode),
            self.label.as_ref(),
            self.family.as_ref(),
            self.model.as_ref(),
            self.scaling.as_ref(),
            self.measured_at.as_ref(),
            self.source.as_ref(),
            Some(&self.identity),
        ]
    }

    fn reals(&self) -> [Option<f64>; 7] {
        [
            self.flops,
            self.params,
            self.acts,
            self.images_per_second,
            self.step_seconds,
            self.epoch_seconds,
            self.noise,
        ]
    }

    fn wholes(&self) -> [Option<i64>; 3] {
        [self.resolution, self.batch_size, self.dataset_images]
    }

    /// Feeds `hash` all that was sent, for a later check of damage: each text with its length, each number by its bits.
    /// The verdict is left out, which may change.
    pub(in crate::store) fn feed(&self, hash: &mut Sha256) {
        let mut bytes = Vec::with_capacity(256);
        for text in self.texts() {
            let length = text.map_or(u64::MAX, |text| to_u64(text.len()));
            bytes.extend(length.to_be_bytes());
            bytes.extend(text.map_or("", String::as_str).bytes());
        }
        for real in self.reals() {
            bytes.extend(real.map_or(u64::MAX, f64::to_bits).to_be_bytes());
        }
        let place = [Some(self.id), Some(self.line)];
        for whole in self.wholes().into_iter().chain(place) {
            bytes.extend(whole.unwrap_or(i64::MIN).to_be_bytes());
        }
        hash.update(&bytes);
    }
}

impl TryFrom<Row> for StoredMeasurement {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let (id, upload, line, quarantined) =
            (row.id, row.upload, row.line, row.quarantined.clone());
        let corrupt = |column, cause: String| StoreError::Corrupt {
            table: "measurements",
            column,
            key: id.to_string(),
            cause,
        };
        let ruling = row
            .ruling
            .as_deref()
            .map(|word| Ruling::read(word).ok_or_else(|| corrupt("ruling", format!("`{word}`"))));
        let ruling = ruling.transpose()?;
        let raw = sent(row).map_err(|(column, cause)| corrupt(column, cause))?;
        let measurement = raw
            .try_into()
            .map_err(|e: Invalid| corrupt("", e.to_string()))?;
        Ok(Self {
            id,
            upload,
            line,
            measurement,
            quarantined,
            ruling,
        })
    }
}

/// The row as it was sent; else the column that no release has written, and why.
fn sent(row: Row) -> Result<RawMeasurement, (&'static str, String)> {
    let mode = match row.mode.as_str() {
        "train" => Mode::Train,
        "infer" => Mode::Infer,
        other => return Err(("mode", format!("`{other}`"))),
    };
    let model = row
        .model
        .map(|text| serde_json::from_str(&text))
        .transpose();
    let scaling = row
        .scaling
        .map(|text| serde_json::from_str(&text))
        .transpose();
    let complexity = match (row.flops, row.params, row.acts) {
        (Some(flops), Some(params), Some(acts)) => Some(RawComplexity {
            flops,
            params,
            acts,
        }),
        _ => None,
    };
    // Earlier releases let control characters in, which none of our own readers takes.
    let text = |text: Option<String>| text.map(|text| controls_written(&text).into_owned());
    let whole = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok()).map(Whole);
    Ok(RawMeasurement {
        platform: row.platform.into(),
        mode,
        label: text(row.label),
        model: model.map_err(|e: serde_json::Error| ("model", e.to_string()))?,
        scaling: scaling.map_err(|e: serde_json::Error| ("scaling", e.to_string()))?,
        complexity,
        family: row.family,
        resolution: whole(row.resolution),
        batch_size: whole(row.batch_size),
        images_per_second: row.images_per_second,
        step_seconds: row.step_seconds,
        epoch_seconds: row.epoch_seconds,
        dataset_images: whole(row.dataset_images),
        measured_at: row.measured_at,
        source: text(row.source),
        noise: row.noise,
        verdict: None,
    })
}

impl Store {
    /// The next measurements that are in the fits, with ids above `after`, by id; none after the last.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn fitted_measurements(
        &self,
        after: i64,
    ) -> Result<Vec<(i64, Measurement)>, StoreError> {
        let mut query = Builder::new("select ");
        query
            .push(COLUMNS)
            .push(" from measurements where removed_at is null and quarantined is null and id > ");
        query.push_bind(after).push(" order by id limit 5000");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
        let measurement =
            |row| StoredMeasurement::try_from(row).map(|stored| (stored.id, stored.measurement));
        rows.into_iter().map(measurement).collect()
    }

    /// The next measurements of which nobody has decided that they are out, whether they are in the fits or not, with ids above
    /// `after`, by id; none after the last.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn judged_measurements(
        &self,
        after: i64,
    ) -> Result<Vec<StoredMeasurement>, StoreError> {
        let mut query = Builder::new("select ");
        query
            .push(COLUMNS)
            .push(" from measurements where removed_at is null and (ruling is null or ruling <> 'out') and id > ");
        query.push_bind(after).push(" order by id limit 5000");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
        rows.into_iter().map(StoredMeasurement::try_from).collect()
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
        let mut query = Builder::new("select ");
        query.push(COLUMNS);
        filter.source(&mut query);
        query
            .push(" where removed_at is null and id > ")
            .push_bind(page.after);
        filter.narrow(&mut query);
        query
            .push(" order by id limit ")
            .push_bind(i64::from(page.limit));
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
        rows.into_iter().map(StoredMeasurement::try_from).collect()
    }
}

/// Rows of one statement: 24 columns each, of SQLite's 32,766 parameters.
pub(super) const ROWS_A_STATEMENT: usize = 500;

/// Stores `rows` of `upload` with ids from `first`; one that equals a stored row is left out.
///
/// Returns those that were stored, in order.
pub(in crate::store) async fn insert<'a>(
    db: &mut Connection,
    upload: i64,
    first: i64,
    rows: &'a mut [NewRow],
) -> Result<Vec<&'a Row>, StoreError> {
    for (id, NewRow(row)) in (first..).zip(&mut *rows) {
        (row.id, row.upload) = (id, upload);
    }
    let mut numbered: Vec<&Row> = rows.iter().map(|NewRow(row)| row).collect();
    let mut query = Builder::new("insert into measurements (");
    query.push(COLUMNS).push(") ");
    query.push_values(numbered.iter().copied(), |row| {
        [
            Arg::from(row.id),
            Arg::from(row.upload),
            Arg::from(row.line),
            Arg::from(&row.platform),
            Arg::from(&row.mode),
            Arg::from(&row.label),
            Arg::from(&row.family),
            Arg::from(&row.model),
            Arg::from(&row.scaling),
            Arg::from(row.flops),
            Arg::from(row.params),
            Arg::from(row.acts),
            Arg::from(row.resolution),
            Arg::from(row.batch_size),
            Arg::from(row.images_per_second),
            Arg::from(row.step_seconds),
            Arg::from(row.epoch_seconds),
            Arg::from(row.dataset_images),
            Arg::from(&row.measured_at),
            Arg::from(&row.source),
            Arg::from(row.noise),
            Arg::from(&row.identity),
            Arg::from(&row.quarantined),
            Arg::from(&row.ruling),
        ]
    });
    query.push(" on conflict do nothing");
    let stored = query.build().execute(&mut *db).await?;
    if usize::try_from(stored).is_ok_and(|stored| stored < numbered.len()) {
        let sql = "select id from measurements where upload = $1 and id >= $2 order by id";
        let ids: Vec<i64> = sql::query_scalar(sql)
            .bind(upload)
            .bind(first)
            .fetch_all(db)
            .await?;
        numbered.retain(|row| ids.binary_search(&row.id).is_ok());
    }
    Ok(numbered)
}

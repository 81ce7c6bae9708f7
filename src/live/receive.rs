//! An upload, from its body to the fits: read and judged in one thread, stored in another, visible at once or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};
use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::Live;
use super::rejected::Rejected;
use crate::json::Invalid;
use crate::store::{
    Counts, NewRow, Sender, Store, StoreError, Writing, behind, behind_while_wanted,
};
use crate::timing::data::defaults::Defaults;
use crate::timing::data::measurement::Verdict;
use crate::timing::data::upload::{Context, Format, Line, Unreadable, read};
use crate::timing::judge::quarantine;
use crate::timing::predict::predictor::Predictor;
use crate::timing::predict::predictors::Timing;
use crate::timing::{Measurement, Mode, Platform, PlatformId, Predictors};

/// What to do with rows that are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// Store none of the upload.
    Abort,
    /// Store the others.
    Skip,
}

/// Rows that can be read again from the first.
pub trait Body: Read + Seek + Send {}

impl<T: Read + Seek + Send> Body for T {}

/// An upload that has arrived.
pub struct Upload {
    /// How its rows are written.
    pub format: Format,
    /// Its rows.
    pub body: Box<dyn Body>,
    /// What to do with rows that are wrong.
    pub on_error: OnError,
    /// Whether to answer the same, but store nothing.
    pub dry_run: bool,
    /// What the sender says of rows that do not say it themselves.
    pub defaults: Defaults,
    /// Whether a row's own `verdict` is believed.
    pub trusted: bool,
    /// Who sends it.
    pub sender: Sender,
    /// When, Unix milliseconds.
    pub now: i64,
}

/// What became of an upload.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its id; `None` for a dry run.
    pub upload: Option<i64>,
    /// How many rows went where.
    pub counts: Counts,
    /// Of the rejected rows as many as are kept, the first: enough to see what is wrong, however many there are.
    pub kept: i64,
    /// The first rows that are wrong.
    pub errors: Vec<RowError>,
    /// The first rows that are kept out of the fits: line and reason.
    pub doubted: Vec<(u64, String)>,
}

/// A row that is wrong.
#[derive(Clone, Debug)]
pub struct RowError {
    /// Its line in the upload, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub invalid: Invalid,
}

/// Why an upload was not stored.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// Its body as a whole cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Rows are wrong, and it was to be stored whole or not at all.
    #[error("{count} rows are wrong, and nothing was stored")]
    Rejected {
        /// How many.
        count: i64,
        /// The first of them.
        errors: Vec<RowError>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread of ours met a defect.
    #[error("a thread of the upload stopped")]
    Stopped,
}

/// Rows that are told of in an answer.
const TOLD: usize = 100;
/// Rows that go to the store at once.
const BATCH: usize = 1000;
/// Rows that wait for a verdict where a platform has no sound fit: enough for one.
const UNJUDGED: usize = 5_000;

/// What the reading thread sends to the storing one.
enum Batch {
    Rows(Ready),
    /// At the end, so that wrong rows alone hold up nobody else who writes.
    Rejected(Rejected),
}

/// Rows, what a regression sees of each, and the platforms of them that are new.
#[derive(Default)]
struct Ready {
    platforms: Vec<Platform>,
    rows: Vec<NewRow>,
    timings: Vec<Timing>,
}

impl Live {
    /// Stores an upload and fits what it brings; when this returns its rows are durable and in use.
    ///
    /// # Errors
    /// Where nothing was stored; see [`ReceiveError`].
    pub async fn receive(&self, mut upload: Upload) -> Result<Receipt, ReceiveError> {
        loop {
            match self.attempt(upload).await? {
                Attempt::Done(receipt) => return Ok(receipt),
                Attempt::Overtaken(back) => upload = back,
            }
            // What it says of a platform was news when it was read. It is read again, and told what it would have been told
            // had the other come first.
            upload.body.rewind().map_err(Unreadable::Io)?;
            self.refresh().await?;
        }
    }

    async fn attempt(&self, mut upload: Upload) -> Result<Attempt, ReceiveError> {
        let (send, batches) = mpsc::channel(4);
        let (on_error, dry_run) = (upload.on_error, upload.dry_run);
        let (store, sender, now) = (self.store.clone(), upload.sender.clone(), upload.now);
        let reader = Reader::new(self.predictors(), &upload, send);
        // To read or bind a thousand rows takes milliseconds, for which the threads that answer requests are too good.
        let reading = behind(move || (reader.run(&mut upload), upload));
        let storing = behind_while_wanted(stored(store, sender, now, batches));
        let (read, stored) = tokio::join!(reading, storing);
        let stored = stored.ok_or(ReceiveError::Stopped)??;
        let (told, upload) = read.ok_or(ReceiveError::Stopped)?;
        let Some((writing, fresh)) = stored else {
            return Ok(Attempt::Overtaken(upload));
        };
        let counts = writing.counts();
        let Told {
            errors,
            doubted,
            kept,
        } = told?;
        if counts.rejected > 0 && on_error == OnError::Abort {
            writing.roll_back().await?;
            return Err(ReceiveError::Rejected {
                count: counts.rejected,
                errors,
            });
        }
        let id = if dry_run {
            writing.roll_back().await?;
            None
        } else {
            let id = self.commit(writing, fresh).await?;
            self.tally.stored(counts);
            Some(id)
        };
        Ok(Attempt::Done(Receipt {
            upload: id,
            counts,
            kept,
            errors,
            doubted,
        }))
    }
}

/// How an attempt to store an upload has ended.
enum Attempt {
    Done(Receipt),
    /// Another upload has defined one of its platforms meanwhile, and not as this one does.
    Overtaken(Upload),
}

/// Stores all batches of an upload of `sender`, not yet visible; returns it with the timings that it brings, or nothing
/// where another upload has defined one of its platforms otherwise.
async fn stored(
    store: Store,
    sender: Sender,
    now: i64,
    mut batches: mpsc::Receiver<Batch>,
) -> Result<Option<(Writing, Vec<Timing>)>, StoreError> {
    // Begun when there is something to store, or nothing more to come.
    let mut next = batches.recv().await;
    let mut writing = store.begin(sender, now).await?;
    let mut fresh = Vec::new();
    while let Some(batch) = next {
        if let Batch::Rows(Ready { platforms, .. }) = &batch {
            for platform in platforms {
                if !writing.define(platform).await? {
                    writing.roll_back().await?;
                    return Ok(None);
                }
            }
        }
        fresh.extend(write(&mut writing, batch).await?);
        next = batches.recv().await;
    }
    Ok(Some((writing, fresh)))
}

/// Stores the rows of a batch; returns the timings that are in the fits once all is committed.
async fn write(writing: &mut Writing, batch: Batch) -> Result<Vec<Timing>, StoreError> {
    match batch {
        Batch::Rows(Ready {
            mut rows, timings, ..
        }) => {
            let stored = writing.store(&mut rows).await?;
            let mut timings: Vec<Option<Timing>> = timings.into_iter().map(Some).collect();
            let kept = stored
                .into_iter()
                .filter(|(_, position)| !rows[*position].is_quarantined());
            Ok(kept
                .filter_map(|(id, position)| Some(timings[position].take()?.of_row(id)))
                .collect())
        }
        Batch::Rejected(Rejected { count, kept, .. }) => {
            writing.reject(&kept, count).await?;
            Ok(Vec::new())
        }
    }
}

/// What an answer tells of single rows.
#[derive(Default)]
struct Told {
    errors: Vec<RowError>,
    doubted: Vec<(u64, String)>,
    /// Rejected rows that are kept.
    kept: i64,
}

/// Reads and judges rows, and sends them on in batches.
struct Reader {
    judge: Judge,
    context: Context,
    ready: Ready,
    rejected: Rejected,
    /// Platforms that the store knows, or will when this batch is stored.
    known: BTreeSet<PlatformId>,
    told: Told,
    send: mpsc::Sender<Batch>,
}

impl Reader {
    fn new(predictors: Arc<Predictors>, upload: &Upload, send: mpsc::Sender<Batch>) -> Self {
        let mut context = Context::new(predictors.platforms.clone());
        context.defaults.clone_from(&upload.defaults);
        let known = predictors.platforms.keys().cloned().collect();
        let judge = Judge {
            trusted: upload.trusted,
            predictors,
            own: BTreeMap::new(),
            waiting: Vec::new(),
        };
        Self {
            judge,
            context,
            ready: Ready::default(),
            rejected: Rejected::default(),
            known,
            told: Told::default(),
            send,
        }
    }

    fn run(mut self, upload: &mut Upload) -> Result<Told, Unreadable> {
        let mut context = std::mem::take(&mut self.context);
        read(
            upload.format,
            &mut upload.body,
            &mut context,
            &mut |line, context| self.take(line, context),
        )?;
        let judged = self.judge.rest(&context);
        self.told.kept = i64::try_from(self.rejected.kept.len()).unwrap_or(i64::MAX);
        let _ = self.keep(judged, &context);
        let _ = self.flush(true);
        Ok(self.told)
    }

    fn take(&mut self, line: Line, context: &Context) -> ControlFlow<()> {
        match line.row {
            Ok(measurement) => {
                let judged = self.judge.judge(line.number, measurement, context);
                self.keep(judged, context)?;
            }
            Err(invalid) => self.reject(line.number, invalid, line.sent),
        }
        self.flush(false)
    }

    fn keep(&mut self, judged: Vec<Judged>, context: &Context) -> ControlFlow<()> {
        for row in judged {
            if let Some(reason) = row
                .quarantined
                .as_ref()
                .filter(|_| self.told.doubted.len() < TOLD)
            {
                self.told.doubted.push((row.line, reason.clone()));
            }
            let id = &row.measurement.platform;
            if let Some(new) = context.platform(id).filter(|_| !self.known.contains(id)) {
                self.known.insert(id.clone());
                self.ready.platforms.push(new.clone());
            }
            if let Some(platform) = context.platform(id) {
                // The one id of all its rows: a copy for each would stay in memory with the timings.
                let timing = Timing::new(0, &row.measurement, platform.device_count);
                self.ready.timings.push(Timing {
                    platform: platform.id.clone(),
                    ..timing
                });
            }
            self.ready
                .rows
                .push(NewRow::new(row.line, &row.measurement, row.quarantined));
            self.flush(false)?;
        }
        ControlFlow::Continue(())
    }

    fn reject(&mut self, number: u64, invalid: Invalid, sent: String) {
        if let Some(error) = invalid.0.first() {
            self.rejected.add(number, error, sent);
        }
        if self.told.errors.len() < TOLD {
            self.told.errors.push(RowError {
                line: number,
                invalid,
            });
        }
    }

    /// Sends full batches on, or all that is left; breaks where nobody takes them.
    fn flush(&mut self, all: bool) -> ControlFlow<()> {
        let rows = self.ready.rows.len();
        if rows >= BATCH || (all && rows > 0) {
            let ready = std::mem::take(&mut self.ready);
            self.send(Batch::Rows(ready))?;
        }
        if all && self.rejected.count > 0 {
            let rejected = std::mem::take(&mut self.rejected);
            self.send(Batch::Rejected(rejected))?;
        }
        ControlFlow::Continue(())
    }

    fn send(&self, batch: Batch) -> ControlFlow<()> {
        match self.send.blocking_send(batch) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

/// A row with its verdict.
struct Judged {
    line: u64,
    measurement: Measurement,
    /// Why it is kept out of the fits, where it is.
    quarantined: Option<String>,
}

/// Judges rows by the platform's fit; where there is none yet, by that of the upload's own rows.
struct Judge {
    /// Whether a row's own verdict is believed.
    trusted: bool,
    predictors: Arc<Predictors>,
    /// Yardsticks made of this upload's rows; `None` where they were too few.
    own: BTreeMap<(PlatformId, Mode), Option<Predictor>>,
    waiting: Vec<(u64, Measurement)>,
}

impl Judge {
    /// The rows whose verdict is known now that this one has come.
    fn judge(&mut self, line: u64, measurement: Measurement, context: &Context) -> Vec<Judged> {
        if let Some(own) = measurement.raw.verdict.filter(|_| self.trusted) {
            let doubted = own == Verdict::Quarantined;
            let quarantined =
                doubted.then(|| "kept out of the fits where it was exported".to_owned());
            return vec![Judged {
                line,
                measurement,
                quarantined,
            }];
        }
        let key = (measurement.platform.clone(), measurement.mode);
        let stored = self
            .predictors
            .get(&key.0, key.1)
            .map(AsRef::as_ref)
            .filter(|p| quarantine::is_sound(p));
        let by = match (stored, self.own.get(&key)) {
            (Some(stored), _) => Some(stored),
            (None, Some(own)) => own.as_ref(),
            (None, None) => {
                self.waiting.push((line, measurement));
                return if self.waiting.len() >= UNJUDGED {
                    self.rest(context)
                } else {
                    Vec::new()
                };
            }
        };
        let quarantined = by.and_then(|by| quarantine::doubt(by, &measurement));
        vec![Judged {
            line,
            measurement,
            quarantined,
        }]
    }

    /// The rows that still wait.
    fn rest(&mut self, context: &Context) -> Vec<Judged> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut by_key: BTreeMap<(PlatformId, Mode), Vec<&Measurement>> = BTreeMap::new();
        for (_, row) in &waiting {
            by_key
                .entry((row.platform.clone(), row.mode))
                .or_default()
                .push(row);
        }
        for (key, rows) in by_key {
            let platform = context.platform(&key.0);
            let own = platform.and_then(|platform| quarantine::yardstick(&rows, platform, key.1));
            self.own.insert(key, own);
        }
        let judged = |(line, measurement): (u64, Measurement)| {
            let own = self
                .own
                .get(&(measurement.platform.clone(), measurement.mode));
            let quarantined = own.and_then(|own| quarantine::doubt(own.as_ref()?, &measurement));
            Judged {
                line,
                measurement,
                quarantined,
            }
        };
        waiting.into_iter().map(judged).collect()
    }
}

//! An upload, from its body to the fits: read in one thread and stored in another, judged as a whole, visible at once or not at all.

use std::collections::BTreeSet;
use std::io::{Read, Seek};
use std::ops::ControlFlow;

use tokio::sync::mpsc;

use super::Live;
use super::keyed::{Answered, Clash, Ended, Ending, Keyed};
use super::rejected::Rejected;
use super::stored::{Receipt, RowError, TOLD, Told};
use crate::json::Invalid;
use crate::store::{NewRow, Sender, Store, StoreError, Writing, behind, behind_while_wanted};
use crate::timing::data::defaults::Defaults;
use crate::timing::data::measurement::Verdict;
use crate::timing::data::upload::{Context, Format, Line, Unreadable, read};
use crate::timing::judge::counts::Counted;
use crate::timing::predict::predictors::Timing;
use crate::timing::{Measurement, Platform, PlatformId, Predictors};

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
    /// Something else was sent with its key.
    #[error("something else was sent with this key")]
    OtherSent,
    /// What was sent with its key is still at work.
    #[error("an upload with this key is still at work")]
    Running,
    /// A thread of ours met a defect.
    #[error("a thread of the upload stopped")]
    Stopped,
}

/// Rows that go to the store at once.
const BATCH: usize = 1000;
/// Why a row is held out that its sender holds out.
const HELD: &str = "kept out of the fits where it was exported";

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
    pub async fn receive(&self, upload: Upload) -> Result<Receipt, ReceiveError> {
        match self.received(upload, None).await? {
            Answered::Now(receipt) => Ok(receipt),
            // Without a key there is no answer from before.
            Answered::Before(_) => Err(ReceiveError::Stopped),
        }
    }

    /// Stores an upload as [`Live::receive`] does; where it is `keyed`, once, however often it is sent within a day.
    ///
    /// # Errors
    /// Where nothing was stored; see [`ReceiveError`].
    pub async fn receive_once(
        &self,
        upload: Upload,
        keyed: Option<Keyed>,
    ) -> Result<Answered, ReceiveError> {
        let Some(keyed) = keyed else {
            return self.received(upload, None).await;
        };
        let _at_work = self
            .running
            .begin(&keyed.once)
            .map_err(|clash| match clash {
                Clash::Same => ReceiveError::Running,
                Clash::Other => ReceiveError::OtherSent,
            })?;
        let answered = match self.store.first(&keyed.once, upload.now).await? {
            Some(first) => Answered::Before(first),
            // Another process may be about to store it: the transaction looks once more.
            None => self.received(upload, Some(&keyed)).await?,
        };
        match answered {
            Answered::Before(first) if first.sent != keyed.once.sent => {
                Err(ReceiveError::OtherSent)
            }
            answered => Ok(answered),
        }
    }

    /// The same, where `keyed` is what may be sent again.
    async fn received(
        &self,
        mut upload: Upload,
        keyed: Option<&Keyed>,
    ) -> Result<Answered, ReceiveError> {
        loop {
            match self.attempt(upload, keyed).await? {
                Attempt::Done(answered) => return Ok(answered),
                Attempt::Overtaken(back) => upload = back,
            }
            // What it says of a platform was news when it was read. It is read again, and told what it would have been told
            // had the other come first.
            upload.body.rewind().map_err(Unreadable::Io)?;
            self.refresh().await?;
        }
    }

    async fn attempt(
        &self,
        mut upload: Upload,
        keyed: Option<&Keyed>,
    ) -> Result<Attempt, ReceiveError> {
        let (send, batches) = mpsc::channel(4);
        let (on_error, dry_run) = (upload.on_error, upload.dry_run);
        let (store, sender, now) = (self.store.clone(), upload.sender.clone(), upload.now);
        let reader = Reader::new(&self.predictors(), &upload, send);
        // To read or bind a thousand rows takes milliseconds, for which the threads that answer requests are too good.
        let reading = behind(move || (reader.run(&mut upload), upload));
        let storing = behind_while_wanted(stored(store, sender, now, batches));
        let (read, stored) = tokio::join!(reading, storing);
        let stored = stored.ok_or(ReceiveError::Stopped)??;
        let (told, upload) = read.ok_or(ReceiveError::Stopped)?;
        let Some((writing, fresh)) = stored else {
            return Ok(Attempt::Overtaken(upload));
        };
        let told = told?;
        let count = writing.counts().rejected;
        if count > 0 && on_error == OnError::Abort {
            writing.roll_back().await?;
            let errors = told.errors;
            return Err(ReceiveError::Rejected { count, errors });
        }
        let ending = Ending {
            dry_run,
            keyed,
            told: &told,
        };
        let stored = match self.commit(writing, fresh, ending).await? {
            Ended::Stored(stored) => stored,
            Ended::Before(first) => return Ok(Attempt::Done(Answered::Before(first))),
        };
        if !dry_run {
            self.tally.stored(stored.counts);
        }
        Ok(Attempt::Done(Answered::Now(stored.receipt(&told))))
    }
}

/// How an attempt to store an upload has ended.
enum Attempt {
    Done(Answered),
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

/// Stores the rows of a batch; returns the timings that are to be judged.
async fn write(writing: &mut Writing, batch: Batch) -> Result<Vec<Timing>, StoreError> {
    match batch {
        Batch::Rows(Ready {
            mut rows, timings, ..
        }) => {
            let stored = writing.store(&mut rows).await?;
            let mut timings: Vec<Option<Timing>> = timings.into_iter().map(Some).collect();
            let kept = stored
                .into_iter()
                .filter(|(_, position)| !rows[*position].is_held());
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

/// Reads rows, and sends them on in batches.
struct Reader {
    /// Whether a row's own verdict is believed.
    trusted: bool,
    context: Context,
    ready: Ready,
    rejected: Rejected,
    /// Platforms that the store knows, or will when this batch is stored.
    known: BTreeSet<PlatformId>,
    told: Told,
    counted: Counted,
    send: mpsc::Sender<Batch>,
}

impl Reader {
    fn new(predictors: &Predictors, upload: &Upload, send: mpsc::Sender<Batch>) -> Self {
        let mut context = Context::new(predictors.platforms.clone());
        context.defaults.clone_from(&upload.defaults);
        let known = predictors.platforms.keys().cloned().collect();
        Self {
            trusted: upload.trusted,
            context,
            ready: Ready::default(),
            rejected: Rejected::default(),
            known,
            told: Told::default(),
            counted: Counted::default(),
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
        self.told.kept = i64::try_from(self.rejected.kept.len()).unwrap_or(i64::MAX);
        let _ = self.flush(true);
        self.told.twice = self.counted.units();
        self.told.other_counts = self.counted.others();
        self.told.no_group = self.counted.no_group();
        Ok(self.told)
    }

    fn take(&mut self, line: Line, context: &Context) -> ControlFlow<()> {
        match line.row {
            Ok(measurement) => self.keep(line.number, &measurement, context),
            Err(invalid) => self.reject(line.number, invalid, line.sent),
        }
        self.flush(false)
    }

    fn keep(&mut self, line: u64, row: &Measurement, context: &Context) {
        self.counted.look(line, row);
        let id = &row.platform;
        if let Some(new) = context.platform(id).filter(|_| !self.known.contains(id)) {
            self.known.insert(id.clone());
            self.ready.platforms.push(new.clone());
        }
        if let Some(platform) = context.platform(id) {
            // The one id of all its rows: a copy for each would stay in memory with the timings.
            let timing = Timing::new(0, row, platform.device_count);
            self.ready.timings.push(Timing {
                platform: platform.id.clone(),
                ..timing
            });
        }
        let held = self.trusted && row.raw.verdict == Some(Verdict::Quarantined);
        let held = held.then(|| HELD.to_owned());
        self.ready.rows.push(NewRow::new(line, row, held));
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

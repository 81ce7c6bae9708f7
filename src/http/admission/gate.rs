//! The gate before heavy work: as many at once as there are processors, a short queue, and a cheap refusal beyond it.
//!
//! The first places of the queue are never refused. Their number keeps the wait under twice the time of an idle service, and
//! lets a page ask for all its charts at once. Behind them a burst may wait; a queue that
//! does not empty means that more is asked than can be done, and then nobody there waits longer than the work itself takes.
//! So the processors are always at work. A refusal is held back for a moment: a client that ignores `Retry-After` and asks
//! again at once would otherwise spend the processors on being refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::http::extract::problem::ApiError;
use crate::store::behind_by;

/// Requests that wait for heavy work to begin.
pub(in crate::http) const MOST_WAITING: usize = 64;
/// Uploads that are received or stored at once.
pub(in crate::http) const MOST_UPLOADS: usize = 64;
/// How long a request of a burst may wait.
pub(in crate::http) const BURST: Duration = Duration::from_millis(500);
/// A queue that was not empty for so long is no burst.
const STANDING: Duration = Duration::from_millis(50);
/// After a refusal for so long every queue is a standing one.
const CALM: Duration = Duration::from_secs(1);
/// Least time that a request may wait.
const LEAST: Duration = Duration::from_millis(10);
/// Requests at once that an idle service never refuses: as many as a browser sends.
const HANDFUL: usize = 6;
/// How long a refusal is held back, and how many at once.
const HOLD: Duration = Duration::from_millis(100);
const MOST_HELD: usize = 1024;
/// How far heavy work is behind light questions, in steps of `nice`: a ninth of the weight where both want the same core,
/// so that a small question is answered at once beside any number of large ones, and these still go on.
const BEHIND: i32 = 10;

/// The gate.
#[derive(Debug)]
pub(in crate::http) struct Gate {
    begun: Instant,
    burst: Duration,
    hold: Duration,
    processors: usize,
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// When the queue was last empty, in microseconds since `begun`.
    empty_at: AtomicU64,
    /// When a request was last refused, on the same clock; 0: never.
    shed_at: AtomicU64,
    /// How long heavy work takes, in microseconds, the last weighing most.
    takes: AtomicU64,
    uploads: Semaphore,
    held: AtomicUsize,
    shed: AtomicU64,
    turns: AtomicU64,
}

impl Gate {
    pub(in crate::http) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            begun: Instant::now(),
            burst: BURST,
            hold: HOLD,
            processors,
            free: Arc::new(Semaphore::new(processors)),
            waiting: AtomicUsize::new(0),
            empty_at: AtomicU64::new(0),
            shed_at: AtomicU64::new(0),
            takes: AtomicU64::new(0),
            uploads: Semaphore::new(MOST_UPLOADS),
            held: AtomicUsize::new(0),
            shed: AtomicU64::new(0),
            turns: AtomicU64::new(0),
        }
    }

    /// Heavy work that may go on at once.
    pub(in crate::http) fn processors(&self) -> usize {
        self.processors
    }

    /// Heavy work that goes on.
    pub(in crate::http) fn running(&self) -> usize {
        self.processors - self.free.available_permits()
    }

    /// Requests that wait for it.
    pub(in crate::http) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Turns that were taken.
    pub(in crate::http) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// Uploads that are received or stored.
    pub(in crate::http) fn uploads(&self) -> usize {
        MOST_UPLOADS - self.uploads.available_permits()
    }

    /// Requests that were refused since too much was asked.
    pub(in crate::http) fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// How many may wait for their turn however long that takes.
    fn sure(&self) -> usize {
        (2 * self.processors).max(HANDFUL.saturating_sub(self.processors))
    }

    /// How long a request behind those may wait now.
    fn patience(&self) -> Duration {
        let since = |at: &AtomicU64| {
            Duration::from_micros(self.now().saturating_sub(at.load(Ordering::Relaxed)))
        };
        let sheds = self.shed() > 0 && since(&self.shed_at) < CALM;
        if !sheds && since(&self.empty_at) < STANDING {
            return self.burst;
        }
        Duration::from_micros(self.takes.load(Ordering::Relaxed)).clamp(LEAST, BURST)
    }

    /// A turn at heavy work, held until it is dropped.
    pub(in crate::http) async fn turn(self: &Arc<Self>) -> Result<Turn, ApiError> {
        if let Ok(permit) = self.free.clone().try_acquire_owned() {
            self.empty_at.store(self.now(), Ordering::Relaxed);
            return Ok(self.begin(permit));
        }
        let asked = Instant::now();
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(self);
        if before == 0 {
            self.empty_at.store(self.now(), Ordering::Relaxed);
        }
        if before < self.sure() {
            let turn = self.part().await;
            drop(waiting);
            return turn;
        }
        if before >= MOST_WAITING {
            drop(waiting);
            return Err(self.refusal(asked).await);
        }
        let free = self.free.clone().acquire_owned();
        let permit = tokio::time::timeout(self.patience(), free).await;
        drop(waiting);
        match permit {
            // The queue may have turned out to be a standing one meanwhile.
            Ok(Ok(permit)) if asked.elapsed() <= self.patience() => Ok(self.begin(permit)),
            late => {
                // A turn that comes too late is the next one's at once, not when the refusal is sent.
                drop(late);
                Err(self.refusal(asked).await)
            }
        }
    }

    /// A turn for one part of an answer that has begun, and so cannot be refused any more.
    pub(in crate::http) async fn part(self: &Arc<Self>) -> Result<Turn, ApiError> {
        let permit = self.free.clone().acquire_owned().await;
        // The semaphore is never closed.
        permit
            .map(|permit| self.begin(permit))
            .map_err(|_| ApiError::Internal)
    }

    fn begin(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Turn {
        self.turns.fetch_add(1, Ordering::Relaxed);
        Turn {
            gate: self.clone(),
            begun: Instant::now(),
            _permit: permit,
        }
    }

    /// A place for an upload.
    pub(super) async fn upload(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        match self.uploads.try_acquire() {
            Ok(permit) => Ok(permit),
            Err(_) => Err(self.refusal(Instant::now()).await),
        }
    }

    /// The refusal of a request that came at `asked`.
    async fn refusal(&self, asked: Instant) -> ApiError {
        self.shed_at.store(self.now(), Ordering::Relaxed);
        let number = self.shed.fetch_add(1, Ordering::Relaxed);
        if self.held.fetch_add(1, Ordering::Relaxed) < MOST_HELD {
            tokio::time::sleep_until(asked + self.hold).await;
        }
        self.held.fetch_sub(1, Ordering::Relaxed);
        // Not all at the same moment.
        ApiError::Busy(1 + number % 3)
    }
}

/// A request that waits; counted also where its client gives up.
struct Waiting<'a>(&'a Gate);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.empty_at.store(self.0.now(), Ordering::Relaxed);
        }
    }
}

/// A turn at heavy work, which goes with the work: that may go on where its request is gone.
pub(in crate::http) struct Turn {
    gate: Arc<Gate>,
    begun: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// What `work` comes to, in a thread that has nothing else to do: however long it takes, all others are answered
    /// meanwhile.
    pub(in crate::http) async fn take<T: Send + 'static>(
        self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let runtime = Handle::current();
        let work = move || {
            let _turn = self;
            runtime.block_on(work)
        };
        behind_by(BEHIND, work).await.ok_or(ApiError::Internal)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let took = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let known = self.gate.takes.load(Ordering::Relaxed);
        let takes = known - known / 8 + took / 8;
        self.gate.takes.store(takes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use futures_util::future::LocalBoxFuture;
    use std::collections::VecDeque;

    fn impatient() -> Gate {
        Gate {
            burst: Duration::ZERO,
            hold: Duration::ZERO,
            ..Gate::new()
        }
    }

    /// All turns taken, and all sure places of the queue too.
    async fn filled(gate: &Arc<Gate>) -> (Vec<Turn>, Vec<LocalBoxFuture<'_, Waited>>) {
        let mut turns = Vec::new();
        for _ in 0..gate.processors() {
            turns.push(gate.turn().await.unwrap());
        }
        let mut waiting: Vec<_> = (0..gate.sure())
            .map(|_| gate.turn().boxed_local())
            .collect();
        for one in &mut waiting {
            assert!(one.as_mut().now_or_never().is_none());
        }
        (turns, waiting)
    }

    type Waited = Result<Turn, ApiError>;

    #[tokio::test]
    async fn a_handful_at_once_is_never_refused_however_long_it_takes() {
        for processors in [1, 2, 4, 16] {
            let gate = Arc::new(Gate {
                processors,
                free: Arc::new(Semaphore::new(processors)),
                ..impatient()
            });
            // As after long and hard times.
            gate.takes.store(1, Ordering::Relaxed);
            gate.shed.store(1, Ordering::Relaxed);
            let (turns, waiting) = filled(&gate).await;
            assert!(turns.len() + waiting.len() >= HANDFUL);
            let mut done: VecDeque<Turn> = turns.into();
            for one in waiting {
                done.pop_front();
                done.push_back(one.await.unwrap());
            }
            drop(done);
            assert_eq!((gate.shed(), gate.waiting(), gate.running()), (1, 0, 0));
        }
    }

    #[tokio::test]
    async fn beyond_the_handful_a_request_is_refused_with_a_time() {
        let gate = Arc::new(impatient());
        let (turns, mut waiting) = filled(&gate).await;
        assert_eq!(
            (gate.running(), gate.waiting()),
            (gate.processors(), gate.sure())
        );
        let Err(ApiError::Busy(seconds)) = gate.turn().await else {
            panic!("there was a turn");
        };
        assert!((1..=3).contains(&seconds));
        assert_eq!((gate.shed(), gate.waiting()), (1, gate.sure()));
        // A client that gives up leaves its place to the next.
        waiting.pop();
        assert_eq!(gate.waiting(), gate.sure() - 1);
        drop((turns, waiting));
        assert!(gate.turn().await.is_ok());
    }

    #[test]
    fn a_burst_may_wait_longer_than_a_standing_queue() {
        let gate = Gate::new();
        assert_eq!(gate.patience(), BURST);
        let standing = Gate {
            begun: gate.begun - STANDING,
            ..Gate::new()
        };
        assert_eq!(standing.patience(), LEAST);
    }

    #[tokio::test]
    async fn after_a_refusal_no_queue_counts_as_a_burst() {
        let gate = Gate {
            hold: Duration::ZERO,
            ..Gate::new()
        };
        let _ = gate.refusal(Instant::now()).await;
        assert_eq!(gate.patience(), LEAST);
    }

    #[tokio::test]
    async fn more_uploads_at_once_than_there_are_places_are_refused() {
        let gate = impatient();
        let mut places = Vec::new();
        for _ in 0..MOST_UPLOADS {
            places.push(gate.upload().await.unwrap());
        }
        assert!(gate.upload().await.is_err());
        places.pop();
        assert!(gate.upload().await.is_ok());
    }
}

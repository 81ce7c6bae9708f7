//! A thread with a connection of its own, for those who cannot wait in a runtime: a prediction reads back a fit that is not in
//! memory, and may be in the middle of anything.

use std::fmt;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::sql::{Connect, Pool};

/// Work for the thread, with its connection.
pub(super) type Job = Box<dyn FnOnce(&Runtime, &Pool) + Send>;

/// The thread, which is started when it is needed.
#[derive(Clone, Default)]
pub(super) struct Aside(Arc<Mutex<Option<Sender<Job>>>>);

impl fmt::Debug for Aside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aside")
    }
}

impl Aside {
    /// Lets it do `job`; it connects so, where it has not yet.
    pub(super) fn send(&self, connect: Connect, job: Job) -> Option<()> {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = match &mut *jobs {
            Some(jobs) => jobs,
            none => none.insert(start(connect)?),
        };
        jobs.send(job).ok()
    }

    /// Closes its connection, and ends it.
    pub(super) async fn close(&self) {
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(jobs) = jobs else { return };
        let (send, done) = oneshot::channel();
        let job: Job = Box::new(move |runtime, read| {
            runtime.block_on(read.close());
            let _ = send.send(());
        });
        if jobs.send(job).is_ok() {
            let _ = done.await;
        }
    }
}

fn start(connect: Connect) -> Option<Sender<Job>> {
    let (send, jobs) = channel::<Job>();
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let run = move || {
        let read = runtime.block_on(async { Pool::of_one(connect) });
        for job in jobs {
            job(&runtime, &read);
        }
    };
    let started = thread::Builder::new().name("aside".to_owned()).spawn(run);
    started.ok().map(|_| send)
}

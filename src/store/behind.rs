//! Threads that run behind those that answer requests: a long upload takes what time these leave.

use std::thread;

use tokio::sync::oneshot;

/// How far behind, in steps of `nice`: a thirtieth of the weight where both want the same core, so that an upload still
/// goes on beside a server that is asked without a pause, and hardly delays an answer.
const BEHIND: i32 = 15;

/// What `work` returns, done in a thread of its own, since a thread cannot be made to hurry again; `None` where it
/// panicked or no thread could be had. Threads that `work` starts are behind too.
pub async fn behind<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (send, done) = oneshot::channel();
    let run = move || {
        // Without it all is as well, but predictions wait longer while much is stored.
        let _ = rustix::process::nice(BEHIND);
        let _ = send.send(work());
    };
    thread::Builder::new()
        .name("behind".to_owned())
        .spawn(run)
        .ok()?;
    done.await.ok()
}

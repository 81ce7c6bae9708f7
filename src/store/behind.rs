//! Threads that run behind those that answer requests: a long upload takes what time these leave.

use std::thread;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How far behind uploads are, in steps of `nice`: a thirtieth of the weight where both want the same core, so that an
/// upload still goes on beside a server that is asked without a pause, and hardly delays an answer.
const BEHIND: i32 = 15;

/// What `work` returns, done in a thread of its own, since an unprivileged thread cannot lower its `nice` again. `None` if it
/// panicked or no thread could be had. Threads that `work` starts are behind too.
pub async fn behind<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    behind_by(BEHIND, work).await
}

/// The same, by so many steps of `nice`.
pub async fn behind_by<T: Send + 'static>(
    steps: i32,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (send, done) = oneshot::channel();
    start(steps, move || {
        let _ = send.send(work());
    })?;
    done.await.ok()
}

/// The same for `work` that waits now and then; it is dropped there and then where nobody wants it any more.
pub async fn behind_while_wanted<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let (mut send, done) = oneshot::channel();
    let runtime = Handle::current();
    start(BEHIND, move || {
        runtime.block_on(async move {
            tokio::select! {
                result = work => {
                    let _ = send.send(result);
                }
                () = send.closed() => {}
            }
        });
    })?;
    done.await.ok()
}

fn start(steps: i32, run: impl FnOnce() + Send + 'static) -> Option<()> {
    let run = move || {
        // Without it all is as well, but predictions wait longer while much is done.
        let _ = rustix::process::nice(steps);
        run();
    };
    let started = thread::Builder::new().name("behind".to_owned()).spawn(run);
    started.ok().map(drop)
}

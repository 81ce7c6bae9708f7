//! Panics: each is a defect of the service, whichever thread meets it, and is counted once.

use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of the process: a panic in a thread of its own belongs to no request that could be asked.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// From now on panics are counted, and then told by `tell`.
pub fn count_panics(tell: impl Fn(&PanicHookInfo) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        tell(info);
    }));
}

/// How many there were.
pub(in crate::http) fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

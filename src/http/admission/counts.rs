//! What is counted of requests: plain atomics, a few nanoseconds a request.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::routes::Routes;

/// Statuses that are counted one by one; all others are counted as the last. 499: the client was gone before the answer.
pub(in crate::http) const STATUSES: [u16; 27] = [
    200, 204, 302, 304, 308, 400, 401, 403, 404, 405, 408, 409, 412, 413, 414, 415, 421, 422, 429,
    431, 499, 500, 501, 503, 504, 507, 0,
];
/// Methods that are counted one by one; all others are counted as the last.
pub(in crate::http) const METHODS: [&str; 7] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "other"];
/// Upper ends of the histogram's buckets, in microseconds.
pub(in crate::http) const BUCKETS: [u64; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
    5_000_000, 30_000_000,
];

/// Of one route.
#[derive(Debug, Default)]
pub(in crate::http) struct RouteCounts {
    answers: [[AtomicU64; STATUSES.len()]; METHODS.len()],
    /// How many took so long; those above all ends are the last.
    buckets: [AtomicU64; BUCKETS.len() + 1],
    micros: AtomicU64,
}

impl RouteCounts {
    /// How often `method` was answered with each status.
    pub(in crate::http) fn answers(&self) -> impl Iterator<Item = (&'static str, u16, u64)> {
        self.answers
            .iter()
            .zip(METHODS)
            .flat_map(|(counts, method)| {
                counts
                    .iter()
                    .zip(STATUSES)
                    .map(move |(count, status)| (method, status, count.load(Ordering::Relaxed)))
            })
            .filter(|(.., count)| *count > 0)
    }

    /// How many answers took so long, by bucket, and the sum of their microseconds.
    pub(in crate::http) fn times(&self) -> ([u64; BUCKETS.len() + 1], u64) {
        let counts = std::array::from_fn(|i| self.buckets[i].load(Ordering::Relaxed));
        (counts, self.micros.load(Ordering::Relaxed))
    }
}

/// Of the whole service.
#[derive(Debug)]
pub(in crate::http) struct Counts {
    routes: Vec<RouteCounts>,
    /// Requests that are being answered.
    pub(in crate::http) in_flight: AtomicI64,
}

impl Counts {
    pub(super) fn of(routes: &Routes) -> Self {
        Self {
            routes: routes
                .all()
                .iter()
                .map(|_| RouteCounts::default())
                .collect(),
            in_flight: AtomicI64::new(0),
        }
    }

    pub(in crate::http) fn route(&self, index: usize) -> Option<&RouteCounts> {
        self.routes.get(index)
    }

    /// Counts an answer with its status and microseconds.
    pub(super) fn answered(&self, route: usize, method: &str, status: u16, micros: u64) {
        let Some(counts) = self.routes.get(route) else {
            return;
        };
        let method = METHODS
            .iter()
            .position(|known| *known == method)
            .unwrap_or(METHODS.len() - 1);
        let status = STATUSES
            .iter()
            .position(|known| *known == status)
            .unwrap_or(STATUSES.len() - 1);
        counts.answers[method][status].fetch_add(1, Ordering::Relaxed);
        let bucket = BUCKETS.partition_point(|end| *end < micros);
        counts.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        counts.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Counts a request as in flight until the guard is dropped.
    pub(super) fn enter(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }
}

/// A request in flight.
pub(super) struct InFlight<'a>(&'a Counts);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

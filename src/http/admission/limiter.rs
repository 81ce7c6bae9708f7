//! How often one may ask: writes for each token, all requests for each address.

use std::net::IpAddr;
use std::num::NonZeroU32;

use axum::http::HeaderMap;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::address::{Proxies, counted};
use crate::http::extract::problem::ApiError;

/// Limits, and whose word on addresses is taken.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Writes that a token may ask for in a minute; `None`: any number.
    pub writes_per_minute: Option<NonZeroU32>,
    /// Requests that an address may make in a minute; `None`: any number.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Whose word on addresses is taken.
    pub proxies: Proxies,
}

/// Counts requests against the limits.
pub(super) struct Limiter {
    writes: Option<DefaultKeyedRateLimiter<String>>,
    requests: Option<DefaultKeyedRateLimiter<IpAddr>>,
    proxies: Proxies,
    clock: DefaultClock,
}

/// Keys that are remembered before those that have been quiet are forgotten.
const REMEMBERED: usize = 10_000;

impl Limiter {
    pub(in crate::http) fn new(limits: Limits) -> Self {
        Self {
            writes: limits
                .writes_per_minute
                .map(|n| governor::RateLimiter::keyed(Quota::per_minute(n))),
            requests: limits
                .requests_per_minute
                .map(|n| governor::RateLimiter::keyed(Quota::per_minute(n))),
            proxies: limits.proxies,
            clock: DefaultClock::default(),
        }
    }

    /// Counts a write of the token called `name`.
    pub(in crate::http) fn write(&self, name: &str) -> Result<(), ApiError> {
        self.writes
            .as_ref()
            .map_or(Ok(()), |limiter| self.check(limiter, &name.to_owned()))
    }

    /// Counts a request that came from `peer`.
    pub(in crate::http) fn request(
        &self,
        peer: Option<IpAddr>,
        headers: &HeaderMap,
    ) -> Result<(), ApiError> {
        let (Some(limiter), Some(peer)) = (&self.requests, peer) else {
            return Ok(());
        };
        self.check(limiter, &counted(self.proxies.client(peer, headers)))
    }

    fn check<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), ApiError> {
        if limiter.len() > REMEMBERED {
            limiter.retain_recent();
        }
        let waits =
            |refused: governor::NotUntil<_>| refused.wait_time_from(self.clock.now()).as_secs() + 1;
        limiter
            .check_key(key)
            .map_err(|refused| ApiError::TooMany(waits(refused)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(requests: u32) -> Limiter {
        Limiter::new(Limits {
            requests_per_minute: NonZeroU32::new(requests),
            ..Limits::default()
        })
    }

    #[test]
    fn an_address_is_refused_once_its_minute_is_used_up() {
        let limiter = limiter(2);
        let ask = |peer: &str| {
            limiter
                .request(Some(peer.parse().unwrap()), &HeaderMap::new())
                .is_ok()
        };
        assert_eq!(
            [
                ask("1.1.1.1"),
                ask("1.1.1.1"),
                ask("1.1.1.1"),
                ask("2.2.2.2")
            ],
            [true, true, false, true]
        );
        // All of a network of IPv6 is one client, and IPv4 is itself in whatever form.
        assert_eq!(
            [
                ask("2001:db8:0:1::1"),
                ask("2001:db8:0:1::2"),
                ask("2001:db8:0:1:ffff::3"),
                ask("2001:db8:0:2::1"),
                ask("::ffff:1.1.1.1")
            ],
            [true, true, false, true, false]
        );
    }
}

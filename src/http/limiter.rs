//! How often one may ask: writes for each token, all requests for each address.

use std::net::IpAddr;
use std::num::NonZeroU32;

use axum::http::HeaderMap;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::problem::ApiError;

/// Limits, and whose word on addresses is taken.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Writes that a token may ask for in a minute; `None`: any number.
    pub writes_per_minute: Option<NonZeroU32>,
    /// Requests that an address may make in a minute; `None`: any number.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

/// Counts requests against the limits.
pub(super) struct Limiter {
    writes: Option<DefaultKeyedRateLimiter<String>>,
    requests: Option<DefaultKeyedRateLimiter<IpAddr>>,
    trusted_proxies: Vec<IpAddr>,
    clock: DefaultClock,
}

/// Keys that are remembered before those that have been quiet are forgotten.
const REMEMBERED: usize = 10_000;

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            writes: limits
                .writes_per_minute
                .map(|n| governor::RateLimiter::keyed(Quota::per_minute(n))),
            requests: limits
                .requests_per_minute
                .map(|n| governor::RateLimiter::keyed(Quota::per_minute(n))),
            trusted_proxies: limits.trusted_proxies,
            clock: DefaultClock::default(),
        }
    }

    /// Counts a write of the token called `name`.
    pub(super) fn write(&self, name: &str) -> Result<(), ApiError> {
        self.writes
            .as_ref()
            .map_or(Ok(()), |limiter| self.check(limiter, &name.to_owned()))
    }

    /// Counts a request that came from `peer`.
    pub(super) fn request(
        &self,
        peer: Option<IpAddr>,
        headers: &HeaderMap,
    ) -> Result<(), ApiError> {
        let (Some(limiter), Some(peer)) = (&self.requests, peer) else {
            return Ok(());
        };
        self.check(limiter, &self.client(peer, headers))
    }

    /// The address that a request is from: the last one in `X-Forwarded-For` that is no trusted proxy, where a trusted
    /// one has sent it.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let hops = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok());
        let hops: Vec<IpAddr> = hops
            .flat_map(|list| list.split(','))
            .filter_map(|hop| hop.trim().parse().ok())
            .collect();
        let mut client = peer;
        for hop in hops.into_iter().rev() {
            if !self.trusted_proxies.contains(&client) {
                break;
            }
            client = hop;
        }
        client
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
            trusted_proxies: vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()],
            ..Limits::default()
        })
    }

    fn forwarded(hops: &str) -> HeaderMap {
        [("x-forwarded-for".parse().unwrap(), hops.parse().unwrap())]
            .into_iter()
            .collect()
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
    }

    #[test]
    fn only_a_trusted_proxy_may_name_another_address() {
        let limiter = limiter(1);
        let client = |peer: &str, hops| {
            limiter
                .client(peer.parse().unwrap(), &forwarded(hops))
                .to_string()
        };
        assert_eq!(client("10.0.0.1", "6.6.6.6, 3.3.3.3, 10.0.0.2"), "3.3.3.3");
        assert_eq!(client("9.9.9.9", "3.3.3.3"), "9.9.9.9");
        assert_eq!(client("10.0.0.1", "nonsense"), "10.0.0.1");
    }
}

//! How the service is run: what main reads from flags, environment and file, as the parts of this module need it.

use std::sync::Arc;
use std::time::Duration;

use super::admission::limiter::Limits;
use super::admission::{Log, Origins};

/// All of it. The default serves in memory, without a log.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How often one may ask.
    pub limits: Limits,
    /// Which names and origins are ours.
    pub origins: Origins,
    /// The path that a proxy in front serves us under, such as `/epochcast`: without a slash at the end.
    pub base_path: Option<Arc<str>>,
    /// Whether nothing is ever stored.
    pub read_only: bool,
    /// Whether reading and predicting take a token too.
    pub require_token: bool,
    /// Where requests are logged; `None`: nowhere.
    pub log: Option<&'static Log>,
    /// Connections at once.
    pub connections: usize,
    /// Connections of one address at once.
    pub connections_per_address: usize,
    /// How long the service still answers after it was told to end, so that whoever sends it requests finds out.
    pub unready: Duration,
    /// How long requests in flight may then take.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            origins: Origins::default(),
            base_path: None,
            read_only: false,
            require_token: false,
            log: None,
            connections: 4096,
            connections_per_address: 2048,
            unready: Duration::ZERO,
            drain: Duration::from_secs(25),
        }
    }
}

impl From<Limits> for Settings {
    fn from(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }
}

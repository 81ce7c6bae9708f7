//! The nets with names that other platforms may have timed: what is advised to be timed next, and what tells how a fit has moved.

use std::sync::LazyLock;

use crate::net::names::published::Origin;
use crate::net::names::zoo::{Entry, Zoo};
use crate::net::{Group, Subject};
use crate::timing::fit::features::Features;

/// A net with a name, as it is timed.
#[derive(Debug)]
pub struct Named {
    /// Its entry.
    pub entry: &'static Entry,
    /// It, so that its time here can be compared with those elsewhere.
    pub subject: Subject,
    /// Its timing group.
    pub group: Group,
    /// What a regression sees of it.
    pub features: Features,
}

impl Named {
    /// Whether its name, in a question, stands for `subject`. Of a published net whose layers are known it stands for the
    /// graph of these, and `subject` has its costs alone.
    #[must_use]
    pub fn is_what_its_name_means(&self) -> bool {
        match self.entry {
            Entry::Net { .. } => true,
            Entry::Published(net) => !net.has_layers(),
        }
    }
}

/// All of them, counted once.
pub static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| {
    let named = |entry: &'static Entry| {
        let subject = match entry {
            Entry::Net { .. } => entry.subject(None).ok()?,
            Entry::Published(net) if net.origin() == Origin::Timed => net.as_timed(None).ok()?,
            Entry::Published(_) => return None,
        };
        Some(Named {
            entry,
            group: subject.group(),
            features: Features::new(&subject),
            subject,
        })
    };
    let entries = Zoo::built_in().entries().iter();
    entries.filter_map(named).collect()
});

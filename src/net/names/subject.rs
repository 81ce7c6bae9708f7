//! What a timing or a prediction is of: a net, or the costs of one that only its owner can build.

use serde_json::json;

use crate::json::Invalid;
use crate::net::complexity::Complexity;
use crate::net::{Group, Net, Scaling, Side};

/// A net, or the costs of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A net whose layers are known.
    Net {
        /// Its name, where it was asked for by name.
        name: Option<String>,
        /// The net.
        net: Net,
    },
    /// Costs alone.
    Costs {
        /// Its name, where it was asked for by name.
        name: Option<String>,
        /// Its timing group, where that is known.
        group: Option<Group>,
        /// The resolution that the costs are of, where that is known.
        side: Option<Side>,
        /// The costs.
        complexity: Complexity,
    },
}

impl Subject {
    /// Its name, where it was asked for by name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Net { name, .. } | Self::Costs { name, .. } => name.as_deref(),
        }
    }

    /// What it costs.
    #[must_use]
    pub fn complexity(&self) -> Complexity {
        match self {
            Self::Net { net, .. } => net.complexity(),
            Self::Costs { complexity, .. } => *complexity,
        }
    }

    /// The net, where its layers are known.
    #[must_use]
    pub fn net(&self) -> Option<&Net> {
        match self {
            Self::Net { net, .. } => Some(net),
            Self::Costs { .. } => None,
        }
    }

    /// Its resolution, where that is known.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        match self {
            Self::Net { net, .. } => Some(net.side()),
            Self::Costs { side, .. } => *side,
        }
    }

    /// The timing group that follows from it: the net's own, of costs the named one's, else `other`.
    #[must_use]
    pub fn group(&self) -> Group {
        match self {
            Self::Net { net, .. } => net.spec().group(),
            Self::Costs { group, .. } => group.clone().unwrap_or(Group::OTHER),
        }
    }

    /// The net scaled.
    ///
    /// # Errors
    /// Where costs are all that is known, or the net cannot be scaled so; pointers are from the request.
    pub fn scaled(&self, scaling: &Scaling) -> Result<Net, Invalid> {
        let Self::Net { net, .. } = self else {
            let hint = "leave the scaling out, or describe the net as a `model`";
            let value = json!({"factor": scaling.factor()});
            return Err(Invalid::at(
                "/scaling",
                value,
                "costs alone cannot be scaled",
                hint,
            ));
        };
        scaling.apply(net)
    }
}

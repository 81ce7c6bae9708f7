//! The row of numbers that a regression sees of a net.
//!
//! Of every net its costs; of a net that can be built also sums over its layers ([`LayerSums`]).

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::layer_sums::LayerSums;
use super::operators::{Costs, Published};
use crate::net::spec::RawSpec;
use crate::net::{Complexity, Net, Spec, Subject, Zoo};
use crate::timing::data::identity::digest;

/// What is known of a net, in units near 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// Acts, in millions.
    pub acts: f64,
    /// Flops, in thousands of millions.
    pub flops: f64,
    /// Params, in millions.
    pub params: f64,
    /// Sums over the layers, where those are known and none of them is attention.
    pub layers: Option<LayerSums>,
    /// The net whatever its resolution, where it has a name or layers.
    pub architecture: Option<Architecture>,
}

/// A net whatever its resolution: 64 bits of a hash of its description, or of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Architecture(NonZeroU64);

impl Architecture {
    fn of_text(text: &str) -> Self {
        let low = u64::try_from(digest(text.as_bytes()) >> 64).unwrap_or(1);
        Self(NonZeroU64::new(low).unwrap_or(NonZeroU64::MIN))
    }

    /// That of `net`, whose name changes nothing.
    #[must_use]
    pub fn of_net(net: &Net) -> Self {
        if let Spec::Graph(graph) = net.spec() {
            return match graph.twin() {
                Some(twin) => Self::of_twin(&Spec::from(twin), net),
                None => Self::of_text(&graph.operators()),
            };
        }
        // A description is a struct of numbers and words: writing it to a string cannot fail.
        Self::of_text(&serde_json::to_string(&RawSpec::from(net.spec())).unwrap_or_default())
    }

    /// That of the net with a name that equals `twin`, else of `twin` itself.
    fn of_twin(twin: &Spec, net: &Net) -> Self {
        let known = Zoo::built_in().equal_to(twin, net);
        Self::of_text(
            &serde_json::to_string(&RawSpec::from(known.unwrap_or(twin))).unwrap_or_default(),
        )
    }

    /// That of a net of which only the name is known.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::of_text(name)
    }

    /// That of a net of which nothing but its costs is known.
    #[must_use]
    pub fn of_costs(costs: &Complexity) -> Self {
        let (flops, params, acts) = (costs.flops.get(), costs.params.get(), costs.acts.get());
        Self::of_text(&format!("{flops}|{params}|{acts}"))
    }

    /// That of a net of which nothing but what a regression sees of its costs is known.
    #[must_use]
    pub fn by_costs(features: &Features) -> Self {
        let Features {
            acts,
            flops,
            params,
            ..
        } = features;
        // The finalizer of splitmix64 (Steele, Lea and Flood, 2014), which a fit of a million rows can afford.
        let bits = [acts, flops, params].into_iter().fold(0_u64, |seen, cost| {
            let mut z = seen
                .wrapping_add(cost.to_bits())
                .wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        });
        Self(NonZeroU64::new(bits).unwrap_or(NonZeroU64::MIN))
    }

    /// The bits, which order nets at random but always alike.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0.get()
    }
}

impl Features {
    /// The features of `subject`.
    #[must_use]
    pub fn new(subject: &Subject) -> Self {
        match subject {
            Subject::Net {
                name: Some(name),
                net,
            } if matches!(net.spec(), Spec::Graph(_)) => Self::of_published(subject, name, net),
            Subject::Net { net, .. } => Self::of_net(net),
            Subject::Costs {
                name, complexity, ..
            } => Self::of_costs(complexity).called(name.as_deref()),
        }
    }

    /// The features of a net that can be built.
    #[must_use]
    pub fn of_net(net: &Net) -> Self {
        Self {
            architecture: Some(Architecture::of_net(net)),
            ..Self::of_sums(net)
        }
    }

    /// The features of a graph with a name, under which timings of it are known: those that the timings have, where it was
    /// timed or counted so.
    fn of_published(subject: &Subject, name: &str, net: &Net) -> Self {
        if let Some(timed) = Zoo::built_in().as_timed(subject) {
            let timed = Self::new(&timed);
            return Self {
                layers: timed.layers.or_else(|| LayerSums::of(net)),
                ..timed
            };
        }
        Self {
            architecture: Some(Architecture::named(name)),
            ..Self::of_sums(net)
        }
    }

    /// The same without the net's identity, which takes as long to find as all the rest.
    #[must_use]
    pub fn of_sums(net: &Net) -> Self {
        Self {
            layers: LayerSums::of(net),
            ..Self::of_counts(&net.complexity())
        }
    }

    /// The same of a net that is called `label` where nothing else names it.
    #[must_use]
    pub fn called(self, label: Option<&str>) -> Self {
        if self.architecture.is_some() || label.is_none() {
            return self;
        }
        Self {
            architecture: label.map(Architecture::named),
            layers: self.published(label),
            ..self
        }
    }

    /// The sums over the operators of the published net that has these costs.
    fn published(&self, label: Option<&str>) -> Option<LayerSums> {
        let costs = Costs {
            acts: self.acts,
            flops: self.flops,
            params: self.params,
        };
        Published::find(costs, label).map(|known| known.sums(costs))
    }

    /// The features of a net of which only the costs are known; of a published net, also the sums over its operators.
    #[must_use]
    pub fn of_costs(costs: &Complexity) -> Self {
        let plain = Self::of_counts(costs);
        Self {
            layers: plain.published(None),
            ..plain
        }
    }

    fn of_counts(costs: &Complexity) -> Self {
        Self {
            acts: costs.acts.as_f64() / 1e6,
            flops: costs.flops.as_f64() / 1e9,
            params: costs.params.as_f64() / 1e6,
            layers: None,
            architecture: None,
        }
    }
}

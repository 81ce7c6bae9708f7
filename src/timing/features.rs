//! The row of numbers that a regression sees of a net.
//!
//! Of every net its costs; of a net that can be built also sums over its layers, which tell apart what the costs cannot:
//! memory traffic, multiply-adds at the width that the hardware pads them to, narrow groups, and work once a step.

use std::num::{NonZeroU32, NonZeroU64};

use super::operators::{Costs, Place, Published};
use super::training::digest;
use crate::net::layers::{Kind, Layer};
use crate::net::spec::RawSpec;
use crate::net::{Complexity, Net, Subject};
use crate::units::to_f64;

/// What is known of a net, in units near 1.
#[derive(Clone, Copy, Debug, PartialEq)]
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

/// Sums over the layers of a net, for one image.
///
/// Source and figures: `docs/computed.md`. Pools, linear layers and the two convolutions of squeeze-excitation are not
/// in `memory`, `compute` and `narrow`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerSums {
    /// Millions of elements moved: in, out and out again (norm) of each convolution, 2 of each squeeze-excited map, 1 of
    /// each residual sum.
    pub memory: f64,
    /// 10⁹ multiply-adds of convolutions, dense ones as padded: × (1 + 16/`w_in`)·(1 + 16/`w_out`).
    pub compute: f64,
    /// 10⁹ multiply-adds of grouped, not depthwise convolutions × 16/(16 + group width).
    pub narrow: f64,
    /// Thousandths of (million params + 0.3 · convolutions) × million acts: work once a step, over a batch that fits in
    /// memory and so shrinks with the acts.
    pub step: f64,
    /// Convolutions and squeeze-excitations: what has to be launched, whatever the batch. Not zero, so
    /// that `Option<LayerSums>` costs no extra bytes.
    pub launches: NonZeroU32,
    /// The published net whose operators these are, where the net cannot be built.
    pub published: Option<Place>,
}

impl Default for LayerSums {
    fn default() -> Self {
        Self {
            memory: 0.0,
            compute: 0.0,
            narrow: 0.0,
            step: 0.0,
            launches: NonZeroU32::MIN,
            published: None,
        }
    }
}

/// A net whatever its resolution: 64 bits of a hash of its description, or of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Architecture(NonZeroU64);

impl Architecture {
    fn of_text(text: &str) -> Self {
        let low = u64::try_from(digest(text.as_bytes()) >> 64).unwrap_or(1);
        Self(NonZeroU64::new(low).unwrap_or(NonZeroU64::MIN))
    }

    /// That of `net`, whose name changes nothing.
    #[must_use]
    pub fn of_net(net: &Net) -> Self {
        // A description is a struct of numbers and words: writing it to a string cannot fail.
        Self::of_text(&serde_json::to_string(&RawSpec::from(net.spec())).unwrap_or_default())
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

/// Channels to which tensor cores fill up a dense convolution, and the group width at which narrow groups cost double.
const TILE: f64 = 16.0;
/// Million params that one convolution's launches weigh as much as, in the work of a step.
pub(crate) const LAUNCH: f64 = 0.3;

impl LayerSums {
    /// The sums over the layers of `net`; `None` where one of them is attention, on which the form was never tried.
    #[must_use]
    pub fn of(net: &Net) -> Option<Self> {
        let costs = net.complexity();
        let (mut sums, mut convs, mut launches) = (Self::default(), 0.0, 0_u32);
        let mut attention = false;
        net.spec().layers(net.side(), &mut |layer| {
            attention |= matches!(layer.kind, Kind::Attention { .. });
            if matches!(layer.kind, Kind::Conv { .. }) {
                convs += f64::from(layer.repeats);
            }
            if matches!(layer.kind, Kind::Conv { .. } | Kind::SqueezeExcite { .. }) {
                launches = launches.saturating_add(layer.repeats);
            }
            sums.add(&layer);
        });
        sums.launches = NonZeroU32::new(launches).unwrap_or(NonZeroU32::MIN);
        sums.memory /= 1e6;
        sums.compute /= 1e9;
        sums.narrow /= 1e9;
        sums.step =
            (costs.params.as_f64() / 1e6 + LAUNCH * convs) * (costs.acts.as_f64() / 1e6) / 1e3;
        (!attention).then_some(sums)
    }

    /// What `layer` adds to the sums of its net, but for the work of a step.
    #[must_use]
    pub fn of_layer(layer: &Layer) -> Self {
        let mut sums = Self::default();
        sums.add(layer);
        sums.memory /= 1e6;
        sums.compute /= 1e9;
        sums.narrow /= 1e9;
        sums
    }

    fn add(&mut self, layer: &Layer) {
        let repeats = f64::from(layer.repeats);
        let (w_in, w_out) = (f64::from(layer.w_in), f64::from(layer.w_out));
        let (read, written) = (w_in * to_f64(layer.area_in), w_out * to_f64(layer.area_out));
        match layer.kind {
            Kind::Conv { kernel, groups, .. } => {
                self.memory += repeats * (read + 2.0 * written);
                let width = w_in / f64::from(groups);
                let flops = repeats * f64::from(kernel) * f64::from(kernel) * width * written;
                let padding = (1.0 + TILE / w_in) * (1.0 + TILE / w_out);
                self.compute += flops * if groups == 1 { padding } else { 1.0 };
                if 1 < groups && groups < layer.w_in {
                    self.narrow += flops * TILE / (TILE + width);
                }
            }
            Kind::SqueezeExcite { .. } => self.memory += repeats * 2.0 * written,
            Kind::Sum => self.memory += repeats * written,
            _ => {}
        }
    }
}

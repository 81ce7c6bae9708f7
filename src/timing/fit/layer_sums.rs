//! Sums over the layers of a net, which tell apart what its costs cannot: memory traffic, multiply-adds at the width that the
//! hardware pads them to, narrow groups, and work once a step.

use std::num::{NonZeroU16, NonZeroU32};

use crate::net::Net;
use crate::net::layers::{Kind, Layer};
use crate::units::to_f64;

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

/// Which of the published nets: two bytes of each timing of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(pub(in crate::timing) NonZeroU16);

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

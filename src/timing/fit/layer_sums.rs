//! Sums over the layers of a net, which tell apart what its costs cannot: memory traffic, multiply-adds at the width that the
//! hardware pads them to, narrow groups, and work once a step.

use std::num::{NonZeroU16, NonZeroU32};

use serde::{Deserialize, Serialize};

use crate::net::Net;
use crate::net::layers::{Kind, Layer, Then};
use crate::units::to_f64;

/// Sums over the layers of a net, for one image.
///
/// Source and figures: `docs/computed.md`. Pools, linear layers and the two convolutions of squeeze-excitation are not
/// in `memory`, `compute` and `narrow`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        let (mut sums, mut convs, mut pixel_layers, mut excitations) =
            (Self::default(), 0_u32, 0_u32, 0_u32);
        let (mut attention, mut products) = (false, 0_u128);
        net.spec().layers(net.side(), &mut |layer| {
            match layer.kind {
                Kind::Attention { .. } => attention = true,
                Kind::Product => products += layer.counts().flops,
                Kind::SqueezeExcite { .. } => {
                    excitations = excitations.saturating_add(layer.repeats);
                }
                _ if of_a_pixel(&layer) => {
                    pixel_layers = pixel_layers.saturating_add(layer.repeats);
                }
                _ if convolves(&layer) => convs = convs.saturating_add(layer.repeats),
                _ => {}
            }
            sums.add(&layer);
        });
        // Two linear layers of a pixel are a squeeze-excitation, which a graph does not tell apart.
        let launches = convs
            .saturating_add(excitations)
            .saturating_add(pixel_layers / 2);
        sums.launches = NonZeroU32::new(launches).unwrap_or(NonZeroU32::MIN);
        sums.memory /= 1e6;
        sums.compute /= 1e9;
        sums.narrow /= 1e9;
        sums.step = (costs.params.as_f64() / 1e6 + LAUNCH * f64::from(convs))
            * (costs.acts.as_f64() / 1e6)
            / 1e3;
        attention |= products > u128::from(costs.flops.get()) / 100;
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
            _ if of_a_pixel(layer) => {}
            Kind::Conv {
                kernel,
                groups,
                then,
                ..
            } => {
                // A norm and a function behind it write half as much each.
                let times = if then == Then::BatchNorm { 2.0 } else { 1.0 };
                self.memory += repeats * (read + times * written);
                self.multiply(layer, taps(kernel), groups);
            }
            Kind::Filter { kernel, groups } | Kind::Transposed { kernel, groups, .. } => {
                self.memory += repeats * (read + written);
                self.multiply(layer, taps(kernel), groups);
            }
            Kind::Linear { .. } if layer.area_out > 1 => {
                self.memory += repeats * (read + written);
                self.multiply(layer, 1.0, 1);
            }
            Kind::SqueezeExcite { .. } => self.memory += repeats * 2.0 * written,
            Kind::AveragePool | Kind::MaxPool { moves: true, .. } => self.memory += repeats * read,
            Kind::Sum | Kind::Move => self.memory += repeats * written,
            Kind::Function | Kind::Norm { batch: true, .. } => {
                self.memory += repeats * written / 2.0;
            }
            // They run in 32 bits under mixed precision.
            Kind::Norm { batch: false, .. } => self.memory += 3.0 * repeats * written,
            _ => {}
        }
    }

    /// Multiply-adds of a convolution.
    fn multiply(&mut self, layer: &Layer, taps: f64, groups: u32) {
        let (w_in, w_out) = (f64::from(layer.w_in), f64::from(layer.w_out));
        let width = w_in / f64::from(groups);
        let written = w_out * to_f64(layer.area_out);
        let flops = f64::from(layer.repeats) * taps * width * written;
        let padding = (1.0 + TILE / w_in) * (1.0 + TILE / w_out);
        self.compute += flops * if groups == 1 { padding } else { 1.0 };
        if 1 < groups && groups < layer.w_in {
            self.narrow += flops * TILE / (TILE + width);
        }
    }
}

fn taps(kernel: [u32; 2]) -> f64 {
    f64::from(kernel[0]) * f64::from(kernel[1])
}

/// Whether it convolves a map, or does the same at each of its positions.
fn convolves(layer: &Layer) -> bool {
    match layer.kind {
        Kind::Conv { .. } | Kind::Filter { .. } | Kind::Transposed { .. } => true,
        Kind::Linear { .. } => layer.area_out > 1,
        _ => false,
    }
}

/// Whether it is a convolution of a single position in a graph, as squeeze-excitation has two.
fn of_a_pixel(layer: &Layer) -> bool {
    let Kind::Conv { kernel, then, .. } = layer.kind else {
        return false;
    };
    then != Then::BatchNorm && kernel == [1, 1] && layer.area_in == 1 && layer.area_out == 1
}

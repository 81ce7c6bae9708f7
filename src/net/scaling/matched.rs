//! Widths that make up for what a scaling misses of its factor.

use super::Scaling;
use super::growth::Growth;
use crate::net::Net;

/// How far widths may go beyond their share, and below it.
const MOST: f64 = 8.0;
/// Halvings of the range: what is left of it is less than a channel of 4,096.
const ROUNDS: u32 = 16;
/// Growth of the flops that is near enough to the wanted one, as a log.
const NEAR: f64 = 0.005;

impl Scaling {
    /// The net nearest to the wanted flops, `scaled` or one that is wider or narrower.
    pub(super) fn made_up(&self, base: &Net, scaled: Net) -> Net {
        let off = |net: &Net| (net.complexity().over(&base.complexity()).flops / self.factor).ln();
        let (mut best, first) = (scaled, self.growth());
        let missed = off(&best);
        if missed.abs() <= NEAR {
            return best;
        }
        let at = |by: f64| {
            let grow = Growth {
                w: first.w * by,
                g: first.g * by,
                ..first
            };
            self.applied(base, &grow)
        };
        let (mut low, mut high) = if missed > 0.0 {
            (-MOST.ln(), 0.0)
        } else {
            (0.0, MOST.ln())
        };
        for _ in 0..ROUNDS {
            let middle: f64 = f64::midpoint(low, high);
            // Where it cannot be built, it is too large.
            let Ok(net) = at(middle.exp()) else {
                high = middle;
                continue;
            };
            let now = off(&net);
            if now.abs() < off(&best).abs() {
                best = net;
            }
            if now.abs() <= NEAR {
                break;
            }
            if now > 0.0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        best
    }
}

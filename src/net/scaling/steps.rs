//! The factors at which a scaled net changes: between two of them every factor gives the same net.
//!
//! Each dimension is round(size · s^exponent / step), halves to even, so it steps where the product passes a half. A step
//! is found from the power that reaches the half, then bisected to the last bit, so that it is where
//! [`Scaling::apply`](crate::net::Scaling::apply) itself changes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::{rounded, to_f64};

/// One dimension of a net as its scaling rounds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::net) struct Dimension {
    /// Before scaling.
    pub(in crate::net) size: f64,
    /// Grows by s to this power; not negative.
    pub(in crate::net) exponent: f64,
    /// Becomes a multiple of this.
    pub(in crate::net) step: f64,
}

/// Share of a factor by which its step may be missed at first.
const MISSED: f64 = 1e-13;

impl Dimension {
    /// Multiples of the step at factor `s`: the quantiser's own arithmetic.
    fn at(&self, s: f64) -> u64 {
        rounded(self.size * s.powf(self.exponent) / self.step)
    }

    /// The largest factor with fewer than `k` steps, and the next, which has `k` or more.
    fn boundary(&self, k: u64) -> Option<(f64, f64)> {
        if k == 0 || self.exponent <= 0.0 {
            return None;
        }
        let reached = (to_f64(k) - 0.5) * self.step / self.size;
        let near = reached.powf(self.exponent.recip());
        if !(near.is_finite() && near > 0.0) {
            return None;
        }
        let (mut low, mut high, mut missed) = (near, near, MISSED);
        while self.at(low) >= k {
            low = near * (1.0 - missed);
            missed *= 4.0;
            if low <= 0.0 {
                return None;
            }
        }
        missed = MISSED;
        while self.at(high) < k {
            high = near * (1.0 + missed);
            missed *= 4.0;
            if !high.is_finite() {
                return None;
            }
        }
        // Bits of positive doubles are in their order.
        let (mut low, mut high) = (low.to_bits(), high.to_bits());
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.at(f64::from_bits(middle)) < k {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some((f64::from_bits(low), f64::from_bits(high)))
    }
}

/// The factors from the largest down, one for each net: the largest that gives it.
#[derive(Clone, Debug)]
pub struct Down {
    dimensions: Vec<Dimension>,
    /// For each dimension the largest factor at which it is smaller than now.
    heap: BinaryHeap<(u64, usize)>,
    next: Option<f64>,
    least: f64,
}

/// The factors from the smallest up, one for each net: the smallest that gives it.
#[derive(Clone, Debug)]
pub struct Up {
    dimensions: Vec<Dimension>,
    heap: BinaryHeap<(Reverse<u64>, usize)>,
    next: Option<f64>,
    most: f64,
}

/// Each dimension once.
fn distinct(dimensions: impl IntoIterator<Item = Dimension>) -> Vec<Dimension> {
    let mut all: Vec<Dimension> = dimensions.into_iter().collect();
    let bits = |d: &Dimension| [d.size, d.exponent, d.step].map(f64::to_bits);
    all.sort_by_key(bits);
    all.dedup();
    all
}

impl Down {
    pub(in crate::net) fn new(
        dimensions: impl IntoIterator<Item = Dimension>,
        most: f64,
        least: f64,
    ) -> Self {
        let mut down = Self {
            dimensions: distinct(dimensions),
            heap: BinaryHeap::new(),
            next: Some(most),
            least,
        };
        for i in 0..down.dimensions.len() {
            down.push(i, most);
        }
        down
    }

    fn push(&mut self, i: usize, now: f64) {
        let dimension = &self.dimensions[i];
        let below = dimension.boundary(dimension.at(now));
        self.heap
            .extend(below.map(|(below, _)| (below.to_bits(), i)));
    }
}

impl Iterator for Down {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        let now = self.next.take()?;
        let top = self.heap.peek().map(|(bits, _)| f64::from_bits(*bits));
        if let Some(below) = top.filter(|below| *below >= self.least) {
            self.next = Some(below);
            while let Some((bits, i)) = self.heap.peek().copied() {
                if bits != below.to_bits() {
                    break;
                }
                self.heap.pop();
                self.push(i, below);
            }
        }
        Some(now)
    }
}

impl Up {
    pub(in crate::net) fn new(
        dimensions: impl IntoIterator<Item = Dimension>,
        least: f64,
        most: f64,
    ) -> Self {
        let mut up = Self {
            dimensions: distinct(dimensions),
            heap: BinaryHeap::new(),
            next: Some(least),
            most,
        };
        for i in 0..up.dimensions.len() {
            up.push(i, least);
        }
        up
    }

    fn push(&mut self, i: usize, now: f64) {
        let dimension = &self.dimensions[i];
        let above = dimension.boundary(dimension.at(now).saturating_add(1));
        self.heap
            .extend(above.map(|(_, above)| (Reverse(above.to_bits()), i)));
    }
}

impl Iterator for Up {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        let now = self.next.take()?;
        let top = self
            .heap
            .peek()
            .map(|(Reverse(bits), _)| f64::from_bits(*bits));
        if let Some(above) = top.filter(|above| *above <= self.most) {
            self.next = Some(above);
            while let Some((Reverse(bits), i)) = self.heap.peek().copied() {
                if bits != above.to_bits() {
                    break;
                }
                self.heap.pop();
                self.push(i, above);
            }
        }
        Some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(size: f64, exponent: f64) -> Dimension {
        Dimension {
            size,
            exponent,
            step: 1.0,
        }
    }

    #[test]
    fn a_depth_of_two_steps_where_it_passes_a_half() {
        // round(2s): 2.5 and 4.5 stay with the even neighbour below, 3.5 goes to the one above.
        let down: Vec<f64> = Down::new([depth(2.0, 1.0)], 2.25, 1.0).collect();
        let last_3 = 1.75_f64.next_down();
        assert_eq!(down.len(), 3);
        assert_eq!(
            down.iter().map(|s| s.to_bits()).collect::<Vec<_>>(),
            [2.25, last_3, 1.25].map(f64::to_bits)
        );
        let up: Vec<f64> = Up::new([depth(2.0, 1.0)], 1.0, 2.25).collect();
        let first_3 = 1.25_f64.next_up();
        assert_eq!(
            up.iter().map(|s| s.to_bits()).collect::<Vec<_>>(),
            [1.0, first_3, 1.75].map(f64::to_bits)
        );
    }

    #[test]
    fn what_does_not_grow_never_steps() {
        assert_eq!(Down::new([depth(7.0, 0.0)], 1024.0, 1e-3).count(), 1);
        assert_eq!(Up::new([], 1.0, 1024.0).count(), 1);
    }

    #[test]
    fn between_two_steps_no_dimension_changes() {
        let dimensions = [
            depth(22.0, 0.1),
            Dimension {
                size: 264.0,
                exponent: 0.4,
                step: 8.0,
            },
        ];
        let all = |s: f64| dimensions.map(|dimension| dimension.at(s));
        let steps: Vec<f64> = Down::new(dimensions, 1024.0, 1e-3).collect();
        assert!(steps.len() > 100);
        for pair in steps.windows(2) {
            assert!(pair[0] > pair[1]);
            assert_ne!(all(pair[0]), all(pair[1]));
            assert_eq!(all(pair[1].next_up()), all(pair[0]));
        }
    }
}

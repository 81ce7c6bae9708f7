//! Shapes after windows that move over maps: convolutions, pools, resizing, padding.

use super::{Mark, Shape, Walk};
use crate::net::graph::dim::{Dim, Split};
use crate::net::graph::form::op::{Conv, Padding, PerAxis, Resized, Window};
use crate::net::graph::nodes::Node;
use crate::units::{to_f64, truncated};

impl Walk<'_> {
    pub(super) fn conv(&mut self, conv: &Conv, value: Shape) -> Result<Shape, String> {
        let input = *value
            .get(1)
            .ok_or("a convolution of a value without channels")?;
        let (channels, groups) = (self.size(input), u64::from(conv.groups));
        if !channels.is_multiple_of(groups) || !conv.out.is_multiple_of(conv.groups) {
            return Err(format!(
                "{channels} channels in, {} out, in {groups} groups",
                conv.out
            ));
        }
        let mut shape = match &conv.transposed {
            None => self.windowed(value, &conv.window)?,
            Some(added) => self.transposed(value, &conv.window, added)?,
        };
        shape[1] = self.channels_out(conv, input);
        self.mark(Mark::Out(shape[1]));
        Ok(shape)
    }

    /// The channels of a convolution: free, or as many for each group as the groups need.
    fn channels_out(&mut self, conv: &Conv, input: Dim) -> Dim {
        let (channels, groups) = (self.size(input), u64::from(conv.groups));
        let out = u64::from(conv.out);
        if !self.free {
            return Dim::Number(out);
        }
        if groups == 1 {
            return self.width(conv.out);
        }
        if groups == channels {
            self.mark(Mark::Depthwise(input));
            return self.shapes.widths.times(input, out / groups);
        }
        self.mark(Mark::Grouped { input, groups });
        if out.is_multiple_of(channels) {
            return self.shapes.widths.times(input, out / channels);
        }
        let fewer = channels / out.max(1);
        if channels.is_multiple_of(out)
            && let Some(dim) = self.shapes.widths.divided(input, fewer, Split::Inner)
        {
            return dim;
        }
        self.freeze(input);
        Dim::Number(out)
    }

    /// The spatial axes after a window moved over them.
    pub(super) fn windowed(&mut self, value: Shape, window: &Window) -> Result<Shape, String> {
        let mut shape = value;
        let axes = spatial(&shape)?;
        let n = axes.len();
        for (i, at) in axes.enumerate() {
            let length = self.size(shape[at]);
            let after = positions(length, window, i, n)?;
            if after != length {
                self.freeze(shape[at]);
                shape[at] = Dim::Number(after);
            }
        }
        Ok(shape)
    }

    fn transposed(
        &mut self,
        value: Shape,
        window: &Window,
        added: &PerAxis,
    ) -> Result<Shape, String> {
        let mut shape = value;
        let axes = spatial(&shape)?;
        let n = axes.len();
        for (i, at) in axes.enumerate() {
            let length = i64::try_from(self.size(shape[at])).unwrap_or(i64::MAX);
            let [kernel, stride, dilation, more] =
                [&window.kernel, &window.stride, &window.dilation, added]
                    .map(|per_axis| i64::from(per_axis.at(i)));
            let (before, after) = ends(&window.pad, i, n);
            let grown = (length - 1) * stride - before - after + dilation * (kernel - 1) + more + 1;
            let grown = u64::try_from(grown).map_err(|_| "nothing is left of the value")?;
            self.freeze(shape[at]);
            shape[at] = Dim::Number(grown);
        }
        Ok(shape)
    }

    pub(super) fn resize(
        &mut self,
        value: Shape,
        to: &Resized,
        node: &Node,
    ) -> Result<Shape, String> {
        let mut shape = value;
        let like = self.input(node, 1);
        let axes = spatial(&shape)?;
        for (i, at) in axes.enumerate() {
            let length = self.size(shape[at]);
            self.freeze(shape[at]);
            shape[at] = match to {
                Resized::By(by) => {
                    let by = by.get(i).or(by.last()).copied().unwrap_or(1.0);
                    Dim::Number(truncated(to_f64(length) * by))
                }
                Resized::To(to) => Dim::Number(to.at(i).into()),
                Resized::Like => *like.get(at).ok_or("the second value has no such axis")?,
            };
        }
        Ok(shape)
    }

    pub(super) fn pad(&mut self, value: Shape, pad: &[i64]) -> Result<Shape, String> {
        let mut shape = value;
        let n = pad.len() / 2;
        let first = shape
            .len()
            .checked_sub(n)
            .ok_or_else(|| format!("a pad of {n} axes of {}", shape.len()))?;
        let mut added = vec![Dim::Number(0); pad.len()];
        for i in 0..n {
            let at = first + i;
            let (before, after) = (pad[i], pad[n + i]);
            let dim = shape[at];
            // Channels that are added grow as those that they are added to something with.
            if at == 1 && self.free && before >= 0 && after >= 0 {
                let ends = [before, after].map(|n| match n.unsigned_abs() {
                    0 => Dim::Number(0),
                    n => self.parameter(n),
                });
                (added[i], added[n + i]) = (ends[0], ends[1]);
                let parts: Vec<Dim> = [ends[0], dim, ends[1]]
                    .into_iter()
                    .filter(|dim| *dim != Dim::Number(0))
                    .collect();
                shape[at] = self.shapes.widths.joined(&parts);
                continue;
            }
            if before == 0 && after == 0 {
                continue;
            }
            let length = i64::try_from(self.size(dim)).unwrap_or(i64::MAX);
            let padded = u64::try_from(length.saturating_add(before).saturating_add(after))
                .map_err(|_| "nothing is left of the value")?;
            self.freeze(dim);
            shape[at] = Dim::Number(padded);
        }
        if added.iter().any(|dim| *dim != Dim::Number(0)) {
            self.mark(Mark::Pad(added));
        }
        Ok(shape)
    }
}

/// The spatial axes of a value: all but batch and channels.
pub(super) fn spatial(shape: &[Dim]) -> Result<std::ops::Range<usize>, String> {
    if shape.len() < 3 {
        return Err(format!("a window over a value of {} axes", shape.len()));
    }
    Ok(2..shape.len())
}

/// Positions within a window, over `n` spatial axes.
pub(in crate::net::graph) fn taps(window: &Window, n: usize) -> u64 {
    (0..n).fold(1, |all: u64, i| {
        all.saturating_mul(window.kernel.at(i).into())
    })
}

/// What stands before and after the `i`-th of `n` axes.
fn ends(pad: &Padding, i: usize, n: usize) -> (i64, i64) {
    match pad {
        Padding::Even(per_axis) => (per_axis.at(i).into(), per_axis.at(i).into()),
        Padding::Ends(list) if list.len() == 2 * n => (list[i], list[n + i]),
        Padding::Ends(list) => {
            let both = list.get(i).or(list.last()).copied().unwrap_or(0);
            (both, both)
        }
        Padding::Same => (0, 0),
    }
}

/// Positions of a window along the `i`-th of `n` axes, ⌊(length + pads - dilation·(kernel - 1) - 1) / stride⌋ + 1.
fn positions(length: u64, window: &Window, i: usize, n: usize) -> Result<u64, String> {
    let [kernel, stride, dilation] = [&window.kernel, &window.stride, &window.dilation]
        .map(|per_axis| u64::from(per_axis.at(i)));
    if window.pad == Padding::Same {
        return Ok(length.div_ceil(stride));
    }
    let (before, after) = ends(&window.pad, i, n);
    let padded = i64::try_from(length)
        .unwrap_or(i64::MAX)
        .saturating_add(before)
        .saturating_add(after);
    let reach = dilation.saturating_mul(kernel - 1) + 1;
    let padded = u64::try_from(padded).unwrap_or(0);
    let Some(room) = padded.checked_sub(reach) else {
        return Err(format!("a window of {reach} over {padded} positions"));
    };
    if !window.ceil {
        return Ok(room / stride + 1);
    }
    let rounded = room.div_ceil(stride) + 1;
    // A window that would start beyond the input and what stands before it is left out.
    let start = (rounded - 1).saturating_mul(stride);
    let reachable = length.saturating_add(u64::try_from(before).unwrap_or(0));
    Ok(if start >= reachable {
        rounded - 1
    } else {
        rounded
    })
}

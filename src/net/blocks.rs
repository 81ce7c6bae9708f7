//! Blocks, stems and heads, each one sequence of steps along a `Path`.
//!
//! A path is the feature map as it runs through the net (its width and side); each step emits the layer it takes.
//! Source: pycls, commit 5719de6, `pycls/models/{blocks,anynet}.py`.

use super::layers::{Bias, Kind, Layer, Then};

/// The side of a square feature map, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Side(u32);

impl Side {
    /// Longest side that is counted.
    pub const MAX: u32 = 1 << 20;

    /// A side of `pixels`, or `None` where that is 0 or more than [`Side::MAX`].
    #[must_use]
    pub const fn of(pixels: u32) -> Option<Self> {
        if 1 <= pixels && pixels <= Self::MAX {
            Some(Self(pixels))
        } else {
            None
        }
    }

    /// The same of a wider number.
    #[must_use]
    pub fn new(pixels: u64) -> Option<Self> {
        u32::try_from(pixels).ok().and_then(Self::of)
    }

    /// The number of pixels along the side.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number of pixels of the map.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.0) * u64::from(self.0)
    }

    /// The side after a "same"-padded step of `stride`: ⌈side / stride⌉.
    #[must_use]
    pub fn strided(self, stride: u32) -> Self {
        Self((self.0 - 1) / stride + 1)
    }
}

/// A feature map on its way through a net.
pub(super) struct Path<'a> {
    pub(super) width: u32,
    pub(super) side: Side,
    pub(super) stage: u32,
    repeats: u32,
    emit: &'a mut dyn FnMut(Layer),
}

/// A convolution still to be placed: dense, stride 1, batch norm after it.
#[derive(Clone, Copy)]
pub(super) struct Conv {
    pub(super) width: u32,
    pub(super) kernel: u32,
    pub(super) stride: u32,
    pub(super) groups: u32,
    pub(super) then: Then,
}

impl Conv {
    pub(super) const fn new(width: u32, kernel: u32) -> Self {
        Self {
            width,
            kernel,
            stride: 1,
            groups: 1,
            then: Then::BatchNorm,
        }
    }

    pub(super) const fn stride(self, stride: u32) -> Self {
        Self { stride, ..self }
    }

    pub(super) const fn groups(self, groups: u32) -> Self {
        Self { groups, ..self }
    }

    pub(super) const fn bias(self) -> Self {
        Self {
            then: Then::Bias,
            ..self
        }
    }
}

impl<'a> Path<'a> {
    /// The start of a net: an image of three channels.
    pub(super) fn image(side: Side, emit: &'a mut dyn FnMut(Layer)) -> Self {
        Self {
            width: 3,
            side,
            stage: 0,
            repeats: 1,
            emit,
        }
    }

    fn step(&mut self, kind: Kind, w_out: u32, side_out: Side) {
        let (area_in, area_out) = (self.side.area(), side_out.area());
        let (stage, repeats) = (self.stage, self.repeats);
        (self.emit)(Layer {
            stage,
            kind,
            w_in: self.width,
            w_out,
            area_in,
            area_out,
            repeats,
            tied: false,
        });
        (self.width, self.side) = (w_out, side_out);
    }

    pub(super) fn conv(&mut self, conv: Conv) {
        let Conv {
            width,
            kernel,
            stride,
            groups,
            then,
        } = conv;
        self.step(
            Kind::Conv {
                kernel: [kernel; 2],
                stride,
                groups,
                then,
            },
            width,
            self.side.strided(stride),
        );
    }

    pub(super) fn max_pool(&mut self, kernel: u32, stride: u32) {
        self.step(
            Kind::MaxPool {
                kernel,
                stride,
                moves: false,
            },
            self.width,
            self.side.strided(stride),
        );
    }

    pub(super) fn squeeze_excite(&mut self, squeezed: u32) {
        self.step(Kind::SqueezeExcite { squeezed }, self.width, self.side);
    }

    pub(super) fn sum(&mut self) {
        self.step(Kind::Sum, self.width, self.side);
    }

    /// A projection of the map as it is, beside the path.
    fn branch(&mut self, conv: Conv) {
        let (width, side) = (self.width, self.side);
        self.conv(conv);
        (self.width, self.side) = (width, side);
    }

    /// A layer over `positions` tokens.
    pub(super) fn tokens(&mut self, kind: Kind, w_out: u32, positions: u64) {
        let (stage, repeats, w_in) = (self.stage, self.repeats, self.width);
        (self.emit)(Layer {
            stage,
            kind,
            w_in,
            w_out,
            area_in: positions,
            area_out: positions,
            repeats,
            tied: false,
        });
        self.width = w_out;
    }

    /// Average pool and classifier.
    pub(super) fn classify(&mut self, num_classes: u32) {
        self.tokens(
            Kind::Linear {
                bias: Bias::Learned,
            },
            num_classes,
            1,
        );
    }

    /// The next stage: `depth` blocks, the first with `stride`; all the others are alike and emitted once.
    pub(super) fn stage(&mut self, depth: u32, stride: u32, mut block: impl FnMut(&mut Self, u32)) {
        self.stage += 1;
        self.repeats = 1;
        block(self, stride);
        if depth > 1 {
            self.repeats = depth - 1;
            block(self, 1);
            self.repeats = 1;
        }
    }

    /// The part after the last stage.
    pub(super) fn head(&mut self) {
        self.stage += 1;
    }
}

/// A 1×1 projection with the block's stride, wherever the width or the side changes.
fn shortcut(path: &mut Path, width: u32, stride: u32) {
    if path.width != width || stride != 1 {
        path.branch(Conv::new(width, 1).stride(stride));
    }
}

/// Two 3×3 convolutions, without a shortcut.
pub(super) fn vanilla_block(path: &mut Path, width: u32, stride: u32) {
    path.conv(Conv::new(width, 3).stride(stride));
    path.conv(Conv::new(width, 3));
}

/// Two 3×3 convolutions beside a shortcut.
pub(super) fn res_basic_block(path: &mut Path, width: u32, stride: u32) {
    shortcut(path, width, stride);
    vanilla_block(path, width, stride);
    path.sum();
}

/// What stands between a bottleneck's ends.
#[derive(Clone, Copy)]
pub(super) struct Bottleneck {
    pub(super) width: u32,
    /// Channels of the grouped convolution.
    pub(super) w_b: u32,
    pub(super) groups: u32,
    /// Channels of squeeze-excitation; 0: none.
    pub(super) squeezed: u32,
    /// Strides of the first 1×1 and of the k×k convolution multiply to the block's; this says that the first has it.
    pub(super) stride_1x1: bool,
}

/// 1×1, grouped 3×3, squeeze-excitation, 1×1.
fn bottleneck(path: &mut Path, block: Bottleneck, stride: u32) {
    let (first, second) = if block.stride_1x1 {
        (stride, 1)
    } else {
        (1, stride)
    };
    path.conv(Conv::new(block.w_b, 1).stride(first));
    path.conv(Conv::new(block.w_b, 3).stride(second).groups(block.groups));
    if block.squeezed > 0 {
        path.squeeze_excite(block.squeezed);
    }
    path.conv(Conv::new(block.width, 1));
}

/// A bottleneck beside a shortcut.
pub(super) fn res_bottleneck_block(path: &mut Path, block: Bottleneck, stride: u32) {
    shortcut(path, block.width, stride);
    bottleneck(path, block, stride);
    path.sum();
}

/// A bottleneck without activation at its end; the sum only where nothing changes shape, never a projection.
pub(super) fn res_bottleneck_linear_block(path: &mut Path, block: Bottleneck, stride: u32) {
    let keeps_shape = path.width == block.width && stride == 1;
    bottleneck(path, block, stride);
    if keeps_shape {
        path.sum();
    }
}

/// Shape of an inverted residual.
#[derive(Clone, Copy)]
pub(in crate::net) struct MbConv {
    pub(in crate::net) width: u32,
    /// Channels of the depthwise convolution.
    pub(in crate::net) expanded: u32,
    pub(in crate::net) kernel: u32,
    pub(in crate::net) squeezed: u32,
}

/// An inverted residual: expansion (unless it changes nothing), depthwise k×k, squeeze-excitation, linear 1×1.
pub(super) fn mb_conv(path: &mut Path, block: MbConv, stride: u32) {
    let keeps_shape = path.width == block.width && stride == 1;
    if block.expanded != path.width {
        path.conv(Conv::new(block.expanded, 1));
    }
    path.conv(
        Conv::new(block.expanded, block.kernel)
            .stride(stride)
            .groups(block.expanded),
    );
    path.squeeze_excite(block.squeezed);
    path.conv(Conv::new(block.width, 1));
    if keeps_shape {
        path.sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_stays_a_pixel_however_it_is_strided() {
        let pixel = Side::new(1).unwrap();
        assert_eq!(pixel.strided(2), pixel);
        assert_eq!(Side::new(225).unwrap().strided(2).get(), 113);
    }

    #[test]
    fn a_side_is_never_empty() {
        assert_eq!((Side::new(0), Side::new(1 << 21)), (None, None));
    }
}

//! The builder's net that a graph equals, layer by layer.
//!
//! A graph's convolutions are read in order as stem, blocks and head; what was guessed of them is built, and taken only
//! where it has the same layers and costs. So a net that comes from other code is counted, scaled and timed as its family is.

use crate::net::blocks::Side;
use crate::net::families::anynet::{AnyNet, BlockType, SqueezeExcite, Stage, StemType};
use crate::net::families::effnet::{self, EffNet};
use crate::net::graph::nodes::{Graph, Twin};
use crate::net::layers::{Bias, Counts, Kind, Layer, Then};

/// A convolution of a map.
#[derive(Clone, Copy, Debug)]
struct Step {
    kernel: u32,
    stride: u32,
    groups: u32,
    w_in: u32,
    w_out: u32,
    area_in: u64,
    area_out: u64,
    /// Channels of the squeeze-excitation before it, 0 where there is none.
    squeezed: u32,
}

impl Step {
    fn is_projection(&self) -> bool {
        self.kernel == 1 && self.groups == 1
    }

    fn is_depthwise(&self) -> bool {
        self.groups == self.w_in && self.w_in == self.w_out
    }
}

/// What is read of a graph's layers.
struct Read {
    steps: Vec<Step>,
    pooled: bool,
    sums: bool,
    num_classes: u32,
    /// Channels that the classifier reads.
    w_last: u32,
}

impl Read {
    fn new(layers: &[Layer]) -> Option<Self> {
        let (mut steps, mut squeezed) = (Vec::new(), 0);
        let (mut pooled, mut sums, mut classifier) = (false, false, None);
        for layer in layers {
            match layer.kind {
                Kind::Conv {
                    kernel: [height, width],
                    stride,
                    groups,
                    then,
                } if height == width && classifier.is_none() => {
                    let pixel = layer.area_in == 1 && then == Then::Bias;
                    if pixel && squeezed == 0 {
                        squeezed = layer.w_out;
                        continue;
                    }
                    if pixel {
                        continue;
                    }
                    steps.push(Step {
                        kernel: height,
                        stride,
                        groups,
                        w_in: layer.w_in,
                        w_out: layer.w_out,
                        area_in: layer.area_in,
                        area_out: layer.area_out,
                        squeezed,
                    });
                    squeezed = 0;
                }
                Kind::Linear {
                    bias: Bias::Learned,
                } if classifier.is_none() && layer.area_out == 1 => {
                    classifier = Some((layer.w_in, layer.w_out));
                }
                Kind::MaxPool {
                    kernel: 3,
                    stride: 2,
                    ..
                } if steps.len() == 1 && !pooled => pooled = true,
                Kind::Norm {
                    each: 2,
                    batch: true,
                }
                | Kind::Function
                | Kind::Move
                | Kind::AveragePool => {}
                Kind::Sum => sums = true,
                _ => return None,
            }
        }
        let (w_last, num_classes) = classifier?;
        (!steps.is_empty()).then_some(Self {
            steps,
            pooled,
            sums,
            num_classes,
            w_last,
        })
    }

    /// The last step and its width, where that is a 1×1 convolution which the classifier reads.
    fn head(&self) -> Option<u32> {
        let last = self.steps.last()?;
        (last.is_projection() && last.stride == 1 && last.w_out == self.w_last)
            .then_some(last.w_out)
    }
}

/// One block as it is read.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Block {
    w_in: u32,
    width: u32,
    inner: u32,
    groups: u32,
    kernel: u32,
    stride: u32,
    squeezed: u32,
    projected: bool,
}

/// How many steps a block takes, and what it is.
type Taken = (usize, Block);

/// 1×1, k×k, 1×1, with a projection before or after.
fn bottleneck(steps: &[Step], w: u32) -> Option<Taken> {
    let main = |steps: &[Step]| -> Option<Block> {
        let [first, middle, last, ..] = steps else {
            return None;
        };
        let fits = first.is_projection()
            && first.stride == 1
            && first.w_in == w
            && middle.w_in == first.w_out
            && middle.w_out == middle.w_in
            && middle.kernel == 3
            && last.is_projection()
            && last.w_in == middle.w_out
            && last.stride == 1;
        fits.then_some(Block {
            w_in: w,
            width: last.w_out,
            inner: middle.w_out,
            groups: middle.groups,
            kernel: middle.kernel,
            stride: middle.stride,
            squeezed: last.squeezed,
            projected: false,
        })
    };
    let projects = |step: &Step, block: &Block, input: u64, output: u64| {
        step.is_projection()
            && step.w_in == w
            && step.w_out == block.width
            && step.stride == block.stride
            && step.area_in == input
            && step.area_out == output
    };
    if let Some(block) = steps.get(1..).and_then(main) {
        let (first, last) = (&steps[1], &steps[3]);
        if projects(&steps[0], &block, first.area_in, last.area_out) {
            return Some((
                4,
                Block {
                    projected: true,
                    ..block
                },
            ));
        }
    }
    let block = main(steps)?;
    let changes = block.width != w || block.stride != 1;
    let after = steps
        .get(3)
        .filter(|step| changes && projects(step, &block, steps[0].area_in, steps[2].area_out));
    let projected = after.is_some();
    Some((3 + usize::from(projected), Block { projected, ..block }))
}

/// Two 3×3, with a projection before or after.
fn basic(steps: &[Step], w: u32) -> Option<Taken> {
    let main = |steps: &[Step]| -> Option<Block> {
        let [first, last, ..] = steps else {
            return None;
        };
        let fits = first.kernel == 3
            && last.kernel == 3
            && first.groups == 1
            && last.groups == 1
            && first.w_in == w
            && last.w_in == first.w_out
            && last.w_out == last.w_in
            && last.stride == 1;
        fits.then_some(Block {
            w_in: w,
            width: last.w_out,
            inner: 0,
            groups: 1,
            kernel: 3,
            stride: first.stride,
            squeezed: 0,
            projected: false,
        })
    };
    let projects = |step: &Step, block: &Block| {
        step.is_projection()
            && step.w_in == w
            && step.w_out == block.width
            && step.stride == block.stride
            && (block.width != w || block.stride != 1)
    };
    if let Some(block) = steps.get(1..).and_then(main)
        && projects(&steps[0], &block)
    {
        return Some((
            3,
            Block {
                projected: true,
                ..block
            },
        ));
    }
    let block = main(steps)?;
    let projected = steps.get(2).is_some_and(|step| projects(step, &block));
    Some((2 + usize::from(projected), Block { projected, ..block }))
}

/// An expansion (unless it changes nothing), depthwise k×k, 1×1.
fn inverted(steps: &[Step], w: u32) -> Option<Taken> {
    let first = steps.first()?;
    let expands = first.is_projection() && first.w_in == w;
    let at = usize::from(expands && !first.is_depthwise());
    let (middle, last) = (steps.get(at)?, steps.get(at + 1)?);
    let inner = if at == 1 { first.w_out } else { w };
    let fits = middle.is_depthwise()
        && middle.w_in == inner
        && last.is_projection()
        && last.w_in == inner
        && last.stride == 1;
    let block = Block {
        w_in: w,
        width: last.w_out,
        inner,
        groups: middle.groups,
        kernel: middle.kernel,
        stride: middle.stride,
        squeezed: last.squeezed,
        projected: false,
    };
    fits.then_some((at + 2, block))
}

/// The blocks that `steps` consist of, all of one kind.
fn blocks(
    mut steps: &[Step],
    mut w: u32,
    kind: fn(&[Step], u32) -> Option<Taken>,
) -> Option<Vec<Block>> {
    let mut found = Vec::new();
    while !steps.is_empty() {
        let (taken, block) = kind(steps, w)?;
        w = block.width;
        found.push(block);
        steps = &steps[taken..];
    }
    (!found.is_empty()).then_some(found)
}

/// Stages of blocks that are alike: the first of each may change the width and the side.
fn stages(blocks: &[Block], alike: impl Fn(&Block, &Block) -> bool) -> Vec<(u32, Block)> {
    let mut stages: Vec<(u32, Block)> = Vec::new();
    for block in blocks {
        match stages.last_mut() {
            Some((depth, first))
                if block.stride == 1 && block.width == first.width && alike(first, block) =>
            {
                *depth += 1;
            }
            _ => stages.push((1, *block)),
        }
    }
    stages
}

/// The share of `whole` that `part` is.
fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole)
}

fn any_net(read: &Read) -> Option<AnyNet> {
    let stem = read.steps.first()?;
    let stem_type = match (stem.kernel, stem.stride, read.pooled) {
        (7, 2, true) => StemType::ResStemIn,
        (3, 2, false) => StemType::SimpleStemIn,
        (3, 1, false) => StemType::ResStemCifar,
        _ => return None,
    };
    let all = &read.steps[1..];
    let body = |head: u32| &all[..all.len() - usize::from(head > 0)];
    let candidates = read.head().into_iter().chain([0]);
    for head_w in candidates {
        let steps = body(head_w);
        let found = blocks(steps, stem.w_out, bottleneck)
            .map(|found| (true, found))
            .or_else(|| blocks(steps, stem.w_out, basic).map(|found| (false, found)));
        let Some((narrowed, found)) = found else {
            continue;
        };
        let changes = |b: &Block| b.width != b.w_in || b.stride != 1;
        let projects = found.iter().any(|block| block.projected) || !found.iter().any(changes);
        let block_type = match (narrowed, projects, read.sums) {
            (true, true, true) => BlockType::ResBottleneckBlock,
            (true, false, _) => BlockType::ResBottleneckLinearBlock,
            (false, true, true) => BlockType::ResBasicBlock,
            (false, _, false) => BlockType::VanillaBlock,
            _ => continue,
        };
        let squeezed = found[0].squeezed;
        let stages = stages(&found, |a, b| a.inner == b.inner && a.groups == b.groups);
        let stage = |(depth, block): &(u32, Block)| Stage {
            depth: *depth,
            width: block.width,
            stride: block.stride,
            bot_mul: narrowed.then(|| share(block.inner, block.width)),
            group_w: narrowed.then(|| block.inner / block.groups),
        };
        return AnyNet {
            stem_type,
            stem_w: stem.w_out,
            block_type,
            stages: stages.iter().map(stage).collect(),
            head_w,
            se: SqueezeExcite {
                on: squeezed > 0,
                ratio: ratio(squeezed, found[0].w_in),
            },
            num_classes: read.num_classes,
        }
        .checked()
        .ok();
    }
    None
}

/// The usual ratio where it gives `squeezed`, else the one that does.
fn ratio(squeezed: u32, w_in: u32) -> f64 {
    let near = |ratio: f64| (f64::from(w_in) * ratio - f64::from(squeezed)).abs() < 1.0;
    if squeezed > 0 && near(0.25) {
        0.25
    } else {
        share(squeezed, w_in)
    }
}

fn eff_net(read: &Read) -> Option<EffNet> {
    let stem = read.steps.first()?;
    let head_w = read.head()?;
    let usual = stem.kernel == 3 && stem.stride == 2 && !read.pooled;
    let steps = read.steps.get(1..read.steps.len() - 1).filter(|_| usual)?;
    let found = blocks(steps, stem.w_out, inverted)?;
    let expansion = |block: &Block| share(block.inner, block.w_in);
    let stages = stages(&found, |a, b| {
        a.kernel == b.kernel && (expansion(a) - expansion(b)).abs() < 1e-9
    });
    let stage = |(depth, block): &(u32, Block)| effnet::Stage {
        depth: *depth,
        width: block.width,
        exp_ratio: expansion(block),
        stride: block.stride,
        kernel: block.kernel,
    };
    EffNet {
        stem_w: stem.w_out,
        stages: stages.iter().map(stage).collect(),
        se_r: ratio(found[0].squeezed, found[0].w_in),
        head_w,
        num_classes: read.num_classes,
    }
    .checked()
    .ok()
}

/// What a convolution, a pool or a sum is, however it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Trait {
    what: u8,
    sides: [u32; 4],
    widths: [u32; 2],
    areas: [u64; 2],
}

fn traits(layer: &Layer, into: &mut Vec<Trait>) {
    let of = |what, sides, widths| Trait {
        what,
        sides,
        widths,
        areas: [layer.area_in, layer.area_out],
    };
    let widths = [layer.w_in, layer.w_out];
    let pixel = |widths| Trait {
        what: 0,
        sides: [1, 1, 1, 1],
        widths,
        areas: [1, 1],
    };
    let found: &[Trait] = match layer.kind {
        Kind::Conv {
            kernel: [height, width],
            stride,
            groups,
            ..
        } => &[of(0, [height, width, stride, groups], widths)],
        Kind::SqueezeExcite { squeezed } => &[
            pixel([layer.w_out, squeezed]),
            pixel([squeezed, layer.w_out]),
        ],
        Kind::MaxPool { kernel, stride, .. } => &[of(1, [kernel, kernel, stride, 1], widths)],
        Kind::Linear { .. } => &[of(2, [0; 4], widths)],
        Kind::Sum => &[of(3, [0; 4], [layer.w_out; 2])],
        _ => &[],
    };
    for _ in 0..layer.repeats {
        into.extend_from_slice(found);
    }
}

/// Whether `spec` has these layers, in whichever order, and their costs.
fn equals(spec: &Twin, side: Side, layers: &[Layer]) -> bool {
    let (mut wanted, mut counts) = (Vec::new(), Counts::default());
    for layer in layers {
        traits(layer, &mut wanted);
        counts += layer.counts();
    }
    let (mut built, mut all) = (Vec::with_capacity(wanted.len()), Counts::default());
    spec.layers(side, &mut |layer| {
        // A guess that is far off is not written out.
        if built.len() <= wanted.len() {
            traits(&layer, &mut built);
        }
        all += layer.counts();
    });
    if counts != all || wanted.len() != built.len() {
        return false;
    }
    wanted.sort_unstable();
    built.sort_unstable();
    wanted == built
}

impl Graph {
    /// The builder's net with these layers, where there is one.
    pub(in crate::net::graph) fn twin_of(layers: &[Layer], side: Side) -> Option<Twin> {
        let read = Read::new(layers)?;
        let guesses = [
            any_net(&read).map(Twin::AnyNet),
            eff_net(&read).map(Twin::EffNet),
        ];
        let mut guesses = guesses.into_iter().flatten();
        guesses.find(|spec| equals(spec, side, layers))
    }
}

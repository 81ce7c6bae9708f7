//! A deeper net: blocks that stand in a row are repeated, or dropped.
//!
//! A net is cut wherever one value alone leads on. What stands between two cuts is a segment; segments that repeat, one
//! after another, are the blocks of a stage. A residual block that keeps the shape of its input is one of a stage, also
//! where it stands alone, since the block before it, which changes the shape, belongs to the stage too.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::net::graph::form::op::Op;
use crate::net::graph::nodes::{Graph, Node};
use crate::net::graph::shapes::{Sizes, Trouble};
use crate::units::{rounded, to_f64, to_u64};

/// Segments of a block, at most.
const MAX_PERIOD: usize = 48;
/// Segments of one key that a new one is compared with: nets have few, and a graph made to be slow has thousands.
const MOST_ALIKE: usize = 64;
/// How much of a block's weighted operators have to stand before its copies, for these to be another of the stage: a block
/// that makes the map smaller or wider.
const FIRST: f64 = 0.6;

/// Equal blocks in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::net) struct Run {
    /// The first node of the first copy.
    start: usize,
    /// Nodes of a copy.
    length: usize,
    /// How many copies there are.
    copies: usize,
    /// Whether the block before them is of the same stage.
    with_first: bool,
}

impl Run {
    /// Blocks of the stage.
    pub(in crate::net) fn depth(&self) -> u64 {
        to_u64(self.copies + usize::from(self.with_first))
    }

    fn end(&self) -> usize {
        self.start + self.length * self.copies
    }
}

/// The nodes between two cuts.
#[derive(Clone, Copy, Debug)]
struct Segment {
    start: usize,
    end: usize,
    /// Equal for segments that do the same.
    class: usize,
    weighted: usize,
    /// Whether a value is added to what became of it.
    residual: bool,
    /// Whether it holds a convolution over more than one position.
    spatial: bool,
    /// Whether what comes out has the shape of what goes in.
    keeps_shape: bool,
}

impl Graph {
    /// The blocks that can be repeated, where its values have these lengths.
    pub(super) fn runs(&self, sizes: &[Sizes]) -> Vec<Run> {
        let segments = self.segments(sizes);
        let mut runs: Vec<Run> = Vec::new();
        let (mut at, mut gap) = (0, 0);
        while at < segments.len() {
            let Some((period, copies)) = repeats(&segments[at..]) else {
                gap += segments[at].weighted;
                at += 1;
                continue;
            };
            let unit = &segments[at..at + period];
            let weighted: usize = unit.iter().map(|segment| segment.weighted).sum();
            let start = unit[0].start;
            runs.push(Run {
                start,
                length: unit[period - 1].end - start,
                copies,
                with_first: to_f64(to_u64(gap)) >= FIRST * to_f64(to_u64(weighted)),
            });
            (at, gap) = (at + period * copies, 0);
        }
        runs
    }

    /// The net with `by` times as many blocks in each of `runs`, rounded, and at least one.
    pub(super) fn deeper(&self, runs: &[Run], by: f64) -> Result<Self, Trouble> {
        let mut made = Builder::new(self);
        for run in runs {
            let depth = rounded(to_f64(run.depth()) * by).max(1);
            let copies = usize::try_from(depth).unwrap_or(usize::MAX) - usize::from(run.with_first);
            made.copy_until(run.start);
            made.repeat(run, copies)?;
        }
        made.copy_until(self.nodes.len());
        Ok(Self {
            channels: self.channels,
            group: self.group.clone(),
            nodes: made.nodes,
            twin: None,
        })
    }

    /// Whether each value follows from the image, and not from parameters alone.
    fn of_image(&self) -> Vec<bool> {
        let mut of_image = vec![true];
        for node in &self.nodes {
            let found = node
                .inputs
                .iter()
                .any(|value| of_image[usize::try_from(*value).unwrap_or(0)]);
            of_image.push(found);
        }
        of_image
    }

    /// The net, cut wherever one value alone leads on.
    fn segments(&self, sizes: &[Sizes]) -> Vec<Segment> {
        let of_image = self.of_image();
        // The last node that takes each value.
        let mut last = vec![0; self.nodes.len() + 1];
        for (i, node) in self.nodes.iter().enumerate() {
            for value in &node.inputs {
                last[usize::try_from(*value).unwrap_or(0)] = i;
            }
        }
        let (mut segments, mut classes) = (Vec::new(), Classes::default());
        let (mut start, mut reach) = (0, last[0]);
        for i in 0..self.nodes.len() {
            // The values before this one are taken no later than here.
            if reach <= i && of_image[i + 1] {
                segments.push(self.segment(start, i + 1, sizes, &mut classes));
                start = i + 1;
            }
            if of_image[i + 1] {
                reach = reach.max(last[i + 1]);
            }
        }
        segments
    }

    fn segment(&self, start: usize, end: usize, sizes: &[Sizes], classes: &mut Classes) -> Segment {
        let nodes = &self.nodes[start..end];
        let weighted = |node: &&Node| matches!(node.op, Op::Conv(_) | Op::Linear { .. });
        let spatial = |node: &Node| match &node.op {
            Op::Conv(conv) => (0..2).any(|i| conv.window.kernel.at(i) > 1),
            _ => false,
        };
        let residual = |node: &Node| {
            matches!(
                node.op,
                Op::Pair {
                    name: "add",
                    value: None,
                    ..
                }
            )
        };
        Segment {
            start,
            end,
            class: classes.of(self, start, end, sizes),
            weighted: nodes.iter().filter(weighted).count(),
            residual: nodes.iter().any(residual),
            spatial: nodes.iter().any(spatial),
            keeps_shape: sizes[start] == sizes[end],
        }
    }
}

/// The block at the start of `segments`: of how many segments, and how often it comes in a row.
fn repeats(segments: &[Segment]) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    let (mut weighted, mut residual, mut spatial) = (0, false, false);
    for (i, last) in segments.iter().take(MAX_PERIOD).enumerate() {
        weighted += last.weighted;
        residual |= last.residual;
        spatial |= last.spatial;
        let (unit, rest) = segments.split_at(i + 1);
        let period = unit.len();
        if weighted == 0 || !(weighted > 1 || residual || spatial) {
            continue;
        }
        let alike = |copy: &&[Segment]| {
            copy.len() == period && copy.iter().zip(unit).all(|(a, b)| a.class == b.class)
        };
        let copies = 1 + rest.chunks(period).take_while(alike).count();
        // A block that stands alone has to be a residual one.
        let alone = period == 1 && residual && unit[0].keeps_shape;
        if copies < 2 && !alone {
            continue;
        }
        if best.is_none_or(|(p, n)| period * copies > p * n) {
            best = Some((period, copies));
        }
    }
    best
}

/// Segments that do the same have one number.
#[derive(Default)]
struct Classes {
    known: HashMap<u64, Vec<(usize, usize, usize)>>,
    count: usize,
}

impl Classes {
    fn of(&mut self, graph: &Graph, start: usize, end: usize, sizes: &[Sizes]) -> usize {
        let key = key(graph, start, end, sizes);
        let found = self.known.entry(key).or_default();
        let same = found.iter().take(MOST_ALIKE).find(|(from, to, _)| {
            to - from == end - start
                && sizes[*from] == sizes[start]
                && (0..end - start).all(|k| alike(graph, from + k, start + k, *from, start))
        });
        if let Some((_, _, class)) = same {
            return *class;
        }
        self.count += 1;
        found.push((start, end, self.count));
        self.count
    }
}

fn key(graph: &Graph, start: usize, end: usize, sizes: &[Sizes]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (end - start).hash(&mut hasher);
    sizes[start].len().hash(&mut hasher);
    for node in &graph.nodes[start..end] {
        node.op.name().hash(&mut hasher);
        match &node.op {
            Op::Conv(conv) => (conv.out, conv.groups).hash(&mut hasher),
            Op::Linear { out, .. } => out.hash(&mut hasher),
            _ => {}
        }
    }
    hasher.finish()
}

/// Whether node `b` of the segment from `b_start` does what node `a` of the one from `a_start` does.
fn alike(graph: &Graph, a: usize, b: usize, a_start: usize, b_start: usize) -> bool {
    let (x, y) = (&graph.nodes[a], &graph.nodes[b]);
    let local = |value: u32, start: usize| {
        let value = usize::try_from(value).unwrap_or(0);
        // What comes from before the segment is the same value, or the one that leads in.
        if value >= start {
            (value - start, None)
        } else {
            (0, Some(value))
        }
    };
    x.inputs.len() == y.inputs.len()
        && x.inputs
            .iter()
            .zip(&y.inputs)
            .all(|(v, w)| local(*v, a_start) == local(*w, b_start))
        && same(&x.op, &y.op)
        && x.tied.map(|tied| local(tied + 1, a_start))
            == y.tied.map(|tied| local(tied + 1, b_start))
}

fn same(a: &Op, b: &Op) -> bool {
    match (a, b) {
        // Constants and slopes change with the block, as rates of drop path do.
        (Op::Map { name: a, .. }, Op::Map { name: b, .. }) => a == b,
        (
            Op::Pair {
                name: a, value: x, ..
            },
            Op::Pair {
                name: b, value: y, ..
            },
        ) => a == b && x.is_some() == y.is_some(),
        (Op::Constant { shape: a, .. }, Op::Constant { shape: b, .. }) => a == b,
        _ => a == b,
    }
}

/// A graph in the making, out of the nodes of another.
struct Builder<'a> {
    from: &'a Graph,
    nodes: Vec<Node>,
    /// The new number of each value.
    values: Vec<u32>,
    next: usize,
}

impl<'a> Builder<'a> {
    fn new(from: &'a Graph) -> Self {
        Self {
            from,
            nodes: Vec::with_capacity(from.nodes.len()),
            values: vec![0; from.nodes.len() + 1],
            next: 0,
        }
    }

    fn copy_until(&mut self, end: usize) {
        while self.next < end {
            self.push(self.next);
            self.next += 1;
        }
    }

    /// Adds the node, with inputs as they are numbered now.
    fn push(&mut self, i: usize) {
        let node = &self.from.nodes[i];
        let value = |value: &u32| self.values[usize::try_from(*value).unwrap_or(0)];
        let inputs = node.inputs.iter().map(value).collect();
        let tied = node.tied.map(|tied| {
            let value = usize::try_from(tied).unwrap_or(0) + 1;
            self.values[value].saturating_sub(1)
        });
        self.nodes.push(Node {
            inputs,
            tied,
            ..node.clone()
        });
        self.values[i + 1] = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
    }

    /// Adds `copies` of the run's block in place of those that it has.
    fn repeat(&mut self, run: &Run, copies: usize) -> Result<(), Trouble> {
        if self.nodes.len() + copies.saturating_mul(run.length)
            > crate::net::graph::form::read::MAX_NODES
        {
            let what = format!("{copies} copies of this block are too many");
            return Err(Trouble {
                node: run.start,
                what,
            });
        }
        let kept = copies.min(run.copies);
        self.copy_until(run.start + kept * run.length);
        let last = run.end() - run.length;
        for _ in kept..copies {
            // The value that leads into the last block is now the one that led out of the block before.
            self.values[last] = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            for i in last..run.end() {
                self.push(i);
            }
        }
        self.next = run.end();
        self.values[run.end()] = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        Ok(())
    }
}

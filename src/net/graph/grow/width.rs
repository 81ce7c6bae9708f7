//! A wider net: equal widths stay equal, and whatever is written of them is written anew.

use std::collections::{BTreeMap, HashMap};

use crate::net::graph::dim::{Dim, Width, Widths, common_multiple, lacking, nearest};
use crate::net::graph::form::op::{Op, Values};
use crate::net::graph::nodes::{Graph, Node};
use crate::net::graph::shapes::{Mark, Shapes, Trouble};
use crate::net::limits::MAX_WIDTH;
use crate::units::{rounded, to_f64};

/// Channels become multiples of this, as in the paper.
const MULTIPLE: u64 = 8;

/// What a net's widths grow by.
#[derive(Clone, Copy, Debug)]
pub(in crate::net) struct Wider {
    /// Of each width.
    pub(in crate::net) widths: f64,
    /// Of each group's width; depthwise layers stay depthwise.
    pub(in crate::net) groups: f64,
}

/// A width as it is rounded: `size` times a factor, to a multiple of `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::net) struct Rounded {
    pub(in crate::net) size: u64,
    pub(in crate::net) step: u64,
}

/// What scaling rounds of a net's widths.
#[derive(Clone, Debug, Default)]
pub(in crate::net) struct Roundings {
    pub(in crate::net) widths: Vec<Rounded>,
    /// Widths of groups.
    pub(in crate::net) groups: Vec<Rounded>,
}

/// Doublings of a step up to the widest layer.
const DOUBLINGS: u32 = 18;

/// A group's width after scaling: 1, 2, 4, or a multiple of 8.
fn group_width(size: u64, by: f64) -> u64 {
    match rounded(to_f64(size) * by).max(1) {
        small @ 1..=2 => small,
        3..=5 => 4,
        large => nearest(to_f64(large), MULTIPLE),
    }
}

/// What a net's widths are multiples of.
#[derive(Debug)]
pub(super) struct Steps {
    widths: Widths,
    /// What has to be written anew when the widths change, with the node.
    marks: Vec<(usize, Mark)>,
    /// The step of each width that may be scaled.
    of: BTreeMap<Width, u64>,
}

impl Steps {
    /// Those of a graph whose shapes are `shapes`, with every width free.
    pub(super) fn new(shapes: Shapes) -> Self {
        let Shapes { widths, marks, .. } = shapes;
        let mut least: HashMap<Width, u64> = HashMap::new();
        for (_, mark) in &marks {
            let (Mark::Out(dim) | Mark::Depthwise(dim)) = mark else {
                continue;
            };
            for term in widths.terms(*dim) {
                if let Some(width) = term.width {
                    let known = least.entry(width).or_insert(term.by);
                    *known = term.by.min(*known);
                }
            }
        }
        let of = widths.scalable().map(|(width, _)| {
            let times = least.get(&width).copied().unwrap_or(1);
            (width, lacking(MULTIPLE, times))
        });
        let of = of.collect();
        Self { widths, marks, of }
    }

    /// The steps where group widths become multiples too, and the new width of each node's groups, where they do not stay
    /// as many as they are.
    fn with_groups(&self, by: f64) -> (BTreeMap<Width, u64>, HashMap<usize, u64>) {
        let (mut of, mut found) = (self.of.clone(), HashMap::new());
        for (node, mark) in &self.marks {
            let Mark::Grouped { input, groups } = mark else {
                continue;
            };
            let terms = self.widths.terms(*input);
            if terms.iter().all(|term| term.by.is_multiple_of(*groups)) {
                continue;
            }
            let each = group_width(self.widths.size(*input) / groups, by);
            let fits = |by: u64, width: Option<Width>| match width {
                None => by.is_multiple_of(each),
                Some(width) => of.contains_key(&width),
            };
            if !terms.iter().all(|term| fits(term.by, term.width)) {
                // Some of the channels cannot change: none of them do.
                for width in terms.iter().filter_map(|term| term.width) {
                    of.remove(&width);
                }
                continue;
            }
            for term in &terms {
                if let Some(step) = term.width.and_then(|width| of.get_mut(&width)) {
                    *step = common_multiple(*step, lacking(each, term.by));
                }
            }
            found.insert(*node, each);
        }
        (of, found)
    }

    /// What scaling rounds of the widths: no factor between two of their steps changes the net.
    pub(super) fn rounded(&self) -> Roundings {
        let mut roundings = Roundings::default();
        let sizes = self.widths.sizes();
        let before = |width: Width| sizes[usize::try_from(width).unwrap_or(0)];
        for (width, step) in &self.of {
            roundings.widths.push(Rounded {
                size: before(*width),
                step: *step,
            });
        }
        for (_, mark) in &self.marks {
            let Mark::Grouped { input, groups } = mark else {
                continue;
            };
            let each = self.widths.size(*input) / groups;
            roundings.groups.push(Rounded {
                size: each,
                step: 1,
            });
            // Such a width is rounded to a multiple of its groups' width, whatever that is: halves of those multiples are
            // among the halves of these.
            for width in self
                .widths
                .terms(*input)
                .iter()
                .filter_map(|term| term.width)
            {
                let Some(step) = self.of.get(&width) else {
                    continue;
                };
                let doubled = |times: u32| Rounded {
                    size: before(width),
                    step: step << times,
                };
                roundings.widths.extend((1..DOUBLINGS).map(doubled));
            }
        }
        roundings
    }

    /// Makes every width of `graph` that may be scaled `by` times as large.
    pub(super) fn widen(&self, graph: &mut Graph, by: Wider) -> Result<(), Trouble> {
        let (steps, groups) = self.with_groups(by.groups);
        let mut sizes = self.widths.sizes();
        for (width, step) in &steps {
            let now = &mut sizes[usize::try_from(*width).unwrap_or(0)];
            *now = nearest(to_f64(*now) * by.widths, *step);
        }
        let after = |dim: Dim| self.widths.size_with(dim, &sizes);
        for (i, mark) in &self.marks {
            let node = &mut graph.nodes[*i];
            rewrite(node, mark, groups.get(i).copied(), &after)
                .map_err(|what| Trouble { node: *i, what })?;
        }
        Ok(())
    }
}

/// Writes what `mark` says of `node` anew.
fn rewrite(
    node: &mut Node,
    mark: &Mark,
    group: Option<u64>,
    size: &impl Fn(Dim) -> u64,
) -> Result<(), String> {
    let narrow = |n: u64| {
        u32::try_from(n)
            .ok()
            .filter(|n| *n <= MAX_WIDTH)
            .ok_or_else(|| format!("{n} channels are too many"))
    };
    match (&mut node.op, mark) {
        (Op::Conv(conv), Mark::Out(dim)) => conv.out = narrow(size(*dim))?,
        (Op::Linear { out, .. }, Mark::Out(dim)) => *out = narrow(size(*dim))?,
        (Op::Conv(conv), Mark::Depthwise(dim)) => conv.groups = narrow(size(*dim))?,
        (Op::Conv(conv), Mark::Grouped { input, .. }) => {
            if let Some(each) = group {
                conv.groups = narrow(size(*input) / each)?;
            }
        }
        (Op::Parameter { shape }, Mark::Shape(lengths)) => {
            *shape = lengths.iter().map(|dim| size(*dim)).collect();
        }
        (Op::Constant { shape, value, .. }, Mark::Shape(lengths)) => {
            for (n, dim) in shape.iter_mut().zip(lengths) {
                let length = size(*dim);
                if n.is_some_and(|n| n != length) {
                    *n = Some(length);
                    // As many values as there were do not fit.
                    value.take_if(|value| matches!(value, Values::Each(_)));
                }
            }
        }
        (
            Op::Slice { start, stop, .. },
            Mark::Slice {
                start: from,
                length,
            },
        ) => {
            let at = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            let (from, length) = (size(*from), size(*length));
            *start = at(from);
            if stop.is_some() {
                *stop = Some(at(from + length));
            }
        }
        (Op::Pad { pad, .. }, Mark::Pad(added)) => {
            for (n, dim) in pad.iter_mut().zip(added) {
                if *dim != Dim::Number(0) {
                    *n = i64::try_from(size(*dim)).unwrap_or(i64::MAX);
                }
            }
        }
        _ => {}
    }
    Ok(())
}

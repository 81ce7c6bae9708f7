//! Views and transpositions in the notation of einops: `b (g c) h w -> b (c g) h w`.
//!
//! Source of the notation: Rogozhnikov, "Einops: Clear and Reliable Tensor Manipulations with Einstein-like Notation"
//! (ICLR 2022).

use std::collections::BTreeMap;

use smallvec::{SmallVec, smallvec};

use super::dim::{Dim, Shape, Split, Widths};

/// The places of an axis's parts among the names of the pattern.
type Axis = SmallVec<[usize; 2]>;

/// How the axes of a value become those of another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rearrange {
    /// As it was written.
    pub(super) text: String,
    /// The axes whose length is told, by name.
    pub(super) sizes: BTreeMap<String, u64>,
    left: Vec<Axis>,
    right: Vec<Axis>,
    /// The length of each named axis, where it is told.
    told: Vec<Option<u64>>,
}

/// The axis that is 1 where shapes are inferred, also where it is not alone.
const BATCH: &str = "b";

/// Most axes of a value.
pub(super) const MAX_AXES: usize = 16;

/// Names, and brackets by themselves.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text
        .split_whitespace()
        .flat_map(|word| word.split_inclusive(['(', ')']));
    pieces.flat_map(apart).filter(|word| !word.is_empty())
}

/// What stands before the bracket at the end of `piece`, and that; either may be empty.
fn apart(piece: &str) -> [&str; 2] {
    let bracket = usize::from(piece.ends_with(['(', ')']));
    let (before, bracket) = piece.split_at(piece.len() - bracket);
    [before, bracket]
}

/// One side of the arrow: axes of named parts; an axis of one has none.
fn side<'a>(text: &'a str, names: &mut Vec<&'a str>, known: bool) -> Result<Vec<Axis>, String> {
    let (mut axes, mut open) = (Vec::with_capacity(4), None::<Axis>);
    let mut seen = SmallVec::<[usize; 8]>::new();
    for word in words(text) {
        let place = match word {
            "(" if open.is_none() => {
                open = Some(Axis::new());
                continue;
            }
            ")" => {
                axes.push(open.take().ok_or("a bracket closes that was not opened")?);
                continue;
            }
            "(" => return Err("brackets stand within brackets".to_owned()),
            "1" => None,
            name if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                let found = names.iter().position(|known| *known == name);
                let place = match (found, known) {
                    (Some(place), true) => place,
                    (None, false) => {
                        names.push(name);
                        names.len() - 1
                    }
                    (Some(_), false) => return Err(format!("`{name}` stands twice on the left")),
                    (None, true) => return Err(format!("`{name}` stands on the right alone")),
                };
                if seen.contains(&place) {
                    return Err(format!("`{name}` stands twice on one side"));
                }
                seen.push(place);
                Some(place)
            }
            other => return Err(format!("`{other}` is no name of an axis")),
        };
        match &mut open {
            Some(group) => group.extend(place),
            None => axes.push(place.into_iter().collect()),
        }
    }
    if open.is_some() {
        return Err("a bracket is not closed".to_owned());
    }
    if axes.len() > MAX_AXES {
        return Err(format!("more than {MAX_AXES} axes"));
    }
    if known && seen.len() != names.len() {
        return Err("an axis of the left is missing on the right".to_owned());
    }
    Ok(axes)
}

impl Rearrange {
    /// Reads a pattern, with the lengths of the axes that do not follow from the value.
    pub(super) fn new(text: &str, sizes: BTreeMap<String, u64>) -> Result<Self, String> {
        let (before, after) = text
            .split_once("->")
            .ok_or("a pattern has an arrow, such as `b c h w -> b (c h w)`")?;
        let mut names = Vec::with_capacity(4);
        let left = side(before, &mut names, false)?;
        let right = side(after, &mut names, true)?;
        let is_axis = |name: &&String| names.contains(&name.as_str());
        if let Some(stray) = sizes.keys().find(|name| !is_axis(name)) {
            return Err(format!(
                "`{stray}` has a size, but is no axis of the pattern"
            ));
        }
        let grouped = |place: usize| left.iter().any(|g| g.len() > 1 && g.contains(&place));
        let told = |(place, name): (usize, &&str)| match sizes.get(*name) {
            None if *name == BATCH && grouped(place) => Some(1),
            told => told.copied(),
        };
        let told: Vec<Option<u64>> = names.iter().enumerate().map(told).collect();
        for group in &left {
            let unknown = group.iter().filter(|place| told[**place].is_none());
            let unknown: Vec<&str> = unknown.map(|place| names[*place]).collect();
            if unknown.len() > 2 {
                return Err(format!("of {} two follow at most", unknown.join(", ")));
            }
        }
        Ok(Self {
            text: text.to_owned(),
            sizes,
            left,
            right,
            told,
        })
    }

    /// The axes of what `value` becomes.
    pub(super) fn apply(&self, value: &[Dim], widths: &mut Widths) -> Result<Shape, String> {
        if value.len() != self.left.len() {
            let (has, wants) = (value.len(), self.left.len());
            return Err(format!(
                "`{}` is of {wants} axes, the value has {has}",
                self.text
            ));
        }
        let mut lengths: SmallVec<[Dim; 8]> = smallvec![Dim::Number(1); self.told.len()];
        for (group, whole) in self.left.iter().zip(value) {
            let rest = self.split(group, *whole, widths, &mut lengths)?;
            let mut unknown = group.iter().filter(|place| self.told[**place].is_none());
            match (unknown.next(), unknown.next()) {
                (Some(one), None) => lengths[*one] = rest,
                // A map: both of its sides are as long.
                (Some(one), Some(other)) => {
                    let area = widths.size(rest);
                    let side = area.isqrt();
                    if side * side != area {
                        return Err(format!("`{}`: {area} is no square", self.text));
                    }
                    widths.frozen(rest);
                    (lengths[*one], lengths[*other]) = (Dim::Number(side), Dim::Number(side));
                }
                (None, _) if widths.size(rest) != 1 => {
                    let (told, size) = (self.product(group), widths.size(*whole));
                    return Err(format!(
                        "`{}`: an axis is {size} long, not {told}",
                        self.text
                    ));
                }
                (None, _) => {}
            }
        }
        let merge = |group: &Axis| {
            group.iter().fold(Dim::Number(1), |all, place| {
                widths.product(all, lengths[*place])
            })
        };
        Ok(self.right.iter().map(merge).collect())
    }

    /// What is left of an axis for those of its parts that have no size; the others are put into `lengths`.
    fn split(
        &self,
        group: &[usize],
        whole: Dim,
        widths: &mut Widths,
        lengths: &mut [Dim],
    ) -> Result<Dim, String> {
        let first = group.iter().position(|place| self.told[*place].is_none());
        let first = first.unwrap_or(group.len());
        let mut rest = whole;
        for (i, place) in group.iter().enumerate() {
            let Some(told) = self.told[*place] else {
                continue;
            };
            let split = if i < first {
                Split::Outer
            } else {
                Split::Inner
            };
            rest = widths.divided(rest, told, split).ok_or_else(|| {
                let size = widths.size(whole);
                format!("`{}`: an axis of {size} does not come in {told}", self.text)
            })?;
            lengths[*place] = Dim::Number(told);
        }
        Ok(rest)
    }

    fn product(&self, group: &[usize]) -> u64 {
        group.iter().fold(1, |all: u64, place| {
            all.saturating_mul(self.told[*place].unwrap_or(1))
        })
    }
}

//! A reshape as a pattern of axes: `b (g c) h w -> b g c h w`, from the lengths before and after it.
//!
//! A file has numbers alone. What they mean follows from the same net at twice the resolution: an axis that grows with it
//! belongs to a map. Of a channel that is split the largest part follows from the others, of a map the part that is no
//! window.

use std::collections::{BTreeMap, BTreeSet};

use crate::units::Whole;

/// Where the batch stands: alone on an axis, or with others of which it is the first or the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) axis: usize,
    pub(super) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Alone,
    First,
    Last,
}

/// The axes of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axes<'a> {
    pub(super) lengths: &'a [u64],
    /// The same at twice the resolution, where that is known.
    pub(super) twice: Option<&'a [u64]>,
    pub(super) batch: Option<Batch>,
}

/// A pattern, and where it leaves the batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) text: String,
    pub(super) sizes: BTreeMap<String, Whole>,
    pub(super) batch: Option<Batch>,
}

/// Axes that become others of the same product.
#[derive(Debug, Default)]
struct Group {
    before: Vec<usize>,
    after: Vec<usize>,
}

const BATCH: &str = "b";

impl Axes<'_> {
    /// How many times as long the axis is at twice the resolution, about: 2 for a side of a map, 4 for a map.
    fn growth(&self, axis: usize) -> u64 {
        let twice = self.twice.map_or(self.lengths[axis], |twice| twice[axis]);
        let length = self.lengths[axis];
        if twice == length {
            1
        } else if twice < length.saturating_mul(3) {
            2
        } else {
            4
        }
    }

    fn is_one(&self, axis: usize) -> bool {
        self.lengths[axis] == 1 && self.growth(axis) == 1
    }

    fn groups(&self, after: &[u64]) -> Option<Vec<Group>> {
        let before: Vec<usize> = (0..self.lengths.len())
            .filter(|i| !self.is_one(*i))
            .collect();
        let others: Vec<usize> = (0..after.len()).filter(|j| after[*j] != 1).collect();
        let (mut from, mut to) = (before.into_iter().peekable(), others.into_iter().peekable());
        let mut groups = Vec::new();
        while from.peek().is_some() || to.peek().is_some() {
            let (mut group, mut a, mut b) = (Group::default(), 1_u64, 1_u64);
            loop {
                let lacks = a < b || group.before.is_empty();
                if let Some(i) = from.next_if(|_| lacks) {
                    a = a.checked_mul(self.lengths[i])?;
                    group.before.push(i);
                } else if let Some(j) = to.next_if(|_| b < a || group.after.is_empty()) {
                    b = b.checked_mul(after[j])?;
                    group.after.push(j);
                } else {
                    break;
                }
            }
            // A map of one position goes with what stands before it.
            while let Some(i) = from.next_if(|i| self.lengths[*i] == 1) {
                group.before.push(i);
            }
            if a != b || group.before.is_empty() {
                return None;
            }
            groups.push(group);
        }
        Some(groups)
    }

    /// The shape between, where some axes become several others: one step joins them, the next one splits them.
    pub(super) fn halfway(&self, after: &[u64]) -> Option<Vec<u64>> {
        let groups = self.groups(after)?;
        let crosses = |group: &Group| group.before.len() > 1 && group.after.len() > 1;
        if !groups.iter().any(crosses) {
            return None;
        }
        let mut between: Vec<Option<u64>> = after.iter().copied().map(Some).collect();
        for group in groups.iter().filter(|group| crosses(group)) {
            for j in &group.after {
                between[*j] = None;
            }
            let first = *group.after.first()?;
            between[first] = Some(group.before.iter().map(|i| self.lengths[*i]).product());
        }
        Some(between.into_iter().flatten().collect())
    }

    /// The pattern by which the value takes the shape `after`; the windows of maps that were split are noted.
    pub(super) fn reshaped(&self, after: &[u64], windows: &mut BTreeSet<u64>) -> Option<View> {
        let groups = self.groups(after)?;
        let mut names = Names::default();
        let mut left: Vec<Vec<String>> = vec![Vec::new(); self.lengths.len()];
        let mut right: Vec<Vec<String>> = vec![Vec::new(); after.len()];
        let mut sizes = BTreeMap::new();
        for group in &groups {
            match (group.before.as_slice(), group.after.as_slice()) {
                (many, [one]) => {
                    for i in many {
                        let name = names.next();
                        left[*i].push(name.clone());
                        right[*one].push(name);
                    }
                }
                ([one], many) => {
                    let parts: Vec<u64> = many.iter().map(|j| after[*j]).collect();
                    let follow = self.follow(*one, &parts, windows);
                    for (k, j) in many.iter().enumerate() {
                        let name = names.next();
                        left[*one].push(name.clone());
                        right[*j].push(name.clone());
                        if !follow.contains(&k) {
                            sizes.insert(name, Whole(after[*j]));
                        }
                    }
                }
                _ => return None,
            }
        }
        let batch = self.placed(after);
        self.write_batch(batch, &mut left, &mut right);
        Some(View {
            text: format!("{} -> {}", side(&left), side(&right)),
            sizes,
            batch,
        })
    }

    /// Puts the batch where it stands before and after, where that is not as part of the same axis.
    fn write_batch(&self, to: Option<Batch>, left: &mut [Vec<String>], right: &mut [Vec<String>]) {
        let (Some(from), Some(to)) = (self.batch, to) else {
            return;
        };
        let (before, after) = (&mut left[from.axis], &mut right[to.axis]);
        if from.place == to.place && from.place != Place::Alone && before == after {
            return;
        }
        for (names, place) in [(before, from.place), (after, to.place)] {
            match place {
                Place::Last => names.push(BATCH.to_owned()),
                Place::Alone | Place::First => names.insert(0, BATCH.to_owned()),
            }
        }
    }

    /// Where the batch stands after a reshape: behind as many elements as before.
    fn placed(&self, after: &[u64]) -> Option<Batch> {
        let Batch { axis, place } = self.batch?;
        let until = if place == Place::Last { axis + 1 } else { axis };
        let elements: u64 = self.lengths[..until].iter().product();
        let mut all = 1;
        let mut starts = Vec::new();
        for length in after {
            starts.push(all);
            all *= length;
        }
        let alone = (0..after.len()).find(|k| after[*k] == 1 && starts[*k] == elements);
        if let Some(axis) = alone {
            let place = Place::Alone;
            return Some(Batch { axis, place });
        }
        let last = after.len().checked_sub(1)?;
        match starts.iter().position(|start| *start == elements) {
            // Channels stand last, and no batch with them.
            Some(axis) if axis > 0 && (axis == last || place == Place::Last) => Some(Batch {
                axis: axis - 1,
                place: Place::Last,
            }),
            Some(axis) => Some(Batch {
                axis,
                place: Place::First,
            }),
            None if elements == all => Some(Batch {
                axis: last,
                place: Place::Last,
            }),
            None => None,
        }
    }

    /// Which of the `parts` of an axis follow from the others.
    fn follow(&self, axis: usize, parts: &[u64], windows: &mut BTreeSet<u64>) -> Vec<usize> {
        let growth = self.growth(axis);
        let largest = |among: &[usize]| among.iter().copied().max_by_key(|k| (parts[*k], *k));
        let all: Vec<usize> = (0..parts.len()).collect();
        let one = match (growth, parts) {
            // A map: both of its sides, with windows or without.
            (4, [a, b]) if a == b => return vec![0, 1],
            (4, [a, w, b, v]) if a == b && w == v => {
                if windows.contains(a) && !windows.contains(w) {
                    return vec![1, 3];
                }
                windows.insert(*w);
                return vec![0, 2];
            }
            (4, parts) if parts.len() > 2 => {
                // A map that was joined with its channels: its sides stand beside each other.
                let sides = (1..parts.len()).rev().find(|k| parts[*k] == parts[k - 1]);
                if let Some(k) = sides {
                    return vec![k - 1, k];
                }
                largest(&all)
            }
            (2.., [a, b]) => {
                let known = |part: u64| {
                    let square = windows.iter().any(|window| window * window == part);
                    windows.contains(&part) || growth == 4 && square
                };
                let window = match (known(*a), known(*b)) {
                    (true, false) => 0,
                    (false, true) => 1,
                    _ if a < b => 0,
                    _ => 1,
                };
                if growth == 2 {
                    windows.insert(parts[window]);
                }
                Some(1 - window)
            }
            _ => largest(&all),
        };
        one.into_iter().collect()
    }

    /// The pattern of a permutation.
    pub(super) fn permuted(&self, order: &[usize]) -> Option<View> {
        let mut names = Names::default();
        let alone = self.batch.filter(|batch| batch.place == Place::Alone);
        let name = |axis: usize| match alone {
            Some(batch) if batch.axis == axis => vec![BATCH.to_owned()],
            _ => vec![names.next()],
        };
        let left: Vec<Vec<String>> = (0..self.lengths.len()).map(name).collect();
        let right: Option<Vec<Vec<String>>> =
            order.iter().map(|axis| left.get(*axis).cloned()).collect();
        let batch = self.batch.and_then(|batch| {
            let axis = order.iter().position(|axis| *axis == batch.axis)?;
            Some(Batch { axis, ..batch })
        });
        Some(View {
            text: format!("{} -> {}", side(&left), side(&right?)),
            sizes: BTreeMap::new(),
            batch,
        })
    }
}

/// Names of axes in the order in which they are given: those of a map first.
#[derive(Default)]
struct Names(usize);

impl Names {
    fn next(&mut self) -> String {
        let place = self.0;
        self.0 += 1;
        "chwdefgijklmnopqrstuvxyz"
            .chars()
            .nth(place)
            .map_or_else(|| format!("x{place}"), String::from)
    }
}

/// One side of a pattern.
fn side(axes: &[Vec<String>]) -> String {
    let one = |names: &Vec<String>| match names.as_slice() {
        [] => "1".to_owned(),
        [one] => one.clone(),
        many => format!("({})", many.join(" ")),
    };
    axes.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Option<Batch> = Some(Batch {
        axis: 0,
        place: Place::Alone,
    });

    fn pattern(lengths: &[u64], twice: &[u64], after: &[u64]) -> String {
        let axes = Axes {
            lengths,
            twice: Some(twice),
            batch: ALONE,
        };
        let view = axes.reshaped(after, &mut BTreeSet::new()).unwrap();
        let sizes = view
            .sizes
            .iter()
            .map(|(name, Whole(size))| format!(" {name}={size}"));
        view.text + &sizes.collect::<String>()
    }

    #[test]
    fn tokens_become_a_square_map_of_which_no_size_is_written() {
        let (tokens, map) = ([1, 196, 64], [1, 784, 64]);
        assert_eq!(
            pattern(&tokens, &map, &[1, 14, 14, 64]),
            "b (c h) w -> b c h w"
        );
    }

    #[test]
    fn of_channels_the_largest_part_follows_and_of_a_map_the_number_of_windows() {
        let qkv = [1, 197, 576];
        let heads = "b c (h w d) -> b c h w d h=3 w=3";
        assert_eq!(pattern(&qkv, &[1, 785, 576], &[1, 197, 3, 3, 64]), heads);
        let map = [1, 56, 56, 96];
        let windows = "b (c h) (w d) e -> b c h w d e d=7 h=7";
        assert_eq!(
            pattern(&map, &[1, 112, 112, 96], &[1, 8, 7, 8, 7, 96]),
            windows
        );
    }

    #[test]
    fn a_window_that_was_met_before_is_one_where_it_is_the_larger_part() {
        let mut windows = BTreeSet::from([7]);
        let axes = Axes {
            lengths: &[1, 28, 96],
            twice: Some(&[1, 56, 96]),
            batch: ALONE,
        };
        let view = axes.reshaped(&[1, 4, 7, 96], &mut windows).unwrap();
        assert_eq!(
            view.sizes.into_iter().collect::<Vec<_>>(),
            [("h".to_owned(), Whole(7))]
        );
    }

    #[test]
    fn a_map_of_one_position_is_joined_and_not_taken_for_an_axis_of_one() {
        assert_eq!(
            pattern(&[1, 512, 1, 1], &[1, 512, 2, 2], &[1, 512]),
            "b c h w -> b (c h w)"
        );
        assert_eq!(
            pattern(&[1, 512, 1, 1], &[1, 512, 1, 1], &[1, 512]),
            "b c 1 1 -> b c"
        );
    }

    #[test]
    fn the_batch_is_followed_into_brackets_and_out_of_them() {
        let heads = [1, 12, 197, 64];
        assert_eq!(
            pattern(&heads, &[1, 12, 785, 64], &[12, 197, 64]),
            "b c h w -> (b c) h w"
        );
        let axes = Axes {
            lengths: &[12, 197, 64],
            twice: None,
            batch: Some(Batch {
                axis: 0,
                place: Place::First,
            }),
        };
        let view = axes
            .reshaped(&[1, 12, 197, 64], &mut BTreeSet::new())
            .unwrap();
        assert_eq!(
            (view.text.as_str(), view.batch),
            ("(b c) h w -> b c h w", ALONE)
        );
    }

    #[test]
    fn axes_that_cross_take_two_steps() {
        let axes = Axes {
            lengths: &[1, 6, 4],
            twice: None,
            batch: ALONE,
        };
        assert_eq!(axes.halfway(&[1, 8, 3]), Some(vec![1, 24]));
        assert_eq!(axes.halfway(&[1, 6, 2, 2]), None);
    }
}

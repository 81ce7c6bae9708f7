//! The length of one axis of a value, as a formula in the net's widths.
//!
//! A length is a number (pixels, tokens, heads) or a sum of terms, each a number times a width that can be scaled. The
//! order of the terms counts: a slice of a concatenation is a slice of one of its parts. Two values that are added have
//! equal lengths, and so their widths are one: [`Widths::unify`] finds what equals what, the way that a union of sets does.

use smallvec::SmallVec;

use crate::units::{rounded, to_f64};

/// A width that can be scaled; its place in [`Widths`].
pub(super) type Width = u32;

/// The length of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dim {
    /// Whatever the widths are.
    Number(u64),
    /// A number of times a width.
    Times(u64, Width),
    /// Several terms in a row; its place in [`Widths`].
    Sum(u32),
}

/// The axes of a value: few enough to stand where they are used.
pub(super) type Shape = SmallVec<[Dim; 5]>;
/// The lengths of these axes.
pub(super) type Sizes = SmallVec<[u64; 5]>;

/// A term of a sum: `by`, times a width where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) by: u64,
    pub(super) width: Option<Width>,
}

/// Terms in a row: nearly always one or two.
pub(super) type Terms = SmallVec<[Term; 2]>;

impl From<Term> for Dim {
    fn from(term: Term) -> Self {
        match term.width {
            Some(width) => Self::Times(term.by, width),
            None => Self::Number(term.by),
        }
    }
}

/// What is known of a width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// It may be scaled.
    Free,
    /// It is one of a free parameter's lengths, and is scaled only where it meets a width that is.
    Parameter,
    /// It equals this.
    Equal(Dim),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    size: u64,
    known: Known,
}

/// The widths of a net and what equals what.
#[derive(Debug, Default)]
pub(super) struct Widths {
    entries: Vec<Entry>,
    sums: Vec<Terms>,
}

/// Where the factor of a length that is split stands: before the rest, or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    Outer,
    Inner,
}

/// Terms of one length beyond which its widths are kept as they are.
const MAX_TERMS: usize = 1024;

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Widths {
    /// A new width of `size`; a single channel stays one, since it is spread over others.
    pub(super) fn free(&mut self, size: u64) -> Dim {
        self.part(size, Known::Free)
    }

    /// A length of a parameter.
    pub(super) fn parameter(&mut self, size: u64) -> Dim {
        self.part(size, Known::Parameter)
    }

    fn add(&mut self, size: u64, known: Known) -> Dim {
        let place = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry { size, known });
        Dim::Times(1, place)
    }

    /// A new width; one of a single channel is a number.
    fn part(&mut self, size: u64, known: Known) -> Dim {
        if size <= 1 {
            Dim::Number(size)
        } else {
            self.add(size, known)
        }
    }

    fn entry(&self, width: Width) -> Entry {
        self.entries[usize::try_from(width).unwrap_or(0)]
    }

    fn equate(&mut self, width: Width, dim: Dim) {
        self.entries[usize::try_from(width).unwrap_or(0)].known = Known::Equal(dim);
    }

    fn sum(&self, place: u32) -> &[Term] {
        &self.sums[usize::try_from(place).unwrap_or(0)]
    }

    /// How long `dim` is before scaling.
    pub(super) fn size(&self, dim: Dim) -> u64 {
        match dim {
            Dim::Number(n) => n,
            Dim::Times(by, width) => by.saturating_mul(self.entry(width).size),
            Dim::Sum(place) => self
                .sum(place)
                .iter()
                .fold(0, |all, term| all.saturating_add(self.size((*term).into()))),
        }
    }

    /// How long each of the axes is before scaling.
    pub(super) fn sizes_of(&self, shape: &[Dim]) -> Sizes {
        let mut sizes = Sizes::from_elem(0, shape.len());
        for (size, dim) in sizes.iter_mut().zip(shape) {
            *size = self.size(*dim);
        }
        sizes
    }

    /// The terms of `dim`, in widths that equal nothing else.
    pub(super) fn terms(&self, dim: Dim) -> Terms {
        let mut terms = Terms::new();
        self.push_terms(dim, 1, &mut terms);
        terms
    }

    fn push_terms(&self, dim: Dim, times: u64, into: &mut Terms) {
        match dim {
            Dim::Number(n) => push(into, n.saturating_mul(times), None),
            Dim::Times(by, width) => match self.entry(width).known {
                Known::Equal(other) => self.push_terms(other, times.saturating_mul(by), into),
                _ => push(into, by.saturating_mul(times), Some(width)),
            },
            Dim::Sum(place) if times == 1 => {
                for term in self.sum(place) {
                    self.push_terms((*term).into(), 1, into);
                }
            }
            // The order of (a + b) taken twice is not kept: only its length matters from here on.
            Dim::Sum(place) => {
                for term in self.sum(place) {
                    self.push_terms((*term).into(), times, into);
                }
            }
        }
    }

    /// A length of these terms.
    pub(super) fn of_terms(&mut self, terms: &[Term]) -> Dim {
        match terms {
            [] => Dim::Number(0),
            [one] => (*one).into(),
            _ => {
                let place = u32::try_from(self.sums.len()).unwrap_or(u32::MAX);
                self.sums.push(Terms::from_slice(terms));
                Dim::Sum(place)
            }
        }
    }

    /// Several lengths in a row.
    pub(super) fn joined(&mut self, dims: &[Dim]) -> Dim {
        let mut terms = Terms::new();
        for dim in dims {
            self.push_terms(*dim, 1, &mut terms);
        }
        if terms.len() > MAX_TERMS {
            let dim = self.of_terms(&terms);
            return self.frozen(dim);
        }
        self.of_terms(&terms)
    }

    /// `times` times the length.
    pub(super) fn times(&mut self, dim: Dim, times: u64) -> Dim {
        match dim {
            Dim::Number(n) => Dim::Number(n.saturating_mul(times)),
            Dim::Times(by, width) => Dim::Times(by.saturating_mul(times), width),
            Dim::Sum(_) => {
                let mut terms = Terms::new();
                self.push_terms(dim, times, &mut terms);
                self.of_terms(&terms)
            }
        }
    }

    /// The product of two lengths; where both have widths, these are kept as they are.
    pub(super) fn product(&mut self, a: Dim, b: Dim) -> Dim {
        match (a, b) {
            (Dim::Number(n), other) | (other, Dim::Number(n)) => self.times(other, n),
            _ => {
                let (a, b) = (self.frozen(a), self.frozen(b));
                Dim::Number(self.size(a).saturating_mul(self.size(b)))
            }
        }
    }

    /// The same length, whose widths are kept as they are.
    pub(super) fn frozen(&mut self, dim: Dim) -> Dim {
        for term in self.terms(dim) {
            if let Some(width) = term.width {
                self.equate(width, Dim::Number(self.entry(width).size));
            }
        }
        Dim::Number(self.size(dim))
    }

    /// The length over `by`, where that is a whole number.
    pub(super) fn divided(&mut self, dim: Dim, by: u64, split: Split) -> Option<Dim> {
        let size = self.size(dim);
        if by == 0 || !size.is_multiple_of(by) {
            return None;
        }
        if by == 1 {
            return Some(dim);
        }
        if let Dim::Number(n) = dim {
            return Some(Dim::Number(n / by));
        }
        let terms = self.terms(dim);
        if split == Split::Outer && terms.len() > 1 {
            let each = size / by;
            let first = self.cut(dim, 0, each);
            for i in 1..by.min(size) {
                let other = self.cut(dim, i * each, each);
                self.unify(first, other);
            }
            return Some(first);
        }
        let mut quotients = Terms::new();
        for term in &terms {
            let Some(quotient) = self.term_over(*term, by) else {
                self.frozen(dim);
                return Some(Dim::Number(size / by));
            };
            quotients.push(quotient);
        }
        Some(self.of_terms(&quotients))
    }

    fn term_over(&mut self, term: Term, by: u64) -> Option<Term> {
        if term.by.is_multiple_of(by) {
            return Some(Term {
                by: term.by / by,
                ..term
            });
        }
        let width = term.width?;
        // A width that is always a multiple of what lacks.
        let lacking = by / gcd(term.by, by);
        let part = self.part_of(width, lacking)?;
        Some(Term {
            by: term.by * lacking / by,
            width: Some(part),
        })
    }

    /// A new width of which `width` is `by` times.
    fn part_of(&mut self, width: Width, by: u64) -> Option<Width> {
        let Entry { size, known } = self.entry(width);
        if !size.is_multiple_of(by) {
            return None;
        }
        if size == by {
            return None;
        }
        let Dim::Times(_, part) = self.add(size / by, known) else {
            return None;
        };
        self.equate(width, Dim::Times(by, part));
        Some(part)
    }

    /// `length` of the axis from `start` on, both as they are before scaling.
    pub(super) fn cut(&mut self, dim: Dim, start: u64, length: u64) -> Dim {
        let (before, rest) = self.split_at(dim, start);
        if before.is_none() && self.size(rest) == length {
            return rest;
        }
        self.split_at(rest, length).0.unwrap_or(Dim::Number(0))
    }

    /// The axis before `place`, `None` where that is its start, and from there on.
    pub(super) fn split_at(&mut self, dim: Dim, place: u64) -> (Option<Dim>, Dim) {
        if place == 0 {
            return (None, dim);
        }
        let terms = self.terms(dim);
        let (mut before, mut after, mut at) = (Terms::new(), Terms::new(), 0);
        for term in terms {
            let size = self.size(term.into());
            if at >= place {
                after.push(term);
            } else if at + size <= place {
                before.push(term);
            } else {
                for (i, half) in self.halves(term, place - at).into_iter().enumerate() {
                    if i == 0 { &mut before } else { &mut after }.push(half);
                }
            }
            at += size;
        }
        (Some(self.of_terms(&before)), self.of_terms(&after))
    }

    /// The two parts of a term that is cut at `place`, within it.
    fn halves(&mut self, term: Term, place: u64) -> [Term; 2] {
        let number = |by| Term { by, width: None };
        let Some(width) = term.width else {
            return [number(place), number(term.by - place)];
        };
        let Entry { size, known } = self.entry(width);
        if place.is_multiple_of(size) {
            let by = place / size;
            return [by, term.by - by].map(|by| Term { by, ..term });
        }
        if term.by != 1 {
            self.frozen(term.into());
            return [number(place), number(term.by * size - place)];
        }
        let halves = [place, size - place].map(|size| match self.part(size, known) {
            Dim::Times(by, width) => Term {
                by,
                width: Some(width),
            },
            _ => number(size),
        });
        let both = self.of_terms(&halves);
        self.equate(width, both);
        halves
    }

    /// Makes two lengths equal; false where they are not.
    pub(super) fn unify(&mut self, a: Dim, b: Dim) -> bool {
        if let (Dim::Number(a), Dim::Number(b)) = (a, b) {
            return a == b;
        }
        if a == b {
            return true;
        }
        if self.size(a) != self.size(b) {
            return false;
        }
        let (mut a, mut b) = (Some(a), Some(b));
        // Both are cut where the other one's next term ends.
        while let (Some(left), Some(right)) = (a, b) {
            let (left_terms, right_terms) = (self.terms(left), self.terms(right));
            if left_terms == right_terms {
                return true;
            }
            let (x, y) = (left_terms[0], right_terms[0]);
            if left_terms.len() == 1 && right_terms.len() == 1 {
                self.unify_terms(x, y);
                return true;
            }
            let length = self.size(x.into()).min(self.size(y.into()));
            let (first, rest) = self.split_at(left, length);
            let (second, others) = self.split_at(right, length);
            if let (Some(first), Some(second)) = (first, second) {
                let (x, y) = (self.terms(first), self.terms(second));
                // A cut may have frozen or split what was one term.
                if x.len() == 1 && y.len() == 1 {
                    self.unify_terms(x[0], y[0]);
                } else {
                    self.frozen(first);
                    self.frozen(second);
                }
            }
            a = (self.size(rest) > 0).then_some(rest);
            b = (self.size(others) > 0).then_some(others);
        }
        true
    }

    /// Makes two terms of equal size one.
    fn unify_terms(&mut self, a: Term, b: Term) {
        let (x, y) = match (a.width, b.width) {
            (None, None) => return,
            (Some(x), Some(y)) if x == y => return,
            (Some(x), Some(y)) => (x, y),
            (Some(_), None) => {
                self.frozen(a.into());
                return;
            }
            (None, Some(_)) => {
                self.frozen(b.into());
                return;
            }
        };
        let common = common_multiple(a.by, b.by);
        let size = self.size(a.into());
        if !size.is_multiple_of(common) {
            self.frozen(a.into());
            self.frozen(b.into());
            return;
        }
        let [x_free, y_free] = [x, y].map(|width| self.entry(width).known == Known::Free);
        if a.by == b.by && (x_free || !y_free) {
            self.equate(y, Dim::Times(1, x));
        } else if b.by == common {
            self.promote(y, x_free);
            self.equate(x, Dim::Times(b.by / a.by, y));
        } else if a.by == common {
            self.promote(x, y_free);
            self.equate(y, Dim::Times(a.by / b.by, x));
        } else {
            let shared = self.free(size / common);
            let Dim::Times(_, both) = shared else {
                return;
            };
            if !(x_free || y_free) {
                self.entries[usize::try_from(both).unwrap_or(0)].known = Known::Parameter;
            }
            self.equate(x, Dim::Times(common / a.by, both));
            self.equate(y, Dim::Times(common / b.by, both));
        }
    }

    fn promote(&mut self, width: Width, free: bool) {
        if free {
            self.entries[usize::try_from(width).unwrap_or(0)].known = Known::Free;
        }
    }

    /// The widths that may be scaled, each with its size.
    pub(super) fn scalable(&self) -> impl Iterator<Item = (Width, u64)> {
        (0..).zip(&self.entries).filter_map(|(width, entry)| {
            (entry.known == Known::Free).then_some((width, entry.size))
        })
    }

    /// How long `dim` is where the widths have `sizes`.
    pub(super) fn size_with(&self, dim: Dim, sizes: &[u64]) -> u64 {
        let of = |term: &Term| {
            let size = term.width.map_or(1, |width| {
                let place = usize::try_from(width).unwrap_or(0);
                sizes[place]
            });
            term.by.saturating_mul(size)
        };
        self.terms(dim)
            .iter()
            .fold(0, |all: u64, term| all.saturating_add(of(term)))
    }

    /// The sizes of all widths before scaling.
    pub(super) fn sizes(&self) -> Vec<u64> {
        self.entries.iter().map(|entry| entry.size).collect()
    }
}

/// Adds a term; one of the same width as the last one joins it.
fn push(terms: &mut Terms, by: u64, width: Option<Width>) {
    match terms.last_mut() {
        Some(last) if last.width == width => last.by = last.by.saturating_add(by),
        _ => terms.push(Term { by, width }),
    }
}

/// The multiple of `step` nearest to `value`, halves to the even one, and at least one step.
pub(super) fn nearest(value: f64, step: u64) -> u64 {
    rounded(value / to_f64(step)).max(1).saturating_mul(step)
}

/// The least common multiple.
pub(in crate::net) fn common_multiple(a: u64, b: u64) -> u64 {
    (a / gcd(a, b).max(1)).saturating_mul(b)
}

/// What of `by` a width must be a multiple of, so that `times` the width is a multiple of `by`.
pub(super) fn lacking(by: u64, times: u64) -> u64 {
    by / gcd(by, times).max(1)
}

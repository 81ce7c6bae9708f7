//! Groups that only another platform has timed: what they cost beyond the common coefficients there is taken over.
//!
//! Each platform knows of each of its groups the mean log residual b that it has when it is left out of the fit. Over
//! the groups that both have timed, b = a + ρ·(r - c) is fitted, with r the other platform's; a group that only the
//! other has timed is then expected to have a + ρ·(r - c). Of several platforms that have timed it, the one counts by
//! which the groups that both have timed, each left out in turn (of very many, several at once), are told best.

use crate::net::Group;
use crate::timing::data::platform::PlatformId;
use crate::timing::fit::validation::{Stranger, Validation, group_folds};

/// Effects taken over from another platform.
#[derive(Clone, Debug)]
pub struct Borrowed {
    /// Whose.
    pub from: PlatformId,
    /// Log effect of each group that only the other has timed, by group.
    effects: Vec<(Group, f64)>,
    /// Root mean square log residual of a group that is predicted so.
    pub(in crate::timing) unseen: f64,
}

/// Groups that both must have timed.
pub(super) const SHARED: usize = 5;
/// Rounds of the robust line.
const ROUNDS: usize = 6;
/// Log residual from which a group counts less (Huber).
const HUBER: f64 = 0.1;
/// Groups that draw the mean effect to 0.
const MEAN_PRIOR: f64 = 0.5;
/// Sum of squares that draws the slope to 0.
const SLOPE_PRIOR: f64 = 0.1;

/// What one group that both have timed says.
struct Shared<'a> {
    own: &'a Stranger,
    other: f64,
    weight: f64,
}

/// Groups that leave together: of `folds` folds the one at `fold`.
#[derive(Clone, Copy)]
struct Fold {
    fold: usize,
    folds: usize,
}

/// b = mean + slope·(r - center).
struct Line {
    center: f64,
    mean: f64,
    slope: f64,
}

impl Borrowed {
    /// What `others` have to offer to a platform with `own` residuals, where that is better than nothing; best first.
    #[must_use]
    pub fn offers<'a>(
        own: &Validation,
        others: impl IntoIterator<Item = (&'a PlatformId, &'a Validation)>,
    ) -> Vec<Self> {
        let offers = others
            .into_iter()
            .filter_map(|(from, other)| Self::new(own, from, other));
        let mut offers: Vec<Self> = offers.filter(|offer| offer.unseen < own.unseen).collect();
        offers.sort_by(|a, b| a.unseen.total_cmp(&b.unseen));
        offers
    }

    fn new(own: &Validation, from: &PlatformId, other: &Validation) -> Option<Self> {
        let shared: Vec<Shared> = own
            .strangers
            .iter()
            .filter_map(|own| {
                Some(Shared {
                    own,
                    other: other.stranger(&own.group)?.mean,
                    weight: own.n / (own.n + 1.0),
                })
            })
            .collect();
        if shared.len() < SHARED {
            return None;
        }
        let weights = Line::weights(&shared);
        let line = Line::fit(&shared, &weights, None);
        let folds = group_folds(shared.len());
        let without = |fold| Line::fit(&shared, &weights, Some(Fold { fold, folds }));
        let lines: Vec<Line> = (0..folds).map(without).collect();
        let squares = shared.iter().enumerate().map(|(i, left)| {
            let effect = lines[i % folds].at(left.other);
            // Mean of (l - effect)² over the group's log residuals l.
            left.own.square - 2.0 * effect * left.own.mean + effect.powi(2)
        });
        // Both over the same groups, since those that are not shared may be harder or easier.
        let plain = own.unseen_of(shared.iter().map(|shared| shared.own.square));
        let unseen = own.unseen * own.unseen_of(squares) / plain;
        // Nets of no group have nothing in common that could be taken over.
        let only_there = other.strangers.iter().filter(|stranger| {
            stranger.group != Group::OTHER && own.stranger(&stranger.group).is_none()
        });
        let effects = only_there.map(|stranger| (stranger.group.clone(), line.at(stranger.mean)));
        Some(Self {
            from: from.clone(),
            effects: effects.collect(),
            unseen,
        })
    }

    /// Log effect of `group`, where only the other platform has timed it.
    #[must_use]
    pub fn effect(&self, group: &Group) -> Option<f64> {
        let found = self.effects.binary_search_by(|(own, _)| own.cmp(group));
        found.ok().map(|position| self.effects[position].1)
    }
}

impl Line {
    /// Weights of the groups: n/(n + 1), and less for those that are far from the line through the others.
    fn weights(shared: &[Shared]) -> Vec<f64> {
        let mut weights: Vec<f64> = shared.iter().map(|s| s.weight).collect();
        for _ in 1..ROUNDS {
            let line = Self::fit(shared, &weights, None);
            for (weight, s) in weights.iter_mut().zip(shared) {
                let far = (s.own.mean - line.at(s.other)).abs();
                *weight = s.weight * (HUBER / far).min(1.0);
            }
        }
        weights
    }

    /// The line through all groups but those of the fold `left`.
    fn fit(shared: &[Shared], weights: &[f64], left: Option<Fold>) -> Self {
        let sum = |value: &dyn Fn(&Shared) -> f64| {
            let kept = shared.iter().zip(weights).enumerate();
            let leaves = |i: usize| left.is_some_and(|left| i % left.folds == left.fold);
            let kept = kept.filter(|(i, _)| !leaves(*i));
            kept.map(|(_, (s, weight))| weight * value(s)).sum::<f64>()
        };
        let total = sum(&|_| 1.0);
        let center = sum(&|s| s.other) / total;
        let mean = sum(&|s| s.own.mean) / (total + MEAN_PRIOR);
        let along = sum(&|s| (s.other - center) * (s.own.mean - mean));
        let across = sum(&|s| (s.other - center).powi(2)) + SLOPE_PRIOR;
        Self {
            center,
            mean,
            slope: (along / across).max(0.0),
        }
    }

    fn at(&self, other: f64) -> f64 {
        self.mean + self.slope * (other - self.center)
    }
}

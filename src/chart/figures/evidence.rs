//! The timings that a chart of a platform shows, by group.

use std::collections::HashMap;
use std::sync::Arc;

use crate::chart::engine::mark::MARKS;
use crate::chart::engine::series::{Point, Series};
use crate::net::Group;
use crate::timing::data::platform::Platform;
use crate::timing::fit::training::Sample;
use crate::timing::{Cost, Level, Mode, Origin, Predictor};
use crate::units::to_f64;

/// The timings of a platform that a chart shows, and what is known of them.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Their fits.
    pub predictor: Arc<Predictor>,
    /// The only group to be shown.
    pub group: Option<Group>,
    /// Level of the band.
    pub level: Level,
    /// Images of an epoch.
    pub images: u64,
    /// What they are called, by id of the measurement.
    pub origins: HashMap<i64, Origin>,
    drawn: Vec<(Group, Sample)>,
}

impl Evidence {
    /// About `most` of the timings that `predictor` has seen, of `group` alone where it is given.
    #[must_use]
    pub fn new(predictor: Arc<Predictor>, group: Option<Group>, most: usize) -> Self {
        let thin = predictor.sample().thinned(most);
        let groups = thin
            .groups()
            .filter(|(own, _)| group.as_ref().is_none_or(|g| g == *own));
        let drawn = groups.flat_map(|(group, samples)| {
            let samples = samples.iter();
            samples
                .map(|sample| (group.clone(), *sample))
                .collect::<Vec<_>>()
        });
        let drawn = drawn.collect();
        Self {
            predictor,
            drawn,
            group,
            level: Level::DEFAULT,
            images: 0,
            origins: HashMap::new(),
        }
    }

    /// Ids of the measurements that are drawn.
    #[must_use]
    pub fn ids(&self) -> Vec<i64> {
        self.drawn.iter().map(|(_, sample)| sample.row).collect()
    }

    /// Where the timings are from.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        self.predictor.platform()
    }

    /// Seconds of an epoch that takes `ms` for one image on one device.
    #[must_use]
    pub fn epoch(&self, ms: f64) -> f64 {
        ms / 1e3 / f64::from(self.platform().device_count) * to_f64(self.images)
    }

    /// The timings that are drawn.
    pub fn drawn(&self) -> impl Iterator<Item = (&Group, &Sample)> {
        self.drawn.iter().map(|(group, sample)| (group, sample))
    }

    /// All timings that are at hand.
    pub fn samples(&self) -> impl Iterator<Item = (&Group, &Sample)> {
        let wanted = self.group.as_ref();
        let groups = self.predictor.sample().groups();
        groups
            .filter(move |(group, _)| wanted.is_none_or(|wanted| wanted == *group))
            .flat_map(|(group, samples)| samples.iter().map(move |sample| (group, sample)))
    }

    /// Number of all timings that the chart is of.
    #[must_use]
    pub fn timings(&self) -> usize {
        match &self.group {
            Some(group) => self.predictor.measurements_of(group),
            None => self.predictor.measurements(),
        }
    }

    /// "187 training timings on v100x8-paper".
    #[must_use]
    pub fn subject(&self) -> String {
        let mode = mode_word(self.predictor.mode());
        let of = self
            .group
            .as_ref()
            .map_or_else(String::new, |group| format!(" of {group} nets"));
        format!(
            "{} {mode} timings{of} on {}",
            self.timings(),
            self.platform().id
        )
    }

    /// Says how many are drawn, where that is not all.
    #[must_use]
    pub fn thinned(&self) -> String {
        if self.drawn.len() == self.timings() {
            return String::new();
        }
        format!(
            " {} of them are drawn, whole nets of every group.",
            self.drawn.len()
        )
    }

    /// The point of `sample`, at (x, y), which reads `value`.
    #[must_use]
    pub fn point(&self, sample: &Sample, (x, y): (f64, f64), value: String) -> Point {
        let origin = self.origins.get(&sample.row).cloned().unwrap_or_default();
        let label = if origin.label.is_empty() {
            format!("measurement {}", sample.row)
        } else {
            origin.label
        };
        Point {
            x,
            y,
            label,
            value,
            measurement: Some(sample.row),
            source: origin.source,
        }
    }

    /// The points by group, the groups with most timings first; those that have no mark of their own stand together.
    ///
    /// `legend` says what is written beside a group's mark.
    #[must_use]
    pub fn series(
        &self,
        points: impl IntoIterator<Item = (Group, Point)>,
        legend: impl Fn(&Group) -> String,
    ) -> Vec<Series> {
        let mut by_group: Vec<(Group, Vec<Point>)> = Vec::new();
        for (group, point) in points {
            match by_group.iter_mut().find(|(own, _)| *own == group) {
                Some((_, points)) => points.push(point),
                None => by_group.push((group, vec![point])),
            }
        }
        by_group.sort_by_key(|(group, points)| {
            let timings = self.predictor.measurements_of(group);
            (std::cmp::Reverse((timings, points.len())), group.clone())
        });
        let own = if by_group.len() <= MARKS {
            MARKS
        } else {
            MARKS - 1
        };
        let rest = by_group.len().saturating_sub(own);
        let rest = format!("{rest} other groups");
        let series = |(i, (group, points)): (usize, (Group, Vec<Point>))| Series {
            legend: if i < own {
                legend(&group)
            } else {
                rest.clone()
            },
            name: group.to_string(),
            mark: i.min(own),
            points,
            line: None,
        };
        by_group.into_iter().enumerate().map(series).collect()
    }
}

/// "training" or "inference".
pub(super) fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Train => "training",
        Mode::Infer => "inference",
    }
}

/// "1.35 G flops".
pub(super) fn cost_reading(cost: Cost, value: f64) -> String {
    format!(
        "{} {}",
        crate::chart::Unit::Count.reading(value),
        cost.as_str()
    )
}

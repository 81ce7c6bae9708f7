//! Where the time of a net goes, stage by stage, beside its scaled form.

use crate::chart::engine::bars::{Bar, Bars, Group};
use crate::chart::engine::figure::{Drawing, Figure};
use crate::chart::engine::table::Table;
use crate::chart::engine::unit::{Unit, digits};
use crate::plan::explain::Share;
use crate::timing::fit::estimator::Part;

/// Where the time of a net goes.
#[derive(Clone, Debug)]
pub struct StagesChart {
    /// What the net is called.
    pub net: String,
    /// Id of the platform, and the mode.
    pub place: (String, String),
    /// The net as it is, and where it was scaled its scaled form.
    pub forms: Vec<Taken>,
}

/// The time that a net takes.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What tells it from others of the chart: `base`, or how it was scaled.
    pub name: String,
    /// Seconds of an epoch.
    pub epoch_seconds: f64,
    /// By stage, in order.
    pub stages: Vec<Share>,
    /// Share of the time that no layer takes.
    pub constant: f64,
    /// Why it takes its time.
    pub sentence: String,
}

/// Columns of the table, with their units; shares are of the time.
const COLUMNS: [&str; 16] = [
    "platform",
    "mode",
    "net",
    "stage",
    "layers",
    "flops",
    "params",
    "acts",
    "intensity",
    "share",
    "memory_share",
    "compute_share",
    "rest_share",
    "epoch_seconds",
    "seconds",
    "bound_by",
];
/// Parts of a bar: moving feature maps, multiply-adds, and work once a step or once an image.
const PARTS: [&str; 3] = ["memory", "compute", "rest"];
/// Most stages that have bars of their own.
const STAGES: usize = 24;
/// What no layer takes.
const CONSTANT: &str = "constant";

impl StagesChart {
    /// The chart.
    #[must_use]
    pub fn figure(&self) -> Figure {
        Figure {
            title: self.title(),
            sentence: self.sentence(),
            drawing: Drawing::Bars(self.bars()),
            table: self.table(),
        }
    }

    fn title(&self) -> String {
        let (platform, mode) = &self.place;
        let scaled = self.forms.iter().skip(1);
        let scaled: Vec<String> = scaled
            .map(|form| format!(" and by {}", form.name))
            .collect();
        let scaled = scaled.concat();
        format!(
            "Where the time of {}{scaled} goes, {platform} ({mode})",
            self.net
        )
    }

    fn sentence(&self) -> String {
        let (platform, mode) = &self.place;
        let form = |form: &Taken| {
            let time = Unit::Seconds.reading(form.epoch_seconds);
            let sentence = form.sentence.trim_end_matches('.');
            format!("{}, {time} an epoch: {sentence}", form.name)
        };
        let forms: Vec<String> = self.forms.iter().map(form).collect();
        format!("{} on {platform} ({mode}). {}.", self.net, forms.join(". "))
    }

    /// Names of the stages that have bars of their own, in order: those that take most time.
    fn shown(&self) -> Vec<&str> {
        let mut names: Vec<(&str, f64)> = Vec::new();
        for stage in self.forms.iter().flat_map(|form| &form.stages) {
            match names.iter_mut().find(|(name, _)| *name == stage.name) {
                Some((_, most)) => *most = most.max(stage.share),
                None => names.push((&stage.name, stage.share)),
            }
        }
        let mut shares: Vec<f64> = names.iter().map(|(_, share)| *share).collect();
        shares.sort_by(|a, b| b.total_cmp(a));
        let least = shares.get(STAGES).copied().unwrap_or(f64::NEG_INFINITY);
        let shown = names.into_iter().filter(|(_, share)| *share > least);
        shown.map(|(name, _)| name).collect()
    }

    fn bars(&self) -> Bars {
        let shown = self.shown();
        let group = |label: &str, parts: &dyn Fn(&Taken) -> [f64; 3]| {
            let bars = self.forms.iter().map(|form| self.bar(form, parts(form)));
            Group {
                label: label.to_owned(),
                bars: bars.collect(),
            }
        };
        let stages = shown.iter().map(|name| {
            group(name, &|form| {
                sum(form.stages.iter().filter(|stage| stage.name == *name))
            })
        });
        let mut groups: Vec<Group> = stages.collect();
        let others = |form: &Taken| {
            let hidden = |stage: &&Share| !shown.contains(&stage.name.as_str());
            sum(form.stages.iter().filter(hidden))
        };
        let any = |parts: &dyn Fn(&Taken) -> [f64; 3]| {
            let totals = self
                .forms
                .iter()
                .map(|form| parts(form).iter().sum::<f64>());
            totals.fold(0.0, f64::max) > 0.0
        };
        if any(&others) {
            groups.push(group("other stages", &others));
        }
        let constant = |form: &Taken| [0.0, 0.0, form.constant];
        if any(&constant) {
            groups.push(group(CONSTANT, &constant));
        }
        Bars {
            unit: Unit::Percent,
            parts: PARTS.map(str::to_owned).to_vec(),
            groups,
        }
    }

    fn bar(&self, form: &Taken, parts: [f64; 3]) -> Bar {
        let share: f64 = parts.iter().sum();
        let time = Unit::Seconds.reading(share * form.epoch_seconds);
        Bar {
            label: if self.forms.len() > 1 {
                form.name.clone()
            } else {
                String::new()
            },
            parts: parts.map(|part| 100.0 * part).to_vec(),
            note: format!("{} %, {time}", digits(100.0 * share, 2)),
        }
    }

    fn table(&self) -> Table {
        let (platform, mode) = &self.place;
        let form = |form: &Taken| {
            let stage = |stage: &Share| {
                vec![
                    platform.as_str().into(),
                    mode.as_str().into(),
                    form.name.as_str().into(),
                    stage.name.as_str().into(),
                    stage.layers.into(),
                    stage.flops.into(),
                    stage.params.into(),
                    stage.acts.into(),
                    stage.intensity.into(),
                    stage.share.into(),
                    stage.memory.into(),
                    stage.compute.into(),
                    stage.per_step.into(),
                    form.epoch_seconds.into(),
                    (stage.share * form.epoch_seconds).into(),
                    stage.bound_by.as_str().into(),
                ]
            };
            let rows: Vec<_> = form
                .stages
                .iter()
                .chain([&constant(form)])
                .map(stage)
                .collect();
            rows
        };
        Table {
            columns: COLUMNS.to_vec(),
            rows: self.forms.iter().flat_map(form).collect(),
        }
    }
}

fn sum<'a>(stages: impl Iterator<Item = &'a Share>) -> [f64; 3] {
    stages.fold([0.0; 3], |[memory, compute, rest], stage| {
        [
            memory + stage.memory,
            compute + stage.compute,
            rest + stage.per_step,
        ]
    })
}

/// What no layer takes, as a row like those of stages.
fn constant(form: &Taken) -> Share {
    Share {
        name: CONSTANT.to_owned(),
        layers: 0,
        flops: 0,
        params: 0,
        acts: 0,
        intensity: 0.0,
        share: form.constant,
        memory: 0.0,
        compute: 0.0,
        per_step: form.constant,
        bound_by: Part::Constant,
    }
}

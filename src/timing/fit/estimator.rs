//! The estimators that can be asked for by name, and what each has fitted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::costs;
use super::features::{Architecture, Features};
use super::layers;
use super::line::Line;
use super::linear::{Linear, NET_LIMIT};
use super::training::{Rows, Sample};
use crate::net::Group;

/// A way to predict.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Estimator {
    /// All that is known of a net: sums over its layers ([`layers`]), or its costs where those alone are known.
    #[default]
    Layers,
    /// Acts, flops and params alone ([`costs`]).
    Costs,
    /// The paper's line, time against acts by ordinary least squares ([`Line`]).
    Paper,
}

impl Estimator {
    /// All, the default first.
    pub const ALL: [Self; 3] = [Self::Layers, Self::Costs, Self::Paper];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Layers => "layers",
            Self::Costs => "costs",
            Self::Paper => "paper",
        }
    }

    /// The forms that it predicts by, the first that knows enough of a net.
    #[must_use]
    pub const fn forms(self) -> &'static [Form] {
        match self {
            Self::Layers => &[Form::Layers, Form::Costs],
            Self::Costs => &[Form::Costs],
            Self::Paper => &[Form::Acts],
        }
    }

    /// Whether its predictions may take something over from other platforms.
    #[must_use]
    pub fn borrows(self) -> bool {
        self != Self::Paper
    }
}

/// What a fit looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Sums over the layers.
    Layers,
    /// Acts, flops and params.
    Costs,
    /// Acts alone.
    Acts,
}

impl Form {
    /// All.
    pub const ALL: [Self; 3] = [Self::Layers, Self::Costs, Self::Acts];

    /// Whether it can say anything of such a net.
    #[must_use]
    pub fn knows(self, features: &Features) -> bool {
        self != Self::Layers || features.layers.is_some()
    }

    /// Three quantities by which nets are near or far: memory, compute and step work, or acts, flops and params.
    #[must_use]
    pub fn shape(self, features: &Features) -> [f64; 3] {
        match (self, &features.layers) {
            (Self::Layers, Some(sums)) => [sums.memory, sums.compute, sums.step],
            _ => [features.acts, features.flops, features.params],
        }
    }

    /// Names and units of the columns.
    #[must_use]
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Layers => &layers::COLUMNS,
            Self::Costs => &costs::COLUMNS,
            Self::Acts => &["constant", "million_acts"],
        }
    }

    /// What each column takes its time for.
    #[must_use]
    pub const fn parts(self) -> &'static [Part] {
        match self {
            Self::Layers => &[
                Part::Constant,
                Part::Memory,
                Part::Compute,
                Part::Compute,
                Part::PerStep,
            ],
            Self::Costs => &[
                Part::Constant,
                Part::Memory,
                Part::Compute,
                Part::Overlap,
                Part::PerStep,
            ],
            Self::Acts => &[Part::Constant, Part::Memory],
        }
    }
}

/// What time goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The same for every image.
    Constant,
    /// Reading and writing feature maps.
    Memory,
    /// Multiply-adds.
    Compute,
    /// Memory or multiply-adds, whichever takes longer.
    Overlap,
    /// Once a step: optimizer, exchange of gradients, launches.
    PerStep,
}

impl Part {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Memory => "memory",
            Self::Compute => "compute",
            Self::Overlap => "overlap",
            Self::PerStep => "per_step",
        }
    }
}

/// What has been fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fitted {
    /// By [`Form::Layers`].
    Layers(Linear),
    /// By [`Form::Costs`].
    Costs(Linear),
    /// By [`Form::Acts`].
    Acts {
        /// The line.
        line: Line,
        /// The least that it answers, since a line may cross zero.
        floor_ms: f64,
    },
}

/// Allowance for the last bits of what bounds from below.
const ROUNDED: f64 = 1.0 - 1e-9;

impl Fitted {
    /// `form` fitted to `rows`, `None` where none of them says enough.
    #[must_use]
    pub fn new(form: Form, rows: &Rows) -> Option<Self> {
        match form {
            Form::Layers => layers::fit(rows).map(Self::Layers),
            Form::Costs => costs::fit(rows).map(Self::Costs),
            Form::Acts => paper(rows),
        }
    }

    /// The same without what is known of single groups: as groups without timings are predicted.
    #[must_use]
    pub fn of_strangers(form: Form, rows: &Rows) -> Option<Self> {
        match form {
            Form::Layers => layers::common(rows).map(Self::Layers),
            Form::Costs => costs::common(rows).map(Self::Costs),
            Form::Acts => paper(rows),
        }
    }

    /// Milliseconds for one image on one device, positive; `net` where it may have been timed at another size.
    #[must_use]
    pub fn ms(&self, features: &Features, group: &Group, net: Option<Architecture>) -> f64 {
        let ms = match self {
            Self::Layers(sums) => sums.ms(layers::columns(features), group, net),
            Self::Costs(costs) => costs.ms(costs::columns(features), group, net),
            Self::Acts { line, floor_ms } => line.ms(features).max(*floor_ms),
        };
        ms.max(f64::MIN_POSITIVE)
    }

    /// The same of `sample`, taken for a net that was never timed, in the batch of that timing.
    #[must_use]
    pub fn ms_of_sample(&self, sample: &Sample, group: &Group) -> f64 {
        let busy = self.ms(&sample.features, group, None);
        match self {
            Self::Layers(_) | Self::Costs(_) => sample.in_its_batch(busy),
            Self::Acts { .. } => busy,
        }
    }

    /// The time of a net, whichever way it is known to have been timed: by its name, or by the very same costs.
    #[must_use]
    pub fn ms_of_timed(&self, features: &Features, group: &Group) -> f64 {
        let net = self.known(features, group).map(|(net, _)| net);
        self.ms(features, group, net)
    }

    /// Log residual that the net is believed to have, where it was timed, at this or at another size.
    #[must_use]
    pub fn residual(&self, features: &Features, group: &Group) -> Option<f64> {
        self.known(features, group).map(|(_, residual)| residual)
    }

    /// The net as it was timed, with its residual.
    /// Less than any net takes of which no cost and no sum over the layers is smaller than those in `features`, in
    /// milliseconds for one image on one device: no coefficient is negative, and what a timed net shows of itself is bounded.
    #[must_use]
    pub fn least_ms(&self, features: &Features, group: &Group) -> f64 {
        match self {
            Self::Layers(_) | Self::Costs(_) => {
                self.ms(features, group, None) * (-NET_LIMIT).exp() * ROUNDED
            }
            Self::Acts { line, floor_ms } if line.ms_per_million_acts < 0.0 => floor_ms * ROUNDED,
            Self::Acts { .. } => self.ms(features, group, None) * ROUNDED,
        }
    }

    fn known(&self, features: &Features, group: &Group) -> Option<(Architecture, f64)> {
        let (Self::Layers(fit) | Self::Costs(fit)) = self else {
            return None;
        };
        let own = fit.of(group)?;
        let of = |net| Some((net, own.residual(net)?));
        let named = features.architecture.and_then(of);
        named.or_else(|| of(Architecture::by_costs(features)))
    }

    /// The milliseconds that each column takes.
    #[must_use]
    pub fn parts(&self, features: &Features, group: &Group) -> Vec<f64> {
        match self {
            Self::Layers(sums) => sums.parts(layers::columns(features), group, None).to_vec(),
            Self::Costs(costs) => costs.parts(costs::columns(features), group, None).to_vec(),
            Self::Acts { line, .. } => {
                vec![line.intercept_ms, line.ms_per_million_acts * features.acts]
            }
        }
    }

    /// Shares of a net's time that are the same for all nets, that memory takes, and that multiply-adds take; where costs
    /// overlap, half to either.
    #[must_use]
    pub fn work(&self, features: &Features, group: &Group) -> [f64; 3] {
        let parts = self.parts(features, group);
        let total: f64 = parts.iter().sum();
        let work = match (self, &parts[..]) {
            (Self::Layers(_), [constant, memory, compute, narrow, _]) => {
                [*constant, *memory, compute + narrow]
            }
            (_, [constant, memory, compute, overlap, _]) => {
                [*constant, memory + overlap / 2.0, compute + overlap / 2.0]
            }
            _ => [0.0; 3],
        };
        work.map(|ms| ms / total)
    }

    /// Milliseconds for a unit of each column, for nets of `group`; `None`: of a group without timings.
    #[must_use]
    pub fn coefficients(&self, group: Option<&Group>) -> Vec<f64> {
        match self {
            Self::Layers(fit) | Self::Costs(fit) => {
                let own = group.and_then(|group| fit.of(group));
                own.map_or(fit.common, |own| own.coefficients).to_vec()
            }
            Self::Acts { line, .. } => vec![line.intercept_ms, line.ms_per_million_acts],
        }
    }

    /// Whether `group` has coefficients of its own.
    #[must_use]
    pub fn has(&self, group: &Group) -> bool {
        match self {
            Self::Layers(fit) | Self::Costs(fit) => fit.of(group).is_some(),
            Self::Acts { .. } => false,
        }
    }

    /// Groups that have coefficients of their own.
    #[must_use]
    pub fn groups(&self) -> Vec<&Group> {
        match self {
            Self::Layers(fit) | Self::Costs(fit) => fit.groups.iter().map(|g| &g.group).collect(),
            Self::Acts { .. } => Vec::new(),
        }
    }
}

/// The line, through zero where all nets have the same acts.
fn paper(rows: &Rows) -> Option<Fitted> {
    let samples = rows.samples().map(|(_, sample)| sample);
    let pairs: Vec<(f64, f64)> = samples.map(|s| (s.features.acts, s.ms)).collect();
    let fastest = pairs.iter().map(|(_, ms)| *ms).reduce(f64::min)?;
    let line = Line::fit(pairs.iter().copied()).unwrap_or_else(|| {
        let sums = |(a, t): (f64, f64), (acts, ms): &(f64, f64)| (a + acts, t + ms);
        let (acts, ms) = pairs.iter().fold((0.0, 0.0), sums);
        Line {
            intercept_ms: 0.0,
            ms_per_million_acts: ms / acts,
        }
    });
    // A tenth of the fastest measured time: as far below as the line is still taken at its word.
    Some(Fitted::Acts {
        line,
        floor_ms: fastest / 10.0,
    })
}

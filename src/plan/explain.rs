//! Why a net takes its time: stage by stage and kind by kind, what its layers cost and their shares of the prediction.
//!
//! A prediction is a sum of columns, and each column but the constant a sum over layers: a layer's share is the sum, over
//! columns, of the column's share times the layer's part of it. Work once a step (a product of two sums) is shared out by
//! params, and launches where the form counts them. So all shares and the constant's add up to 1.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::Question;
use crate::net::layers::{Counts, Kind, Layer};
use crate::net::{Net, STRATEGIES, Scaling};
use crate::timing::fit::estimator::Part;
use crate::timing::fit::layer_sums::{LAUNCH, LayerSums};
use crate::timing::predict::prediction::ColumnShares;
use crate::timing::{Features, Form, Predictor};
use crate::units::to_f64;

/// What the layers of a stage, or of a kind, cost and take.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Share {
    /// `stem`, `stage 1` …, `head`; or the kind of layer, such as `conv 1x1`.
    #[schema(example = "stage 1")]
    pub name: String,
    /// Layers, all repeats counted.
    pub layers: u64,
    /// Multiply-adds.
    pub flops: u64,
    /// Learned parameters.
    pub params: u64,
    /// Output elements.
    pub acts: u64,
    /// Multiply-adds for each element of the feature maps that are read and written.
    pub intensity: f64,
    /// Share of the predicted time.
    pub share: f64,
    /// Of that: moving feature maps.
    pub memory: f64,
    /// Of that: multiply-adds.
    pub compute: f64,
    /// Of that: work once a step.
    pub per_step: f64,
    /// The greatest of the three.
    pub bound_by: Part,
}

/// A smaller form of the net, and how long it takes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Remedy {
    /// How it was scaled, by a factor of one half.
    #[schema(example = "r")]
    pub strategy: &'static str,
    /// Its flops over those of the net.
    pub flops_ratio: f64,
    /// Its predicted time over that of the net.
    pub time_ratio: f64,
    /// Flops over time: how much time a flop less saves, 1 where the time falls as the flops do.
    pub time_saved_per_flop_saved: f64,
}

/// Where the time of a net goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// What the prediction looked at.
    pub form: Form,
    /// By stage, in order.
    pub stages: Vec<Share>,
    /// By kind of layer, the most of the time first.
    pub kinds: Vec<Share>,
    /// Share of the time that no layer takes: the same for every image.
    pub constant: f64,
    /// What of depth, width and resolution saves most when the flops are halved by it; empty where the net cannot be scaled.
    pub remedies: Vec<Remedy>,
    /// One sentence.
    pub sentence: String,
}

/// The parts of the sums that one layer, or several, make up.
#[derive(Clone, Copy, Debug, Default)]
struct Pieces {
    layers: u64,
    counts: Counts,
    elements: f64,
    sums: LayerSums,
    launches: f64,
}

impl Pieces {
    fn of(layer: &Layer) -> Self {
        let repeats = f64::from(layer.repeats);
        let read = f64::from(layer.w_in) * to_f64(layer.area_in);
        let written = f64::from(layer.w_out) * to_f64(layer.area_out);
        let launches = match layer.kind {
            Kind::Conv { .. } => repeats,
            _ => 0.0,
        };
        Self {
            layers: layer.repeats.into(),
            counts: layer.counts(),
            elements: repeats * (read + written),
            sums: LayerSums::of_layer(layer),
            launches,
        }
    }

    fn add(&mut self, other: &Self) {
        self.layers += other.layers;
        self.counts += other.counts;
        self.elements += other.elements;
        self.sums.memory += other.sums.memory;
        self.sums.compute += other.sums.compute;
        self.sums.narrow += other.sums.narrow;
        self.launches += other.launches;
    }

    fn params(&self) -> f64 {
        to_f64(fits(self.counts.params))
    }

    /// This part of each column of `form` over the whole net's.
    fn of_columns(&self, form: Form, whole: &Self) -> Vec<f64> {
        let [acts, all_acts] = [self, whole].map(|p| to_f64(fits(p.counts.acts)));
        let [flops, all_flops] = [self, whole].map(|p| to_f64(fits(p.counts.flops)));
        match form {
            Form::Layers => {
                let step = |p: &Self| p.params() / 1e6 + LAUNCH * p.launches;
                vec![
                    0.0,
                    over(self.sums.memory, whole.sums.memory),
                    over(self.sums.compute, whole.sums.compute),
                    over(self.sums.narrow, whole.sums.narrow),
                    over(step(self), step(whole)),
                ]
            }
            Form::Costs => {
                let (a, f) = (over(acts, all_acts), over(flops, all_flops));
                // √(A² + (2F)²) grows by a·A² + f·(2F)² over itself; units as in the fit: millions and thousand millions.
                let (memory, compute) = ((all_acts / 1e6).powi(2), (2.0 * all_flops / 1e9).powi(2));
                let overlap = over(a * memory + f * compute, memory + compute);
                vec![0.0, a, f, overlap, over(self.params(), whole.params())]
            }
            Form::Acts => vec![0.0, over(acts, all_acts)],
        }
    }
}

/// A net's pieces together, and what each column of the form takes of the time.
struct Whole {
    shares: ColumnShares,
    pieces: Pieces,
}

impl Whole {
    /// What `pieces` take of the time.
    fn share(&self, name: String, pieces: &Pieces) -> Share {
        let ColumnShares {
            form,
            columns,
            launching,
        } = &self.shares;
        let (mut memory, mut compute) = (0.0, 0.0);
        let mut per_step = launching * over(pieces.launches, self.pieces.launches);
        let parts = form.parts().iter().zip(columns);
        for ((part, column), own) in parts.zip(pieces.of_columns(*form, &self.pieces)) {
            match part {
                Part::Memory => memory += column * own,
                Part::Compute => compute += column * own,
                Part::Overlap => {
                    // Shared out between the two as their squares are.
                    let [a, f] = [
                        to_f64(fits(pieces.counts.acts)) / 1e6,
                        2.0 * to_f64(fits(pieces.counts.flops)) / 1e9,
                    ];
                    let of_memory = if a + f > 0.0 { a / (a + f) } else { 0.5 };
                    memory += column * own * of_memory;
                    compute += column * own * (1.0 - of_memory);
                }
                Part::PerStep => per_step += column * own,
                Part::Constant => {}
            }
        }
        let bounds = [
            (Part::Memory, memory),
            (Part::Compute, compute),
            (Part::PerStep, per_step),
        ];
        let most = bounds.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let counts = &pieces.counts;
        Share {
            name,
            layers: pieces.layers,
            flops: fits(counts.flops),
            params: fits(counts.params),
            acts: fits(counts.acts),
            intensity: to_f64(fits(counts.flops)) / pieces.elements.max(1.0),
            share: memory + compute + per_step,
            memory,
            compute,
            per_step,
            bound_by: most.map_or(Part::Memory, |(part, _)| part),
        }
    }
}

fn over(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Each part of a net is at most the whole, and a net's whole fits 64 bits.
fn fits(count: u128) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Where the time of `net` goes on `predictor`'s platform; `None` where the estimator has no fit there.
#[must_use]
pub fn explained(net: &Net, question: &Question, predictor: &Predictor) -> Option<Explained> {
    let features = Features::of_net(net);
    let shares = predictor.column_shares(&question.about(&features))?;
    let layers = net.layers();
    let last = layers.iter().map(|layer| layer.stage).max().unwrap_or(0);
    let mut pieces = Pieces::default();
    let (mut stages, mut kinds) = (Named::default(), Named::default());
    for layer in &layers {
        let own = Pieces::of(layer);
        pieces.add(&own);
        stages.add(stage_name(layer.stage, last), &own);
        kinds.add(kind_name(layer), &own);
    }
    let form = shares.form;
    let constant = shares.columns.first().copied().unwrap_or(0.0);
    let whole = Whole { shares, pieces };
    let share = |(name, pieces): (String, Pieces)| whole.share(name, &pieces);
    let stages: Vec<Share> = stages.all.into_iter().map(share).collect();
    let mut kinds: Vec<Share> = kinds.all.into_iter().map(share).collect();
    kinds.sort_by(|a, b| b.share.total_cmp(&a.share));
    let remedies = remedies(net, question, predictor);
    Some(Explained {
        form,
        sentence: sentence(&layers, &stages, &kinds, &remedies),
        stages,
        kinds,
        constant,
        remedies,
    })
}

/// Pieces by name, in the order in which the names came.
#[derive(Default)]
struct Named {
    all: Vec<(String, Pieces)>,
    places: HashMap<String, usize>,
}

impl Named {
    fn add(&mut self, name: String, pieces: &Pieces) {
        if let Some(place) = self.places.get(&name) {
            self.all[*place].1.add(pieces);
            return;
        }
        self.places.insert(name.clone(), self.all.len());
        self.all.push((name, *pieces));
    }
}

fn stage_name(stage: u32, last: u32) -> String {
    match stage {
        0 => "stem".to_owned(),
        stage if stage == last => "head".to_owned(),
        stage => format!("stage {stage}"),
    }
}

fn kind_name(layer: &Layer) -> String {
    let name = match layer.kind {
        Kind::Conv { kernel, groups, .. } => {
            let kind = match groups {
                1 => "conv",
                groups if groups == layer.w_in => "depthwise conv",
                _ => "grouped conv",
            };
            return format!("{kind} {}x{}", kernel[0], kernel[1]);
        }
        Kind::MaxPool { .. } => "max pool",
        Kind::SqueezeExcite { .. } => "squeeze-excitation",
        Kind::Sum => "residual sum",
        Kind::Linear { .. } => "linear",
        Kind::Attention { .. } => "attention",
        Kind::Norm { .. } => "norm",
        Kind::Embedding { .. } => "embedding",
        Kind::Filter { .. } => "blur",
        Kind::Transposed { .. } => "transposed conv",
        Kind::AveragePool => "average pool",
        Kind::Product => "matrix product",
        Kind::Parameters => "parameters",
        Kind::Function => "function",
        Kind::Move => "sum, product or join",
    };
    name.to_owned()
}

/// Halving the flops by depth, width or resolution: the one that leaves least time for the flops it leaves comes first.
fn remedies(net: &Net, question: &Question, predictor: &Predictor) -> Vec<Remedy> {
    let time = |net: &Net| {
        let features = Features::of_net(net);
        predictor
            .time(&question.about(&features))
            .map(|time| time.ms)
    };
    let Some(now) = time(net) else {
        return Vec::new();
    };
    let alone = STRATEGIES
        .into_iter()
        .filter(|s| ["d", "w", "r"].contains(&s.name));
    let remedy = |strategy: crate::net::Strategy| {
        let smaller = Scaling::by_strategy(strategy, 0.5)?.apply(net).ok()?;
        let flops = smaller.complexity().over(&net.complexity()).flops;
        let ratio = time(&smaller)? / now;
        (flops < 1.0).then(|| Remedy {
            strategy: strategy.name,
            flops_ratio: flops,
            time_ratio: ratio,
            time_saved_per_flop_saved: (1.0 - ratio) / (1.0 - flops),
        })
    };
    let mut all: Vec<Remedy> = alone.filter_map(remedy).collect();
    all.sort_by(|a, b| {
        b.time_saved_per_flop_saved
            .total_cmp(&a.time_saved_per_flop_saved)
    });
    all
}

fn sentence(layers: &[Layer], stages: &[Share], kinds: &[Share], remedies: &[Remedy]) -> String {
    let sum = |part: fn(&Share) -> f64| stages.iter().map(part).sum::<f64>();
    let parts = [
        ("moving feature maps", sum(|s| s.memory)),
        ("multiply-adds", sum(|s| s.compute)),
        ("work once a step", sum(|s| s.per_step)),
    ];
    let most = parts.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    let (what, part) = most.unwrap_or(("moving feature maps", 0.0));
    let stage = stages.iter().max_by(|a, b| a.share.total_cmp(&b.share));
    let mut text = vec![format!("{} of the time goes into {what}", percent(part))];
    text.extend(stage.map(|stage| shape(layers, stages, stage)));
    let kind = kinds.first();
    text.extend(kind.map(|kind| {
        let share = percent(kind.share);
        format!(
            "; of the kinds of layers {} takes most ({share})",
            kind.name
        )
    }));
    if let [best, .., worst] = remedies {
        text.push(format!(
            "; for each flop that it saves, less {} saves most time ({} of the flops in {} of the time), less {} least ({} in {})",
            dimension(best.strategy),
            percent(best.flops_ratio),
            percent(best.time_ratio),
            dimension(worst.strategy),
            percent(worst.flops_ratio),
            percent(worst.time_ratio),
        ));
    }
    text.push(".".to_owned());
    text.concat()
}

/// Which stage takes most, and what its maps are like.
fn shape(layers: &[Layer], stages: &[Share], stage: &Share) -> String {
    let number = stages.iter().position(|known| known.name == stage.name);
    let number = number.and_then(|n| u32::try_from(n).ok());
    let mut from_the_end = layers.iter().rev();
    let last = from_the_end.find(|layer| Some(layer.stage) == number);
    let maps = last.map_or_else(String::new, |layer| {
        let side = layer.area_out.isqrt();
        format!(
            ", whose maps end at {side}x{side} by {} channels",
            layer.w_out
        )
    });
    format!(", {} into {}{maps}", percent(stage.share), stage.name)
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn dimension(strategy: &str) -> &'static str {
    match strategy {
        "d" => "depth",
        "w" => "width",
        _ => "resolution",
    }
}

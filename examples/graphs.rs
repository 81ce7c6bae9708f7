//! How well nets are scaled and predicted that no list knows: `cargo run --release --example graphs -- FILE`.
//!
//! FILE has a line of JSON for each net: `{"name", "graph"}`, as `clients/python/tools/graphs.py` writes them. Its first table
//! is of scaling. The second predicts every timing of such a net that epochcast arrives with, from all timings but the
//! net's own, by what a stranger could send: its costs, its operators, or its operators with the group that its name tells.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool that prints and may stop at once"
)]

use std::collections::BTreeMap;
use std::fs;

use epochcast::json::Invalid;
use epochcast::net::names::family;
use epochcast::net::scaling::RawScaling;
use epochcast::net::{Group, Net, Scaling, Subject};
use epochcast::timing::data::seed;
use epochcast::timing::fit::features::Features;
use epochcast::timing::fit::level::Level;
use epochcast::timing::fit::training::{Sample, TrainingSet};
use epochcast::timing::predict::prediction::Asked;
use epochcast::timing::predict::predictor::Predictor;
use epochcast::timing::{Estimator, Measurement, Mode, Platform};
use epochcast::units::to_f64;
use serde_json::Value;

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let mut nets = BTreeMap::new();
    for line in fs::read_to_string(path).unwrap().lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let name = value["name"].as_str().unwrap().to_owned();
        match Net::read(value["graph"].as_object().unwrap().clone()) {
            Ok(net) => drop(nets.insert(name, net)),
            Err(error) => println!("{name} is refused: {error}"),
        }
    }
    println!("{} nets", nets.len());
    for form in ["d", "w", "r", "dwr", "dWr"] {
        for (factor, matched) in [(2.0, false), (2.0, true), (4.0, false), (4.0, true)] {
            println!("{}", scaled(&nets, form, factor, matched));
        }
    }
    let (platforms, rows) = seed::built_in().unwrap();
    for platform in &platforms {
        for mode in [Mode::Train, Mode::Infer] {
            let of = |row: &&Measurement| row.platform == platform.id && row.mode == mode;
            let rows: Vec<&Measurement> = rows.iter().filter(of).collect();
            predicted(&nets, platform, mode, &rows);
        }
    }
}

fn count(n: usize) -> f64 {
    to_f64(u64::try_from(n).unwrap())
}

/// The middle of `values`.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How many nets one way of scaling takes, and how near they come to the factor.
fn scaled(nets: &BTreeMap<String, Net>, form: &str, factor: f64, matched: bool) -> String {
    let scaling = Scaling::try_from(RawScaling {
        strategy: Some(form.to_owned()),
        factor,
        matched,
        ..RawScaling::default()
    })
    .unwrap();
    let reached = |net: &Net| -> Result<f64, Invalid> {
        let scaled = scaling.apply(net)?;
        Ok(scaled.complexity().over(&net.complexity()).flops)
    };
    let mut ratios: Vec<f64> = nets.values().filter_map(|net| reached(net).ok()).collect();
    let near = ratios
        .iter()
        .filter(|ratio| (*ratio / factor - 1.0).abs() <= 0.1);
    let (near, n) = (near.count(), ratios.len());
    let matched = if matched { " match" } else { "" };
    format!(
        "{form}:{factor}{matched}: {n} taken, {near} within 10 %, median {:.2}",
        median(&mut ratios)
    )
}

/// Errors of one way to ask, as factors less 1, and how many timings lay within their intervals.
#[derive(Default)]
struct Score {
    errors: Vec<f64>,
    widths: Vec<f64>,
    held: usize,
}

/// A timing of a net whose graph is at hand.
struct Timed<'a> {
    name: &'a str,
    net: &'a Net,
    batch: Option<u64>,
    /// Milliseconds for one image on one device.
    ms: f64,
}

/// Asks for one timing in each of the ways.
fn score(predictor: &Predictor, timed: &Timed, scores: &mut BTreeMap<&str, Score>) {
    let by_name = family::group(timed.name).and_then(|group| Group::new(group).ok());
    let operators = Features::of_net(timed.net);
    let costs = Features {
        layers: None,
        architecture: None,
        ..operators
    };
    for (way, features, group) in [
        ("costs", costs, Group::OTHER),
        ("operators", operators, timed.net.spec().group()),
        (
            "operators and name",
            operators,
            by_name.unwrap_or(Group::OTHER),
        ),
    ] {
        let asked = Asked {
            features: &features,
            group: &group,
            estimator: Estimator::default(),
            level: Level::new(0.9).unwrap(),
            batch_size: timed.batch,
        };
        let (prediction, ms) = (predictor.predict(&asked).unwrap(), timed.ms);
        let score = scores.entry(way).or_default();
        score
            .errors
            .push((prediction.ms / ms).max(ms / prediction.ms) - 1.0);
        score.widths.push(prediction.high_ms / prediction.ms - 1.0);
        score.held += usize::from((prediction.low_ms..=prediction.high_ms).contains(&ms));
    }
}

/// Predicts the timings of `nets` among `rows`, each from the timings of all other nets.
fn predicted(nets: &BTreeMap<String, Net>, platform: &Platform, mode: Mode, rows: &[&Measurement]) {
    let features = |row: &Measurement| Features::new(&row.subject).called(row.label.as_deref());
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for row in rows {
        let (name, side) = match &row.subject {
            Subject::Net { name, net } => (name, Some(net.side())),
            Subject::Costs { name, side, .. } => (name, *side),
        };
        let label = row.label.as_ref().or(name.as_ref());
        let Some((name, net)) = label.and_then(|name| nets.get_key_value(name)) else {
            continue;
        };
        let side = side.unwrap_or(net.side());
        let Ok(net) = Net::new(net.spec().clone(), side) else {
            continue;
        };
        let own = features(row).architecture;
        let mut others = TrainingSet::default();
        others.add(
            rows.iter()
                .filter(|row| features(row).architecture != own)
                .map(|row| {
                    (
                        row.group.clone(),
                        Sample::new(0, row, platform.device_count),
                    )
                }),
        );
        let Some(predictor) = Predictor::fit(platform.clone(), mode, &others, None) else {
            continue;
        };
        let timed = Timed {
            name,
            net: &net,
            batch: row.batch_size,
            ms: 1e3 * f64::from(platform.device_count) * row.time.seconds_per_image(),
        };
        score(&predictor, &timed, &mut scores);
    }
    for (way, mut score) in scores {
        let n = score.errors.len();
        let mean = score.errors.iter().sum::<f64>() / count(n);
        println!(
            "{} {mode:?}, {n} timings, by {way}: off by {:.1} % (median {:.1}), 90 % interval of {:.0} % held for {:.0} %",
            platform.id,
            100.0 * mean,
            100.0 * median(&mut score.errors),
            100.0 * median(&mut score.widths),
            100.0 * count(score.held) / count(n),
        );
    }
}

//! What the seed's measurements say, as the paper says it.

use std::sync::{Arc, LazyLock};

use epochcast::net::{Group, Net, Zoo};
use epochcast::timing::data::measurement::Time;
use epochcast::timing::data::seed;
use epochcast::timing::fit::layer_sums::LayerSums;
use epochcast::timing::fit::line::Correlations;
use epochcast::timing::fit::training::{Sample, TrainingSet};
use epochcast::timing::judge::evaluate;
use epochcast::timing::judge::left_out::Left;
use epochcast::timing::judge::score::Score;
use epochcast::timing::{
    Asked, Estimator, Features, Form, Level, Measurement, Mode, Platform, PlatformId, Prediction,
    Predictor, Predictors, Timing, Timings,
};
use epochcast::units::to_f64;
use serde_json::{Value, json};

static SEED: LazyLock<Predictors> = LazyLock::new(|| {
    let (platforms, rows) = seed::built_in().unwrap();
    Predictors::of_rows(platforms, &rows, 0)
});

fn predictor(id: &str, mode: Mode) -> &'static Predictor {
    SEED.get(&PlatformId::new(id).unwrap(), mode).unwrap()
}

#[test]
fn the_seed_holds_four_platforms() {
    let counts = |id, mode| predictor(id, mode).measurements();
    assert_eq!(counts("v100x8-paper", Mode::Train), 187);
    assert_eq!(counts("v100x8-pycls", Mode::Train), 29);
    assert_eq!(counts("rtx3090-nchw", Mode::Train), 215);
    assert_eq!(counts("rtx4090-nchw", Mode::Infer), 378);
}

#[test]
fn the_papers_timings_correlate_with_the_costs_as_it_says() {
    let paper = predictor("v100x8-paper", Mode::Train);
    // Acts, flops, params. Tolerance: the three printed digits.
    let expected = [
        ("efficientnet", [0.974, 0.814, 0.557]),
        ("regnety", [0.988, 0.819, 0.493]),
        ("regnetz", [0.989, 0.792, 0.700]),
    ];
    let check = |name: &str, r: &Correlations, expected: [f64; 3]| {
        for (got, expected) in [r.acts, r.flops, r.params].into_iter().zip(expected) {
            assert!((got.unwrap() - expected).abs() < 0.0005, "{name}: {r:?}");
        }
    };
    for (name, r) in expected {
        let group = Group::new(name).unwrap();
        let (_, explanation) = paper.groups().iter().find(|(g, _)| *g == group).unwrap();
        check(name, &explanation.r, r);
    }
    check("all", &paper.explanation().r, [0.944, 0.746, 0.568]);
}

#[test]
fn the_papers_scaled_nets_cost_what_the_reference_counts() {
    let (_, rows) = seed::built_in().unwrap();
    let mut counted = csv::Reader::from_reader(include_str!("../golden/paper.csv").as_bytes());
    for record in counted.deserialize() {
        let (label, flops, params, acts): (String, u64, u64, u64) = record.unwrap();
        let row = rows
            .iter()
            .find(|row| row.label.as_ref() == Some(&label))
            .unwrap();
        let costs = row.complexity();
        assert_eq!(
            (costs.flops.get(), costs.params.get(), costs.acts.get()),
            (flops, params, acts),
            "{label}"
        );
    }
}

#[test]
fn the_order_of_rows_changes_no_bit_of_a_fit() {
    let (platforms, mut rows) = seed::built_in().unwrap();
    rows.reverse();
    rows.rotate_left(100);
    let shuffled = Predictors::of_rows(platforms, &rows, 0);
    for mode in Mode::ALL {
        for (a, b) in SEED.of_mode(mode).zip(shuffled.of_mode(mode)) {
            for estimator in Estimator::ALL {
                assert_eq!(a.id(estimator), b.id(estimator));
            }
            for form in Form::ALL {
                assert_eq!(a.fitted(form), b.fitted(form));
                assert_eq!(a.error(form), b.error(form));
            }
        }
    }
}

#[test]
fn a_wider_level_never_gives_a_narrower_interval() {
    let net = Zoo::built_in()
        .named("RegNetY-4.0GF")
        .unwrap()
        .subject(None)
        .unwrap();
    for predictor in Mode::ALL.into_iter().flat_map(|mode| SEED.of_mode(mode)) {
        let width = |share: f64| {
            let prediction = predictor
                .predict(&Asked {
                    features: &Features::new(&net),
                    group: &net.group(),
                    estimator: Estimator::default(),
                    level: Level::new(share).unwrap(),
                    batch_size: None,
                })
                .unwrap();
            prediction.high_ms / prediction.low_ms
        };
        let widths: Vec<f64> = (50..=99)
            .map(|percent| width(f64::from(percent) / 100.0))
            .collect();
        assert!(widths.is_sorted(), "{widths:?}");
    }
}

/// Of a platform that no other lends to.
fn score(id: &str, left: Left) -> Score {
    let (platforms, mut rows) = seed::built_in().unwrap();
    let id = PlatformId::new(id).unwrap();
    rows.retain(|row| row.platform == id);
    let trials = evaluate::trials(&platforms, &rows);
    let wanted = trials.iter().find(|trial| {
        let (platform, _, estimator, what) = trial.name();
        (platform, estimator, what) == (&id, Estimator::Layers, left)
    });
    wanted.unwrap().run().unwrap()
}

#[test]
fn the_papers_nets_that_were_left_out_are_predicted_as_the_reference_implementation_does() {
    // Figures of an independent implementation (docs/accuracy.md), in percent. Tolerance: its printed digits.
    for (left, mape) in [
        (Left::Net, 4.47),
        (Left::Strategy, 6.17),
        (Left::FarScaled, 6.75),
        (Left::Group, 10.90),
    ] {
        let score = score("v100x8-paper", left);
        assert!((100.0 * score.mape - mape).abs() < 0.01, "{score:?}");
        assert!((0.85..=0.95).contains(&score.covered_90), "{score:?}");
    }
}

/// What `estimator` answers for a net of these costs (millions of acts, 10⁹ flops, millions of params).
fn of_costs(predictor: &Predictor, costs: [f64; 3], asked: (&Group, Estimator)) -> Prediction {
    let [acts, flops, params] = costs;
    let features = Features {
        acts,
        flops,
        params,
        layers: None,
        architecture: None,
    };
    let asked = Asked {
        features: &features,
        group: asked.0,
        estimator: asked.1,
        level: Level::DEFAULT,
        batch_size: None,
    };
    predictor.predict(&asked).unwrap()
}

#[test]
fn a_prediction_is_positive_and_finite_and_grows_with_each_cost() {
    let unheard_of = Group::new("unheard-of").unwrap();
    for predictor in Mode::ALL.into_iter().flat_map(|mode| SEED.of_mode(mode)) {
        let groups = predictor.groups().iter().map(|(group, _)| group);
        for group in groups.chain([&unheard_of]) {
            for estimator in [Estimator::Layers, Estimator::Costs] {
                for start in [[1e-6, 1e-9, 1e-6], [11.0, 4.0, 25.0], [1e6, 1e6, 1e6]] {
                    let low = of_costs(predictor, start, (group, estimator));
                    assert!(low.low_ms > 0.0 && low.high_ms.is_finite(), "{low:?}");
                    for k in 0..3 {
                        let mut more = start;
                        more[k] *= 1.5;
                        let high = of_costs(predictor, more, (group, estimator));
                        assert!(high.ms >= low.ms, "{group} {start:?} {more:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn sums_over_layers_grow_with_the_net() {
    let mut asked = json!({
        "family": "anynet", "stem_type": "res_stem_in", "stem_w": 64, "block_type": "res_bottleneck_block",
        "depths": [3, 4, 6, 3], "widths": [256, 512, 1024, 2048], "strides": [1, 2, 2, 2], "bot_muls": [0.5, 0.5, 0.5, 0.5],
        "group_ws": [32, 32, 32, 32], "resolution": 224,
    });
    let sums = |asked: &Value| {
        let net = Net::read(asked.as_object().unwrap().clone()).unwrap();
        LayerSums::of(&net).unwrap()
    };
    let base = sums(&asked);
    for (field, value) in [
        ("depths", json!([3, 5, 6, 3])),
        ("widths", json!([256, 512, 1024, 2304])),
        ("resolution", json!(256)),
    ] {
        let before = std::mem::replace(&mut asked[field], value);
        let more = sums(&asked);
        asked[field] = before;
        assert!(
            more.memory > base.memory && more.compute > base.compute,
            "{field}"
        );
        assert!(
            more.narrow >= base.narrow && more.step > base.step,
            "{field}"
        );
    }
}

/// The paper's platform with the timings that `keep` names by position.
fn some_of_the_paper(keep: impl Fn(usize) -> bool) -> Predictors {
    let (platforms, rows) = seed::built_in().unwrap();
    let mine = rows
        .into_iter()
        .filter(|row| row.platform.as_str() == "v100x8-paper");
    let kept = mine.enumerate().filter(|(i, _)| keep(*i));
    Predictors::of_rows(platforms, &kept.map(|(_, row)| row).collect::<Vec<_>>(), 0)
}

#[test]
fn one_timing_predicts_with_a_wide_interval_that_narrows_as_more_arrive() {
    let net = Zoo::built_in().named("RegNetY-4.0GF").unwrap();
    let net = net.subject(None).unwrap();
    let id = PlatformId::new("v100x8-paper").unwrap();
    let half_width = |n: usize| {
        let predictors = some_of_the_paper(|i| (100..100 + n).contains(&i));
        let predictor = predictors.get(&id, Mode::Train).unwrap();
        let asked = Asked {
            features: &Features::new(&net),
            group: &net.group(),
            estimator: Estimator::default(),
            level: Level::DEFAULT,
            batch_size: None,
        };
        let prediction = predictor.predict(&asked).unwrap();
        (prediction.high_ms / prediction.ms).ln()
    };
    let widths = [1, 5, 40].map(half_width);
    assert!(widths[0] >= 0.35, "{widths:?}");
    assert!(widths[0] > widths[1] && widths[1] > widths[2], "{widths:?}");
}

#[test]
fn timings_that_are_removed_leave_no_trace_and_unchanged_fits_are_kept() {
    let (platforms, rows) = seed::built_in().unwrap();
    let timing = |(id, row): (i64, &Measurement)| {
        let devices = platforms.iter().find(|p| p.id == row.platform).unwrap();
        Timing::new(id, row, devices.device_count)
    };
    let paper = |row: &Measurement| row.platform.as_str() == "v100x8-paper";
    let mut timings = Timings::default();
    timings.add((1..).zip(&rows).map(timing));
    let before = Predictors::fit(platforms.clone(), &timings, &Predictors::default(), 1);
    let again = rows.iter().filter(|row| paper(row)).take(20);
    timings.add((10_000..).zip(again).map(timing));
    let more = Predictors::fit(platforms.clone(), &timings, &before, 2);
    timings.remove(&(10_000..10_020).collect());
    let after = Predictors::fit(platforms.clone(), &timings, &more, 3);
    let get = |predictors: &Predictors, id: &str, mode| {
        let id = PlatformId::new(id).unwrap();
        Arc::clone(predictors.get(&id, mode).unwrap())
    };
    let papers = [&before, &more, &after].map(|p| get(p, "v100x8-paper", Mode::Train));
    assert_eq!(papers.each_ref().map(|p| p.measurements()), [187, 207, 187]);
    assert_ne!(
        papers[0].id(Estimator::Layers),
        papers[1].id(Estimator::Layers)
    );
    assert_eq!(
        papers[0].id(Estimator::Layers),
        papers[2].id(Estimator::Layers)
    );
    for form in Form::ALL {
        assert_eq!(papers[0].fitted(form), papers[2].fitted(form));
    }
    let others = [&before, &after].map(|p| get(p, "rtx4090-nchw", Mode::Infer));
    assert!(Arc::ptr_eq(&others[0], &others[1]));
}

#[test]
fn no_interval_is_narrower_than_the_noise_of_the_net() {
    let (platforms, mut rows) = seed::built_in().unwrap();
    rows.retain(|row| row.platform.as_str() == "v100x8-paper");
    for row in &mut rows {
        row.raw.noise = Some(0.3);
    }
    let noisy = Predictors::of_rows(platforms, &rows, 0);
    let predictor = noisy.get(&rows[0].platform, Mode::Train).unwrap();
    let asked = Asked {
        features: &Features::new(&rows[0].subject),
        group: &rows[0].group,
        estimator: Estimator::default(),
        level: Level::DEFAULT,
        batch_size: None,
    };
    let prediction = predictor.predict(&asked).unwrap();
    assert!((prediction.high_ms / prediction.ms).ln() >= 0.3 * 1.64);
}

#[test]
fn many_timings_are_fitted_before_they_are_validated() {
    let (platforms, rows) = seed::built_in().unwrap();
    let row = rows.iter().find(|row| row.mode == Mode::Infer).unwrap();
    let platform = platforms.iter().find(|p| p.id == row.platform).unwrap();
    let sample = Sample::new(0, row, 1);
    let mut set = TrainingSet::default();
    let repeat = |row| Sample { row, ..sample };
    set.add((0..500).map(|id| (row.group.clone(), repeat(id))));
    let first = Predictor::fit(platform.clone(), row.mode, &set, None).unwrap();
    assert!(!first.is_stale());
    set.add((500..6000).map(|id| (row.group.clone(), repeat(id))));
    let second = Predictor::fit(platform.clone(), row.mode, &set, Some(&first)).unwrap();
    assert!(second.is_stale());
    assert!(!second.validated().is_stale());
    assert_eq!(
        second.fitted(Form::Layers),
        second.validated().fitted(Form::Layers)
    );
}

#[test]
fn a_group_that_only_another_platform_has_timed_takes_over_what_it_cost_there() {
    let (platforms, mut rows) = seed::built_in().unwrap();
    let here = |row: &Measurement| row.platform.as_str() == "rtx3090-nchw";
    let densenet = Group::new("densenet").unwrap();
    let timed: Vec<Measurement> = rows
        .iter()
        .filter(|row| here(row) && row.group == densenet)
        .cloned()
        .collect();
    rows.retain(|row| !(here(row) && row.group == densenet));
    let predictors = Predictors::of_rows(platforms, &rows, 0);
    let id = PlatformId::new("rtx3090-nchw").unwrap();
    let predictor = predictors.get(&id, Mode::Train).unwrap();
    assert!(!timed.is_empty());
    for row in &timed {
        let costs = Features::of_costs(&row.complexity());
        let asked = (&densenet, Estimator::Layers);
        let prediction = of_costs(predictor, [costs.acts, costs.flops, costs.params], asked);
        let (from, factor) = prediction.borrowed.unwrap();
        assert_eq!(from.as_str(), "rtx4090-nchw");
        let measured = 1e3 * row.time.seconds_per_image();
        let error = |ms: f64| (ms / measured).ln().abs();
        assert!(error(prediction.ms) < error(prediction.ms / factor));
        let codes = prediction.warnings.iter().map(|warning| warning.code);
        assert!(codes.collect::<Vec<_>>().contains(&"borrowed_platform"));
    }
}

#[test]
fn slips_of_a_unit_in_one_row_of_twenty_change_predictions_little() {
    let (platforms, rows) = seed::built_in().unwrap();
    let mut rows: Vec<Measurement> = rows
        .into_iter()
        .filter(|row| row.platform.as_str() == "v100x8-paper")
        .collect();
    let clean = Predictors::of_rows(platforms.clone(), &rows, 0);
    let factors = [1e-3, 60.0, 1e3, 1.0 / 60.0];
    for (row, factor) in rows.iter_mut().step_by(20).zip(factors.into_iter().cycle()) {
        if let Time::EpochSeconds { seconds, .. } = &mut row.time {
            *seconds *= factor;
        }
    }
    let dirty = Predictors::of_rows(platforms, &rows, 0);
    let [clean, dirty] =
        [clean, dirty].map(|p| Arc::clone(p.get(&rows[0].platform, Mode::Train).unwrap()));
    for estimator in [Estimator::Layers, Estimator::Costs] {
        let ratio = |row: &Measurement| {
            let mut features = Features::new(&row.subject);
            // A net whose own timing slipped is not asked about, nor any that shares its residual, by name or by costs.
            features.architecture = None;
            features.acts *= 1.001;
            let asked = Asked {
                features: &features,
                group: &row.group,
                estimator,
                level: Level::DEFAULT,
                batch_size: None,
            };
            let [clean, dirty] = [&clean, &dirty].map(|p| p.predict(&asked).unwrap());
            let half_width = (dirty.high_ms / dirty.ms).ln();
            assert!(half_width < 0.6, "{half_width}");
            (dirty.ms / clean.ms).ln().abs()
        };
        let worst = rows.iter().map(ratio).fold(0.0, f64::max);
        assert!(worst < 0.15, "{estimator:?} {worst}");
    }
}

#[test]
fn a_platform_with_one_timing_is_lent_the_fit_of_another() {
    let (mut platforms, mut rows) = seed::built_in().unwrap();
    let id = PlatformId::new("new-gpu").unwrap();
    let like = platforms.iter().find(|p| p.id.as_str() == "rtx4090-nchw");
    platforms.push(Platform {
        id: id.clone(),
        ..like.unwrap().clone()
    });
    let timed = rows
        .iter()
        .filter(|r| r.platform.as_str() == "rtx4090-nchw");
    // A GPU on which everything takes 1.7 times as long.
    let slower: Vec<Measurement> = timed
        .map(|row| Measurement {
            platform: id.clone(),
            time: Time::ImagesPerSecond(1.0 / row.time.seconds_per_image() / 1.7),
            ..row.clone()
        })
        .collect();
    let error = |n: usize, rows: &mut Vec<Measurement>| {
        rows.retain(|row| row.platform != id);
        rows.extend(slower.iter().step_by(40).take(n).cloned());
        let predictors = Predictors::of_rows(platforms.clone(), rows, 0);
        let predictor = predictors.get(&id, Mode::Infer).unwrap();
        let of = |row: &Measurement| {
            let asked = Asked {
                features: &Features::new(&row.subject),
                group: &row.group,
                estimator: Estimator::Costs,
                level: Level::DEFAULT,
                batch_size: None,
            };
            let prediction = predictor.predict(&asked).unwrap();
            let (from, factor, share) = prediction.lent.unwrap();
            assert_eq!(from.as_str(), "rtx4090-nchw");
            assert!((factor / 1.7 - 1.0).abs() < 0.1 && share < 1.0, "{factor}");
            (prediction.ms / 1e3 / row.time.seconds_per_image() - 1.0).abs()
        };
        let errors: Vec<f64> = slower.iter().map(of).collect();
        errors.iter().sum::<f64>() / to_f64(errors.len().try_into().unwrap())
    };
    let errors = [1, 5].map(|n| error(n, &mut rows));
    assert!(errors[0] < 0.1 && errors[1] < 0.05, "{errors:?}");
}

/// How far off the fit that has not seen it predicts a timing, as a log; `None` where it was never left out.
fn far(predictor: &Predictor, timing: &Timing) -> Option<f64> {
    let predicted = predictor.left_out_ms(&timing.sample, Estimator::default())?;
    Some((timing.sample.ms / predicted).ln().abs())
}

#[test]
fn one_row_less_narrows_an_interval_where_that_row_lay_farther_off_than_most() {
    let (platforms, rows) = seed::built_in().unwrap();
    let timings = (1..).zip(&rows).map(|(id, row)| {
        let of = platforms
            .iter()
            .find(|platform| platform.id == row.platform);
        Timing::new(id, row, of.unwrap().device_count)
    });
    let timings: Vec<Timing> = timings.collect();
    let (mut steps, mut narrower, mut far_off) = (0, 0, 0);
    for platform in &platforms {
        let (own, others): (Vec<&Timing>, Vec<&Timing>) =
            timings.iter().partition(|t| t.platform == platform.id);
        // Each 17th in turn: no platform's number of timings is a multiple of that, so all come, in an order of no meaning.
        let own: Vec<&Timing> = (0..own.len()).map(|i| own[17 * i % own.len()]).collect();
        let (asked, left) = own.split_at(10);
        let left = &left[..left.len().min(40)];
        let fitted = |left: &[&Timing]| {
            let mut all = Timings::default();
            all.add(others.iter().chain(left).map(|t| (*t).clone()));
            let fits = Predictors::fit(platforms.clone(), &all, &Predictors::default(), 0);
            fits.settled()
        };
        let of = |fits: &Predictors| fits.get(&platform.id, own[0].mode).unwrap().clone();
        let widths = |predictor: &Predictor| -> Vec<f64> {
            let width = |t: &&Timing| {
                let asked = Asked {
                    features: &t.sample.features,
                    group: &t.group,
                    estimator: Estimator::default(),
                    level: Level::DEFAULT,
                    batch_size: None,
                };
                let prediction = predictor.predict(&asked).unwrap();
                (prediction.high_ms / prediction.ms).ln()
            };
            asked.iter().map(width).collect()
        };
        let mut with = of(&fitted(left));
        for n in (2..left.len()).rev() {
            let without = of(&fitted(&left[..n]));
            let gone = far(&with, left[n]);
            let nearer = left[..n].iter().filter_map(|t| far(&with, t));
            let nearer = nearer.filter(|other| gone.is_some_and(|gone| *other < gone));
            let farther_than_most = gone.is_none() || 2 * nearer.count() >= n;
            for (before, after) in widths(&with).into_iter().zip(widths(&without)) {
                steps += 1;
                if after < 0.95 * before {
                    narrower += 1;
                    far_off += u32::from(farther_than_most);
                }
            }
            with = without;
        }
    }
    println!(
        "{narrower} of {steps} intervals were narrower by 5 % with one row less; {far_off} times that row had lain farther off than most"
    );
    // The others come from the borders of the blocks that are left out, which move with each row.
    assert!(far_off * 10 >= narrower * 8, "{far_off} of {narrower}");
    assert!(narrower * 4 <= steps, "{narrower} of {steps}");
}

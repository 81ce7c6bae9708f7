//! Fits in use after new rows, and what a prediction takes, on 100,000 timings of one platform.
//!
//! `cargo bench --bench fitting`. The bar: 50 ms for the fits; the residuals of left-out nets may follow within a second.

#![expect(clippy::unwrap_used, reason = "a bench may stop at once")]

use divan::{Bencher, black_box};
use epochcast::net::Zoo;
use epochcast::timing::data::seed;
use epochcast::timing::fit::training::{Sample, TrainingSet};
use epochcast::timing::{Asked, Estimator, Features, Level, Mode, Platform, Predictor};

fn main() {
    divan::main();
}

/// The platform `id` of the seed, and its timings over and over, a little slower each time, `n` in all.
fn many(id: &str, n: i64) -> (Platform, Mode, TrainingSet) {
    let (platforms, rows) = seed::built_in().unwrap();
    let platform = platforms.into_iter().find(|p| p.id.as_str() == id).unwrap();
    let mine: Vec<_> = rows
        .iter()
        .filter(|row| row.platform == platform.id)
        .collect();
    let samples = mine.iter().map(|row| {
        let sample = Sample::new(0, row, platform.device_count);
        (row.group.clone(), sample)
    });
    let samples: Vec<_> = samples.collect();
    let mut set = TrainingSet::default();
    set.add(
        (0..n)
            .zip(samples.iter().cycle())
            .map(|(row, (group, sample))| {
                let ms = sample.ms * (1.0 + 1e-7 * f64::from(i32::try_from(row).unwrap()));
                (group.clone(), Sample { row, ms, ..*sample })
            }),
    );
    (platform, mine[0].mode, set)
}

#[divan::bench(args = [378, 10_000, 100_000])]
fn fit(bencher: Bencher, n: i64) {
    let (platform, mode, set) = many("rtx4090-nchw", n);
    let previous = Predictor::fit(platform.clone(), mode, &set, None).unwrap();
    bencher.bench(|| Predictor::fit(platform.clone(), mode, black_box(&set), Some(&previous)));
}

#[divan::bench(args = [378, 100_000])]
fn validate(bencher: Bencher, n: i64) {
    let (platform, mode, set) = many("rtx4090-nchw", n);
    let fitted = Predictor::fit(
        platform.clone(),
        mode,
        &many("rtx4090-nchw", 100_000).2,
        None,
    );
    let small = Predictor::fit(platform, mode, &set, fitted.as_ref()).unwrap();
    bencher.bench(|| black_box(&small).validated());
}

#[divan::bench(args = [378, 100_000])]
fn add_100_rows(bencher: Bencher, n: i64) {
    let (_, _, set) = many("rtx4090-nchw", n);
    let (_, _, more) = many("rtx4090-nchw", 100);
    let more: Vec<_> = more
        .groups()
        .flat_map(|(group, samples)| samples.iter().map(|s| (group.clone(), *s)))
        .collect();
    bencher
        .with_inputs(|| (set.clone(), more.clone()))
        .bench_values(|(mut set, more)| set.add(more));
}

#[divan::bench(args = [378, 100_000])]
fn predict(bencher: Bencher, n: i64) {
    let (platform, mode, set) = many("rtx4090-nchw", n);
    let predictor = Predictor::fit(platform, mode, &set, None).unwrap();
    let subject = Zoo::built_in()
        .named("RegNetY-4GF")
        .unwrap()
        .subject(None)
        .unwrap();
    let features = Features::new(&subject);
    let asked = Asked {
        features: &features,
        group: &subject.group(),
        estimator: Estimator::default(),
        level: Level::DEFAULT,
        batch_size: None,
    };
    bencher.bench(|| {
        (
            predictor.predict(black_box(&asked)),
            predictor.nearest(&asked),
        )
    });
}

#[divan::bench]
fn features(bencher: Bencher) {
    let subject = Zoo::built_in()
        .named("RegNetY-4GF")
        .unwrap()
        .subject(None)
        .unwrap();
    bencher.bench(|| Features::new(black_box(&subject)));
}

#[divan::bench]
fn fit_the_seed(bencher: Bencher) {
    let (platforms, rows) = seed::built_in().unwrap();
    bencher.bench(|| epochcast::timing::Predictors::of_rows(platforms.clone(), &rows, 0));
}

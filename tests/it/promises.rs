//! What holds of every prediction, however few timings a platform has.

use std::sync::LazyLock;

use epochcast::net::Group;
use epochcast::timing::data::measurement::Time;
use epochcast::timing::data::seed;
use epochcast::timing::fit::layer_sums::LayerSums;
use epochcast::timing::predict::datasheet::AskedGpu;
use epochcast::timing::{
    Asked, Estimator, Features, Level, Measurement, Mode, Platform, PlatformId, Prediction,
    Predictor, Predictors, Timing, Timings,
};
use proptest::prelude::*;

/// Timings of a made-up GPU: those of the RTX 4090, 1.7 times as long and up to 15 % off, in an order of their own.
struct Made {
    platforms: Vec<Platform>,
    others: Timings,
    fits: Predictors,
    own: Vec<Timing>,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let (mut platforms, rows) = seed::built_in().unwrap();
    let like = platforms.iter().find(|p| p.id.as_str() == "rtx4090-nchw");
    let new = Platform {
        id: PlatformId::new("new-gpu").unwrap(),
        ..like.unwrap().clone()
    };
    platforms.push(new.clone());
    let timing = |(id, row): (i64, &Measurement)| {
        let devices = platforms
            .iter()
            .find(|p| p.id == row.platform)
            .unwrap()
            .device_count;
        Timing::new(id, row, devices)
    };
    let slower = |row: &Measurement, i: u32| {
        let off = 1.0 + 0.15 * f64::from(i * 37 % 101) / 101.0;
        Measurement {
            platform: new.id.clone(),
            time: Time::ImagesPerSecond(1.0 / row.time.seconds_per_image() / 1.7 / off),
            ..row.clone()
        }
    };
    let of_4090 = rows
        .iter()
        .filter(|row| row.platform.as_str() == "rtx4090-nchw");
    let own: Vec<Measurement> = of_4090.zip(0..).map(|(row, i)| slower(row, i)).collect();
    let own = (0..own.len()).map(|i| timing((10_000, &own[i * 89 % own.len()])));
    let own = own.collect();
    let mut others = Timings::default();
    others.add((1..).zip(&rows).map(timing));
    let fits = Predictors::fit(platforms.clone(), &others, &Predictors::default(), 0).settled();
    Made {
        platforms,
        others,
        fits,
        own,
    }
});

/// The fits with these of the made-up GPU's timings.
fn with(timings: impl IntoIterator<Item = usize>) -> Predictors {
    let mut all = MADE.others.clone();
    all.add(timings.into_iter().map(|i| MADE.own[i].clone()));
    Predictors::fit(MADE.platforms.clone(), &all, &MADE.fits, 0)
}

fn new_gpu(fits: &Predictors) -> &Predictor {
    fits.get(&PlatformId::new("new-gpu").unwrap(), Mode::Infer)
        .unwrap()
}

/// The made-up GPU, and two that are known by their data sheets alone.
fn predictors(fits: &Predictors) -> Vec<Predictor> {
    let sheets = ["gpu:h100", "gpu:t4:fp32"].map(|word| AskedGpu::read(word).unwrap().unwrap());
    let on_gpu = sheets
        .iter()
        .map(|asked| fits.on_gpu(asked, Mode::Infer).unwrap());
    [new_gpu(fits).clone()].into_iter().chain(on_gpu).collect()
}

fn of_costs([acts, flops, params]: [f64; 3]) -> Features {
    Features {
        acts,
        flops,
        params,
        layers: None,
        architecture: None,
    }
}

/// A net of these sums over its layers, and of the costs of ResNet-50.
fn of_layers([memory, compute, narrow, step]: [f64; 4]) -> Features {
    let sums = LayerSums {
        memory,
        compute,
        narrow,
        step,
        ..LayerSums::default()
    };
    Features {
        layers: Some(sums),
        ..of_costs([11.0, 4.1, 25.6])
    }
}

fn at(
    predictor: &Predictor,
    features: &Features,
    (group, estimator): (&Group, Estimator),
    percent: u32,
) -> Prediction {
    let asked = Asked {
        features,
        group,
        estimator,
        level: Level::new(f64::from(percent) / 100.0).unwrap(),
        batch_size: None,
    };
    predictor.predict(&asked).unwrap()
}

fn predict(fits: &Predictors, costs: [f64; 3], group: &Group, estimator: Estimator) -> Prediction {
    at(new_gpu(fits), &of_costs(costs), (group, estimator), 90)
}

fn any_group() -> impl Strategy<Value = Group> {
    let words = vec![
        "resnet",
        "densenet",
        "efficientnet",
        "convnext",
        "unheard-of",
    ];
    prop::sample::select(words).prop_map(|word| Group::new(word).unwrap())
}

fn any_estimator() -> impl Strategy<Value = Estimator> {
    prop::sample::select(Estimator::ALL.to_vec())
}

/// Twelve decades and more, beyond all nets.
fn any_costs() -> impl Strategy<Value = [f64; 3]> {
    prop::array::uniform3((-6.0..6.0f64).prop_map(|power| 10f64.powf(power)))
}

proptest! {
    // Each case fits anew: about 10 ms.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn with_any_few_timings_times_are_positive_and_finite_and_grow_with_each_cost(
        n in 1..60usize, costs in any_costs(), k in 0..3usize, more in 1.0..100.0f64,
        group in any_group(), estimator in any_estimator(),
    ) {
        let mut larger = costs;
        larger[k] *= more;
        for predictor in predictors(&with(0..n)) {
            let of = |costs| at(&predictor, &of_costs(costs), (&group, estimator), 90);
            let (less, more) = (of(costs), of(larger));
            prop_assert!(less.low_ms > 0.0 && less.high_ms.is_finite(), "{less:?}");
            prop_assert!(less.low_ms <= less.ms && less.ms <= less.high_ms, "{less:?}");
            // The paper's line has the slope that its timings give it, and looks at acts alone.
            if estimator != Estimator::Paper {
                // Tolerance: the last digits of sums and logs.
                prop_assert!(more.ms >= less.ms * (1.0 - 1e-12), "{costs:?} {larger:?} {less:?} {more:?}");
            }
        }
    }

    #[test]
    fn with_any_few_timings_a_net_of_known_layers_takes_longer_the_larger_each_sum_is(
        n in 1..60usize, sums in prop::array::uniform4((-6.0..6.0f64).prop_map(|power| 10f64.powf(power))),
        k in 0..4usize, more in 1.0..100.0f64, group in any_group(),
    ) {
        let mut larger = sums;
        larger[k] *= more;
        for predictor in predictors(&with(0..n)) {
            let of = |sums| at(&predictor, &of_layers(sums), (&group, Estimator::Layers), 90);
            let (less, more) = (of(sums), of(larger));
            prop_assert!(less.low_ms > 0.0 && less.high_ms.is_finite(), "{less:?}");
            // Tolerance: the last digits of sums.
            prop_assert!(more.ms >= less.ms * (1.0 - 1e-12), "{sums:?} {larger:?} {less:?} {more:?}");
        }
    }

    #[test]
    fn with_any_few_timings_a_wider_level_never_gives_a_narrower_interval(
        n in 1..60usize, costs in any_costs(), sums in prop::array::uniform4(0.001..1e3f64),
        group in any_group(), estimator in any_estimator(),
    ) {
        for predictor in predictors(&with(0..n)) {
            for features in [of_costs(costs), of_layers(sums)] {
                let all: Vec<Prediction> = (50..=99)
                    .map(|percent| at(&predictor, &features, (&group, estimator), percent))
                    .collect();
                prop_assert!(all.is_sorted_by(|a, b| a.low_ms >= b.low_ms && a.high_ms <= b.high_ms), "{all:?}");
            }
        }
    }

    #[test]
    fn the_order_of_timings_changes_no_bit_of_a_prediction(
        order in Just((0..30usize).collect::<Vec<_>>()).prop_shuffle(), costs in any_costs(),
        group in any_group(), estimator in any_estimator(),
    ) {
        let [sent, sorted] = [with(order), with(0..30)].map(|fits| predictors(&fits));
        for (sent, sorted) in sent.iter().zip(&sorted) {
            for features in [of_costs(costs), of_layers([costs[0], costs[1], costs[1], costs[2]])] {
                let of = |predictor: &Predictor| at(predictor, &features, (&group, estimator), 90);
                prop_assert_eq!(of(sent), of(sorted));
            }
            prop_assert_eq!(sent.id(estimator), sorted.id(estimator));
        }
    }
}

/// Each timing may move a prediction by what it says, and less the more there are; at no count does anything switch.
#[test]
fn predictions_move_smoothly_as_timings_arrive() {
    // Not densenet: its first timing says that its nets take 1.6 times what was expected of them.
    let groups = ["resnet", "efficientnet", "unheard-of"].map(|word| Group::new(word).unwrap());
    let nets = [[2.5, 1.8, 11.7], [11.0, 4.1, 25.6], [60.0, 30.0, 150.0]];
    let logs = |n: usize| {
        let fits = with(0..n);
        let of = |costs, group| predict(&fits, costs, group, Estimator::Costs).ms.ln();
        let pairs = nets
            .iter()
            .flat_map(|costs| groups.iter().map(|g| of(*costs, g)));
        pairs.collect::<Vec<f64>>()
    };
    let mut before = logs(1);
    for n in 2..140_u32 {
        let now = logs(usize::try_from(n).unwrap());
        let moves = now.iter().zip(&before).map(|(a, b)| (a - b).abs());
        let most = moves.fold(0.0, f64::max);
        // A timing is up to 15 % off the others, in its group too, and the first are all that is known; those of nets that
        // the lender has timed count for more than others.
        let allowed = (1.0 / f64::from(n)).max(0.06);
        assert!(
            most < allowed,
            "the {n}th timing moves a prediction by {most}"
        );
        before = now;
    }
}

/// The same where no other platform lends, of nets by their costs and by their layers.
#[test]
fn predictions_move_smoothly_where_no_platform_lends() {
    let layered = |timing: &&Timing| timing.sample.features.layers.is_some();
    let by_layers: Vec<Timing> = MADE.own.iter().filter(layered).cloned().collect();
    let by_costs = [[2.5, 1.8, 11.7], [11.0, 4.1, 25.6], [60.0, 30.0, 150.0]].map(of_costs);
    let sums = [[10.0, 2.0, 0.1, 0.2], [40.0, 8.0, 0.5, 1.0]].map(of_layers);
    for (own, nets, estimator) in [
        (&MADE.own, by_costs.as_slice(), Estimator::Costs),
        (&by_layers, sums.as_slice(), Estimator::Layers),
    ] {
        let logs = |n: usize| {
            let mut timings = Timings::default();
            timings.add(own[..n].iter().cloned());
            let fits = Predictors::fit(MADE.platforms.clone(), &timings, &Predictors::default(), 0);
            let of = |features: &Features, word: &str| {
                let group = Group::new(word).unwrap();
                at(new_gpu(&fits), features, (&group, estimator), 90)
                    .ms
                    .ln()
            };
            let pairs = nets.iter();
            let pairs = pairs.flat_map(|net| ["resnet", "unheard-of"].map(|word| of(net, word)));
            pairs.collect::<Vec<f64>>()
        };
        let mut before = logs(1);
        for n in 2..=40_u32 {
            let now = logs(usize::try_from(n).unwrap());
            let moves = now.iter().zip(&before).map(|(a, b)| (a - b).abs());
            let most = moves.fold(0.0, f64::max);
            // The first timings are of few groups and sizes: groups take up to 1.6 times what others do, and the first large
            // net may say as much of flops.
            let allowed = (3.5 / f64::from(n)).clamp(0.2, 0.7);
            assert!(
                most < allowed,
                "{estimator:?}: the {n}th timing moves a prediction by {most}"
            );
            before = now;
        }
    }
}

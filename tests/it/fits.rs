//! What the seed's measurements say, as the paper says it.

use std::sync::LazyLock;

use epochcast::net::{Group, Zoo};
use epochcast::timing::line::Correlations;
use epochcast::timing::{
    Asked, Estimator, Features, Form, Level, Mode, PlatformId, Predictor, Predictors, seed,
};

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

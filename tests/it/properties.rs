//! What holds of every net and every scaling.

use epochcast::net::{Net, STRATEGIES, Scaling, complexity::Complexity, scaling::RawScaling};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(model: &Value) -> Net {
    Net::read(model.as_object().unwrap().clone()).unwrap()
}

fn no_less(more: &Complexity, less: &Complexity) -> bool {
    more.flops >= less.flops && more.params >= less.params && more.acts >= less.acts
}

/// An AnyNet of bottlenecks whose group widths divide them.
fn anynet() -> impl Strategy<Value = Value> {
    let stage = (
        1..6u32,
        1..40u32,
        1..3u32,
        prop::sample::select(vec![0.25, 0.5, 1.0, 2.0, 4.0]),
    );
    (prop::collection::vec(stage, 1..5), 1..320u32, any::<bool>()).prop_map(
        |(stages, side, se_on)| {
            json!({
                "family": "anynet", "resolution": side, "se_on": se_on,
                "depths": stages.iter().map(|s| s.0).collect::<Vec<_>>(),
                "widths": stages.iter().map(|s| s.1 * 32).collect::<Vec<_>>(),
                "strides": stages.iter().map(|s| s.2).collect::<Vec<_>>(),
                "bot_muls": stages.iter().map(|s| s.3).collect::<Vec<_>>(),
                "group_ws": stages.iter().map(|_| 8).collect::<Vec<_>>(),
            })
        },
    )
}

fn effnet() -> impl Strategy<Value = Value> {
    let stage = (
        1..5u32,
        1..400u32,
        1..7u32,
        prop::sample::select(vec![3, 5, 7]),
        1..3u32,
    );
    (prop::collection::vec(stage, 1..6), 1..320u32).prop_map(|(stages, side)| {
        json!({
            "family": "effnet", "resolution": side, "stem_w": 32, "head_w": 640,
            "depths": stages.iter().map(|s| s.0).collect::<Vec<_>>(),
            "widths": stages.iter().map(|s| s.1).collect::<Vec<_>>(),
            "exp_ratios": stages.iter().map(|s| s.2).collect::<Vec<_>>(),
            "kernels": stages.iter().map(|s| s.3).collect::<Vec<_>>(),
            "strides": stages.iter().map(|s| s.4).collect::<Vec<_>>(),
        })
    })
}

fn regnet() -> impl Strategy<Value = Value> {
    (1..40u32, 1..20u32, 0.0..80.0f64, 1.05..4.0f64, 1..64u32, 1..320u32).prop_map(
        |(depth, w0, wa, wm, group_w, side)| {
            json!({
                "family": "regnet", "depth": depth, "w0": 8 * w0, "wa": wa, "wm": wm, "group_w": group_w,
                "resolution": side,
            })
        },
    )
}

fn any_net() -> impl Strategy<Value = Value> {
    prop_oneof![anynet(), effnet(), regnet()]
}

fn any_scaling() -> impl Strategy<Value = Scaling> {
    let factor = (-7.0..7.0f64).prop_map(f64::exp2);
    let form = prop_oneof![
        (0..STRATEGIES.len()).prop_map(|i| RawScaling {
            strategy: Some(STRATEGIES[i].name.into()),
            ..RawScaling::default()
        }),
        (0.0..=1.0f64).prop_map(|alpha| RawScaling {
            alpha: Some(alpha),
            ..RawScaling::default()
        }),
        "(d[0-9])?(_w[0-9])?".prop_filter_map("a reference string", |text| {
            let scale_type = text.trim_start_matches('_').to_owned();
            Some(RawScaling {
                scale_type: Some(scale_type),
                ..RawScaling::default()
            })
        }),
    ];
    (form, factor).prop_filter_map("a scaling", |(form, factor)| {
        RawScaling { factor, ..form }.try_into().ok()
    })
}

proptest! {
    #[test]
    fn scaling_by_one_twice_is_scaling_by_one_once(model in any_net(), i in 0..STRATEGIES.len()) {
        let by_one = Scaling::by_strategy(STRATEGIES[i], 1.0).unwrap();
        if let Ok(once) = by_one.apply(&read(&model)) {
            prop_assert_eq!(by_one.apply(&once).unwrap().description(), once.description());
        }
    }

    #[test]
    fn a_described_net_sent_back_gives_the_same_counts(model in any_net(), scaling in any_scaling()) {
        let base = read(&model);
        for net in [Ok(base.clone()), scaling.apply(&base)].into_iter().flatten() {
            let described = serde_json::to_value(net.description()).unwrap();
            prop_assert_eq!(read(&described).complexity(), net.complexity());
        }
    }

    #[test]
    fn more_resolution_never_costs_less(model in any_net(), more in 1..100u32) {
        let base = read(&model);
        let mut larger = model.clone();
        larger["resolution"] = (base.side().get() + more).into();
        prop_assert!(no_less(&read(&larger).complexity(), &base.complexity()));
    }

    #[test]
    fn more_depth_never_costs_less(model in prop_oneof![anynet(), effnet()], stage in any::<prop::sample::Index>()) {
        let mut deeper = model.clone();
        let i = stage.index(model["depths"].as_array().unwrap().len());
        deeper["depths"][i] = (model["depths"][i].as_u64().unwrap() + 1).into();
        prop_assert!(no_less(&read(&deeper).complexity(), &read(&model).complexity()));
    }

    /// All stages together: one stage alone may reach its neighbour's width, and a projection falls away.
    #[test]
    fn more_width_never_costs_less_where_groups_divide(model in anynet(), times in 2..5u64) {
        let mut wider = model.clone();
        for width in wider["widths"].as_array_mut().unwrap() {
            *width = (width.as_u64().unwrap() * times).into();
        }
        prop_assert!(no_less(&read(&wider).complexity(), &read(&model).complexity()));
    }

    #[test]
    fn the_layers_add_up_to_the_complexity(model in any_net()) {
        let net = read(&model);
        let sum = net.layers().iter().map(|layer| layer.counts().flops).sum::<u128>();
        prop_assert_eq!(sum, u128::from(net.complexity().flops.get()));
    }

    #[test]
    fn no_number_makes_reading_or_scaling_panic(
        model in any_net(),
        field in any::<prop::sample::Index>(),
        number in prop_oneof![any::<f64>().prop_map(|x| json!(x)), any::<u64>().prop_map(|x| json!(x)), any::<i64>().prop_map(|x| json!(x))],
        exponents in prop::array::uniform4(any::<f64>()),
        factor in any::<f64>(),
    ) {
        let mut odd = model.as_object().unwrap().clone();
        let key = odd.keys().nth(field.index(odd.len())).unwrap().clone();
        let value = match &odd[&key] {
            Value::Array(list) => json!(vec![number; list.len()]),
            _ => number,
        };
        odd.insert(key, value);
        let [d, w, g, r] = exponents;
        let raw: Result<RawScaling, _> =
            serde_json::from_value(json!({"exponents": {"d": d, "w": w, "g": g, "r": r}, "factor": factor}));
        let scaling = raw.ok().and_then(|raw| Scaling::try_from(raw).ok());
        for net in [Net::read(odd), Ok(read(&model))].into_iter().flatten() {
            let _ = scaling.as_ref().map(|scaling| scaling.apply(&net));
        }
    }
}

//! Any net, as a graph of operators: read, checked, counted and scaled.
//!
//! Shapes follow from the image (`shapes`), layers from shapes (`count`). A wider net keeps equal widths equal, a
//! deeper one repeats the blocks that stand in a row (`grow`). A graph of a known family is scaled as that (`family`).
//! The form: `docs/graphs.md`.

mod checked;
mod count;
mod dim;
mod draft;
mod family;
mod form;
mod grow;
mod nodes;
mod rearrange;
mod shapes;

pub(super) use dim::common_multiple;
pub(super) use draft::Draft;
pub use form::raw::RawGraph;
pub(super) use form::read::MAX_NODES;
pub use form::{op, raw};
pub(super) use grow::{Growable, Wider};
pub use nodes::{Graph, Twin};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use std::sync::Arc;

    use super::*;
    use crate::net::Spec;
    use crate::net::blocks::Side;
    use crate::net::names::zoo::Entry;
    use crate::net::scaling::{RawScaling, Scaling};
    use crate::net::{Net, STRATEGIES, Zoo};

    /// The nets with a name that a builder makes.
    fn named() -> impl Iterator<Item = &'static Net> {
        Zoo::built_in()
            .entries()
            .iter()
            .filter_map(|entry| match entry {
                Entry::Net { net, .. } => Some(net),
                Entry::Published(_) => None,
            })
    }

    /// The net as a stranger would send it: operators alone.
    fn sent(net: &Net) -> Option<Net> {
        let graph = RawGraph::from(&Graph::of(net.spec().twin()?)?);
        let text = serde_json::to_value(graph).unwrap();
        let serde_json::Value::Object(mut object) = text else {
            return None;
        };
        object.insert("family".to_owned(), "graph".into());
        object.insert("resolution".to_owned(), net.side().get().into());
        Some(Net::read(object).unwrap())
    }

    fn scaling(strategy: &str, factor: f64) -> Scaling {
        Scaling::try_from(RawScaling {
            strategy: Some(strategy.to_owned()),
            factor,
            ..RawScaling::default()
        })
        .unwrap()
    }

    fn graph(nodes: &serde_json::Value) -> Net {
        let object = json!({"family": "graph", "resolution": 32, "nodes": nodes});
        Net::read(object.as_object().unwrap().clone()).unwrap()
    }

    #[test]
    fn operators_cost_what_the_builder_says_of_every_named_net() {
        let mut seen = 0;
        for net in named() {
            let Some(sent) = sent(net) else { continue };
            seen += 1;
            let Spec::Graph(graph) = sent.spec() else {
                panic!("{:?}", net.spec());
            };
            let mut plain = graph.as_ref().clone();
            plain.twin = None;
            let plain =
                crate::net::complexity::complexity(&Spec::Graph(Arc::new(plain)), net.side());
            assert_eq!(plain, Some(net.complexity()));
            assert!(graph.twin().is_some(), "{:?}", net.spec());
        }
        assert!(seen > 30);
    }

    #[test]
    fn a_graph_of_a_known_family_is_scaled_as_its_builder_does_it() {
        for net in named() {
            let Some(sent) = sent(net) else { continue };
            for strategy in STRATEGIES {
                for factor in [0.25, 0.5, 2.0, 3.0, 8.0, 32.0] {
                    let scaling = scaling(strategy.name, factor);
                    let (Ok(wanted), got) = (scaling.apply(net), scaling.apply(&sent)) else {
                        continue;
                    };
                    let got = got.unwrap();
                    assert_eq!(got.complexity(), wanted.complexity(), "{:?}", net.spec());
                    assert_eq!(got.side(), wanted.side());
                    assert!(matches!(got.spec(), Spec::Graph(_)));
                }
            }
        }
    }

    #[test]
    fn a_scaled_graph_can_be_sent_again() {
        let net = named().next().unwrap();
        let scaled = scaling("dWr", 4.0).apply(&sent(net).unwrap()).unwrap();
        let text = scaled.description_text();
        let object: serde_json::Map<_, _> = serde_json::from_str(&text).unwrap();
        let again = Net::read(object).unwrap();
        assert_eq!(again.complexity(), scaled.complexity());
        assert_eq!(again.description_text(), text);
    }

    #[test]
    fn a_net_that_grows_beyond_what_a_graph_may_have_is_written_as_its_builder_writes_it() {
        let net = named().find_map(sent).unwrap();
        let scaled = scaling("d", 1000.0).apply(&net).unwrap();
        assert!(
            !matches!(scaled.spec(), Spec::Graph(_)),
            "{:?}",
            scaled.spec()
        );
        assert!(scaled.description_text().len() < 1000);
    }

    #[test]
    fn scaling_by_1_changes_nothing() {
        let own = graph(&json!([
            {"op": "conv", "out": 20, "kernel": 3, "pad": 1},
            {"op": "relu"},
            {"op": "rearrange", "as": "b c h w -> b (c h w)"},
            {"op": "linear", "out": 10, "bias": true}
        ]));
        for strategy in STRATEGIES {
            assert_eq!(scaling(strategy.name, 1.0).apply(&own).unwrap(), own);
        }
    }

    #[test]
    fn widths_that_are_added_joined_and_split_stay_equal() {
        // Two branches of one width, shuffled, cut in halves, one of which goes on.
        let own = graph(&json!([
            {"op": "conv", "out": 24, "kernel": 3, "pad": 1},
            {"op": "conv", "out": 24, "kernel": 3, "pad": 1, "groups": 24},
            {"op": "cat", "from": [-1, -2]},
            {"op": "rearrange", "as": "b (g c) h w -> b (c g) h w", "sizes": {"g": 2}},
            {"op": "part", "index": 0, "of": 2},
            {"op": "part", "index": 1, "of": 2, "from": [-2]},
            {"op": "conv", "out": 24, "from": [-1]},
            {"op": "add", "from": [-1, -3]},
            {"op": "global_avg_pool"},
            {"op": "rearrange", "as": "b c 1 1 -> b c"},
            {"op": "linear", "out": 7, "bias": true}
        ]));
        let wide = scaling("w", 4.0).apply(&own).unwrap();
        let text = wide.description_text();
        assert!(text.contains(r#""groups":48"#), "{text}");
        assert!(!text.contains(r#""out":24"#), "{text}");
        assert!(text.contains(r#""out":7"#), "{text}");
    }

    #[test]
    fn residual_blocks_are_repeated_however_few_there_are() {
        let block = json!([
            {"op": "conv", "out": 16, "kernel": 3, "pad": 1},
            {"op": "norm"},
            {"op": "relu"},
            {"op": "conv", "out": 16, "kernel": 3, "pad": 1},
            {"op": "norm"},
            {"op": "add", "from": [-1, -6]},
            {"op": "relu"}
        ]);
        let net = |n: u64| {
            graph(&json!([
                {"op": "conv", "out": 16, "kernel": 3, "pad": 1, "stride": 2},
                {"op": "norm"},
                {"op": "relu"},
                {"repeat": n, "nodes": block},
                {"op": "global_avg_pool"},
                {"op": "rearrange", "as": "b c 1 1 -> b c"},
                {"op": "linear", "out": 10, "bias": true}
            ]))
        };
        let twice = scaling("d", 2.0).apply(&net(2)).unwrap();
        assert_eq!(twice.complexity(), net(4).complexity());
        let half = scaling("d", 0.5).apply(&net(4)).unwrap();
        assert_eq!(half.complexity(), net(2).complexity());
    }

    #[test]
    fn a_part_that_is_repeated_is_the_same_written_out() {
        // Its convolution has the weights of the one before, wherever that stands.
        let before = [1, 3, 1]
            .map(|kernel| json!({"op": "conv", "out": 8, "kernel": kernel, "pad": kernel / 2}));
        let tied = json!({"op": "conv", "out": 8, "kernel": 3, "pad": 1, "tied": -2});
        let part = vec![tied, json!({"op": "conv", "out": 8, "from": [-2]})];
        let mut all = before.to_vec();
        let mut folded = all.clone();
        folded.push(json!({"repeat": 3, "nodes": part}));
        all.extend([&part[..], &part, &part].concat());
        let [all, folded] = [all, folded].map(|nodes| graph(&json!(nodes)));
        assert_eq!(folded.complexity(), all.complexity());
        assert_eq!(folded.description_text(), all.description_text());
    }

    #[test]
    fn weights_of_another_operator_are_refused_in_any_of_the_repeats() {
        let part = json!([{"op": "conv", "out": 8, "tied": -1}, {"op": "relu"}]);
        let nodes = json!([{"op": "conv", "out": 8}, {"repeat": 2, "nodes": part}]);
        let object = json!({"family": "graph", "resolution": 32, "nodes": nodes});
        let error = Net::read(object.as_object().unwrap().clone()).unwrap_err();
        assert!(
            error.0[0]
                .detail
                .contains("-1 is no `conv` before this one"),
            "{error}"
        );
    }

    #[test]
    fn what_can_grow_is_found_anew_at_another_resolution() {
        let nodes = json!([
            {"op": "conv", "out": 16, "kernel": 3, "pad": 1},
            {"op": "avg_pool", "kernel": 32, "stride": 32, "ceil": true},
            {"op": "rearrange", "as": "b c h w -> b (c h w)"},
            {"op": "linear", "out": 24},
            {"op": "linear", "out": 10}
        ]);
        let at = |side: u32| Net::new(graph(&nodes).spec().clone(), Side::of(side).unwrap());
        let (small, large) = (at(32).unwrap(), at(96).unwrap());
        let wide = scaling("w", 4.0);
        let once = wide.apply(&small).unwrap();
        let shared = Net::new(small.spec().clone(), large.side()).unwrap();
        assert_eq!(wide.apply(&shared).unwrap(), wide.apply(&large).unwrap());
        assert_eq!(wide.apply(&small).unwrap(), once);
    }

    #[test]
    fn what_does_not_fit_is_told_of_its_operator() {
        let object = json!({"family": "graph", "resolution": 32, "nodes": [
            {"op": "conv", "out": 16},
            {"op": "conv", "out": 8, "from": [-2], "at": "side"},
            {"op": "add", "from": [-1, -2], "at": "join"}
        ]});
        let error = Net::read(object.as_object().unwrap().clone()).unwrap_err();
        assert_eq!(error.0[0].pointer, "/nodes/2");
        assert!(
            error.0[0].detail.contains("`add` at join: 8 against 16"),
            "{error}"
        );
    }

    #[test]
    fn an_operator_that_nobody_counts_is_refused_by_name() {
        let object = json!({"family": "graph", "nodes": [{"op": "lstm"}]});
        let error = Net::read(object.as_object().unwrap().clone()).unwrap_err();
        assert_eq!(error.0[0].pointer, "/nodes/0/op");
        assert!(
            error.0[0].detail.contains("`lstm` cannot be counted"),
            "{error}"
        );
    }

    #[test]
    fn a_table_of_positions_is_made_anew_at_another_resolution() {
        let nodes = json!([
            {"op": "conv", "out": 16, "kernel": 8, "stride": 8},
            {"op": "rearrange", "as": "b c h w -> b (h w) c"},
            {"op": "param", "shape": [1, 16, 16], "at": "pos_embed"},
            {"op": "add", "from": [-2, -1]},
            {"op": "reduce", "how": "mean", "axes": [1], "keep": false},
            {"op": "linear", "out": 10, "bias": true}
        ]);
        let object = json!({"family": "graph", "resolution": 64, "nodes": nodes});
        let at_64 = Net::read(object.as_object().unwrap().clone()).unwrap();
        let params = |net: &Net| net.complexity().params.get();
        assert_eq!(params(&at_64) - params(&graph(&nodes)), (64 - 16) * 16);
    }
}

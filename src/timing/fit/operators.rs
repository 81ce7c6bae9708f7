//! Published nets that only their owners can build, but whose operators were counted: `data/operators.csv`.
//!
//! A net that is given by its costs is known again by its params and by its flops for each activation, which no resolution
//! changes much. Nets that differ in their norms alone share their costs; then the label decides. The counts are those of
//! `scripts/count_operators.py`.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::LazyLock;

use serde::Deserialize;

use super::layer_sums::{LAUNCH, LayerSums, Place};

/// One line of the file.
#[derive(Debug, Deserialize)]
struct Line {
    name: String,
    #[serde(rename = "resolution")]
    _resolution: u32,
    flops: f64,
    params: f64,
    acts: f64,
    memory: f64,
    compute: f64,
    narrow: f64,
    convolutions: u32,
    excitations: u32,
}

/// A net whose operators were counted.
#[derive(Debug)]
pub struct Published {
    name: String,
    /// At the resolution at which it was counted.
    costs: Costs,
    convolutions: f64,
    sums: LayerSums,
}

impl Place {
    fn of(index: usize) -> Option<Self> {
        let from_one = u16::try_from(index + 1).ok()?;
        NonZeroU16::new(from_one).map(Self)
    }

    /// What the net is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        let known = all().get(usize::from(self.0.get()) - 1);
        known.map_or("", |known| known.name.as_str())
    }
}

/// Acts, flops and params, in the units of [`Features`](crate::timing::Features).
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    /// Millions.
    pub acts: f64,
    /// Thousand millions.
    pub flops: f64,
    /// Millions.
    pub params: f64,
}

/// How far params, and flops for each activation, may be off: rounding and, of the latter, odd resolutions and outputs of
/// pools.
const NEAR: [f64; 2] = [0.001, 0.02];
/// The same of a net that goes by its label: some counters add the multiplications of norms to the flops.
const NAMED: [f64; 2] = [0.01, 0.1];
/// Acts over those that were counted, at most, and at least its inverse: 32 to 1,000 pixels where 224 were counted.
const RESIZED: f64 = 50.0;

impl Costs {
    /// How far `self` is from being the costs of `published` at some resolution, as logs of params and of flops over acts.
    fn off(self, published: &Published) -> [f64; 2] {
        let known = published.costs;
        let intensity = |c: Self| c.flops / c.acts;
        [
            (self.params / known.params).ln().abs(),
            (intensity(self) / intensity(known)).ln().abs(),
        ]
    }

    fn are_of(self, published: &Published, most: [f64; 2]) -> bool {
        let off = self.off(published);
        let resized = (self.acts / published.costs.acts).ln().abs() <= RESIZED.ln();
        resized && off[0] <= most[0] && off[1] <= most[1]
    }
}

impl Published {
    /// The published net that has `costs`, where there is one; of several, the one that `label` names, else the one that
    /// moves least.
    #[must_use]
    pub fn find(costs: Costs, label: Option<&str>) -> Option<&'static Self> {
        let all = all();
        let least = costs.params * (-NAMED[0]).exp();
        let most = costs.params * NAMED[0].exp();
        let start = all.partition_point(|known| known.costs.params < least);
        let near = all[start..].iter();
        let near = near.take_while(|known| known.costs.params <= most);
        let off = |known: &Self| costs.off(known).iter().sum::<f64>();
        let named = label.and_then(|label| {
            let names = names(label);
            let of = |known: &&Self| {
                let called = names.iter().any(|name| name.starts_with(&known.name));
                called && costs.are_of(known, NAMED)
            };
            let longest = |a: &&Self, b: &&Self| {
                let by_length = a.name.len().cmp(&b.name.len());
                by_length.then(off(b).total_cmp(&off(a)))
            };
            near.clone().filter(of).max_by(longest)
        });
        named.or_else(|| {
            let same = near.filter(|known| costs.are_of(known, NEAR));
            same.min_by(|a, b| a.moved().total_cmp(&b.moved()))
        })
    }

    /// Elements moved for each activation.
    fn moved(&self) -> f64 {
        self.sums.memory / self.costs.acts
    }

    /// The sums over its operators when it has `costs`.
    #[must_use]
    pub fn sums(&self, costs: Costs) -> LayerSums {
        let larger = costs.acts / self.costs.acts;
        LayerSums {
            memory: larger * self.sums.memory,
            compute: larger * self.sums.compute,
            narrow: larger * self.sums.narrow,
            step: (costs.params + LAUNCH * self.convolutions) * costs.acts / 1e3,
            ..self.sums
        }
    }
}

/// `label` in lower case, and without a word before it that says whose weights they are.
fn names(label: &str) -> [String; 2] {
    let name = label.to_lowercase();
    let whose = ["tf_", "tv_", "gluon_", "ig_", "swsl_", "ssl_"];
    let bare = whose.iter().find_map(|word| name.strip_prefix(word));
    let bare = bare.unwrap_or(&name).to_owned();
    [name, bare]
}

/// All, by params.
fn all() -> &'static [Published] {
    static ALL: LazyLock<Vec<Published>> = LazyLock::new(|| {
        let file = include_bytes!("../../../data/operators.csv").as_slice();
        let lines = csv::Reader::from_reader(file).into_deserialize::<Line>();
        #[expect(
            clippy::expect_used,
            reason = "the file is compiled in, and a test reads it"
        )]
        let known = lines.map(|line| Published::from(line.expect("built-in operators")));
        let mut all: Vec<Published> = known.collect();
        all.sort_by(|a, b| a.costs.params.total_cmp(&b.costs.params));
        for (index, known) in all.iter_mut().enumerate() {
            known.sums.published = Place::of(index);
        }
        all
    });
    &ALL
}

impl From<Line> for Published {
    fn from(line: Line) -> Self {
        let launches = line.convolutions + line.excitations;
        Self {
            name: line.name,
            costs: Costs {
                acts: line.acts / 1e6,
                flops: line.flops / 1e9,
                params: line.params / 1e6,
            },
            convolutions: line.convolutions.into(),
            sums: LayerSums {
                memory: line.memory / 1e6,
                compute: line.compute / 1e9,
                narrow: line.narrow / 1e9,
                step: 0.0,
                launches: NonZeroU32::new(launches).unwrap_or(NonZeroU32::MIN),
                published: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::names::zoo::Zoo;
    use crate::timing::Features;

    #[test]
    fn every_net_is_found_by_its_name_at_its_own_and_at_another_resolution() {
        for known in all() {
            for size in [1.0, 1.7] {
                let costs = Costs {
                    acts: size * known.costs.acts,
                    flops: size * known.costs.flops,
                    ..known.costs
                };
                let found = Published::find(costs, Some(&known.name)).unwrap();
                // Two of the same name differ in whether they are folded for inference.
                assert_eq!(found.name, known.name);
                let place = found.sums(costs).published.unwrap();
                assert_eq!(place.name(), known.name);
                let (grown, plain) = (found.sums(costs).memory, found.sums(known.costs).memory);
                // Tolerance: the last bits of two products.
                assert!((grown / plain - size).abs() < 1e-12, "{}", known.name);
            }
        }
    }

    #[test]
    fn of_nets_with_the_same_costs_the_label_decides() {
        let of = |name: &str| all().iter().find(|known| known.name == name).unwrap();
        let (batch, group) = (of("resnet50"), of("resnet50_gn"));
        let found = |label| Published::find(batch.costs, label).unwrap();
        assert_eq!(found(Some("resnet50_gn.a1h_in1k")).name, "resnet50_gn");
        assert_eq!(found(Some("gluon_resnet50_v1b")).name, "resnet50");
        assert!(found(None).moved() <= batch.moved());
        assert!(batch.moved() < group.moved());
    }

    #[test]
    fn other_costs_are_nobodys_and_a_label_alone_proves_nothing() {
        let known = all().iter().find(|known| known.name == "resnet50").unwrap();
        for (params, flops) in [(1.02, 1.0), (1.0, 1.2), (1.0, 0.8)] {
            let costs = Costs {
                params: params * known.costs.params,
                flops: flops * known.costs.flops,
                ..known.costs
            };
            let found = Published::find(costs, Some("resnet50"));
            assert!(found.is_none_or(|found| found.name != "resnet50"));
        }
    }

    #[test]
    fn operators_tell_what_layers_tell_of_nets_that_can_be_built() {
        for name in [
            "ResNet-50",
            "RegNetY-4.0GF",
            "RegNetX-400MF",
            "EfficientNet-B0",
        ] {
            let net = Zoo::built_in().named(name).unwrap().subject(None).unwrap();
            let features = Features::new(&net);
            let layers = features.layers.unwrap();
            let costs = Costs {
                acts: features.acts,
                flops: features.flops,
                params: features.params,
            };
            let known = Published::find(costs, None).unwrap();
            let operators = known.sums(costs);
            for (a, b) in [
                (operators.memory, layers.memory),
                (operators.compute, layers.compute),
                (operators.step, layers.step),
            ] {
                // Tolerance: one side counts pools and linear layers, the other a function behind every convolution.
                assert!((a / b).ln().abs() < 0.15, "{name} {}: {a} {b}", known.name);
            }
        }
    }
}

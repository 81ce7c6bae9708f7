//! Nets that others published: their costs, and of most the graph.
//!
//! The graphs are lines of JSON in `data/graphs.ndjson.gz`, which `zcat` reads as any other file. It is made of parts that
//! can be unpacked alone, of eight nets that follow one another by name; `data/graphs.csv` says where each net is.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use serde::Deserialize;

use super::family;
use crate::json::Invalid;
use crate::net::complexity::{Complexity, RawComplexity};
use crate::net::graph::{Graph, RawGraph};
use crate::net::{DEFAULT_SIDE, Group, Net, Side, Spec, Subject};

static PACKED: &[u8] = include_bytes!("../../../data/graphs.ndjson.gz");

/// A net of timm or torchvision.
#[derive(Debug)]
pub struct Published {
    name: String,
    group: Group,
    origin: Origin,
    /// As whoever timed it has them: rounded, and without the outputs of max-pools.
    timed: BTreeMap<Side, Complexity>,
    graph: Option<Packed>,
}

/// Where the costs of a net come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From published timings of it.
    Timed,
    /// From the published net itself.
    Counted,
}

/// A graph: where the part of [`PACKED`] begins that has it, how long that is, and what the net costs at its own resolution.
#[derive(Clone, Copy, Debug)]
struct Packed {
    first: usize,
    bytes: usize,
    side: Side,
    costs: Complexity,
}

impl Published {
    /// The name under which it is listed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its timing group.
    #[must_use]
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// Where its costs come from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// What it costs at its own resolution; where its layers are not known, at those at which it was timed or counted.
    #[must_use]
    pub fn costs(&self) -> Vec<(Side, Complexity)> {
        match &self.graph {
            Some(packed) => vec![(packed.side, packed.costs)],
            None => self
                .timed
                .iter()
                .map(|(side, costs)| (*side, *costs))
                .collect(),
        }
    }

    /// Whether its layers are known: then it may be scaled, and asked for at any resolution.
    #[must_use]
    pub fn has_layers(&self) -> bool {
        self.graph.is_some()
    }

    /// The resolution that it was published for, where its layers are known.
    #[must_use]
    pub fn own_side(&self) -> Option<Side> {
        self.graph.map(|packed| packed.side)
    }

    /// As the subject of a timing or a prediction, at `side` or at its own resolution (where its layers are not known, 224 if
    /// it has been timed there, else the smallest of [`Self::costs`]).
    ///
    /// # Errors
    /// At `/resolution`, where the net does not fit it; or where only costs are known, and none at `side`.
    pub fn subject(&self, side: Option<Side>) -> Result<Subject, Invalid> {
        let Some(packed) = self.graph else {
            return self.as_timed(side);
        };
        Ok(Subject::Net {
            name: Some(self.name.clone()),
            net: self.net(packed, side.unwrap_or(packed.side))?,
        })
    }

    /// The same by its costs alone, as those know it who timed it.
    ///
    /// # Errors
    /// At `/resolution`, where it was not timed or counted at `side`.
    pub fn as_timed(&self, side: Option<Side>) -> Result<Subject, Invalid> {
        let usual = self.timed.get_key_value(&DEFAULT_SIDE);
        let usual = usual.or_else(|| self.timed.first_key_value());
        let Some((side, complexity)) = side.map_or(usual, |side| self.timed.get_key_value(&side))
        else {
            let name = &self.name;
            let detail = format!("only the costs of {name} are known, and not at this resolution");
            let sides: Vec<String> = self.timed.keys().map(|s| s.get().to_string()).collect();
            let pixels = side.map(Side::get);
            return Err(Invalid::at(
                "/resolution",
                pixels,
                detail,
                sides.join(" or "),
            ));
        };
        Ok(Subject::Costs {
            name: Some(self.name.clone()),
            group: Some(self.group.clone()),
            side: Some(*side),
            complexity: *complexity,
        })
    }

    fn net(&self, packed: Packed, side: Side) -> Result<Net, Invalid> {
        let graph = Spec::Graph(Arc::new(self.unpacked(packed)));
        Net::new(graph, side).map_err(|mut error| {
            // The operator is not one that the request wrote.
            for field in &mut error.0 {
                "/resolution".clone_into(&mut field.pointer);
            }
            error
        })
    }

    #[expect(
        clippy::expect_used,
        reason = "the file is compiled in, and a test reads every net"
    )]
    fn unpacked(&self, packed: Packed) -> Graph {
        #[derive(Deserialize)]
        struct Line {
            graph: RawGraph,
        }
        let part = &PACKED[packed.first..packed.first + packed.bytes];
        let mut text = String::new();
        flate2::read::GzDecoder::new(part)
            .read_to_string(&mut text)
            .expect("built-in graphs");
        let start = format!(r#"{{"name":"{}","#, self.name);
        let line = text.lines().find(|line| line.starts_with(&start));
        let Line { graph } =
            serde_json::from_str(line.unwrap_or_default()).expect("built-in graph");
        let group = self.group.as_str().to_owned();
        Graph::try_from(RawGraph {
            group: Some(group),
            ..graph
        })
        .expect("built-in graph")
    }
}

#[derive(Deserialize)]
struct CostsRow {
    name: String,
    /// By default it follows from the name.
    family: Option<String>,
    resolution: u32,
    flops: f64,
    params: f64,
    acts: f64,
    /// Where its graph is, in `data/graphs.csv`.
    first: Option<usize>,
    bytes: Option<usize>,
}

/// The nets of `tables`, by name. What an earlier one says of a net stands; a graph is added, with its exact costs.
pub(super) fn read(tables: [(Origin, &str); 3]) -> Result<Vec<Published>, String> {
    let mut all: BTreeMap<String, Published> = BTreeMap::new();
    for (origin, text) in tables {
        for row in csv::Reader::from_reader(text.as_bytes()).deserialize() {
            let row: CostsRow = row.map_err(|e| e.to_string())?;
            let group = row.family.as_deref().or_else(|| family::group(&row.name));
            let group = group.map_or(Ok(Group::OTHER), Group::new);
            let group = group.map_err(|e| e.to_string())?;
            let net = all.entry(row.name.clone()).or_insert_with(|| Published {
                name: row.name.clone(),
                group,
                origin,
                timed: BTreeMap::new(),
                graph: None,
            });
            net.add(&row, origin)?;
        }
    }
    Ok(all.into_values().collect())
}

impl Published {
    fn add(&mut self, row: &CostsRow, origin: Origin) -> Result<(), String> {
        let costs = Complexity::try_from(RawComplexity {
            flops: row.flops,
            params: row.params,
            acts: row.acts,
        })
        .map_err(|e| e.to_string())?;
        let side = Side::of(row.resolution);
        let side = side.ok_or_else(|| format!("{}: resolution {}", row.name, row.resolution))?;
        if let (Some(first), Some(bytes)) = (row.first, row.bytes) {
            self.graph = Some(Packed {
                first,
                bytes,
                side,
                costs,
            });
        } else if self.origin == origin {
            self.timed.entry(side).or_insert(costs);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::names::zoo::{Entry, Zoo};
    use crate::net::scaling::{RawScaling, Scaling};

    fn published() -> impl Iterator<Item = &'static Published> {
        let entries = Zoo::built_in().entries().iter();
        entries.filter_map(|entry| match entry {
            Entry::Published(net) => Some(net),
            Entry::Net { .. } => None,
        })
    }

    #[test]
    fn every_graph_is_read_and_costs_what_the_index_says() {
        let with_layers = published().filter(|net| net.has_layers());
        let mut seen = 0;
        for known in with_layers {
            let subject = known.subject(None).unwrap();
            let net = subject.net().unwrap();
            assert_eq!(
                known.costs(),
                [(net.side(), net.complexity())],
                "{}",
                known.name
            );
            assert_eq!(subject.name(), Some(known.name()));
            seen += 1;
        }
        assert!(seen > 350, "{seen}");
    }

    /// Two counters that have no code in common: the dispatcher of `PyTorch`, and ours on the graph. Of a net that is folded for
    /// inference the first has less.
    #[test]
    fn graphs_have_the_flops_and_params_that_pytorch_ran() {
        let (mut near, mut far) = (0, Vec::new());
        for known in published().filter(|net| net.origin == Origin::Counted) {
            let Some(packed) = &known.graph else { continue };
            let Some(ran) = known.timed.get(&packed.side) else {
                continue;
            };
            let off = |a: u64, b: u64| (a.max(b) - a.min(b)) * 1000 > 15 * b;
            let own = packed.costs;
            if off(ran.flops.get(), own.flops.get()) || off(ran.params.get(), own.params.get()) {
                far.push(known.name());
            } else {
                near += 1;
            }
        }
        assert!(
            near > 100 && far.len() * 20 < near,
            "{near} are near, {far:?} are not"
        );
    }

    #[test]
    fn a_published_net_is_scaled_at_any_resolution_and_stays_in_its_group() {
        let known = |name: &str, side: u32| {
            let side = Side::of(side);
            Zoo::built_in().subject(name, side).unwrap()
        };
        let scaling = Scaling::try_from(RawScaling {
            strategy: Some("w".to_owned()),
            factor: 4.0,
            ..RawScaling::default()
        });
        let at_288 = known("convnext_tiny", 288);
        let wider = at_288.scaled(&scaling.unwrap()).unwrap();
        let ratio = crate::units::to_f64(wider.complexity().flops.get())
            / crate::units::to_f64(at_288.complexity().flops.get());
        assert!((3.8..4.2).contains(&ratio), "{ratio}");
        assert_eq!(wider.spec().group().as_str(), "convnext");
        assert_eq!(wider.side().get(), 288);
        let again = Net::read(serde_json::from_str(&wider.description_text()).unwrap());
        assert_eq!(again.unwrap().spec().group().as_str(), "convnext");
    }

    #[test]
    fn what_the_builder_of_its_family_cannot_round_is_scaled_by_its_operators() {
        // An AnyNet whose bottlenecks are 8/3 as wide as its blocks.
        let net = Zoo::built_in().subject("regnetz_c16", None).unwrap();
        for strategy in ["d", "w", "dWr"] {
            let scaling = Scaling::try_from(RawScaling {
                strategy: Some(strategy.to_owned()),
                factor: 2.0,
                ..RawScaling::default()
            });
            let scaled = net.scaled(&scaling.unwrap()).unwrap();
            let again = Net::read(serde_json::from_str(&scaled.description_text()).unwrap());
            assert_eq!(again.unwrap().complexity(), scaled.complexity());
            let ratio = crate::units::to_f64(scaled.complexity().flops.get())
                / crate::units::to_f64(net.complexity().flops.get());
            assert!((1.7..2.3).contains(&ratio), "{strategy}: {ratio}");
        }
    }

    #[test]
    fn a_resolution_that_does_not_fit_is_told_at_the_resolution() {
        let error = Zoo::built_in()
            .subject("beit_base_patch16_384", Side::of(5))
            .unwrap_err();
        assert_eq!(error.0[0].pointer, "/resolution", "{error}");
    }

    #[test]
    fn a_net_known_by_its_costs_has_them_only_where_it_was_timed_or_counted() {
        let tables = [
            "name,family,resolution,flops,params,acts\nown_net,,224,5e9,2e7,1e7\nown_net,,288,8e9,2e7,2e7\n",
            "name,resolution,flops,params,acts\nown_net,224,9e9,2e7,1e7\nother_net,160,1e9,2e7,1e7\n",
            "name,resolution,flops,params,acts,first,bytes\n",
        ];
        let [timed, counted, graphs] = tables;
        let all = read([
            (Origin::Timed, timed),
            (Origin::Counted, counted),
            (Origin::Counted, graphs),
        ]);
        let all = all.unwrap();
        let [other, own] = &all[..] else {
            panic!("{all:?}");
        };
        assert_eq!((own.origin, other.origin), (Origin::Timed, Origin::Counted));
        let subject = own.subject(None).unwrap();
        assert_eq!(subject.complexity().flops.get(), 5_000_000_000);
        assert_eq!(own.subject(Side::of(288)).unwrap().side(), Side::of(288));
        assert_eq!(other.subject(None).unwrap().side(), Side::of(160));
        let error = own.subject(Side::of(123)).unwrap_err();
        assert_eq!(error.0[0].pointer, "/resolution");
        assert_eq!(error.0[0].hint, "224 or 288");
    }
}

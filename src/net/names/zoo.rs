//! Nets that can be asked for by name: those of `data/zoo.json`, which can be built at any resolution and scaled; those of
//! `data/costs.csv`, of which only the costs at the timed resolutions are known; and those of `data/operators.csv`, of
//! which only the costs at their own are.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::family;
use crate::json::{Invalid, Names};
use crate::net::complexity::{Complexity, RawComplexity};
use crate::net::{Group, Layer, Net, Side, Spec, Subject};

/// A net with a name.
#[derive(Debug)]
pub enum Entry {
    /// One that can be built.
    Net {
        /// Its name.
        name: String,
        /// Other names for it.
        aliases: Vec<String>,
        /// Where its description comes from.
        source: String,
        /// The net at its own resolution.
        net: Net,
    },
    /// One of which only costs are known.
    Costs {
        /// Its name.
        name: String,
        /// Its timing group.
        group: Group,
        /// Where its costs come from.
        origin: Origin,
        /// What it costs at each resolution at which that is known.
        costs: BTreeMap<Side, Complexity>,
    },
}

/// Where the costs of a net come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From published timings of it.
    Timed,
    /// From the published net itself.
    Counted,
}

impl Entry {
    /// The name under which it is listed.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Net { name, .. } | Self::Costs { name, .. } => name,
        }
    }

    /// The entry as the subject of a timing or a prediction, at `side` or at its own resolution (of costs: 224 where
    /// that is known, else the smallest).
    ///
    /// # Errors
    /// At `/resolution`, where only costs are known and none at `side`.
    pub fn subject(&self, side: Option<Side>) -> Result<Subject, Invalid> {
        match self {
            Self::Net { name, net, .. } => {
                let net = match side {
                    None => net.clone(),
                    Some(side) => Net::new(net.spec().clone(), side)?,
                };
                Ok(Subject::Net {
                    name: Some(name.clone()),
                    net,
                })
            }
            Self::Costs {
                name, group, costs, ..
            } => {
                let default = costs
                    .get_key_value(&crate::net::DEFAULT_SIDE)
                    .or_else(|| costs.first_key_value());
                let found = side.map_or(default, |side| costs.get_key_value(&side));
                let Some((side, complexity)) = found else {
                    let sides: Vec<String> =
                        costs.keys().map(|side| side.get().to_string()).collect();
                    let detail =
                        format!("only the costs of {name} are known, and not at this resolution");
                    return Err(Invalid::at(
                        "/resolution",
                        side.map(Side::get),
                        detail,
                        sides.join(" or "),
                    ));
                };
                Ok(Subject::Costs {
                    name: Some(name.clone()),
                    group: Some(group.clone()),
                    side: Some(*side),
                    complexity: *complexity,
                })
            }
        }
    }
}

/// The layers of a net, one line for each, in an order of their own.
fn sorted_layers(spec: &Spec, side: Side) -> Vec<String> {
    let mut lines = Vec::new();
    spec.layers(side, &mut |layer| {
        let once = Layer {
            repeats: 1,
            ..layer
        };
        for _ in 0..layer.repeats {
            lines.push(format!("{once:?}"));
        }
    });
    lines.sort_unstable();
    lines
}

/// All named nets, and how to find them.
#[derive(Debug)]
pub struct Zoo {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    /// For whoever misspells one.
    names: Names,
}

impl Zoo {
    /// The nets that epochcast arrives with.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static ZOO: LazyLock<Zoo> = LazyLock::new(|| {
            #[expect(
                clippy::expect_used,
                reason = "the files are compiled in, and a test reads them"
            )]
            Zoo::read(
                include_str!("../../../data/zoo.json"),
                include_str!("../../../data/costs.csv"),
                include_str!("../../../data/operators.csv"),
            )
            .expect("built-in nets")
        });
        &ZOO
    }

    fn read(nets: &str, timed: &str, counted: &str) -> Result<Self, String> {
        let mut entries = read_nets(nets)?;
        entries.extend(read_costs(timed, Origin::Timed)?);
        let mut by_name = HashMap::new();
        for (i, entry) in entries.iter().enumerate() {
            let aliases: &[String] = match entry {
                Entry::Net { aliases, .. } => aliases,
                Entry::Costs { .. } => &[],
            };
            for name in aliases.iter().map(String::as_str).chain([entry.name()]) {
                if by_name.insert(name.to_lowercase(), i).is_some() {
                    return Err(format!("two nets are called {name}"));
                }
            }
        }
        for entry in read_costs(counted, Origin::Counted)? {
            by_name
                .entry(entry.name().to_lowercase())
                .or_insert_with(|| {
                    entries.push(entry);
                    entries.len() - 1
                });
        }
        let names = by_name.keys().map(String::as_str).collect();
        Ok(Self {
            entries,
            by_name,
            names,
        })
    }

    /// All entries, those that can be built first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry called `name`, without regard to case; aliases too, and timm's names with the tag of their weights
    /// behind a point: `resnet50.a1_in1k` is `resnet50`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Entry> {
        let name = name.to_lowercase();
        let found = |name: &str| self.by_name.get(name).map(|i| &self.entries[*i]);
        // The whole name first: `RegNetY-4.0GF` has a point too.
        found(&name).or_else(|| found(name.split_once('.')?.0))
    }

    /// The architecture of the net with a name that has the layers of `twin`, whose costs are those of `net`.
    #[must_use]
    pub fn equal_to(&self, twin: &Spec, net: &Net) -> Option<&Spec> {
        let params = net.complexity().params;
        let mut layers = None;
        self.entries.iter().find_map(|entry| {
            let Entry::Net { net: known, .. } = entry else {
                return None;
            };
            // No resolution changes the params of these nets.
            if known.complexity().params != params {
                return None;
            }
            let wanted = layers.get_or_insert_with(|| sorted_layers(twin, net.side()));
            (sorted_layers(known.spec(), net.side()) == *wanted).then_some(known.spec())
        })
    }

    /// The net called `name` as the subject of a timing or a prediction: at `side`, else at the one that the tag of its
    /// weights names, else at its own.
    ///
    /// # Errors
    /// At `/name`, or at `/resolution` as [`Entry::subject`].
    pub fn subject(&self, name: &str, side: Option<Side>) -> Result<Subject, Invalid> {
        self.named(name)?
            .subject(side.or_else(|| tagged_side(name)))
    }

    /// The same, or the refusal that names the nearest.
    ///
    /// # Errors
    /// At `/name`.
    pub fn named(&self, name: &str) -> Result<&Entry, Invalid> {
        self.find(name).ok_or_else(|| {
            let hint = self
                .names
                .near(name)
                .map_or_else(|| other_way(name), |near| format!("did you mean `{near}`?"));
            Invalid::at("/name", name, format!("no net is called `{name}`"), hint)
        })
    }
}

/// How to ask about a net that has no name here.
fn other_way(name: &str) -> String {
    let name = name.to_lowercase();
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if starts(&["vit_", "vit-", "deit"]) {
        return "a ViT is described by its fields: {\"family\": \"vit\", \"patch_size\": 16, \"stem_type\": \"patchify\", \
            \"n_layers\": 12, \"n_heads\": 12, \"hidden_d\": 768, \"mlp_d\": 3072, \"cls_type\": \"token\"} is vit_b_16"
            .to_owned();
    }
    if starts(&[
        "swin", "maxvit", "maxxvit", "beit", "eva", "cait", "coat", "pvt", "twins", "xcit",
    ]) {
        return "transformers have no names here: send its costs, \"complexity\": {\"flops\", \"params\", \"acts\"}, in place of \
            `model`"
            .to_owned();
    }
    "GET /v1/models lists the names; or describe the net by its fields, or send its costs, \"complexity\": {\"flops\", \
     \"params\", \"acts\"}, in place of `model`"
        .to_owned()
}

/// The resolution that weights were made for, where their tag ends with it: `convnext_base.fb_in22k_ft_in1k_384`.
fn tagged_side(name: &str) -> Option<Side> {
    let (_, tag) = name.split_once('.')?;
    let (_, last) = tag.rsplit_once('_')?;
    // Three digits: the others are dates, counts of epochs or versions.
    (last.len() == 3).then(|| last.parse().ok().and_then(Side::of))?
}

#[derive(Deserialize)]
struct NamedNet {
    name: String,
    aliases: Vec<String>,
    source: String,
    model: Map<String, Value>,
}

fn read_nets(text: &str) -> Result<Vec<Entry>, String> {
    let rows: Vec<NamedNet> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let entry = |NamedNet {
                     name,
                     aliases,
                     source,
                     model,
                 }| {
        let net = Net::read(model).map_err(|e| format!("{name}: {e}"))?;
        Ok(Entry::Net {
            name,
            aliases,
            source,
            net,
        })
    };
    rows.into_iter().map(entry).collect()
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
}

fn read_costs(text: &str, origin: Origin) -> Result<Vec<Entry>, String> {
    let mut by_name: BTreeMap<String, (Group, BTreeMap<Side, Complexity>)> = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize() {
        let CostsRow {
            name,
            family,
            resolution,
            flops,
            params,
            acts,
        } = row.map_err(|e| e.to_string())?;
        let group = family.as_deref().or_else(|| family::group(&name));
        let group = group.map_or(Ok(Group::OTHER), Group::new);
        let group = group.map_err(|e| e.to_string())?;
        let complexity = Complexity::try_from(RawComplexity {
            flops,
            params,
            acts,
        })
        .map_err(|e| e.to_string())?;
        let side =
            Side::of(resolution).ok_or_else(|| format!("{name}: resolution {resolution}"))?;
        by_name
            .entry(name)
            .or_insert_with(|| (group, BTreeMap::new()))
            .1
            .entry(side)
            .or_insert(complexity);
    }
    Ok(by_name
        .into_iter()
        .map(|(name, (group, costs))| Entry::Costs {
            name,
            group,
            origin,
            costs,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_by_alias() {
        let zoo = Zoo::built_in();
        for name in ["RegNetY-4.0GF", "regnety-4.0gf", "RegNetY_040"] {
            assert_eq!(
                zoo.find(name).map(Entry::name),
                Some("RegNetY-4.0GF"),
                "{name}"
            );
        }
    }

    #[test]
    fn names_of_timm_are_found_with_their_tags() {
        let side = |name: &str| Zoo::built_in().subject(name, None).unwrap().side();
        for (name, entry, pixels) in [
            ("resnet50.a1_in1k", "ResNet-50", 224),
            ("regnety_160.swag_ft_in1k", "RegNetY-16GF", 224),
            ("convnext_base.fb_in22k_ft_in1k_384", "convnext_base", 384),
            ("tf_efficientnet_b0.ns_jft_in1k", "tf_efficientnet_b0", 224),
        ] {
            let found = Zoo::built_in().find(name).map(Entry::name);
            assert_eq!(
                (found, side(name)),
                (Some(entry), Side::of(pixels)),
                "{name}"
            );
        }
        assert!(Zoo::built_in().find("resnet51.a1_in1k").is_none());
    }

    /// Parameters as torchvision's documentation gives them with its weights.
    #[test]
    fn all_regnets_of_torchvision_have_its_parameters() {
        for (name, params) in [
            ("regnet_x_400mf", 5_495_976),
            ("regnet_x_800mf", 7_259_656),
            ("regnet_x_1_6gf", 9_190_136),
            ("regnet_x_3_2gf", 15_296_552),
            ("regnet_x_8gf", 39_572_648),
            ("regnet_x_16gf", 54_278_536),
            ("regnet_x_32gf", 107_811_560),
            ("regnet_y_400mf", 4_344_144),
            ("regnet_y_800mf", 6_432_512),
            ("regnet_y_1_6gf", 11_202_430),
            ("regnet_y_3_2gf", 19_436_338),
            ("regnet_y_8gf", 39_381_472),
            ("regnet_y_16gf", 83_590_140),
            ("regnet_y_32gf", 145_046_770),
            ("regnet_y_128gf", 644_812_894),
        ] {
            let net = Zoo::built_in().subject(name, None).unwrap();
            assert_eq!(net.complexity().params.get(), params, "{name}");
        }
    }

    #[test]
    fn a_net_without_a_name_is_answered_with_the_way_that_works() {
        for (name, way) in [
            ("vit_h_14", "\"family\": \"vit\""),
            ("swin_v2_t", "\"complexity\""),
            ("my_own_net_of_last_year", "\"complexity\""),
        ] {
            let error = Zoo::built_in().named(name).unwrap_err();
            assert!(error.0[0].hint.contains(way), "{error}");
        }
    }

    #[test]
    fn a_near_name_is_suggested() {
        let error = Zoo::built_in().named("resnet5O").unwrap_err();
        assert!(
            error.0[0].hint.starts_with("did you mean `resnet50"),
            "{error}"
        );
    }

    #[test]
    fn a_net_known_by_its_costs_has_them_only_where_it_was_timed_or_counted() {
        for (name, group) in [("convnext_tiny", "convnext"), ("ghostnet_100", "other")] {
            let net = Zoo::built_in().named(name).unwrap();
            assert_eq!(net.subject(None).unwrap().group().as_str(), group);
            let error = net.subject(Side::of(123)).unwrap_err();
            assert_eq!(error.0[0].pointer, "/resolution");
        }
    }

    #[test]
    fn a_net_that_was_counted_and_timed_is_there_once_with_the_costs_of_its_timings() {
        let of = |origin| {
            let entries = Zoo::built_in().entries().iter();
            entries.filter(
                move |entry| matches!(entry, Entry::Costs { origin: own, .. } if *own == origin),
            )
        };
        let timed: Vec<&str> = of(Origin::Timed).map(Entry::name).collect();
        assert!(of(Origin::Counted).all(|entry| !timed.contains(&entry.name())));
        assert!(timed.contains(&"convnext_tiny"));
        assert!(of(Origin::Counted).count() > 400);
    }
}

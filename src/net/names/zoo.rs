//! Nets that can be asked for by name: those of `data/zoo.json`, which a builder makes, and those that others published.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::published::{self, Origin, Published};
use crate::json::{Invalid, Names};
use crate::net::{Layer, Net, Side, Spec, Subject};

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
    /// One that others published.
    Published(Published),
}

impl Entry {
    /// The name under which it is listed.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Net { name, .. } => name,
            Self::Published(net) => net.name(),
        }
    }

    /// The entry as the subject of a timing or a prediction, at `side` or at its own resolution.
    ///
    /// # Errors
    /// As [`Published::subject`].
    pub fn subject(&self, side: Option<Side>) -> Result<Subject, Invalid> {
        let (name, net) = match self {
            Self::Net { name, net, .. } => (name, net),
            Self::Published(net) => return net.subject(side),
        };
        let net = match side {
            None => net.clone(),
            Some(side) => Net::new(net.spec().clone(), side)?,
        };
        Ok(Subject::Net {
            name: Some(name.clone()),
            net,
        })
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
                [
                    (Origin::Timed, include_str!("../../../data/costs.csv")),
                    (Origin::Counted, include_str!("../../../data/operators.csv")),
                    (Origin::Counted, include_str!("../../../data/graphs.csv")),
                ],
            )
            .expect("built-in nets")
        });
        &ZOO
    }

    fn read(nets: &str, published: [(Origin, &str); 3]) -> Result<Self, String> {
        let mut entries = read_nets(nets)?;
        let mut by_name = HashMap::new();
        for (i, entry) in entries.iter().enumerate() {
            let Entry::Net { name, aliases, .. } = entry else {
                continue;
            };
            for name in aliases.iter().chain([name]) {
                if by_name.insert(name.to_lowercase(), i).is_some() {
                    return Err(format!("two nets are called {name}"));
                }
            }
        }
        let mut published = published::read(published)?;
        published.retain(|net| !by_name.contains_key(&net.name().to_lowercase()));
        published.sort_by_key(|net| !net.has_layers());
        for net in published {
            by_name.insert(net.name().to_lowercase(), entries.len());
            entries.push(Entry::Published(net));
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

    /// The published net that `subject` is, as those know it who timed it; `None` where it was not timed or counted so.
    #[must_use]
    pub fn as_timed(&self, subject: &Subject) -> Option<Subject> {
        match self.find(subject.name()?)? {
            Entry::Published(net) => net.as_timed(subject.side()).ok(),
            Entry::Net { .. } => None,
        }
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

    /// The same as those know it who timed it: by its costs alone, where these are known at that resolution. So rows of many
    /// nets are read without their graphs.
    ///
    /// # Errors
    /// As [`Self::subject`].
    pub fn timed(&self, name: &str, side: Option<Side>) -> Result<Subject, Invalid> {
        let side = side.or_else(|| tagged_side(name));
        match self.named(name)? {
            Entry::Published(net) => net
                .as_timed(side.or(net.own_side()))
                .or_else(|_| net.subject(side)),
            entry @ Entry::Net { .. } => entry.subject(side),
        }
    }

    /// The net with this name, or the refusal that names the nearest.
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
        return "of transformers few have names here: send the module as a graph, or its costs, \"complexity\": {\"flops\", \"params\", \
            \"acts\"}, in place of `model`"
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
            ("vit_of_mine_of_last_year", "\"family\": \"vit\""),
            ("swin_of_mine_of_last_year", "\"complexity\""),
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
}

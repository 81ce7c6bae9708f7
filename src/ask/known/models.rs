//! Nets and strategies: what can be asked for by name.

use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Invalid;
use crate::net::layers::LayerRow;
use crate::net::names::published::Origin;
use crate::net::names::zoo::{Entry, Zoo};
use crate::net::scaling::Exponents;
use crate::net::{Complexity, Description, Group, Net, STRATEGIES, Side};

/// A net that can be asked for by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelRow {
    /// Its name.
    pub name: String,
    /// Other names for it; case does not matter in any.
    pub aliases: Vec<String>,
    /// Its timing group.
    pub family: Group,
    /// Whether its layers are known: then it may be scaled, and asked for at any resolution.
    pub can_be_scaled: bool,
    /// What it costs at each listed resolution: its own, or those at which that is known.
    pub resolutions: Vec<AtResolution>,
    /// Where its description or its costs come from.
    pub source: String,
}

/// Costs at one resolution.
#[derive(Debug, Serialize, ToSchema)]
pub struct AtResolution {
    /// Side of the images, in pixels.
    pub resolution: u32,
    /// What the net costs there.
    pub complexity: Complexity,
}

impl From<&Entry> for ModelRow {
    fn from(entry: &Entry) -> Self {
        let at = |side: Side, complexity| AtResolution {
            resolution: side.get(),
            complexity,
        };
        match entry {
            Entry::Net {
                name,
                aliases,
                net,
                source,
            } => Self {
                name: name.clone(),
                aliases: aliases.clone(),
                family: net.spec().group(),
                can_be_scaled: true,
                resolutions: vec![at(net.side(), net.complexity())],
                source: source.clone(),
            },
            Entry::Published(net) => Self {
                name: net.name().to_owned(),
                aliases: Vec::new(),
                family: net.group().clone(),
                can_be_scaled: net.has_layers(),
                resolutions: net
                    .costs()
                    .into_iter()
                    .map(|(side, costs)| at(side, costs))
                    .collect(),
                source: match net.origin() {
                    _ if net.has_layers() => "timm or torchvision, taken apart".to_owned(),
                    Origin::Timed => "timm results, costs recomputed".to_owned(),
                    Origin::Counted => "timm or torchvision, operators counted".to_owned(),
                },
            },
        }
    }
}

/// All nets that can be asked for by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Models {
    /// Those that can be scaled first.
    pub models: Vec<ModelRow>,
}

/// All nets that can be asked for by name.
#[must_use]
pub fn listed() -> Models {
    let entries = Zoo::built_in().entries().iter();
    Models {
        models: entries.map(ModelRow::from).collect(),
    }
}

/// A named net in full.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelAnswer {
    /// As in the list.
    #[serde(flatten)]
    pub row: ModelRow,
    /// Its full description; null where only costs are known.
    pub model: Option<Description>,
    /// Its layers, repeated ones once; null where only costs are known.
    pub layers: Option<Vec<LayerRow>>,
}

/// The named net `name` in full, in any case.
///
/// # Errors
/// Says which names are like it, where there is none.
pub fn named(name: &str) -> Result<ModelAnswer, Invalid> {
    let entry = Zoo::built_in().named(name)?;
    let subject = entry.subject(None)?;
    let net = subject.net();
    Ok(ModelAnswer {
        row: entry.into(),
        model: net.map(Net::description),
        layers: net.map(|net| net.layers().iter().map(LayerRow::from).collect()),
    })
}

/// A named way to scale.
#[derive(Debug, Serialize, ToSchema)]
pub struct StrategyRow {
    /// Its name, to the letter.
    #[schema(example = "dWr")]
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// Shares of the growth of flops: depth grows by s^d, width, group width and resolution by s^(share/2).
    pub exponents: Exponents,
    /// What flops, params and acts of a plain convolution grow by, as exponents of s.
    pub theory: Theory,
}

/// Exponents of s.
#[derive(Debug, Serialize, ToSchema)]
pub struct Theory {
    /// Of the flops.
    pub flops: f64,
    /// Of the params.
    pub params: f64,
    /// Of the acts.
    pub acts: f64,
}

/// All named ways to scale.
#[derive(Debug, Serialize, ToSchema)]
pub struct Strategies {
    /// As `scaling.strategy` takes them.
    pub strategies: Vec<StrategyRow>,
}

/// All named ways to scale a net.
#[must_use]
pub fn strategies_listed() -> Strategies {
    let row = |strategy: crate::net::Strategy| {
        let Exponents { d, w, r, .. } = strategy.exponents;
        let theory = Theory {
            flops: d + w + r,
            params: d + w,
            acts: d + w / 2.0 + r,
        };
        StrategyRow {
            name: strategy.name,
            what: strategy.what,
            exponents: strategy.exponents,
            theory,
        }
    };
    Strategies {
        strategies: STRATEGIES.into_iter().map(row).collect(),
    }
}

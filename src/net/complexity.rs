//! What a net costs: exact flops, params and acts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::blocks::Side;
use super::layers::Counts;
use super::spec::Spec;
use crate::json::Invalid;
use crate::units::{Acts, Flops, Params, rounded};

/// Exact costs of one forward pass on one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
pub struct Complexity {
    /// Multiply-adds.
    pub flops: Flops,
    /// Learned parameters.
    pub params: Params,
    /// Output elements of conv, linear, attention and max-pool layers.
    pub acts: Acts,
}

/// The costs of `spec` at `side`, summed over its layers in 128 bits; `None` where one does not fit 64.
#[must_use]
pub fn complexity(spec: &Spec, side: Side) -> Option<Complexity> {
    let mut sum = Counts::default();
    spec.layers(side, &mut |layer| sum += layer.counts());
    sum.complexity()
}

impl Counts {
    /// The costs; `None` where one does not fit 64 bits.
    pub(super) fn complexity(&self) -> Option<Complexity> {
        Some(Complexity {
            flops: Flops::new(u64::try_from(self.flops).ok()?),
            params: Params::new(u64::try_from(self.params).ok()?),
            acts: Acts::new(u64::try_from(self.acts).ok()?),
        })
    }
}

/// Costs as they are written in JSON, where only the net's owner can build it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawComplexity {
    /// Multiply-adds of one forward pass on one image.
    #[schema(example = 4.1e9)]
    pub flops: f64,
    /// Learned parameters.
    #[schema(example = 2.5e7)]
    pub params: f64,
    /// Output elements of conv, linear, attention and max-pool layers, for one image.
    #[schema(example = 1.1e7)]
    pub acts: f64,
}

/// Largest count that may be sent: a signed 64-bit column holds it, and a double exactly enough.
const MAX_COUNT: f64 = 9e18;

impl TryFrom<RawComplexity> for Complexity {
    type Error = Invalid;

    /// The nearest whole counts (costs are often written in millions, so that 2.4853 stands for 2,485,300.0000000003).
    fn try_from(raw: RawComplexity) -> Result<Self, Invalid> {
        let count = |name: &str, value: f64| {
            if (0.5..=MAX_COUNT).contains(&value) {
                return Ok(rounded(value).max(1));
            }
            let hint = "a count of at least 1, for one image";
            Err(Invalid::at(
                &format!("/{name}"),
                value,
                format!("{value:?} {name} is out of range"),
                hint,
            ))
        };
        Ok(Self {
            flops: Flops::new(count("flops", raw.flops)?),
            params: Params::new(count("params", raw.params)?),
            acts: Acts::new(count("acts", raw.acts)?),
        })
    }
}

/// How much a scaled net costs of what its base costs; achieved, or expected by theory.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Ratios {
    /// Growth of the flops.
    pub flops: f64,
    /// Growth of the params.
    pub params: f64,
    /// Growth of the acts.
    pub acts: f64,
}

impl Complexity {
    /// This over `base`.
    #[must_use]
    pub fn over(&self, base: &Self) -> Ratios {
        Ratios {
            flops: self.flops.as_f64() / base.flops.as_f64(),
            params: self.params.as_f64() / base.params.as_f64(),
            acts: self.acts.as_f64() / base.acts.as_f64(),
        }
    }
}

//! A scaling as it is written in JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Scaling;
use super::rule::{Exponents, Rule, named, reference};
use crate::json::Invalid;

/// A scaling as it is written in JSON: `factor`, and exactly one of the four others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawScaling {
    /// A name of `GET /v1/strategies`, to the letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "dWr")]
    pub strategy: Option<String>,
    /// The fast family: share of the width, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// A string of the reference code, such as `d1_w8_g8_r1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_type: Option<String>,
    /// Any other shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exponents: Option<Exponents>,
    /// Wanted growth of the flops, more than 0.
    #[schema(example = 4)]
    pub factor: f64,
    /// Whether the widths make up for what rounding, or a net without blocks to repeat, misses of the factor; default false.
    #[serde(rename = "match", default, skip_serializing_if = "std::ops::Not::not")]
    pub matched: bool,
}

impl TryFrom<RawScaling> for Scaling {
    type Error = Invalid;

    fn try_from(raw: RawScaling) -> Result<Self, Invalid> {
        if !(raw.factor.is_finite() && raw.factor > 0.0) {
            return Err(Invalid::at(
                "/factor",
                raw.factor,
                "flops grow by a positive factor",
                "such as 4, or 0.5",
            ));
        }
        let factor = raw.factor;
        let rule = match (&raw.strategy, raw.alpha, &raw.scale_type, raw.exponents) {
            (Some(name), None, None, None) => Rule::Strategy(named(name)?),
            (None, Some(alpha), None, None) if (0.0..=1.0).contains(&alpha) => Rule::Alpha(alpha),
            (None, Some(alpha), None, None) => {
                let hint = "from 0 to 1, such as 0.8";
                return Err(Invalid::at("/alpha", alpha, "α is the width's share", hint));
            }
            (None, None, Some(text), None) => Rule::Reference(text.clone(), reference(text)?),
            (None, None, None, Some(exponents)) => Rule::Exponents(exponents),
            _ => {
                let value = serde_json::to_value(raw).unwrap_or_default();
                let hint = "exactly one of strategy, alpha, scale_type and exponents beside factor";
                return Err(Invalid::at(
                    "",
                    value,
                    "not one of the four forms of scaling",
                    hint,
                ));
            }
        };
        let matched = raw.matched;
        Ok(Self {
            rule,
            factor,
            matched,
        })
    }
}

impl From<&Scaling> for RawScaling {
    fn from(scaling: &Scaling) -> Self {
        let mut raw = Self {
            factor: scaling.factor,
            matched: scaling.matched,
            ..Self::default()
        };
        match &scaling.rule {
            Rule::Strategy(strategy) => raw.strategy = Some(strategy.name.to_owned()),
            Rule::Alpha(alpha) => raw.alpha = Some(*alpha),
            Rule::Reference(text, _) => raw.scale_type = Some(text.clone()),
            Rule::Exponents(exponents) => raw.exponents = Some(*exponents),
        }
        raw
    }
}

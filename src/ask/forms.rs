//! The scaled forms that a comparison is made of, and the ways that a net cannot take.

use serde::Serialize;
use utoipa::ToSchema;

use super::factors::not_a_factor;
use super::wanted::Wanted;
use crate::json::{FieldError, Invalid};
use crate::net::Scaling;
use crate::net::scaling::RawScaling;
use crate::plan::compare::{Comparison, Row, at_model, moved, relate_to_best};
use crate::units::quantity::digits;

/// A way that the net cannot take as far as was asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotCompared {
    /// The strategy …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// … or the share of the width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// The factors that have no row by this way, in the order they were asked for.
    #[schema(example = json!([2, 4]))]
    pub factors: Vec<f64>,
    /// Why the net cannot be scaled by the first of them that it cannot take.
    pub reason: String,
    /// Whether the way has no row at all.
    #[serde(skip)]
    pub(crate) is_whole: bool,
}

impl NotCompared {
    /// The name of the strategy, or α with its share.
    #[must_use]
    pub fn way(&self) -> String {
        named(self.strategy.as_deref(), self.alpha)
    }

    /// By which factors the way is left out, in words; empty where it is by all.
    fn factors(&self) -> String {
        let each = self.factors.iter().map(|factor| digits(*factor, 3));
        match self.factors.as_slice() {
            _ if self.is_whole => String::new(),
            [first, .., last] if self.factors.len() > FACTORS_TOLD => {
                let (n, first, last) = (self.factors.len(), digits(*first, 3), digits(*last, 3));
                format!(" by {n} factors from {first} to {last}")
            }
            _ => format!(" by {}", each.collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Factors of one way that are named one by one.
const FACTORS_TOLD: usize = 5;

/// What is left out, and why the first of it is, in two sentences; `None` where nothing is.
pub(super) fn told(left_out: &[NotCompared]) -> Option<String> {
    let first = left_out.first()?;
    let mut ways: Vec<(String, Vec<String>)> = Vec::new();
    for out in left_out {
        let factors = out.factors();
        match ways.iter_mut().find(|(same, _)| *same == factors) {
            Some((_, names)) => names.push(out.way()),
            None => ways.push((factors, vec![out.way()])),
        }
    }
    let ways = ways
        .iter()
        .map(|(factors, names)| format!("{}{factors}", names.join(", ")));
    let ways = ways.collect::<Vec<_>>().join("; ");
    Some(format!(
        "Left out: {ways}. By {}: {}.",
        first.way(),
        first.reason
    ))
}

/// A factor that was asked for.
pub(super) struct Asked {
    factor: f64,
    /// Where it stands in the request.
    pointer: String,
}

/// `factors`, each with its place in a list, or all with that of their range.
///
/// # Errors
/// Where one is not a positive number.
pub(super) fn asked(factors: &[f64], is_listed: bool) -> Result<Vec<Asked>, Invalid> {
    let one = |(i, factor): (usize, &f64)| {
        let pointer = if is_listed {
            format!("/factors/{i}")
        } else {
            "/factors".to_owned()
        };
        if factor.is_finite() && *factor > 0.0 {
            let factor = *factor;
            return Ok(Asked { factor, pointer });
        }
        Err(not_a_factor(&pointer, *factor))
    };
    factors.iter().enumerate().map(one).collect()
}

/// The scaled forms of a net.
#[derive(Default)]
pub(super) struct Forms {
    pub(super) rows: Vec<Row>,
    pub(super) left_out: Vec<NotCompared>,
}

impl Forms {
    /// Those of `comparison` by each of `ways` and `factors`, as long as they are `wanted`.
    ///
    /// One way more or less is no reason to refuse the others: what the net cannot take is left out, also of ways that the
    /// request names.
    ///
    /// # Errors
    /// With the reason of each way, where nothing is left.
    pub(super) fn of(
        comparison: &Comparison,
        ways: &[Scaling],
        factors: &[Asked],
        wanted: &Wanted,
    ) -> Result<Self, Invalid> {
        let mut forms = Self::default();
        let mut refused = Vec::new();
        for way in ways {
            let mut tried = Tried::new(comparison, way, factors, wanted)?;
            if let Some(error) = tried.refused.take() {
                forms.left_out.push(tried.left_out(way, &error));
                refused.push((way, error));
            }
            forms.rows.extend(tried.rows);
        }
        if forms.rows.is_empty() && !refused.is_empty() {
            return Err(of_all(&refused));
        }
        relate_to_best(&mut forms.rows);
        Ok(forms)
    }
}

/// What became of one way.
struct Tried {
    rows: Vec<Row>,
    /// The factors that have no row.
    without: Vec<f64>,
    /// Why the first of them was refused.
    refused: Option<Invalid>,
}

impl Tried {
    fn new(
        comparison: &Comparison,
        way: &Scaling,
        factors: &[Asked],
        wanted: &Wanted,
    ) -> Result<Self, Invalid> {
        let (mut rows, mut without, mut refused) = (Vec::new(), Vec::new(), None);
        for Asked { factor, pointer } in factors {
            wanted.check()?;
            let scaling = way.at(*factor);
            let scaling = scaling.ok_or_else(|| not_a_factor(pointer, *factor))?;
            match comparison.row(scaling) {
                Ok(row) => rows.push(row),
                Err(error) => {
                    without.push(*factor);
                    let told = || at_model(moved(error, "/scaling/factor", pointer));
                    refused.get_or_insert_with(told);
                }
            }
        }
        // By a factor of 1 every way gives the net as it is: one that can do no more is no way to scale it.
        if refused.is_some() && rows.iter().all(|row| is_one(row.scaling.factor())) {
            rows.clear();
            without = factors.iter().map(|asked| asked.factor).collect();
        }
        Ok(Self {
            rows,
            without,
            refused,
        })
    }

    fn left_out(&mut self, way: &Scaling, error: &Invalid) -> NotCompared {
        let RawScaling {
            strategy, alpha, ..
        } = way.into();
        NotCompared {
            strategy,
            alpha,
            factors: std::mem::take(&mut self.without),
            reason: error.details(),
            is_whole: self.rows.is_empty(),
        }
    }
}

fn is_one(factor: f64) -> bool {
    (factor - 1.0).abs() < 1e-12
}

/// Why none of the ways can be taken: once, where several are refused alike, else of each way.
fn of_all(refused: &[(&Scaling, Invalid)]) -> Invalid {
    if let [(_, first), rest @ ..] = refused
        && !rest.is_empty()
        && rest.iter().all(|(_, error)| error == first)
    {
        return first.clone();
    }
    let by = |(way, error): &(&Scaling, Invalid)| {
        let raw = RawScaling::from(*way);
        let name = named(raw.strategy.as_deref(), raw.alpha);
        let told = |field: &FieldError| FieldError {
            detail: format!("by {name}: {}", field.detail),
            ..field.clone()
        };
        error.0.iter().map(told).collect::<Vec<_>>()
    };
    Invalid(refused.iter().flat_map(by).collect())
}

/// The name of a strategy, or α with its share.
pub(super) fn named(strategy: Option<&str>, alpha: Option<f64>) -> String {
    let of_alpha = || format!("α {}", digits(alpha.unwrap_or_default(), 3));
    strategy.map_or_else(of_alpha, str::to_owned)
}

//! Factors to scale by: listed or as a range, in JSON or as text.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::json::{Invalid, typed};
use crate::plan::compare::FACTORS;
use crate::units::Whole;

/// Factors, one by one or as a range.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(example = json!([1, 2, 4]))]
pub enum Factors {
    /// One by one.
    List(Vec<f64>),
    /// Evenly spaced on a log scale.
    Range(FactorRange),
}

/// Evenly spaced factors on a log scale.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorRange {
    /// The first.
    pub from: f64,
    /// The last.
    pub to: f64,
    /// How many, both ends included.
    pub steps: Whole,
}

/// Most factors of one request.
const FACTORS_AT_ONCE: usize = 200;
/// The factors that a request names.
pub(super) fn read(raw: Option<&Value>) -> Result<Vec<f64>, Invalid> {
    let factors = match raw {
        None | Some(Value::Null) => FACTORS.to_vec(),
        Some(range @ Value::Object(_)) => spaced(&typed(range).map_err(|e| e.under("/factors"))?)?,
        Some(list) => typed(list).map_err(|e| e.under("/factors"))?,
    };
    if (1..=FACTORS_AT_ONCE).contains(&factors.len()) {
        return Ok(factors);
    }
    let detail = format!("{} factors", factors.len());
    let hint = format!("1 to {FACTORS_AT_ONCE}");
    Err(Invalid::at("/factors", factors.len(), detail, hint))
}

fn spaced(range: &FactorRange) -> Result<Vec<f64>, Invalid> {
    let FactorRange { from, to, steps } = *range;
    for (pointer, end) in [("/factors/from", from), ("/factors/to", to)] {
        if !(end.is_finite() && end > 0.0) {
            return Err(not_a_factor(pointer, end));
        }
    }
    let steps = u32::try_from(steps.0).unwrap_or(u32::MAX);
    if usize::try_from(steps).is_ok_and(|n| !(2..=FACTORS_AT_ONCE).contains(&n)) {
        let detail = format!("{steps} steps");
        let hint = format!("2 to {FACTORS_AT_ONCE}");
        return Err(Invalid::at("/factors/steps", steps, detail, hint));
    }
    let last = steps - 1;
    let at = |i: u32| match i {
        // The ends to the last bit.
        0 => from,
        i if i == last => to,
        i => from * (to / from).powf(f64::from(i) / f64::from(last)),
    };
    Ok((0..steps).map(at).collect())
}

pub(super) fn not_a_factor(pointer: &str, factor: f64) -> Invalid {
    let hint = "such as 4, or 0.5";
    Invalid::at(pointer, factor, "flops grow by a positive factor", hint)
}

/// The words of a list that is joined by commas.
pub(crate) fn words(list: &str) -> Vec<String> {
    list.split(',').map(|word| word.trim().to_owned()).collect()
}

/// The numbers of a list that is joined by commas.
///
/// # Errors
/// At `pointer/i`.
pub(crate) fn numbers(pointer: &str, list: &str) -> Result<Vec<f64>, Invalid> {
    let number = |(i, word): (usize, String)| {
        word.parse().map_err(|_| {
            let detail = format!("`{word}` is not a number");
            Invalid::at(&format!("{pointer}/{i}"), word, detail, "such as 1,2,4")
        })
    };
    words(list).into_iter().enumerate().map(number).collect()
}

/// Factors of a range that does not say how many.
const STEPS: u64 = 9;

/// The factors that `1,2,4` or `1..16/9` (nine from 1 to 16, as many as without `/9`) stand for, as they are written in
/// JSON.
///
/// # Errors
/// At `/factors`.
pub fn of_text(text: &str) -> Result<Value, Invalid> {
    let Some((from, rest)) = text.split_once("..") else {
        return Ok(json!(numbers("/factors", text)?));
    };
    let range = || {
        let (to, steps) = match rest.split_once('/') {
            Some((to, steps)) => (to, steps.trim().parse::<u64>().ok()?),
            None => (rest, STEPS),
        };
        let (from, to) = (from.trim().parse::<f64>(), to.trim().parse::<f64>());
        Some(json!({"from": from.ok()?, "to": to.ok()?, "steps": steps}))
    };
    range().ok_or_else(|| {
        let hint = "such as 1..16/9: nine factors from 1 to 16";
        Invalid::at("/factors", text, "not a range of factors", hint)
    })
}

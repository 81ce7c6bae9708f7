//! A scaling as people write it on one line: `dWr:4`, `a0.7:4`, `d1_w8_g8_r1:4`, and `:match` behind it.

use super::rule::{STRATEGIES, named, reference};
use crate::json::{FieldError, Invalid};
use crate::net::scaling::RawScaling;

/// The scaling that `FORM:FACTOR` is, or `FORM:FACTOR:match`, FORM being a strategy, `a` and the share of the width, or a string of the
/// reference code.
///
/// # Errors
/// Where it is none of them, or the factor is no number.
pub fn written(text: &str) -> Result<RawScaling, Invalid> {
    let wrong = |detail: String| Invalid::at("", text, detail, "FORM:FACTOR, such as dWr:4");
    let (way, matched) = match text.strip_suffix(":match") {
        Some(way) => (way, true),
        None => (text, false),
    };
    let Some((form, factor)) = way.rsplit_once(':') else {
        return Err(wrong("no factor".to_owned()));
    };
    let raw = RawScaling {
        factor: factor
            .parse()
            .map_err(|_| wrong(format!("`{factor}` is not a factor")))?,
        matched,
        ..RawScaling::default()
    };
    if STRATEGIES.iter().any(|strategy| strategy.name == form) {
        return Ok(RawScaling {
            strategy: Some(form.to_owned()),
            ..raw
        });
    }
    if let Some(Ok(alpha)) = form.strip_prefix('a').map(str::parse) {
        return Ok(RawScaling {
            alpha: Some(alpha),
            ..raw
        });
    }
    // Letters that no reference string has are meant as a strategy.
    if form.chars().all(char::is_alphabetic) && !form.chars().all(|c| "dwgr".contains(c)) {
        named(form).map_err(|Invalid(errors)| {
            let told = errors.into_iter().map(|error| FieldError {
                pointer: String::new(),
                ..error
            });
            Invalid(told.collect())
        })?;
    }
    reference(form)?;
    Ok(RawScaling {
        scale_type: Some(form.to_owned()),
        ..raw
    })
}

//! The costs of a net of timm: those of our net of that name, or else those that the file tells.

use serde_json::{Value, json};

use super::timm_record::Record;
use crate::json::{FieldError, Invalid};
use crate::net::Side;
use crate::net::complexity::RawComplexity;
use crate::net::names::zoo::Zoo;
use crate::timing::data::platform::Mode;
use crate::units::Whole;

/// The net of ours that is called `label`, at `side`; or why there is none. A name with another count of `params` than
/// ours is another net.
pub(super) fn named(
    label: &str,
    side: Option<Whole>,
    params: Option<f64>,
) -> Result<Value, String> {
    let zoo = Zoo::built_in();
    // What follows a point is the recipe of its weights: resnet50.a1_in1k.
    let plain = label.split('.').next().unwrap_or(label);
    let entry = zoo
        .find(label)
        .or_else(|| zoo.find(plain))
        .ok_or_else(|| format!("no net is called `{label}`"))?;
    let side = side
        .and_then(|Whole(pixels)| Side::new(pixels))
        .ok_or("the size of its images is not given")?;
    let subject = zoo.timed(entry.name(), Some(side)).map_err(|e| first(&e))?;
    let ours = subject.complexity().params.as_f64();
    // timm writes 1e6 with two decimals.
    match params {
        Some(theirs) if (theirs - ours).abs() > 0.003 * ours + 5001.0 => Err(format!(
            "the {} here has {:.2} M params, this one {:.2} M",
            entry.name(),
            ours / 1e6,
            theirs / 1e6
        )),
        _ => Ok(json!({"name": entry.name(), "resolution": side.get()})),
    }
}

fn first(error: &Invalid) -> String {
    let words = |e: &FieldError| format!("{} ({})", e.detail, e.hint);
    error.0.first().map(words).unwrap_or_default()
}

/// The costs that the file itself tells; those of the forward pass in its `infer_` columns hold for training too, where
/// the images are of the same size.
pub(super) fn counted(record: &Record, mode: Mode, why: &str) -> Result<RawComplexity, Invalid> {
    let (own, infer) = (
        Record::column(mode, "img_size"),
        Record::column(Mode::Infer, "img_size"),
    );
    let same = record.whole(&infer)?.is_none() || record.whole(&infer)? == record.whole(&own)?;
    let count = |name: &str| match record.number(&Record::column(mode, name))? {
        None if same => record.number(&Record::column(Mode::Infer, name)),
        found => Ok::<_, Invalid>(found),
    };
    let (gmacs, macts) = (count("gmacs")?, count("macts")?);
    let params = record.params(mode)?;
    if let (Some(gmacs), Some(macts), Some(params)) = (gmacs, macts, params) {
        return Ok(RawComplexity {
            flops: (gmacs * 1e9).round_ties_even(),
            params: params.round_ties_even(),
            acts: (macts * 1e6).round_ties_even(),
        });
    }
    let missing = [
        (gmacs, Record::column(mode, "gmacs")),
        (macts, Record::column(mode, "macts")),
        (params, "param_count".to_owned()),
    ];
    let missing: Vec<String> = missing
        .into_iter()
        .filter(|(count, _)| count.is_none())
        .map(|(_, name)| name)
        .collect();
    let missing = missing.join(", ");
    let label = record.text("model").unwrap_or_default();
    let size = record.text(&own).unwrap_or("an unknown size");
    let detail =
        format!("costs of {label} at {size} are not known: {why}, and the file has no {missing}");
    let hint = format!("add {missing}, or send the row with a `model` or a `complexity`");
    Err(Invalid::at("/model", label, detail, hint))
}

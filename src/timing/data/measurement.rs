//! One measured time of one net on one platform.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::platform::{Mode, Platform, PlatformId, RawPlatform, text};
use crate::json::{Invalid, typed};
use crate::net::complexity::RawComplexity;
use crate::net::names::read::Named;
use crate::net::{Complexity, Group, Net, Scaling, Subject, Zoo, scaling::RawScaling, side_of};
use crate::units::{Seconds, Whole, to_f64};

/// A measurement as it is written in JSON, one row of an upload.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMeasurement {
    /// Id of a known platform, or an object that defines it.
    #[schema(value_type = PlatformRef)]
    pub platform: Value,
    /// What was timed.
    pub mode: Mode,
    /// What the measurer calls the net.
    pub label: Option<String>,
    /// The net: a name, or a full description.
    #[schema(value_type = Option<crate::net::spec::RawModel>)]
    pub model: Option<Value>,
    /// Scaling of the net before it was timed.
    pub scaling: Option<RawScaling>,
    /// In place of `model`: the costs of a net that only its owner can build.
    pub complexity: Option<RawComplexity>,
    /// Timing group; by default it follows from the net.
    pub family: Option<String>,
    /// Side of the images, in pixels, where `model` does not say.
    pub resolution: Option<Whole>,
    /// Images in a step, of all devices together.
    pub batch_size: Option<Whole>,
    /// The time: images per second, of all devices together …
    pub images_per_second: Option<f64>,
    /// … or seconds for a step of `batch_size` images …
    pub step_seconds: Option<f64>,
    /// … or seconds for one pass over `dataset_images` images.
    pub epoch_seconds: Option<f64>,
    /// Images of the epoch.
    pub dataset_images: Option<Whole>,
    /// When it was measured, RFC 3339.
    pub measured_at: Option<String>,
    /// Where the figure comes from.
    pub source: Option<String>,
    /// Relative standard deviation of the step time.
    pub noise: Option<f64>,
    /// In an export, whether the row was in the fits; believed where the importer may decide that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// Whether a row is in the fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is.
    Accepted,
    /// It is kept, but out of them.
    Quarantined,
}

/// A platform's id, or the object that defines it.
#[derive(ToSchema)]
#[schema(example = "my-4090")]
#[serde(untagged)]
pub enum PlatformRef {
    /// A known one.
    Id(String),
    /// A new one, or a known one again.
    Definition(RawPlatform),
}

/// The time as it was sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Time {
    /// Images per second, of all devices together.
    ImagesPerSecond(f64),
    /// Seconds for one step.
    StepSeconds {
        /// Its time.
        seconds: f64,
        /// Its images.
        batch_size: u64,
    },
    /// Seconds for one epoch.
    EpochSeconds {
        /// Its time.
        seconds: f64,
        /// Its images.
        dataset_images: u64,
    },
}

impl Time {
    /// Seconds for one image, of all devices together.
    #[must_use]
    pub fn seconds_per_image(&self) -> f64 {
        match *self {
            Self::ImagesPerSecond(rate) => 1.0 / rate,
            Self::StepSeconds {
                seconds,
                batch_size,
            } => seconds / to_f64(batch_size),
            Self::EpochSeconds {
                seconds,
                dataset_images,
            } => seconds / to_f64(dataset_images),
        }
    }
}

/// A checked measurement.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// Where it was timed.
    pub platform: PlatformId,
    /// What was timed.
    pub mode: Mode,
    /// What the measurer calls the net.
    pub label: Option<String>,
    /// The net, scaled, or its costs.
    pub subject: Subject,
    /// Its timing group.
    pub group: Group,
    /// Images in a step, of all devices together.
    pub batch_size: Option<u64>,
    /// The time as it was sent.
    pub time: Time,
    /// What was sent of the rest.
    pub raw: RawMeasurement,
}

impl Measurement {
    /// What the net costs.
    #[must_use]
    pub fn complexity(&self) -> Complexity {
        self.subject.complexity()
    }
}

impl TryFrom<RawMeasurement> for Measurement {
    type Error = Invalid;

    fn try_from(raw: RawMeasurement) -> Result<Self, Invalid> {
        let (platform, _) = platform(&raw.platform).map_err(|e| e.under("/platform"))?;
        // Only what is scaled needs its layers.
        let named = if raw.scaling.is_some() {
            Zoo::subject
        } else {
            Zoo::timed
        };
        let base = subject(raw.model.clone(), raw.complexity, raw.resolution, named)?;
        let group = match &raw.family {
            Some(word) => Group::new(word).map_err(|e| e.under("/family"))?,
            None => base.group(),
        };
        let subject = match raw.scaling.clone() {
            Some(scaling) => {
                let scaling: Scaling = scaling
                    .try_into()
                    .map_err(|e: Invalid| e.under("/scaling"))?;
                Subject::Net {
                    name: None,
                    net: base.scaled(&scaling)?,
                }
            }
            None => base,
        };
        let batch_size = count("/batch_size", raw.batch_size)?;
        let time = time(&raw, batch_size)?;
        for (pointer, value) in [("/label", &raw.label), ("/source", &raw.source)] {
            value
                .as_deref()
                .map_or(Ok(()), |value| text(pointer, value))?;
        }
        check_noise(raw.noise)?;
        check_date(raw.measured_at.as_deref())?;
        let label = raw.label.clone();
        Ok(Self {
            platform,
            mode: raw.mode,
            label,
            subject,
            group,
            batch_size,
            time,
            raw,
        })
    }
}

/// The id that a row's `platform` names, and the definition where it carries one.
///
/// # Errors
/// Relative to the field.
pub fn platform(value: &Value) -> Result<(PlatformId, Option<Platform>), Invalid> {
    match value {
        Value::String(word) => Ok((PlatformId::new(word)?, None)),
        Value::Object(_) => {
            let platform: Platform = typed::<RawPlatform>(value)?.try_into()?;
            Ok((platform.id.clone(), Some(platform)))
        }
        other => {
            let hint = r#"an id such as "my-4090", or {"id", "device", …} to define one"#;
            Err(Invalid::at(
                "",
                other.clone(),
                "a row names its platform",
                hint,
            ))
        }
    }
}

/// The subject of a measurement or a prediction, with the `resolution` that stands beside it.
///
/// # Errors
/// Pointers are from the row; a `resolution` that contradicts the model is refused.
pub fn subject(
    mut model: Option<Value>,
    complexity: Option<RawComplexity>,
    resolution: Option<Whole>,
    named: Named,
) -> Result<Subject, Invalid> {
    let Some(Whole(pixels)) = resolution else {
        return Subject::read_as(model, complexity, named);
    };
    let side = side_of(pixels)?;
    if let Some(Value::Object(object)) = &mut model
        && object.get("resolution").is_none_or(Value::is_null)
    {
        object.insert("resolution".to_owned(), pixels.into());
    }
    let mut subject = Subject::read_as(model, complexity, named)?;
    if let Subject::Costs {
        side: unknown @ None,
        ..
    } = &mut subject
    {
        *unknown = Some(side);
    }
    match subject.side() {
        Some(own) if own != side => {
            let detail = format!("the model's own resolution is {}", own.get());
            Err(Invalid::at(
                "/resolution",
                pixels,
                detail,
                "give it once, within the model",
            ))
        }
        _ => Ok(subject),
    }
}

/// A count of at least 1, where it is given.
///
/// # Errors
/// At `pointer`.
pub fn count(pointer: &str, value: Option<Whole>) -> Result<Option<u64>, Invalid> {
    const MAX: u64 = 1 << 53;
    match value {
        Some(Whole(count)) if !(1..=MAX).contains(&count) => Err(Invalid::at(
            pointer,
            count,
            format!("{count} is out of range"),
            format!("a whole number from 1 to {MAX}"),
        )),
        value => Ok(value.map(|Whole(count)| count)),
    }
}

fn time(raw: &RawMeasurement, batch_size: Option<u64>) -> Result<Time, Invalid> {
    let time = match (raw.images_per_second, raw.step_seconds, raw.epoch_seconds) {
        (Some(rate), None, None) => Time::ImagesPerSecond(positive("/images_per_second", rate)?),
        (None, Some(seconds), None) => {
            let seconds = positive("/step_seconds", seconds)?;
            let batch_size = batch_size.ok_or_else(|| needs("/batch_size", "step_seconds"))?;
            Time::StepSeconds {
                seconds,
                batch_size,
            }
        }
        (None, None, Some(seconds)) => {
            let seconds = positive("/epoch_seconds", seconds)?;
            let dataset_images = count("/dataset_images", raw.dataset_images)?
                .ok_or_else(|| needs("/dataset_images", "epoch_seconds"))?;
            Time::EpochSeconds {
                seconds,
                dataset_images,
            }
        }
        _ => {
            let hint = "exactly one of images_per_second, step_seconds (with batch_size) and epoch_seconds (with dataset_images)";
            return Err(Invalid::at(
                "/images_per_second",
                Value::Null,
                "the time is not given once",
                hint,
            ));
        }
    };
    // 1 ns to 10 years for an image: beyond it, a regression's squares leave the range of a double.
    if (1e-9..=3e8).contains(&time.seconds_per_image()) {
        return Ok(time);
    }
    let detail = format!("{} s for one image is not a time", time.seconds_per_image());
    Err(Invalid::at(
        time_field(&time),
        Value::Null,
        detail,
        "check the unit: seconds, and images of all devices together",
    ))
}

fn time_field(time: &Time) -> &'static str {
    match time {
        Time::ImagesPerSecond(_) => "/images_per_second",
        Time::StepSeconds { .. } => "/step_seconds",
        Time::EpochSeconds { .. } => "/epoch_seconds",
    }
}

fn positive(pointer: &str, value: f64) -> Result<f64, Invalid> {
    Seconds::new(value).map(Seconds::get).ok_or_else(|| {
        Invalid::at(
            pointer,
            value,
            format!("{value} is not a positive number"),
            "a finite number above 0",
        )
    })
}

fn needs(pointer: &str, time: &str) -> Invalid {
    let field = pointer.trim_start_matches('/');
    Invalid::at(
        pointer,
        Value::Null,
        format!("{time} needs {field}"),
        format!("add {field}"),
    )
}

fn check_noise(noise: Option<f64>) -> Result<(), Invalid> {
    match noise {
        Some(noise) if !(0.0..=1.0).contains(&noise) => {
            let hint = "standard deviation over mean of the step time, from 0 to 1";
            Err(Invalid::at(
                "/noise",
                noise,
                format!("{noise} is out of range"),
                hint,
            ))
        }
        _ => Ok(()),
    }
}

fn check_date(date: Option<&str>) -> Result<(), Invalid> {
    match date {
        Some(date) if date.parse::<jiff::Timestamp>().is_err() => {
            let hint = "RFC 3339, such as 2026-11-24T12:00:00Z";
            Err(Invalid::at(
                "/measured_at",
                date,
                "not a date and time",
                hint,
            ))
        }
        _ => Ok(()),
    }
}

impl Measurement {
    /// The net that was timed, where its layers are known.
    #[must_use]
    pub fn net(&self) -> Option<&Net> {
        self.subject.net()
    }
}

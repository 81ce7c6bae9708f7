//! The subject of a request: a name, a description, a pycls config, or costs.

use serde_json::{Map, Value};

use super::pycls;
use super::subject::Subject;
use super::zoo::Zoo;
use crate::json::{Invalid, typed, unknown_fields};
use crate::net::complexity::RawComplexity;
use crate::net::{Net, Side, side};
use crate::units::quantity::count;

/// What a name stands for, at a resolution or at its own: [`Zoo::subject`] or [`Zoo::timed`].
pub type Named = fn(&Zoo, &str, Option<Side>) -> Result<Subject, Invalid>;

impl Subject {
    /// Reads `model` or `complexity`, of which a request carries exactly one.
    ///
    /// # Errors
    /// Pointers start with `/model` or `/complexity`.
    pub fn read(model: Option<Value>, complexity: Option<RawComplexity>) -> Result<Self, Invalid> {
        Self::read_as(model, complexity, Zoo::subject)
    }

    /// The same, where a name stands for what `named` says.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_as(
        model: Option<Value>,
        complexity: Option<RawComplexity>,
        named: Named,
    ) -> Result<Self, Invalid> {
        match (model, complexity) {
            (Some(model), None) => Self::of_model(model, named).map_err(|e| e.under("/model")),
            (None, Some(raw)) => {
                let complexity = raw
                    .try_into()
                    .map_err(|e: Invalid| e.under("/complexity"))?;
                Ok(Self::Costs {
                    name: None,
                    group: None,
                    side: None,
                    complexity,
                })
            }
            (Some(model), Some(_)) => Err(both(&Self::of_model(model, named))),
            (None, None) => {
                let hint = r#"add "model": {"name": "ResNet-50"}, a description, or "complexity": {"flops", "params", "acts"}"#;
                Err(Invalid::at(
                    "/model",
                    Value::Null,
                    "neither `model` nor `complexity` is given",
                    hint,
                ))
            }
        }
    }

    /// The subject that a name, the text of a pycls config (both with or without `resolution`) or a full description gives.
    fn of_model(model: Value, by_name: Named) -> Result<Self, Invalid> {
        let Value::Object(object) = model else {
            let hint = r#"such as {"name": "ResNet-50"}, or a description with its "family""#;
            return Err(Invalid::at("", model, "a model is an object", hint));
        };
        let named = |field: &str| object.get(field).is_some_and(|value| !value.is_null());
        if !named("name") {
            return if named("pycls") {
                configured(&object)
            } else {
                described(object)
            };
        }
        if let Some(unknown) = unknown_fields(&object, &["name", "resolution"]) {
            return Err(unknown);
        }
        let name: String = typed(&object["name"]).map_err(|e| e.under("/name"))?;
        let side = side(object.get("resolution").unwrap_or(&Value::Null))?;
        by_name(Zoo::built_in(), &name, side)
    }
}

/// The refusal of a net that is given by its layers and by costs: whose layers are known has these.
fn both(model: &Result<Subject, Invalid>) -> Invalid {
    let known = model.as_ref().ok().map(|subject| {
        let costs = subject.complexity();
        let side = subject.side();
        let pixels = side.map(|side| format!(" at {} pixels", side.get()));
        format!(
            "; {} has {} flops, {} params and {} acts{}",
            subject.name().unwrap_or("the model"),
            count(costs.flops.as_f64()),
            count(costs.params.as_f64()),
            count(costs.acts.as_f64()),
            pixels.unwrap_or_default()
        )
    });
    let hint = format!("leave one of them out{}", known.unwrap_or_default());
    let detail = "both `model` and `complexity` are given";
    Invalid::at("/complexity", Value::Null, detail, hint)
}

/// The net of a pycls config.
fn configured(object: &Map<String, Value>) -> Result<Subject, Invalid> {
    let mut known = vec!["pycls", "resolution"];
    // Null is the same as absent.
    if object.get("name").is_some_and(Value::is_null) {
        known.push("name");
    }
    if let Some(unknown) = unknown_fields(object, &known) {
        return Err(unknown);
    }
    let text: String = typed(&object["pycls"]).map_err(|e| e.under("/pycls"))?;
    let resolution = object.get("resolution").filter(|side| !side.is_null());
    let at_config = |mut error: Invalid| {
        for field in &mut error.0 {
            if !field.pointer.starts_with("/resolution") {
                field.pointer.insert_str(0, "/pycls");
            }
        }
        error
    };
    let net = pycls::net(&text, resolution).map_err(at_config)?;
    Ok(Subject::Net { name: None, net })
}

fn described(mut object: Map<String, Value>) -> Result<Subject, Invalid> {
    object.remove("name");
    object.remove("pycls");
    Net::read(object).map(|net| Subject::Net { name: None, net })
}

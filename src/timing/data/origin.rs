//! What a stored timing is called, and where it comes from.

use serde_json::Value;

/// What a stored timing is called, and where it comes from: texts of those who sent it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// What the measurer calls the net, else its name.
    pub label: String,
    /// Where the figure comes from.
    pub source: Option<String>,
}

impl Origin {
    /// The origin of a timing that was sent with this `label`, `model` and `source`.
    #[must_use]
    pub fn new(label: Option<String>, model: Option<&Value>, source: Option<String>) -> Self {
        let name = || Some(model?.get("name")?.as_str()?.to_owned());
        Self {
            label: label.or_else(name).unwrap_or_default(),
            source,
        }
    }
}

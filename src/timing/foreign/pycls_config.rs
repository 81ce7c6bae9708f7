//! The configuration that a pycls log prints before it trains: sections at the margin, their keys indented by two.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::json::typed;
use crate::units::Whole;

/// Its values by `SECTION.KEY`.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    values: BTreeMap<String, Value>,
    section: String,
}

impl Config {
    /// Takes in one more printed line.
    pub(super) fn read(&mut self, line: &str) {
        let Some((key, value)) = line.split_once(':') else {
            return;
        };
        let inner = key.starts_with("  ");
        let (key, value) = (key.trim(), value.trim());
        if !inner && value.is_empty() {
            key.clone_into(&mut self.section);
        } else if inner {
            self.values
                .insert(format!("{}.{key}", self.section), read_value(value));
        } else {
            self.values.insert(key.to_owned(), read_value(value));
        }
    }

    /// The count called `key`.
    pub(super) fn count(&self, key: &str) -> Option<u64> {
        let count: Whole = typed(self.values.get(key)?).ok()?;
        Some(count.0)
    }

    /// The net, as the model of a row; `None` where its builder is not one of ours.
    pub(super) fn model(&self) -> Option<Value> {
        let family = self.values.get("MODEL.TYPE")?.as_str()?;
        let (_, section, keys) = BUILDERS.iter().find(|(name, _, _)| *name == family)?;
        let mut model = Map::new();
        model.insert("family".to_owned(), family.into());
        for key in *keys {
            let value = self.values.get(&format!("{section}.{key}"));
            // pycls prints lists that nobody set as [].
            if let Some(value) =
                value.filter(|value| value.as_array().is_none_or(|a| !a.is_empty()))
            {
                model.insert(key.to_lowercase(), value.clone());
            }
        }
        let mut others = vec![
            ("num_classes", "MODEL.NUM_CLASSES"),
            ("resolution", "TRAIN.IM_SIZE"),
        ];
        if family == "resnet" {
            others.extend([("depth", "MODEL.DEPTH"), ("dataset", "TRAIN.DATASET")]);
        }
        for (field, key) in others {
            model.insert(field.to_owned(), self.values.get(key).cloned()?);
        }
        Some(Value::Object(model))
    }
}

/// Builders, the section of each, and its keys that are fields of a description.
const BUILDERS: [(&str, &str, &[&str]); 5] = [
    (
        "regnet",
        "REGNET",
        &[
            "STEM_TYPE",
            "STEM_W",
            "BLOCK_TYPE",
            "STRIDE",
            "SE_ON",
            "SE_R",
            "DEPTH",
            "W0",
            "WA",
            "WM",
            "GROUP_W",
            "BOT_MUL",
            "HEAD_W",
        ],
    ),
    (
        "anynet",
        "ANYNET",
        &[
            "STEM_TYPE",
            "STEM_W",
            "BLOCK_TYPE",
            "DEPTHS",
            "WIDTHS",
            "STRIDES",
            "BOT_MULS",
            "GROUP_WS",
            "SE_ON",
            "SE_R",
            "HEAD_W",
        ],
    ),
    (
        "effnet",
        "EN",
        &[
            "STEM_W",
            "DEPTHS",
            "WIDTHS",
            "EXP_RATIOS",
            "SE_R",
            "STRIDES",
            "KERNELS",
            "HEAD_W",
        ],
    ),
    (
        "resnet",
        "RESNET",
        &["TRANS_FUN", "NUM_GROUPS", "WIDTH_PER_GROUP", "STRIDE_1X1"],
    ),
    (
        "vit",
        "VIT",
        &[
            "PATCH_SIZE",
            "STEM_TYPE",
            "C_STEM_KERNELS",
            "C_STEM_STRIDES",
            "C_STEM_DIMS",
            "N_LAYERS",
            "N_HEADS",
            "HIDDEN_D",
            "MLP_D",
            "CLS_TYPE",
        ],
    ),
];

/// A value as Python prints it.
fn read_value(text: &str) -> Value {
    match text {
        "True" => true.into(),
        "False" => false.into(),
        _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}

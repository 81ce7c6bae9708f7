//! A net as a pycls configuration describes it, in the YAML of a config file or in what a log prints.
//!
//! `MODEL.TYPE` names the builder, whose section has its fields; `TRAIN.IM_SIZE` is the resolution. What is left out has
//! pycls's own default, also where ours is another (`MODEL.NUM_CLASSES` 10, `RESNET.STRIDE_1X1` true). Everything else in a
//! config (data, optimizer, output) says nothing of the net. Source: pycls, commit 5719de6, `pycls/core/config.py`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::yaml::{Wrong, entries, scalar};
use crate::json::{Invalid, nearest, typed};
use crate::net::Net;
use crate::units::Whole;

/// The values of a configuration by `SECTION.KEY`, with the lines they stand on, 0 where that is not known.
#[derive(Clone, Debug, Default)]
pub struct Config {
    values: BTreeMap<String, (usize, Value)>,
    section: String,
}

/// A builder, the section that has its fields, and those.
struct Builder {
    family: &'static str,
    section: &'static str,
    keys: &'static [&'static str],
    /// Keys of the section that change nothing that is counted.
    others: &'static [&'static str],
}

const BUILDERS: [Builder; 5] = [
    Builder {
        family: "regnet",
        section: "REGNET",
        keys: &[
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
        others: &[],
    },
    Builder {
        family: "anynet",
        section: "ANYNET",
        keys: &[
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
        others: &[],
    },
    Builder {
        family: "effnet",
        section: "EN",
        keys: &[
            "STEM_W",
            "DEPTHS",
            "WIDTHS",
            "EXP_RATIOS",
            "SE_R",
            "STRIDES",
            "KERNELS",
            "HEAD_W",
        ],
        others: &["DC_RATIO", "DROPOUT_RATIO"],
    },
    Builder {
        family: "resnet",
        section: "RESNET",
        keys: &["TRANS_FUN", "NUM_GROUPS", "WIDTH_PER_GROUP", "STRIDE_1X1"],
        others: &[],
    },
    Builder {
        family: "vit",
        section: "VIT",
        keys: &[
            "PATCH_SIZE",
            "STEM_TYPE",
            "C_STEM_KERNELS",
            "C_STEM_STRIDES",
            "C_STEM_DIMS",
            "NUM_LAYERS",
            "NUM_HEADS",
            "HIDDEN_DIM",
            "MLP_DIM",
            "CLASSIFIER_TYPE",
        ],
        others: &[],
    },
];

/// Keys of the section `MODEL`.
const MODEL: [&str; 8] = [
    "TYPE",
    "DEPTH",
    "NUM_CLASSES",
    "LOSS_FUN",
    "ACTIVATION_FUN",
    "ACTIVATION_INPLACE",
    "SCALING_TYPE",
    "SCALING_FACTOR",
];

/// What pycls takes where a config says nothing, of fields that have no default here, or another.
const DEFAULTS: [(&str, &str); 20] = [
    ("MODEL.DEPTH", "0"),
    ("MODEL.NUM_CLASSES", "10"),
    ("TRAIN.DATASET", "''"),
    ("TRAIN.IM_SIZE", "224"),
    ("REGNET.DEPTH", "10"),
    ("REGNET.W0", "32"),
    ("REGNET.WA", "5.0"),
    ("REGNET.WM", "2.5"),
    ("REGNET.GROUP_W", "16"),
    ("EN.STEM_W", "32"),
    ("EN.HEAD_W", "1280"),
    ("RESNET.TRANS_FUN", "basic_transform"),
    ("RESNET.STRIDE_1X1", "true"),
    ("VIT.PATCH_SIZE", "16"),
    ("VIT.STEM_TYPE", "patchify"),
    ("VIT.NUM_LAYERS", "12"),
    ("VIT.NUM_HEADS", "12"),
    ("VIT.HIDDEN_DIM", "768"),
    ("VIT.MLP_DIM", "3072"),
    ("VIT.CLASSIFIER_TYPE", "token"),
];

impl Builder {
    /// The keys of its net, `SECTION.KEY`, each with the field of a description that it is.
    fn fields(&self) -> Vec<(String, String)> {
        let own = |key: &&str| (format!("{}.{key}", self.section), field(key));
        let common = [
            ("MODEL.NUM_CLASSES", "num_classes"),
            ("TRAIN.IM_SIZE", "resolution"),
        ];
        let of_resnet = [("MODEL.DEPTH", "depth"), ("TRAIN.DATASET", "dataset")];
        let of_resnet = of_resnet.into_iter().filter(|_| self.family == "resnet");
        let others = common.into_iter().chain(of_resnet);
        let others = others.map(|(key, field)| (key.to_owned(), field.to_owned()));
        self.keys.iter().map(own).chain(others).collect()
    }
}

/// The field of a description that a key of a builder's section is.
fn field(key: &str) -> String {
    match key {
        "NUM_LAYERS" => "n_layers".to_owned(),
        "NUM_HEADS" => "n_heads".to_owned(),
        "HIDDEN_DIM" => "hidden_d".to_owned(),
        "MLP_DIM" => "mlp_d".to_owned(),
        "CLASSIFIER_TYPE" => "cls_type".to_owned(),
        key => key.to_lowercase(),
    }
}

/// The net that the YAML `text` of a config describes, at `resolution` where that is given.
///
/// # Errors
/// The detail names the line and the key; the pointer is empty, or `/resolution`.
pub fn net(text: &str, resolution: Option<&Value>) -> Result<Net, Invalid> {
    let config = Config::of_yaml(text)?;
    let builder = config.builder()?;
    config.check(builder)?;
    let mut object = config.description(builder);
    let default = |key: &str| {
        let known = DEFAULTS.iter().find(|(name, _)| *name == key);
        known.map(|(_, value)| scalar(value))
    };
    for (key, field) in builder.fields() {
        if let (false, Some(value)) = (object.contains_key(&field), default(&key)) {
            object.insert(field, value);
        }
    }
    if let Some(resolution) = resolution {
        object.insert("resolution".to_owned(), resolution.clone());
    }
    Net::read(object).map_err(|error| config.located(builder, resolution.is_some(), error))
}

/// What a config says of the training beside the net, as far as it says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Training {
    /// `TRAIN.DATASET`.
    pub dataset: Option<String>,
    /// `TRAIN.BATCH_SIZE`: images in a step, of all devices together.
    pub batch_size: Option<u64>,
    /// `NUM_GPUS`.
    pub devices: Option<u64>,
}

/// Training sets that pycls reads, with their images.
const DATASETS: [(&str, u64); 2] = [("imagenet", 1_281_167), ("cifar10", 50_000)];

impl Training {
    /// Images of its training set, where that is one that pycls reads.
    #[must_use]
    pub fn images(&self) -> Option<u64> {
        let dataset = self.dataset.as_deref()?;
        let known = DATASETS.iter().find(|(name, _)| *name == dataset);
        known.map(|(_, images)| *images)
    }
}

/// What the YAML `text` of a config says of the training; `None` where it cannot be read.
#[must_use]
pub fn training(text: &str) -> Option<Training> {
    let config = Config::of_yaml(text).ok()?;
    let dataset = config.value("TRAIN.DATASET").and_then(Value::as_str);
    Some(Training {
        dataset: dataset.filter(|name| !name.is_empty()).map(str::to_owned),
        batch_size: config.count("TRAIN.BATCH_SIZE"),
        devices: config.count("NUM_GPUS"),
    })
}

impl Config {
    fn of_yaml(text: &str) -> Result<Self, Invalid> {
        let entries = entries(text).map_err(|Wrong { line, detail }| {
            let value = text.lines().nth(line - 1).unwrap_or_default();
            let hint = "a config of pycls: sections such as MODEL, their keys indented below them";
            Invalid::at("", value, format!("line {line}: {detail}"), hint)
        })?;
        let values = entries.into_iter().map(|e| (e.key, (e.line, e.value)));
        Ok(Self {
            values: values.collect(),
            section: String::new(),
        })
    }

    /// Takes in one more line as a log prints it: sections at the margin, their keys indented, values as Python prints them.
    pub fn read_printed(&mut self, line: &str) {
        let Some((key, value)) = line.split_once(':') else {
            return;
        };
        let inner = key.starts_with("  ");
        let (key, value) = (key.trim(), value.trim());
        if !inner && value.is_empty() {
            key.clone_into(&mut self.section);
            return;
        }
        let key = if inner {
            format!("{}.{key}", self.section)
        } else {
            key.to_owned()
        };
        let value = if value.starts_with('[') {
            serde_json::from_str(value).unwrap_or_else(|_| value.into())
        } else {
            scalar(value)
        };
        self.values.insert(key, (0, value));
    }

    /// The count called `key`, `SECTION.KEY`.
    #[must_use]
    pub fn count(&self, key: &str) -> Option<u64> {
        let count: Whole = typed(self.value(key)?).ok()?;
        Some(count.0)
    }

    /// The net that a log prints, as a description; `None` where its builder is not one of ours.
    #[must_use]
    pub fn printed_model(&self) -> Option<Value> {
        let builder = self.builder().ok()?;
        let object = self.description(builder);
        let whole = object.contains_key("num_classes") && object.contains_key("resolution");
        whole.then_some(Value::Object(object))
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key).map(|(_, value)| value)
    }

    fn builder(&self) -> Result<&'static Builder, Invalid> {
        let Some((line, family)) = self.values.get("MODEL.TYPE") else {
            let hint = "add MODEL, and below it TYPE: regnet, anynet, effnet, resnet or vit";
            let detail = "no MODEL.TYPE, so nothing says which net it is";
            return Err(Invalid::at("", (), detail, hint));
        };
        let word = family.as_str().unwrap_or_default();
        let known = BUILDERS.iter().find(|builder| builder.family == word);
        known.ok_or_else(|| {
            let names = BUILDERS.map(|builder| builder.family);
            let detail = format!("line {line}, MODEL.TYPE: there is no builder `{word}`");
            Invalid::at("", family.clone(), detail, nearest(word, &names))
        })
    }

    /// Refuses what would silently give another net than the one that is meant.
    fn check(&self, builder: &Builder) -> Result<(), Invalid> {
        let section = builder.section;
        let keys: Vec<&str> = builder.keys.iter().chain(builder.others).copied().collect();
        for (key, (line, value)) in &self.values {
            let known = match key.split_once('.') {
                Some(("MODEL", own)) => (own, &MODEL[..]),
                Some((name, own)) if name == section => (own, &keys[..]),
                _ => continue,
            };
            if !known.1.contains(&known.0) {
                let detail = format!("line {line}: there is no key {key}");
                return Err(Invalid::at(
                    "",
                    value.clone(),
                    detail,
                    nearest(known.0, known.1),
                ));
            }
        }
        let needed = ["regnet", "anynet", "effnet"].contains(&builder.family);
        let prefix = format!("{section}.");
        if needed && !self.values.keys().any(|key| key.starts_with(&prefix)) {
            let detail = format!(
                "MODEL.TYPE is {}, but there is no section {section}",
                builder.family
            );
            let hint = format!("describe the net below {section}:");
            return Err(Invalid::at("", (), detail, hint));
        }
        match self.values.get("MODEL.SCALING_TYPE") {
            Some((line, Value::String(scale_type))) if !scale_type.is_empty() => {
                let detail = format!("line {line}: MODEL.SCALING_TYPE scales the net");
                let hint = format!(
                    "take it out, and ask with \"scaling\": {{\"scale_type\": \"{scale_type}\", \"factor\": …}}"
                );
                Err(Invalid::at("", scale_type.as_str(), detail, hint))
            }
            _ => Ok(()),
        }
    }

    /// The fields that the config names; pycls prints lists that nobody set as [].
    fn description(&self, builder: &Builder) -> Map<String, Value> {
        let named = builder.fields().into_iter().filter_map(|(key, field)| {
            let value = self.value(&key)?;
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            (!empty).then(|| (field, value.clone()))
        });
        let family = ("family".to_owned(), builder.family.into());
        named.chain([family]).collect()
    }

    /// `error`, which points at fields of the description, with the lines and keys that these come from.
    fn located(&self, builder: &Builder, sized: bool, mut error: Invalid) -> Invalid {
        let fields = builder.fields();
        for error in &mut error.0 {
            let name = error.pointer.split('/').nth(1).unwrap_or_default();
            if sized && name == "resolution" {
                continue;
            }
            let key = fields.iter().find(|(_, field)| field == name);
            if let Some((key, _)) = key {
                error.detail = match self.values.get(key) {
                    Some((line, _)) => format!("line {line}, {key}: {}", error.detail),
                    None => format!("{key}, which is not named: {}", error.detail),
                };
            }
            error.pointer = String::new();
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const REGNET: &str = "MODEL:\n  TYPE: regnet\n  NUM_CLASSES: 1000\nREGNET:\n  DEPTH: 22\n  W0: 96\n  WA: 31.41\n  \
                          WM: 2.24\n  GROUP_W: 64\n  SE_ON: true\nOPTIM:\n  LR_POLICY: cos\nOUT_DIR: .\n";

    fn refused(text: &str) -> (String, String) {
        let error = net(text, None).unwrap_err().0.remove(0);
        (error.detail, error.hint)
    }

    #[test]
    fn a_config_gives_the_net_that_pycls_builds() {
        let found = net(REGNET, None).unwrap();
        assert_eq!(found.complexity().flops.get(), 3_973_301_344);
        let larger = net(REGNET, Some(&json!(256))).unwrap();
        assert_eq!(larger.side().get(), 256);
    }

    #[test]
    fn what_is_left_out_has_the_default_of_pycls() {
        let vit = net("MODEL:\n  TYPE: vit\n  NUM_CLASSES: 1000\n", None).unwrap();
        // ViT-B/16, whose parameters are 86.6 million.
        assert_eq!(vit.complexity().params.get(), 86_567_656);
        let ten = net(&REGNET.replace("  NUM_CLASSES: 1000\n", ""), None).unwrap();
        let description = serde_json::to_value(ten.description()).unwrap();
        assert_eq!(description["num_classes"], 10);
    }

    #[test]
    fn a_config_says_what_it_trains_on() {
        let text = format!("{REGNET}TRAIN:\n  DATASET: cifar10\n  BATCH_SIZE: 128\nNUM_GPUS: 2\n");
        let said = training(&text).unwrap();
        assert_eq!(
            (said.images(), said.batch_size, said.devices),
            (Some(50_000), Some(128), Some(2))
        );
        assert_eq!(training(REGNET).unwrap(), Training::default());
    }

    #[test]
    fn wrong_values_are_named_by_line_and_key() {
        let (detail, hint) = refused(&REGNET.replace("DEPTH:", "DEPHT:"));
        assert_eq!(detail, "line 5: there is no key REGNET.DEPHT");
        assert_eq!(hint, "did you mean `DEPTH`?");
        let (detail, _) = refused(&REGNET.replace("W0: 96", "W0: 50"));
        assert!(detail.starts_with("line 6, REGNET.W0: "), "{detail}");
        let (detail, _) = refused(&REGNET.replace("DEPTH: 22", "DEPTH: deep"));
        assert!(detail.starts_with("line 5, REGNET.DEPTH: "), "{detail}");
        let (detail, hint) = refused(&REGNET.replace("regnet", "regnt"));
        assert!(detail.starts_with("line 2, MODEL.TYPE"), "{detail}");
        assert_eq!(hint, "did you mean `regnet`?");
        let (detail, _) = refused(&REGNET.replace("REGNET:", "REGNTE:"));
        assert!(detail.contains("no section REGNET"), "{detail}");
        let (detail, _) = refused("A: 1\n");
        assert!(detail.contains("MODEL.TYPE"), "{detail}");
        let scaled = REGNET.replace("OPTIM:", "OPTIM: 1\nX:");
        let scaled = scaled.replace("REGNET:", "  SCALING_TYPE: d1_w8_g8_r1\nREGNET:");
        let (detail, _) = refused(&scaled);
        assert!(detail.contains("SCALING_TYPE"), "{detail}");
    }
}

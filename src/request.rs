//! What commands about a net share: the request of their arguments, where its net is read from, and the fits that answer it.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use epochcast::json::{parse, typed};
use epochcast::live::Live;
use epochcast::timing::{Predictors, seed};
use epochcast::units::Seconds;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::config::{AboutArgs, MemoryArgs, Settings, TrainingArgs, WaysArgs};

/// A request in the making: what a file holds, and over it what the command line says.
pub(crate) struct Request(Map<String, Value>);

impl Request {
    /// About the net of `about`; a file holds a net, or a whole request.
    pub(crate) fn about(about: &AboutArgs) -> anyhow::Result<Self> {
        let asked = asked(&about.net)?;
        let whole = asked.get("model").is_some() || asked.get("complexity").is_some();
        let request = match asked {
            Value::Object(object) if whole => object,
            model => Map::from_iter([("model".to_owned(), model)]),
        };
        let request = Self(request).with("mode", json!(about.mode));
        Ok(request.with("platform", json!(about.platform)))
    }

    /// With `value` as its `field`; null and empty lists were not said, and an object changes just what it names.
    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        match value {
            Value::Null => {}
            Value::Array(list) if list.is_empty() => {}
            Value::Object(object) => {
                let said = object.into_iter().filter(|(_, value)| !value.is_null());
                let said: Map<String, Value> = said.collect();
                match self.0.get_mut(field) {
                    Some(Value::Object(known)) => known.extend(said),
                    _ if said.is_empty() => {}
                    _ => self = self.set(field, Value::Object(said)),
                }
            }
            value => self = self.set(field, value),
        }
        self
    }

    /// With `value` as its `field`, whatever it was.
    pub(crate) fn set(mut self, field: &str, value: Value) -> Self {
        self.0.insert(field.to_owned(), value);
        self
    }

    pub(crate) fn ways(self, ways: &WaysArgs) -> Self {
        self.with("strategies", json!(ways.strategies))
            .with("alphas", json!(ways.alphas))
    }

    pub(crate) fn training(self, training: &TrainingArgs) -> Self {
        let TrainingArgs {
            dataset_images,
            interval,
            batch_size,
            epochs,
            evaluation_images,
            loader_images_per_second,
            devices,
            price_per_hour,
        } = training;
        self.with("dataset_images", json!(dataset_images))
            .with("interval", json!(interval))
            .with("batch_size", json!(batch_size))
            .with("epochs", json!(epochs))
            .with("evaluation_images", json!(evaluation_images))
            .with("loader_images_per_second", json!(loader_images_per_second))
            .with("devices", json!(devices))
            .with("price_per_hour", json!(price_per_hour))
    }

    pub(crate) fn memory(self, memory: &MemoryArgs) -> Self {
        self.with("device_memory_bytes", json!(memory.device_memory_bytes))
            .with("optimizer", json!(memory.optimizer))
            .with("precision", json!(memory.precision))
    }

    /// The request, read.
    pub(crate) fn typed<T: DeserializeOwned>(self) -> anyhow::Result<T> {
        Ok(typed(&Value::Object(self.0))?)
    }
}

/// The JSON that `NAME|FILE|-` stands for.
fn asked(net: &str) -> anyhow::Result<Value> {
    if net == "-" {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text)?;
        let json = text.trim_ascii_start().starts_with(b"{");
        return if json {
            parse(&text).context("standard input")
        } else {
            configured(text).context("standard input")
        };
    }
    match file(net) {
        Some(file) => {
            let text = std::fs::read(&file).with_context(|| file.display().to_string())?;
            let read = if ends(&file, &["yaml", "yml"]) {
                configured(text)
            } else {
                parse(&text).map_err(Into::into)
            };
            read.with_context(|| file.display().to_string())
        }
        None => Ok(json!({"name": net})),
    }
}

/// The file that a net is read from; `None` where it is a name.
fn file(net: &str) -> Option<PathBuf> {
    let path = PathBuf::from(net);
    (ends(&path, &["json", "yaml", "yml"]) || path.is_file()).then_some(path)
}

fn ends(path: &Path, extensions: &[&str]) -> bool {
    let own = path.extension().unwrap_or_default();
    extensions.iter().any(|one| own.eq_ignore_ascii_case(one))
}

/// The net of a pycls config.
fn configured(text: Vec<u8>) -> anyhow::Result<Value> {
    Ok(json!({"pycls": String::from_utf8(text)?}))
}

/// The fits to what is stored, or to the built-in measurements where there is no store.
pub(crate) async fn predictors(settings: &Settings) -> anyhow::Result<Arc<Predictors>> {
    if settings.database_url.path().is_file() {
        let live = Live::open(crate::look(settings).await?).await?;
        live.settle().await?;
        let predictors = live.predictors();
        crate::looked(live.store()).await?;
        return Ok(predictors);
    }
    let (platforms, rows) = seed::built_in()?;
    Ok(Arc::new(Predictors::of_rows(platforms, &rows, 0)))
}

/// Prints `answer` as JSON where that is asked for, else as `table` writes it.
pub(crate) fn print<T: Serialize>(
    answer: &T,
    about: &AboutArgs,
    table: impl Fn(&T) -> String,
) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if about.json {
        serde_json::to_writer_pretty(&mut out, answer)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", table(answer))?;
    }
    Ok(out.flush()?)
}

/// `seconds` in words; nothing where that is no time.
pub(crate) fn time(seconds: f64) -> String {
    Seconds::new(seconds).map_or_else(String::new, |seconds| seconds.to_string())
}

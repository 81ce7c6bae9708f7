//! What commands about a net share: the request of their arguments, where its net is read from, and the fits that answer it.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use epochcast::json::{FieldError, Invalid, parse, typed};
use epochcast::live::Live;
use epochcast::net::onnx::Reader;
use epochcast::net::side;
use epochcast::timing::Predictors;
use epochcast::timing::data::seed;
use epochcast::units::quantity::{Currency, Money};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::cli::args::{AboutArgs, MemoryArgs, Settings, TrainingArgs, WaysArgs};
use crate::cli::database;
use crate::cli::table;
use crate::cli::words::{Usage, flag, is_within, path, told};

/// A request in the making: what a file holds, and over it what the command line says.
pub(crate) struct Request {
    fields: Map<String, Value>,
    source: Source,
    /// What the command line says of it, as JSON pointers.
    said: BTreeSet<String>,
    /// How many platforms it names; behind them stand GPUs.
    platforms: usize,
}

/// Where the net comes from.
enum Source {
    /// The command line names it.
    Name,
    /// A file, or standard input, which holds what stands at this pointer of the request.
    File { name: String, at: &'static str },
}

impl Request {
    /// About the net of `about`; a file holds a net, its costs, or a whole request.
    pub(crate) fn about(about: &AboutArgs) -> anyhow::Result<Self> {
        let request = match asked(&about.net, about.resolution)? {
            Asked::Name(net) => Self::of_name(&net)?,
            Asked::File { name, value } => Self::of_file(name, value),
        };
        let request = request
            .at_resolution(about.resolution)?
            .with("family", json!(about.family))
            .with("estimator", json!(about.estimator))
            .with("mode", json!(about.mode));
        Ok(request.at(&about.platform, &about.gpu))
    }

    /// On `platforms`, and on `gpus` by their data sheets.
    fn at(mut self, platforms: &[String], gpus: &[String]) -> Self {
        self.platforms = platforms.len();
        let gpus = gpus.iter().map(|gpu| {
            let name = gpu.strip_prefix("gpu:").unwrap_or(gpu);
            format!("gpu:{name}")
        });
        let all: Vec<String> = platforms.iter().cloned().chain(gpus).collect();
        self.with("platform", json!(all))
    }

    /// The flag that sets the field at `pointer`.
    fn flag(&self, pointer: &str) -> Option<&'static str> {
        let platform = pointer.strip_prefix("/platform/");
        let platform = platform.and_then(|place| place.parse::<usize>().ok());
        if platform.is_some_and(|place| place >= self.platforms) {
            return Some("--gpu");
        }
        flag(pointer)
    }

    fn of_name(net: &str) -> anyhow::Result<Self> {
        let (name, side) = match net.rsplit_once('@') {
            None => (net, None),
            Some((name, side)) => {
                let wrong = || {
                    Usage(format!(
                        "{net}: after the @ stands a resolution, such as {name}@160"
                    ))
                };
                (name, Some(side.parse::<u64>().map_err(|_| wrong())?))
            }
        };
        let request = Self {
            fields: Map::from_iter([("model".to_owned(), json!({"name": name}))]),
            source: Source::Name,
            said: BTreeSet::from(["/model".to_owned()]),
            platforms: 0,
        };
        request.at_resolution(side)
    }

    fn of_file(name: String, value: Value) -> Self {
        let whole = value.get("model").is_some() || value.get("complexity").is_some();
        let costs = value.get("flops").is_some() && value.get("acts").is_some();
        let (fields, at) = match value {
            Value::Object(object) if whole => (object, ""),
            Value::Object(object) if costs => (of_costs(object), "/complexity"),
            model => (Map::from_iter([("model".to_owned(), model)]), "/model"),
        };
        Self {
            fields,
            source: Source::File { name, at },
            said: BTreeSet::new(),
            platforms: 0,
        }
    }

    /// At `side`, in place of what a file says; a name that has one already must agree.
    fn at_resolution(mut self, side: Option<u64>) -> anyhow::Result<Self> {
        let Some(side) = side else { return Ok(self) };
        let Some(Value::Object(model)) = self.fields.get_mut("model") else {
            return Ok(self.with("resolution", json!(side)));
        };
        let own = model.insert("resolution".to_owned(), json!(side));
        if let (Source::Name, Some(own)) = (&self.source, own.filter(|own| *own != json!(side))) {
            return Err(Usage(format!(
                "--resolution {side}: the name says @{own}; leave one out"
            ))
            .into());
        }
        self.fields.remove("resolution");
        self.said.insert("/model/resolution".to_owned());
        Ok(self)
    }

    /// With `value` as its `field`; null and empty lists were not said, and an object changes just what it names.
    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        match value {
            Value::Null => {}
            Value::Array(list) if list.is_empty() => {}
            Value::Object(object) => {
                let said = object.into_iter().filter(|(_, value)| !value.is_null());
                let said: Map<String, Value> = said.collect();
                let pointers = said.keys().map(|key| format!("/{field}/{key}"));
                self.said.extend(pointers);
                match self.fields.get_mut(field) {
                    Some(Value::Object(known)) => known.extend(said),
                    _ if said.is_empty() => {}
                    _ => {
                        self.fields.insert(field.to_owned(), Value::Object(said));
                    }
                }
            }
            value => self = self.set(field, value),
        }
        self
    }

    /// With `value` as its `field`, whatever it was.
    pub(crate) fn set(mut self, field: &str, value: Value) -> Self {
        self.fields.insert(field.to_owned(), value);
        self.said.insert(format!("/{field}"));
        self
    }

    /// What it says of the field at `pointer`.
    pub(crate) fn get(&self, pointer: &str) -> Option<&Value> {
        let (field, rest) = pointer.trim_start_matches('/').split_once('/').unzip();
        let field = field.unwrap_or_else(|| pointer.trim_start_matches('/'));
        let found = self.fields.get(field)?;
        let found = match rest {
            Some(rest) => found.pointer(&format!("/{rest}"))?,
            None => found,
        };
        Some(found).filter(|value| !value.is_null())
    }

    /// The refusal of costs alone by a command that scales nets.
    pub(crate) fn of_a_net(self, command: &str) -> anyhow::Result<Self> {
        if let Source::File { name, .. } = &self.source
            && self.get("/complexity").is_some()
            && self.get("/model").is_none()
        {
            anyhow::bail!(
                "{name}: these are costs alone, and {command} needs a net whose layers are known: describe it, or let \
                 epochcast predict say how long it takes as it is"
            );
        }
        Ok(self)
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
            .with(
                "price_per_hour",
                json!(price_per_hour.map(|price| price.amount)),
            )
    }

    pub(crate) fn memory(self, memory: &MemoryArgs) -> Self {
        self.with("device_memory_bytes", json!(memory.of_device()))
            .with("optimizer", json!(memory.optimizer))
            .with("precision", json!(memory.precision))
    }

    /// The request, read.
    pub(crate) fn typed<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        typed(&Value::Object(self.fields.clone())).map_err(|invalid| self.refused(&invalid))
    }

    /// What is wrong with it, in the words of whoever wrote it: of the command line, or of a file.
    pub(crate) fn refused(&self, Invalid(errors): &Invalid) -> anyhow::Error {
        let all: Vec<Refusal> = errors.iter().map(|error| self.refusal(error)).collect();
        let typed = all.iter().any(|refusal| refusal.typed);
        let all: Vec<String> = all.into_iter().map(|refusal| refusal.text).collect();
        let text = all.join("; ");
        if typed {
            return Usage(text).into();
        }
        anyhow::anyhow!(text)
    }

    fn refusal(&self, error: &FieldError) -> Refusal {
        let pointer = error.pointer.as_str();
        // Also what is wrong with a whole of which the command line says a part, such as the scaling.
        let touches = |said: &String| {
            is_within(pointer, said) || !pointer.is_empty() && is_within(said, pointer)
        };
        let said = self.said.iter().any(touches);
        let flag = self.flag(pointer);
        match &self.source {
            // What the file holds, or could hold and no flag sets.
            Source::File { name, at }
                if !said && (self.get(pointer).is_some() || flag.is_none()) =>
            {
                let within = path(pointer.strip_prefix(at).unwrap_or(pointer));
                let gap = if within.is_empty() { "" } else { ": " };
                Refusal {
                    text: told(&format!("{name}{gap}{within}"), error),
                    typed: false,
                }
            }
            // A name speaks for itself.
            _ => Refusal {
                text: told(flag.unwrap_or_default(), error),
                typed: true,
            },
        }
    }
}

/// Why a request is refused, and whether what was typed is to blame.
struct Refusal {
    text: String,
    typed: bool,
}

/// A request about the costs that stand in `object`, beside what else it says.
fn of_costs(object: Map<String, Value>) -> Map<String, Value> {
    let is_cost =
        |(name, _): &(String, Value)| ["flops", "params", "acts"].contains(&name.as_str());
    let (costs, mut fields): (Map<String, Value>, Map<String, Value>) =
        object.into_iter().partition(is_cost);
    fields.insert("complexity".to_owned(), Value::Object(costs));
    fields
}

/// What `NAME|FILE|-` stands for.
enum Asked {
    Name(String),
    File { name: String, value: Value },
}

fn asked(net: &str, resolution: Option<u64>) -> anyhow::Result<Asked> {
    let (name, text, yaml) = if net == "-" {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text)?;
        let name = "standard input";
        if text.starts_with(&ONNX_START) {
            return onnx(name.to_owned(), text.as_slice(), resolution);
        }
        let yaml = !text.trim_ascii_start().starts_with(b"{");
        ("standard input".to_owned(), text, yaml)
    } else if let Some(file) = file(net) {
        if ends(&file, &["onnx"]) {
            let name = file.display().to_string();
            let bytes = std::fs::File::open(&file).with_context(|| name.clone())?;
            return onnx(name, bytes, resolution);
        }
        let text = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let yaml = ends(&file, &["yaml", "yml"]);
        (file.display().to_string(), text, yaml)
    } else {
        return Ok(Asked::Name(net.to_owned()));
    };
    let value = if yaml {
        configured(text)
    } else {
        parse(&text).map_err(Into::into)
    };
    let value = value.with_context(|| name.clone())?;
    Ok(Asked::File { name, value })
}

/// How an ONNX file begins: with the version of its form.
const ONNX_START: [u8; 1] = [0x08];

/// The net of an ONNX file, of which the weights are read and not kept.
fn onnx(name: String, mut bytes: impl Read, resolution: Option<u64>) -> anyhow::Result<Asked> {
    let wrong = |invalid: Invalid| anyhow::anyhow!("{name}: {invalid}");
    let mut reader = Reader::default();
    let mut chunk = vec![0; 1 << 18];
    loop {
        match bytes.read(&mut chunk).with_context(|| name.clone())? {
            0 => break,
            read => reader.feed(&chunk[..read]).map_err(wrong)?,
        }
    }
    let side =
        side(&json!(resolution)).map_err(|invalid| Usage(told("--resolution", &invalid.0[0])))?;
    let net = reader.finish().and_then(|file| file.described(side));
    let value = serde_json::to_value(net.map_err(wrong)?)?;
    Ok(Asked::File { name, value })
}

/// The file that a net is read from; `None` where it is a name.
fn file(net: &str) -> Option<PathBuf> {
    let path = PathBuf::from(net);
    (ends(&path, &["json", "yaml", "yml", "onnx"]) || path.is_file()).then_some(path)
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
    if settings.database_url.may_be_there() {
        let live = Live::open(database::look(settings).await?).await?;
        live.settle().await?;
        let predictors = live.predictors();
        database::looked(live.store()).await?;
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
    if about.json {
        return print_json(answer);
    }
    table::print(&table(answer))
}

/// Prints `answer` as JSON.
pub(crate) fn print_json<T: Serialize>(answer: &T) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(answer)?;
    table::print(&format!("{text}\n"))
}

/// The currency of all amounts of money that the command line names.
pub(crate) fn currency(amounts: &[Option<Money>]) -> anyhow::Result<Currency> {
    let mut named = amounts.iter().flatten().map(|money| money.currency);
    let first = named.next().unwrap_or_default();
    match named.find(|other| *other != first) {
        None => Ok(first),
        Some(other) => Err(Usage(format!(
            "--cost and --price-per-hour: one is in {}, the other in {}; write both in one currency",
            first.sign(),
            other.sign()
        ))
        .into()),
    }
}

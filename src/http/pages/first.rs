//! What the scripts of pages ask first, which the pages answer before that: of a page about a net also the question in its
//! address, written as the script writes it.
//!
//! A question that is not asked as it is expected here is one trip more to the server, and no other harm: an answer is found
//! by all of its question. An address that is not read here (a described net, an amount of money, what cannot be read at all)
//! is the script's alone. `request.js`, `platforms.js`, `plan-request.js` and the views of `static/js` say what is asked.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Uri, header};
use serde_json::json;

use crate::timing::data::gpus::Gpu;
use crate::timing::{Mode, Predictors};
use crate::units::quantity::{Kind, Unreadable};

/// The net of a page whose address names none.
const NET: &str = "RegNetY-4GF";
/// How it is scaled where the address does not say.
const WAY: (&str, &str) = ("dWr", "4");
/// GPUs that are shown beside the best known platforms.
const ASKED_FOR: [&str; 2] = ["gpu:a100-80gb", "gpu:h100"];
/// What is compared where the address does not say.
const COMPARED: &str = "d,w,r,dwr,dWr";
/// What a plan holds to: the names in the address, what they are, and the names in the question.
const LIMITS: [(&str, Kind, &str); 6] = [
    ("epoch", Kind::Time, "epoch_seconds"),
    ("flops", Kind::Count, "flops"),
    ("params", Kind::Count, "params"),
    ("acts", Kind::Count, "acts"),
    ("memory", Kind::Bytes, "memory_bytes"),
    ("total", Kind::Time, "total_seconds"),
];
/// Amounts of money have a currency, which the page keeps and the question does not.
const MONEY: [&str; 3] = ["price", "prices", "cost"];

/// The paths that the page at `path` asks whatever its address says. `{model}` is the net that it names.
fn first_asked(path: &str) -> &'static [&'static str] {
    match path {
        "/" | "/explore" => &[
            "/v1/platforms",
            "/v1/gpus",
            "/v1/strategies",
            "/v1/models/{model}",
        ],
        "/gpus" => &["/v1/platforms", "/v1/gpus"],
        "/platforms" | "/platforms/{id}" | "/upload" => &["/v1/platforms"],
        "/docs" => &["/openapi.json"],
        _ => &[],
    }
}

/// Longest body that goes along: no page writes a longer one of names and numbers.
const LONGEST: usize = 2048;

/// A page's address, as far as it asks for something.
struct Address<'a>(BTreeMap<Cow<'a, str>, Cow<'a, str>>);

/// Fields of a question, each with its JSON; without, it is left out.
type Fields = Vec<(&'static str, Option<String>)>;

/// What cannot be read here.
struct Unread;

type Read<T> = Result<T, Unread>;

impl From<Unreadable> for Unread {
    fn from(_: Unreadable) -> Self {
        Self
    }
}

/// A question of a script.
#[derive(Debug)]
pub(super) struct Question {
    path: String,
    /// What is asked there, where the path does not say it all.
    body: Option<String>,
}

impl Question {
    /// What the script finds its answer by, as JSON.
    pub(super) fn name(&self) -> String {
        let Self { path, body } = self;
        let name = body.as_ref().map(|body| format!("{path} {body}"));
        json!(name.as_ref().unwrap_or(path)).to_string()
    }

    pub(super) fn request(&self) -> Request<Body> {
        let mut request = Request::new(self.body.clone().unwrap_or_default().into());
        if self.body.is_some() {
            *request.method_mut() = Method::POST;
            let kind = HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        *request.uri_mut() = Uri::from_maybe_shared(self.path.clone()).unwrap_or_default();
        request
    }
}

/// What a page is told.
#[derive(Debug)]
pub(super) struct Questions {
    /// What is known, or answered in a millisecond.
    pub(super) at_once: Vec<Question>,
    /// What takes longer.
    pub(super) later: Option<Question>,
}

/// What the script of the page at `path` asks first, at the address `uri`.
pub(super) fn questions(path: &str, uri: &Uri, predictors: &Predictors) -> Questions {
    let address = Address::new(uri);
    let known = |path: &&str| {
        let path = match address.net() {
            Some(net) => path.replace("{model}", net),
            None if path.contains('{') => return None,
            None => (*path).to_owned(),
        };
        Some(Question { path, body: None })
    };
    let mut at_once: Vec<Question> = first_asked(path).iter().filter_map(known).collect();
    let mut own = address.question(path, predictors);
    at_once.extend(own.take_if(|own| own.path == "/v1/predict"));
    Questions {
        at_once,
        later: own,
    }
}

impl<'a> Address<'a> {
    fn new(uri: &'a Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.filter(|(_, text)| !text.is_empty()).collect())
    }

    /// The name of its net; `None` where that is described, or not as plain as names are.
    fn net(&self) -> Option<&str> {
        let name = self.text("model").unwrap_or(NET);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_named = !self.0.contains_key("spec") && name.bytes().all(is_plain);
        is_named.then_some(name)
    }

    /// What the script of `page` asks of its net.
    fn question(&self, page: &str, predictors: &Predictors) -> Option<Question> {
        let view = self.text("view").filter(|_| page == "/explore");
        let (path, fields) = match (page, view) {
            (_, Some("compare")) => ("/v1/compare", self.compared(predictors)),
            (_, Some("time")) => ("/v1/explain", self.explained(predictors)),
            (_, Some("plan")) => ("/v1/plan", self.planned(predictors)),
            ("/" | "/explore", _) => ("/v1/predict", self.predicted(predictors)),
            _ => return None,
        };
        let body = Some(object(&fields.ok()?)).filter(|body| body.len() <= LONGEST);
        let path = path.to_owned();
        body.is_some().then_some(Question { path, body })
    }

    fn predicted(&self, predictors: &Predictors) -> Read<Fields> {
        let platforms = self.platforms(predictors);
        let mut fields = self.common()?;
        fields.push(("scaling", self.scaling()?));
        let are_some = !platforms.is_empty();
        fields.push(("platform", are_some.then(|| json!(platforms).to_string())));
        Ok(fields)
    }

    fn compared(&self, predictors: &Predictors) -> Read<Fields> {
        let ways = list(self.text("strategies").unwrap_or(COMPARED));
        let alphas = list(self.text("alphas").unwrap_or_default());
        let are_some = !alphas.is_empty();
        let alphas: Vec<String> = alphas.into_iter().map(plain).collect::<Read<_>>()?;
        let alphas = format!("[{}]", alphas.join(","));
        let mut fields = self.common()?;
        fields.push(("strategies", Some(json!(ways).to_string())));
        fields.push(("alphas", are_some.then_some(alphas)));
        fields.push(("factors", Some("[1,2,4,8,16]".to_owned())));
        fields.push(("platform", self.platform(predictors)));
        Ok(fields)
    }

    fn explained(&self, predictors: &Predictors) -> Read<Fields> {
        Ok(vec![
            ("model", Some(self.model()?)),
            ("scaling", self.scaling()?),
            ("platform", self.platform(predictors)),
            ("mode", Some(self.mode())),
            ("family", self.word("family")),
            ("dataset_images", self.amount("images", Kind::Count)?),
        ])
    }

    fn planned(&self, predictors: &Predictors) -> Read<Fields> {
        let has = |name: &&str| self.0.contains_key(*name);
        let limits = LIMITS.map(|(name, kind, asked)| Ok((asked, self.amount(name, kind)?)));
        let limits: Fields = limits.into_iter().collect::<Read<_>>()?;
        let is_limited = limits.iter().any(|(_, limit)| limit.is_some());
        // Where the memory is limited without a batch, the script fills one in first.
        if MONEY.iter().any(has) || !is_limited || has(&"memory") && !has(&"batch") {
            return Err(Unread);
        }
        let mut fields = self.common()?;
        fields.push(("platform", self.platform(predictors)));
        fields.push(("limits", Some(object(&limits))));
        fields.push(("use", self.word("use")));
        fields.push(("free_mix", Some("true".to_owned())));
        fields.push(("epochs", self.amount("epochs", Kind::Whole)?));
        fields.push(("devices", self.amount("devices", Kind::Whole)?));
        Ok(fields)
    }

    /// What all of these say but `/v1/explain`'s.
    fn common(&self) -> Read<Fields> {
        Ok(vec![
            ("model", Some(self.model()?)),
            ("mode", Some(self.mode())),
            ("family", self.word("family")),
            ("dataset_images", self.amount("images", Kind::Count)?),
            ("batch_size", self.amount("batch", Kind::Whole)?),
            ("interval", self.text("level").map(plain).transpose()?),
        ])
    }

    fn model(&self) -> Read<String> {
        let name = self.net().ok_or(Unread)?;
        Ok(json!({"name": name}).to_string())
    }

    fn mode(&self) -> String {
        json!(self.text("mode").unwrap_or("train")).to_string()
    }

    /// How it is scaled, if at all.
    fn scaling(&self) -> Read<Option<String>> {
        let strategy = self.text("strategy").unwrap_or(WAY.0);
        let way = match self.text("alpha") {
            None if strategy == "none" => return Ok(None),
            None => ("strategy", Some(json!(strategy).to_string())),
            Some(alpha) => ("alpha", Some(plain(alpha)?)),
        };
        let factor = Kind::Factor.read(self.text("factor").unwrap_or(WAY.1))?;
        Ok(Some(object(&[way, ("factor", Some(factor.to_string()))])))
    }

    /// The platforms that it names, else the best known two and what people ask for first.
    fn platforms(&self, predictors: &Predictors) -> Vec<String> {
        if let Some(named) = self.text("platform") {
            return named
                .split(',')
                .filter(|id| !id.is_empty())
                .map(str::to_owned)
                .collect();
        }
        let mode = match self.text("mode") {
            Some("infer") => Mode::Infer,
            _ => Mode::Train,
        };
        let mut timed: Vec<_> = predictors.of_mode(mode).collect();
        let is_known = |device: &str| Gpu::of_device(device).is_some();
        timed.sort_by_key(|one| Reverse((is_known(&one.platform().device), one.measurements())));
        let best = timed
            .iter()
            .take(2)
            .map(|one| one.platform().id.to_string());
        let asked_for = ASKED_FOR.iter().filter(|_| !timed.is_empty());
        best.chain(asked_for.map(ToString::to_string)).collect()
    }

    /// The first of them, as JSON.
    fn platform(&self, predictors: &Predictors) -> Option<String> {
        let first = self.platforms(predictors).into_iter().next();
        first.map(|id| json!(id).to_string())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(AsRef::as_ref)
    }

    /// The text of `name`, as JSON.
    fn word(&self, name: &str) -> Option<String> {
        self.text(name).map(|text| json!(text).to_string())
    }

    /// The quantity of `name`, as JSON.
    fn amount(&self, name: &str, kind: Kind) -> Read<Option<String>> {
        let number = self.text(name).map(|text| kind.read(text)).transpose()?;
        Ok(number.map(|number| number.to_string()))
    }
}

/// The number that `text` is, as JSON.
fn plain(text: &str) -> Read<String> {
    let number: f64 = text.parse().map_err(|_| Unread)?;
    number.is_finite().then(|| number.to_string()).ok_or(Unread)
}

fn list(text: &str) -> Vec<&str> {
    let words = text.split(',').map(str::trim);
    words.filter(|word| !word.is_empty()).collect()
}

/// `fields` in their order, as a browser writes them.
fn object(fields: &[(&str, Option<String>)]) -> String {
    let one =
        |(name, json): &(&str, Option<String>)| Some(format!("\"{name}\":{}", json.as_ref()?));
    let all: Vec<String> = fields.iter().filter_map(one).collect();
    format!("{{{}}}", all.join(","))
}

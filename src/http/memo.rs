//! Nets that were asked for lately, with their counts: whoever compares platforms, batches or intervals asks for the same
//! few nets again and again. Counting is a pure function of the request's net and scaling, so nothing here can be out of
//! date; what a prediction stands on is looked at anew each time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::{replace, take};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use serde_json::Value;

use super::complexity::{Base, Scaled, base_row, scaled, scaled_row};
use super::predict_request::PredictRequest;
use super::ready::Ready;
use crate::json::Invalid;
use crate::net::scaling::RawScaling;
use crate::net::{Group, Subject};
use crate::timing::Features;
use crate::timing::measurement::subject;
use crate::units::Whole;

/// A net, its scaled form, and what a regression sees of both.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) base: Ready<Base>,
    pub(super) scaled: Option<Ready<Scaled>>,
    /// The timing group that follows from the net.
    pub(super) group: Group,
    pub(super) features: Features,
    pub(super) scaled_features: Option<Features>,
}

/// What a request asks to be counted.
#[derive(Debug, PartialEq)]
struct Key {
    model: Value,
    resolution: Option<Whole>,
    scaling: Option<RawScaling>,
}

type Nets = HashMap<u64, (Key, Arc<Counted>)>;

/// Nets that are remembered: when the younger are [`MOST`], they become the older, and those are forgotten.
#[derive(Default)]
struct Known {
    younger: Nets,
    older: Nets,
}

const MOST: usize = 1024;
static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

impl Known {
    /// The counts of `key`, where they are remembered.
    fn find(hash: u64, key: &Key) -> Option<Arc<Counted>> {
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.younger.get(&hash).or_else(|| known.older.get(&hash));
        found
            .filter(|(same, _)| same == key)
            .map(|(_, counted)| counted.clone())
    }

    fn keep(hash: u64, key: Key, counted: Arc<Counted>) {
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        known.younger.insert(hash, (key, counted));
        if known.younger.len() >= MOST {
            let younger = take(&mut known.younger);
            let forgotten = replace(&mut known.older, younger);
            // Others need not wait for that.
            drop(known);
            drop(forgotten);
        }
    }
}

/// The net of `request` with its counts; its `model`, `complexity`, `resolution` and `scaling` are taken out.
///
/// # Errors
/// Points at the field that is wrong.
pub(super) fn counted(request: &mut PredictRequest) -> Result<Arc<Counted>, Invalid> {
    let (resolution, scaling) = (request.resolution.take(), request.scaling.take());
    let (model, costs) = (request.model.take(), request.complexity.take());
    let key = match (model, costs) {
        (Some(model), None) if is_small(&model) => Key {
            model,
            resolution,
            scaling,
        },
        (model, costs) => {
            return count(&subject(model, costs, resolution)?, scaling).map(Arc::new);
        }
    };
    let hash = key.hash();
    if let Some(known) = Known::find(hash, &key) {
        return Ok(known);
    }
    let subject = subject(Some(key.model.clone()), None, key.resolution)?;
    let counted = Arc::new(count(&subject, key.scaling.clone())?);
    Known::keep(hash, key, counted.clone());
    Ok(counted)
}

fn count(subject: &Subject, scaling: Option<RawScaling>) -> Result<Counted, Invalid> {
    let scaled = scaled(subject, scaling)?;
    let costs = subject.complexity();
    Ok(Counted {
        group: subject.group(),
        features: Features::new(subject),
        scaled_features: scaled.as_ref().map(|(_, net)| Features::of_net(net)),
        base: Ready::new(base_row(subject)),
        scaled: scaled
            .as_ref()
            .map(|(scaling, net)| Ready::new(scaled_row(scaling, net, &costs))),
    })
}

impl Key {
    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.model.hash(&mut hasher);
        self.resolution
            .map(|Whole(pixels)| pixels)
            .hash(&mut hasher);
        if let Some(scaling) = &self.scaling {
            scaling.strategy.hash(&mut hasher);
            scaling.scale_type.hash(&mut hasher);
            scaling.alpha.map(f64::to_bits).hash(&mut hasher);
            scaling.factor.to_bits().hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// Whether a model is as short as nets are: what is longer is not kept.
fn is_small(model: &Value) -> bool {
    let short = |value: &Value| match value {
        Value::String(text) => text.len() <= 64,
        Value::Array(list) => {
            list.len() <= 16 && list.iter().all(|one| one.is_number() || one.is_null())
        }
        Value::Object(_) => false,
        _ => true,
    };
    model
        .as_object()
        .is_some_and(|fields| fields.len() <= 40 && fields.values().all(short))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::typed;
    use serde_json::json;

    fn of(request: &Value) -> Result<Arc<Counted>, Invalid> {
        counted(&mut typed(request).unwrap())
    }

    #[test]
    fn the_same_net_is_counted_once_and_another_anew() {
        let ask = |factor: f64| {
            of(&json!({"model": {"name": "ResNet-50"}, "scaling": {"strategy": "dw", "factor": factor}})).unwrap()
        };
        let (first, again, other) = (ask(2.5), ask(2.5), ask(2.25));
        assert!(Arc::ptr_eq(&first, &again));
        assert_ne!(first.scaled_features, other.scaled_features);
        assert_eq!(first.features, other.features);
    }

    #[test]
    fn every_part_of_the_question_tells_nets_apart() {
        let model = json!({"name": "ResNet-50"});
        let plain = of(&json!({"model": model})).unwrap();
        for other in [
            json!({"model": model, "resolution": 160}),
            json!({"model": {"name": "ResNet-50", "resolution": 160}}),
            json!({"model": model, "scaling": {"exponents": {"d": 1}, "factor": 2}}),
            json!({"model": model, "scaling": {"exponents": {"w": 1}, "factor": 2}}),
            json!({"model": model, "scaling": {"alpha": 0.5, "factor": 2}}),
        ] {
            let counted = of(&other).unwrap();
            assert!(
                counted.features != plain.features
                    || counted.scaled_features != plain.scaled_features,
                "{other}"
            );
            assert!(Arc::ptr_eq(&counted, &of(&other).unwrap()));
        }
    }

    #[test]
    fn what_was_counted_long_ago_is_forgotten_and_counted_anew() {
        let ask = |factor: f64| {
            of(&json!({"model": {"name": "ResNet-50"}, "scaling": {"strategy": "w", "factor": factor}})).unwrap()
        };
        let first = ask(1.5);
        for i in 0..2 * MOST {
            ask(2.0 + f64::from(u16::try_from(i).unwrap()) / 1e6);
        }
        let again = ask(1.5);
        assert!(!Arc::ptr_eq(&first, &again));
        assert_eq!(first.scaled_features, again.scaled_features);
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        let wrong = json!({"model": {"name": "ResNet-5O"}});
        let first = of(&wrong).unwrap_err();
        assert_eq!(first, of(&wrong).unwrap_err());
    }
}

//! Nets that were asked for lately, with their counts: whoever compares platforms, batches or intervals asks for the same
//! few nets again and again. Counting is a pure function of the request's net and scaling, so nothing here can be out of
//! date; what a prediction stands on is looked at anew each time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::complexity::scaled;
use super::predict::PredictRequest;
use crate::json::Invalid;
use crate::net::scaling::RawScaling;
use crate::net::{Net, Scaling, Subject};
use crate::timing::Features;
use crate::timing::measurement::subject;
use crate::units::Whole;

/// A net, its scaled form, and what a regression sees of both.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) subject: Subject,
    pub(super) scaled: Option<(Scaling, Net)>,
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

type Known = HashMap<u64, Arc<(Key, Arc<Counted>)>>;

/// Nets that are remembered; when there are more, all are forgotten.
const MOST: usize = 1024;
static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

fn known() -> MutexGuard<'static, Option<Known>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
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
            return count(subject(model, costs, resolution)?, scaling).map(Arc::new);
        }
    };
    let hash = key.hash();
    let found = known().as_ref().and_then(|known| known.get(&hash).cloned());
    if let Some(found) = found.filter(|found| found.0 == key) {
        return Ok(found.1.clone());
    }
    let subject = subject(Some(key.model.clone()), None, key.resolution)?;
    let counted = Arc::new(count(subject, key.scaling.clone())?);
    let mut known = known();
    let known = known.get_or_insert_default();
    if known.len() >= MOST {
        known.clear();
    }
    known.insert(hash, Arc::new((key, counted.clone())));
    Ok(counted)
}

fn count(subject: Subject, scaling: Option<RawScaling>) -> Result<Counted, Invalid> {
    let scaled = scaled(&subject, scaling)?;
    Ok(Counted {
        features: Features::new(&subject),
        scaled_features: scaled.as_ref().map(|(_, net)| Features::of_net(net)),
        scaled,
        subject,
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
        assert_ne!(first.scaled, other.scaled);
        assert_eq!(first.subject, other.subject);
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
                counted.subject != plain.subject || counted.scaled != plain.scaled,
                "{other}"
            );
            assert!(Arc::ptr_eq(&counted, &of(&other).unwrap()));
        }
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        let wrong = json!({"model": {"name": "ResNet-5O"}});
        let first = of(&wrong).unwrap_err();
        assert_eq!(first, of(&wrong).unwrap_err());
    }
}

//! Nets that were asked for lately, with their counts: whoever compares scalings, platforms, batches or intervals asks
//! about the same few nets again and again. A net is remembered when it comes for the second time. Counting is a pure function of the net, so nothing here can be out of date.

use std::sync::{Arc, LazyLock};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::Value;

use super::asked::Asked;
use super::ready::Ready;
use crate::ask::complexity::{Base, base_row};
use crate::ask::request::PredictRequest;
use crate::json::Invalid;
use crate::net::{Group, Net, Spec, Subject, Zoo};
use crate::timing::Features;
use crate::timing::data::measurement::subject;
use crate::units::Whole;

/// A net, its counts, and what a regression sees of it.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) subject: Subject,
    pub(crate) row: Ready<Base>,
    /// The timing group that follows from the net.
    pub(crate) group: Group,
    pub(crate) features: Features,
}

impl From<Subject> for Counted {
    fn from(subject: Subject) -> Self {
        Self {
            row: Ready::new(base_row(&subject)),
            group: subject.group(),
            features: Features::new(&subject),
            subject,
        }
    }
}

/// `model` and `resolution` of a request, in pixels.
type Key = (Value, Option<u64>);

static KNOWN: LazyLock<Cache<Key, Arc<Counted>, Size>> =
    LazyLock::new(|| Cache::with_weighter(2048, 2048, Size));
static ASKED: LazyLock<Asked> = LazyLock::new(Asked::default);

/// A graph takes some 100 KB, other nets a few hundred bytes.
#[derive(Clone)]
struct Size;

impl Weighter<Key, Arc<Counted>> for Size {
    fn weight(&self, _: &Key, counted: &Arc<Counted>) -> u64 {
        let spec = counted.subject.net().map(Net::spec);
        if matches!(spec, Some(Spec::Graph(_))) {
            16
        } else {
            1
        }
    }
}

/// The net of `request`, whose `model` and `complexity` are taken out, with its counts.
///
/// # Errors
/// Points at the field that is wrong.
pub(crate) fn counted(request: &mut PredictRequest) -> Result<Arc<Counted>, Invalid> {
    let (model, costs) = (request.model.take(), request.complexity.take());
    let key = match (model, costs) {
        (Some(model), None) if is_small(&model) => {
            (model, request.resolution.map(|Whole(pixels)| pixels))
        }
        (model, costs) => {
            let subject = subject(model, costs, request.resolution, Zoo::subject)?;
            return Ok(Arc::new(subject.into()));
        }
    };
    if let Some(known) = KNOWN.get(&key) {
        return Ok(known);
    }
    let again = ASKED.again(&key).then(|| key.clone());
    let subject = subject(Some(key.0), None, request.resolution, Zoo::subject)?;
    let counted: Arc<Counted> = Arc::new(subject.into());
    if let Some(key) = again {
        KNOWN.insert(key, counted.clone());
    }
    Ok(counted)
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
    fn a_net_that_came_twice_is_counted_no_more_and_another_anew() {
        let model = json!({"name": "ResNet-50"});
        let first = of(&json!({"model": model})).unwrap();
        let plain = of(&json!({"model": model})).unwrap();
        assert_eq!(first.features, plain.features);
        assert!(Arc::ptr_eq(&plain, &of(&json!({"model": model})).unwrap()));
        for other in [
            json!({"model": {"name": "ResNet-101"}}),
            json!({"model": model, "resolution": 160}),
            json!({"model": {"name": "ResNet-50", "resolution": 160}}),
        ] {
            let first = of(&other).unwrap();
            assert!(first.features != plain.features, "{other}");
            let counted = of(&other).unwrap();
            assert!(Arc::ptr_eq(&counted, &of(&other).unwrap()));
        }
    }

    #[test]
    fn no_more_nets_are_remembered_than_there_is_room_for() {
        let ask =
            |pixels: usize| of(&json!({"model": {"name": "ResNet-50"}, "resolution": pixels}));
        for pixels in 0..4096 {
            let first = ask(100 + pixels).unwrap();
            let again = ask(100 + pixels).unwrap();
            assert_eq!(first.features, again.features);
        }
        assert!(KNOWN.len() > 1024, "{}", KNOWN.len());
        assert!(KNOWN.weight() <= KNOWN.capacity(), "{}", KNOWN.weight());
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        let wrong = json!({"model": {"name": "ResNet-5O"}});
        let first = of(&wrong).unwrap_err();
        assert_eq!(first, of(&wrong).unwrap_err());
    }
}

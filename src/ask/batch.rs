//! Many predictions in one call, each answered for itself.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::pins::{Pinned, Unanswered, pinned_all};
use super::predict::{PredictAnswer, predicted_by};
use super::request::PredictRequest;
use super::wanted::Wanted;
use crate::json::{Invalid, check_lengths, typed};
use crate::live::Live;
use crate::timing::Predictors;

/// Requests that are answered one by one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// 1 to 1,000 requests of `/v1/predict`.
    #[schema(value_type = Vec<PredictRequest>, min_items = 1, max_items = 1000)]
    items: Vec<Value>,
}

/// Most items of a batch.
pub(crate) const BATCH_ITEMS: usize = 1000;

/// Most predictions of a batch: a second of work, and fifty megabytes.
pub(crate) const BATCH_PREDICTIONS: usize = 50_000;

/// Refuses an item after so many predictions that one more would be too many.
fn within_reach(made: usize) -> Result<(), Invalid> {
    if made < BATCH_PREDICTIONS {
        return Ok(());
    }
    let detail = format!("the items before this one have {made} predictions");
    let hint = format!(
        "at most {BATCH_PREDICTIONS} in one batch: name fewer platforms, or send several batches"
    );
    Err(Invalid::at("/platform", (), detail, hint))
}

/// The answers to `request` in its order, as long as they are `wanted`; `queried` is the fit of items that name none.
///
/// # Errors
/// Where there are no items or too many, or the store cannot be read.
pub async fn batched(
    live: &Live,
    request: BatchRequest,
    queried: Option<&str>,
    wanted: &Wanted,
) -> Result<Vec<Result<PredictAnswer, Invalid>>, Unanswered> {
    let BatchRequest { items } = request;
    if !(1..=BATCH_ITEMS).contains(&items.len()) {
        let detail = format!("{} items", items.len());
        let hint = format!("1 to {BATCH_ITEMS}");
        return Err(Invalid::at("/items", items.len(), detail, hint).into());
    }
    let batch = Batch {
        pins: pinned_all(live, &items, queried).await?,
        predictors: &live.predictors(),
        queried,
    };
    let mut made = 0;
    let mut answers = Vec::with_capacity(items.len());
    for item in items.iter().take_while(|_| !wanted.is_over()) {
        let answer = within_reach(made).and_then(|()| batch.answer(item));
        made += answer.as_ref().map_or(0, |a| a.predictions.len());
        answers.push(answer);
    }
    Ok(answers)
}

/// What the items of a batch are answered by.
struct Batch<'a> {
    pins: Pinned,
    predictors: &'a Predictors,
    queried: Option<&'a str>,
}

impl Batch<'_> {
    fn answer(&self, item: &Value) -> Result<PredictAnswer, Invalid> {
        check_lengths(item)?;
        let mut request: PredictRequest = typed(item)?;
        if request.fit.is_none() {
            request.ask_of(self.queried)?;
        }
        let pin = match request.fit.as_ref().and_then(|word| self.pins.get(word)) {
            Some(Ok(pin)) => Some(pin),
            Some(Err(error)) => return Err(error.clone()),
            None => None,
        };
        predicted_by(pin, self.predictors, request)
    }
}

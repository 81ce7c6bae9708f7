//! Parts of answers that are the same in each: their JSON is written once, and copied from then on.

use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// A value with its JSON.
#[derive(Debug)]
pub struct Ready<T>(Arc<(T, Box<RawValue>)>);

impl<T: Serialize> Ready<T> {
    /// `value`, which is a struct of numbers and words: writing it cannot fail.
    pub(crate) fn new(value: T) -> Self {
        let json = to_raw_value(&value).unwrap_or_else(|_| RawValue::NULL.to_owned());
        Self(Arc::new((value, json)))
    }
}

impl<T> Clone for Ready<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Ready<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.0
    }
}

impl<T> Serialize for Ready<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.1.serialize(serializer)
    }
}

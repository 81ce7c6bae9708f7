//! Rows of an upload that are wrong: all are counted, and as many are kept as a person looks at.

use serde_json::Value;

use crate::json::{FieldError, shortened_text};
use crate::store::Rejection;

/// Rows that are wrong: how many, and the first.
#[derive(Default)]
pub(super) struct Rejected {
    pub(super) count: i64,
    pub(super) kept: Vec<Rejection>,
    /// Of those that are kept, all together.
    bytes: usize,
}

/// Rejected rows of an upload that are kept, and their bytes: a person who mends a file looks at no more.
pub const MOST_REJECTIONS: usize = 1000;
const REJECTED_BYTES: usize = 1 << 20;
/// Bytes of one rejected row; a longer one is kept by its beginning.
const SENT_BYTES: usize = 16 << 10;

impl Rejected {
    pub(super) fn add(&mut self, line: u64, error: &FieldError, mut sent: String) {
        self.count += 1;
        if sent.len() > SENT_BYTES {
            let text = Value::from(shortened_text(&sent));
            sent = text.to_string();
        }
        let texts = [&error.pointer, &error.detail, &error.hint].map(String::len);
        let bytes = sent.len() + texts.iter().sum::<usize>();
        // Once one has no room none has, so that those which are kept are the first.
        let full = self.kept.len() >= MOST_REJECTIONS || self.bytes + bytes > REJECTED_BYTES;
        self.bytes = if full {
            REJECTED_BYTES
        } else {
            self.bytes + bytes
        };
        if !full {
            self.kept.push(Rejection {
                line: i64::try_from(line).unwrap_or(i64::MAX),
                field: error.pointer.clone(),
                detail: error.detail.clone(),
                hint: error.hint.clone(),
                sent,
            });
        }
    }
}

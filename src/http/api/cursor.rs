//! Cursors: the last row of a page, so that the next begins after it whatever was stored in between.

use std::fmt::{self, Display, Formatter};

use crate::json::Invalid;

/// The last row of a page, in the order of the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cursor {
    /// By id.
    Id(i64),
    /// By label and id.
    Label(String, i64),
    /// By a quantity and id.
    Quantity(f64, i64),
}

impl Display for Cursor {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "m{id:x}"),
            Self::Label(label, id) => {
                write!(f, "l{id:x}.")?;
                label.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Quantity(value, id) => write!(f, "q{id:x}.{:x}", value.to_bits()),
        }
    }
}

impl Cursor {
    /// The id of a cursor by id.
    pub(in crate::http) fn id(sent: &str) -> Result<i64, Invalid> {
        sent.strip_prefix('m')
            .and_then(|hex| i64::from_str_radix(hex, 16).ok())
            .ok_or_else(|| wrong(sent))
    }

    /// Label and id of a cursor by label.
    pub(in crate::http) fn label(sent: &str) -> Result<(String, i64), Invalid> {
        let (id, label) = split(sent, 'l').ok_or_else(|| wrong(sent))?;
        let digits = label.as_bytes().chunks(2);
        let bytes = digits.map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        });
        bytes
            .collect::<Option<Vec<u8>>>()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(|label| (label, id))
            .ok_or_else(|| wrong(sent))
    }

    /// Value and id of a cursor by a quantity.
    pub(super) fn quantity(sent: &str) -> Result<(f64, i64), Invalid> {
        let (id, bits) = split(sent, 'q').ok_or_else(|| wrong(sent))?;
        u64::from_str_radix(bits, 16)
            .map(|bits| (f64::from_bits(bits), id))
            .map_err(|_| wrong(sent))
    }
}

fn split(sent: &str, kind: char) -> Option<(i64, &str)> {
    let (id, rest) = sent.strip_prefix(kind)?.split_once('.')?;
    Some((i64::from_str_radix(id, 16).ok()?, rest))
}

fn wrong(sent: &str) -> Invalid {
    let hint = "`next` of the page before, as it is, with the same order";
    Invalid::at("/cursor", sent, "not a cursor of this list", hint)
}

//! A tensor of a file: its shape, and its values where they are few.
//!
//! Source: ONNX, `TensorProto` in `onnx/onnx.proto`.

use super::varint::{signed, varints};

/// What the elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Real,
    Whole,
    /// Texts, or numbers of less than a byte.
    Other,
}

/// A tensor as it stands in a file.
#[derive(Debug, Default)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dims: Vec<u64>,
    kind: u64,
    values: Vec<f64>,
    raw: Vec<u8>,
    /// Whether the first of its elements are all the same, of a weight whose values are not kept.
    even: bool,
}

/// The double nearest to a whole number: shapes and places are exact.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "std has no other i64 → f64 conversion"
)]
pub(super) fn real(whole: i64) -> f64 {
    whole as f64
}

/// The whole number that `value` is, or the nearest one within 64 bits.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "std has no other f64 → i64 conversion; it saturates"
)]
pub(super) fn whole(value: f64) -> i64 {
    value as i64
}

/// A number of 16 bits with 5 of exponent, or with 8.
fn half(bits: u16, brain: bool) -> f64 {
    if brain {
        return f64::from(f32::from_bits(u32::from(bits) << 16));
    }
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * (-24.0_f64).exp2(),
        31 => f64::INFINITY,
        _ => (1024.0 + fraction) * f64::from(exponent - 25).exp2(),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

impl Tensor {
    pub(super) fn number(&mut self, field: u64, value: u64) {
        match field {
            1 => self.dims.push(value),
            2 => self.kind = value,
            5 | 7 | 11 => self.values.push(self.of_number(value)),
            _ => {}
        }
    }

    /// What a number in base 128 stands for: of 16 bits, the bits of a real.
    fn of_number(&self, value: u64) -> f64 {
        let bits = u16::try_from(value & 0xffff).unwrap_or(0);
        match self.kind {
            10 => half(bits, false),
            16 => half(bits, true),
            _ => real(signed(value)),
        }
    }

    pub(super) fn bytes(&mut self, field: u64, value: &[u8]) {
        match field {
            1 => self.dims.extend(varints(value)),
            4 => self.values.extend(singles(value)),
            5 | 7 | 11 => {
                let numbers = varints(value).into_iter();
                let numbers: Vec<f64> = numbers.map(|n| self.of_number(n)).collect();
                self.values.extend(numbers);
            }
            8 => self.name = String::from_utf8_lossy(value).into_owned(),
            9 => self.raw = value.to_vec(),
            10 => self.values.extend(doubles(value)),
            _ => {}
        }
    }

    pub(super) fn start(&mut self, bytes: &[u8]) {
        let even = bytes.chunks(8).all(|eight| bytes.starts_with(eight));
        self.even = even || self.kind == 1 && same(&singles(bytes));
    }

    /// Whether its elements are all the same, as those of a net that was never trained are: exporters store such a tensor
    /// once for all layers that begin so.
    pub(super) fn is_even(&self) -> bool {
        self.even || self.values().is_some_and(|values| same(&values))
    }

    pub(super) fn element(&self) -> Element {
        match self.kind {
            1 | 10 | 11 | 16 => Element::Real,
            2..=7 | 9 | 12 | 13 => Element::Whole,
            _ => Element::Other,
        }
    }

    /// Its elements, where all of them were kept.
    pub(super) fn values(&self) -> Option<Vec<f64>> {
        let values = if self.values.is_empty() {
            self.of_raw()
        } else {
            self.values.clone()
        };
        let wanted = self
            .dims
            .iter()
            .try_fold(1_u64, |all, n| all.checked_mul(*n))?;
        (u64::try_from(values.len()) == Ok(wanted)).then_some(values)
    }

    fn of_raw(&self) -> Vec<f64> {
        fn each<const N: usize>(raw: &[u8], of: impl Fn([u8; N]) -> f64) -> Vec<f64> {
            raw.as_chunks::<N>()
                .0
                .iter()
                .map(|bytes| of(*bytes))
                .collect()
        }
        let raw = &self.raw;
        match self.kind {
            1 => singles(raw),
            2 | 9 => each(raw, |[byte]: [u8; 1]| f64::from(byte)),
            3 => each(raw, |bytes| f64::from(i8::from_le_bytes(bytes))),
            4 => each(raw, |bytes| f64::from(u16::from_le_bytes(bytes))),
            5 => each(raw, |bytes| f64::from(i16::from_le_bytes(bytes))),
            6 => each(raw, |bytes| f64::from(i32::from_le_bytes(bytes))),
            7 => each(raw, |bytes| real(i64::from_le_bytes(bytes))),
            10 => each(raw, |bytes| half(u16::from_le_bytes(bytes), false)),
            11 => doubles(raw),
            12 => each(raw, |bytes| f64::from(u32::from_le_bytes(bytes))),
            13 => each(raw, |bytes| crate::units::to_f64(u64::from_le_bytes(bytes))),
            16 => each(raw, |bytes| half(u16::from_le_bytes(bytes), true)),
            _ => Vec::new(),
        }
    }
}

/// Whether all numbers are equal; 0 and -0 are.
fn same(values: &[f64]) -> bool {
    values
        .windows(2)
        .all(|two| (two[0] - two[1]).abs() < f64::MIN_POSITIVE)
}

/// Numbers of four bytes each.
pub(super) fn singles(bytes: &[u8]) -> Vec<f64> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers
        .iter()
        .map(|four| f64::from(f32::from_le_bytes(*four)))
        .collect()
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    let (numbers, _) = bytes.as_chunks::<8>();
    numbers
        .iter()
        .map(|eight| f64::from_le_bytes(*eight))
        .collect()
}

/// Characters of the name of a module that are kept.
pub(super) const MAX_NAME: usize = 200;
/// Words of names that are given to what is not learned.
const NOT_LEARNED: [&str; 8] = [
    "mask",
    "running_",
    "rel_pos_idx",
    "position_index",
    "attention_bias_idxs",
    "filt",
    "inv_freq",
    "rope",
];

/// Whether a stored tensor of this name may be learned.
pub(super) fn is_learned_name(name: &str) -> bool {
    !NOT_LEARNED.iter().any(|word| name.contains(word))
}

/// Whether a stored tensor is a weight: numbers with a fraction, of which there are several or which a module names.
pub(super) fn learned(tensor: &Tensor) -> bool {
    let name = tensor.name.as_str();
    if tensor.element() != Element::Real || !is_learned_name(name) {
        return false;
    }
    let elements = tensor
        .dims
        .iter()
        .fold(1, |all: u64, n| all.saturating_mul(*n));
    elements > 1 || module(name).is_some()
}

/// The module that a weight's name stands for: `layer1.0.conv1` of `layer1.0.conv1.weight`.
pub(super) fn module(weight: &str) -> Option<&str> {
    let (module, _) = weight.rsplit_once('.')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
    (module.len() <= MAX_NAME && module.chars().all(plain)).then_some(module)
}

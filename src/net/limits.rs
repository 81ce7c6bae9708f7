//! Bounds on what a spec may hold, wide enough for any net that could be built, narrow enough that no count overflows
//! 128 bits on the way to its check, and the checks themselves.

use std::ops::RangeInclusive;

use crate::json::Invalid;
use crate::units::{Whole, truncated};

/// Most blocks of one net (the contract's figure).
pub const MAX_BLOCKS: u32 = 100_000;
/// Most channels of one layer, and most classes.
pub const MAX_WIDTH: u32 = 1 << 20;
/// Largest kernel and stride.
pub const MAX_KERNEL: u32 = 1 << 10;
/// Largest expansion or bottleneck multiplier.
pub const MAX_RATIO: f64 = 1024.0;

/// Any number of channels.
pub(super) const WIDTHS: RangeInclusive<u32> = 1..=MAX_WIDTH;
/// Channels of a layer that may be missing.
pub(super) const OPTIONAL_WIDTHS: RangeInclusive<u32> = 0..=MAX_WIDTH;
/// Any number of blocks.
pub(super) const DEPTHS: RangeInclusive<u32> = 1..=MAX_BLOCKS;
/// Kernels and strides.
pub(super) const KERNELS: RangeInclusive<u32> = 1..=MAX_KERNEL;

/// `value` where it lies within `range`.
///
/// # Errors
/// At `pointer`, with the range as the hint.
pub(super) fn within(
    pointer: &str,
    value: Whole,
    range: RangeInclusive<u32>,
) -> Result<u32, Invalid> {
    let (low, high) = (*range.start(), *range.end());
    u32::try_from(value.0)
        .ok()
        .filter(|v| range.contains(v))
        .ok_or_else(|| {
            let detail = format!("{} is out of range", value.0);
            Invalid::at(
                pointer,
                value.0,
                detail,
                format!("a whole number from {low} to {high}"),
            )
        })
}

/// Each element of a list within `range`, at `pointer/index`.
pub(super) fn all_within(
    pointer: &str,
    values: &[Whole],
    range: &RangeInclusive<u32>,
) -> Result<Vec<u32>, Invalid> {
    let check =
        |(i, value): (usize, &Whole)| within(&format!("{pointer}/{i}"), *value, range.clone());
    values.iter().enumerate().map(check).collect()
}

/// `value` where it is finite, more than `low` (or equal to it, where `inclusive`) and at most [`MAX_RATIO`].
pub(super) fn ratio(pointer: &str, value: f64, low: f64, inclusive: bool) -> Result<f64, Invalid> {
    let above = if inclusive { value >= low } else { value > low };
    if above && value <= MAX_RATIO {
        return Ok(value);
    }
    let bound = if inclusive { "at least" } else { "more than" };
    Err(Invalid::at(
        pointer,
        value,
        format!("{value} is out of range"),
        format!("a number {bound} {low}, at most {MAX_RATIO}"),
    ))
}

/// A number of channels computed as a product, truncated (`int` in the reference), where it lies within `range`.
pub(super) fn channels(
    pointer: &str,
    what: &str,
    value: f64,
    range: RangeInclusive<u32>,
) -> Result<u32, Invalid> {
    within(pointer, Whole(truncated(value)), range).map_err(|mut error| {
        for field in &mut error.0 {
            field.detail = format!("{what} would be {}", field.value);
        }
        error
    })
}

/// The lists of a spec must be as long as its `depths`.
pub(super) fn same_length<T>(pointer: &str, list: &[T], stages: usize) -> Result<(), Invalid> {
    if list.len() == stages {
        return Ok(());
    }
    let detail = format!("{} entries, but {stages} stages in depths", list.len());
    Err(Invalid::at(
        pointer,
        list.len(),
        detail,
        "one entry for each stage",
    ))
}

//! Fields of a node, as they are written and as they are checked.

use std::ops::RangeInclusive;

use super::op::{Padding, PerAxis, Values, Window};
use super::raw::{RawAxes, RawNode, RawPad, RawSizes};
use crate::json::{Invalid, shortened_text};
use crate::net::graph::rearrange::MAX_AXES;
use crate::net::limits::{KERNELS, all_within, within};
use crate::units::{Whole, to_u64};

pub(super) fn numbers(
    pointer: &str,
    raw: RawSizes,
    range: &RangeInclusive<u32>,
) -> Result<PerAxis, Invalid> {
    match raw {
        RawSizes::All(n) => within(pointer, n, range.clone()).map(PerAxis::all),
        RawSizes::Each(list) => {
            let checked = all_within(pointer, &list, range)?;
            PerAxis::each(&checked).ok_or_else(|| {
                let hint = "one number for each spatial axis";
                let detail = format!("{} numbers", list.len());
                Invalid::at(pointer, to_u64(list.len()), detail, hint)
            })
        }
    }
}

pub(super) fn padding(raw: Option<RawPad>) -> Result<Padding, Invalid> {
    match raw {
        None => Ok(Padding::Even(PerAxis::all(0))),
        Some(RawPad::All(n)) => within("/pad", n, PADS).map(|n| Padding::Even(PerAxis::all(n))),
        Some(RawPad::Word(word)) if word == "same" => Ok(Padding::Same),
        Some(RawPad::Word(word)) => {
            let detail = format!("`{}` is no padding", shortened_text(&word));
            Err(Invalid::at(
                "/pad",
                word,
                detail,
                "a number, a list, or `same`",
            ))
        }
        Some(RawPad::Each(list)) => {
            if list.is_empty() || list.len() > 6 {
                let detail = format!("{} numbers", list.len());
                let hint = "one for each spatial axis, or before each and then after each";
                return Err(Invalid::at("/pad", to_u64(list.len()), detail, hint));
            }
            let most = i64::from(*PADS.end());
            if let Some(wrong) = list.iter().find(|n| !(-most..=most).contains(*n)) {
                let detail = format!("{wrong} is out of range");
                return Err(Invalid::at("/pad", *wrong, detail, format!("up to {most}")));
            }
            Ok(Padding::Ends(list.into()))
        }
    }
}

pub(super) fn window(raw: &mut RawNode, of_pool: bool) -> Result<Window, Invalid> {
    let one = || RawSizes::All(Whole(1));
    if of_pool && raw.kernel.is_none() {
        let hint = "the side of its window, such as 2";
        return Err(Invalid::at("/kernel", (), "a pool needs its kernel", hint));
    }
    let kernel = numbers("/kernel", raw.kernel.take().unwrap_or_else(one), &KERNELS)?;
    let stride = match raw.stride.take() {
        None if of_pool => kernel,
        stride => numbers("/stride", stride.unwrap_or_else(one), &KERNELS)?,
    };
    Ok(Window {
        kernel,
        stride,
        pad: padding(raw.pad.take())?,
        dilation: numbers(
            "/dilation",
            raw.dilation.take().unwrap_or_else(one),
            &KERNELS,
        )?,
        ceil: raw.ceil.take().unwrap_or(false),
    })
}

pub(super) fn needed<T>(field: &str, value: Option<T>, op: &str) -> Result<T, Invalid> {
    value.ok_or_else(|| {
        let detail = format!("`{op}` needs `{field}`");
        Invalid::at(&format!("/{field}"), (), detail, format!("add `{field}`"))
    })
}

pub(super) fn shape(raw: &mut RawNode, op: &str) -> Result<Vec<Option<u64>>, Invalid> {
    let list = needed("shape", raw.shape.take(), op)?;
    if list.len() > MAX_AXES {
        let detail = format!("more than {MAX_AXES} axes");
        return Err(Invalid::at(
            "/shape",
            to_u64(list.len()),
            detail,
            "fewer axes",
        ));
    }
    let length = |(i, n): (usize, &Option<Whole>)| {
        let checked = n.map(|n| within(&format!("/shape/{i}"), n, 1..=u32::MAX));
        checked.transpose().map(|n| n.map(u64::from))
    };
    list.iter().enumerate().map(length).collect()
}

/// A shape with every length told.
pub(super) fn whole_shape(raw: &mut RawNode, op: &str) -> Result<Vec<u64>, Invalid> {
    let lengths = shape(raw, op)?.into_iter().enumerate();
    let told = |(i, n): (usize, Option<u64>)| {
        let pointer = format!("/shape/{i}");
        n.ok_or_else(|| Invalid::at(&pointer, (), "a length is missing", "a whole number"))
    };
    lengths.map(told).collect()
}

pub(super) fn scalar(value: Option<Values>) -> Result<Option<f64>, Invalid> {
    match value {
        None => Ok(None),
        Some(Values::One(value)) => Ok(Some(value)),
        Some(Values::Each(list)) => {
            let detail = "a list stands where one number is expected";
            Err(Invalid::at(
                "/value",
                to_u64(list.len()),
                detail,
                "one number",
            ))
        }
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "std has no other f64 → i64 conversion; it saturates"
)]
pub(super) fn whole(field: &str, value: f64) -> Result<i64, Invalid> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Ok(value as i64);
    }
    let detail = format!("{value} is not a whole number");
    Err(Invalid::at(
        &format!("/{field}"),
        value,
        detail,
        "a whole number",
    ))
}

pub(super) fn each_axis(axes: Option<RawAxes>) -> Result<Option<Vec<i64>>, Invalid> {
    match axes {
        None => Ok(None),
        Some(RawAxes::Each(list)) if list.len() <= MAX_AXES => Ok(Some(list)),
        Some(_) => Err(Invalid::at(
            "/axes",
            (),
            "not a list of axes",
            "such as [2, 3]",
        )),
    }
}

/// Most elements of a list within a node.
pub(super) const MAX_LIST: usize = 4096;

/// Paddings.
const PADS: RangeInclusive<u32> = 0..=1 << 16;

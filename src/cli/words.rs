//! What is wrong, in the words of the command line: its flags in place of JSON pointers, and which mistakes are whose.

use std::fmt::Write as _;

use epochcast::json::{FieldError, Invalid};

/// What was typed means nothing here, or not together: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Fields of requests, and the flags that set them.
const FLAGS: [(&str, &str); 34] = [
    ("/model/resolution", "--resolution"),
    ("/resolution", "--resolution"),
    ("/family", "--family"),
    ("/platform", "--platform"),
    ("/mode", "--mode"),
    ("/estimator", "--estimator"),
    ("/scaling", "--scale"),
    ("/fit", "--fit"),
    ("/strategies", "--strategies"),
    ("/alphas", "--alphas"),
    ("/factors", "--factors"),
    ("/dataset_images", "--dataset-images"),
    ("/interval", "--interval"),
    ("/batch_size", "--batch-size"),
    ("/epochs", "--epochs"),
    ("/evaluation_images", "--evaluation-images"),
    ("/loader_images_per_second", "--loader-images-per-second"),
    ("/devices", "--devices"),
    ("/price_per_hour", "--price-per-hour"),
    ("/device_memory_bytes", "--device-memory"),
    ("/optimizer", "--optimizer"),
    ("/precision", "--precision"),
    ("/use", "--high"),
    ("/free_mix", "--free-mix"),
    ("/target/flops", "--target-flops"),
    ("/target/top1_error_percent", "--target-error"),
    ("/target", "--target-flops"),
    ("/limits/epoch_seconds", "--epoch"),
    ("/limits/total_seconds", "--total"),
    ("/limits/cost", "--cost"),
    ("/limits/flops", "--flops"),
    ("/limits/params", "--params"),
    ("/limits/acts", "--acts"),
    ("/limits/memory_bytes", "--memory"),
];

/// The flag that sets the field at `pointer`, or what it is a part of.
pub(crate) fn flag(pointer: &str) -> Option<&'static str> {
    let of = |field: &str| is_within(pointer, field);
    FLAGS
        .iter()
        .find(|(field, _)| of(field))
        .map(|(_, flag)| *flag)
}

/// Whether `pointer` points at `field`, or into it.
pub(crate) fn is_within(pointer: &str, field: &str) -> bool {
    let rest = pointer.strip_prefix(field);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What `error` says, at `place`: `--platform: no platform is called …`.
pub(crate) fn told(place: &str, error: &FieldError) -> String {
    let place = if place.is_empty() {
        String::new()
    } else {
        format!("{place}: ")
    };
    let (detail, hint) = (&error.detail, said_here(&error.hint));
    if hint.is_empty() {
        return format!("{place}{detail}");
    }
    format!("{place}{detail} ({hint})")
}

/// The errors of something that a file holds, by the names of its fields: `model.widths[2]: …`.
pub(crate) fn told_of_file(invalid: &Invalid) -> String {
    let one = |error: &FieldError| told(&path(&error.pointer), error);
    let all: Vec<String> = invalid.0.iter().map(one).collect();
    all.join("; ")
}

/// The errors of what stands behind `flag`.
pub(crate) fn told_of_flag(flag: &str, invalid: &Invalid) -> String {
    let all: Vec<String> = invalid.0.iter().map(|error| told(flag, error)).collect();
    all.join("; ")
}

/// `number` of a thing, with an s where it is not one.
pub(crate) fn counted(number: u64, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{ending}")
}

/// The field at `pointer`, as people write it.
pub(crate) fn path(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty() {
            let _ = write!(path, "[{part}]");
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&part);
        }
    }
    path
}

/// A hint in words of the command line.
fn said_here(hint: &str) -> String {
    let hint = hint.replace("GET /v1/", "epochcast ");
    hint.replace(
        "describe the net as a `model`",
        "describe the net in a file",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_the_flag_that_sets_it() {
        assert_eq!(flag("/platform/1"), Some("--platform"));
        assert_eq!(flag("/limits/memory_bytes"), Some("--memory"));
        assert_eq!(flag("/platforms"), None);
    }

    #[test]
    fn a_field_of_a_file_is_named_as_people_write_it() {
        assert_eq!(path("/model/widths/2"), "model.widths[2]");
        assert_eq!(path("/model/a~1b"), "model.a/b");
    }
}

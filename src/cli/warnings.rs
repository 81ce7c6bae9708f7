//! The warnings of many nets at once: each is said once of a platform, and of how many nets.

use std::collections::BTreeMap;

use epochcast::ask::plan::TimeRow;

/// What is to be known of the times in `rows`, which hold `nets` nets.
pub(crate) fn summed<'a>(rows: impl Iterator<Item = &'a TimeRow>, nets: usize) -> Vec<String> {
    let mut said: BTreeMap<(&str, &str), Said> = BTreeMap::new();
    for row in rows {
        for warning in &row.warnings {
            let key = (row.platform.as_str(), warning.code);
            let first = Said {
                of: 0,
                detail: &warning.detail,
            };
            said.entry(key).or_insert(first).of += 1;
        }
    }
    let line = |((platform, code), Said { of, detail }): ((&str, &str), Said)| {
        if of == nets {
            return format!("{platform}: {code}: {detail}");
        }
        format!("{platform}: {code}, {of} of {nets} nets, the first: {detail}")
    };
    said.into_iter().map(line).collect()
}

/// A warning and the number of nets that it holds of.
struct Said<'a> {
    of: usize,
    detail: &'a str,
}

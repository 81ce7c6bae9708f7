//! The warnings of many nets at once: each kind is said once of a platform, and of how many nets.

use std::collections::{BTreeMap, BTreeSet};

use epochcast::ask::plan::TimeRow;

/// What is to be known of the times in `rows`, which hold `nets` nets.
pub(crate) fn summed<'a>(rows: impl Iterator<Item = &'a TimeRow>, nets: usize) -> Vec<String> {
    let mut said: BTreeMap<(&str, &str), Said> = BTreeMap::new();
    for row in rows {
        let codes: BTreeSet<&str> = row.warnings.iter().map(|warning| warning.code).collect();
        for code in codes {
            // A net may be warned of twice, such as of its flops and its params.
            let own = row.warnings.iter().filter(|warning| warning.code == code);
            let first = || Said {
                of: 0,
                details: own.map(|warning| warning.detail.as_str()).collect(),
            };
            let key = (row.platform.as_str(), code);
            said.entry(key).or_insert_with(first).of += 1;
        }
    }
    let line = |((platform, code), Said { of, details }): ((&str, &str), Said)| {
        let detail = details.join("; ");
        if of == nets {
            return format!("{platform}: {code}: {detail}");
        }
        format!("{platform}: {code}, {of} of {nets} nets, the first: {detail}")
    };
    said.into_iter().map(line).collect()
}

/// What is said of the first net, and of how many it holds.
struct Said<'a> {
    of: usize,
    details: Vec<&'a str>,
}

//! Whether a client has an answer already, as it says with the tag that came with it.

use axum::http::{HeaderMap, header};

/// Whether `headers` say that the client has what `tag` stands for: `If-None-Match` is `*`, or a list that has it, where a
/// weak tag counts as well (RFC 9110, 13.1.2).
pub(in crate::http) fn is_held(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut sent = lines.filter_map(|line| line.to_str().ok());
    sent.any(|line| {
        // A comma within another tag does no harm: ours stands in quotes, of which there are none inside.
        line.trim() == "*"
            || line.split(',').any(|one| {
                let one = one.trim();
                one.strip_prefix("W/").unwrap_or(one) == tag
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_and_a_list_that_has_the_tag_say_so_weak_or_strong() {
        let held = |lines: &[&str]| {
            let lines = lines
                .iter()
                .map(|line| (header::IF_NONE_MATCH, line.parse().unwrap()));
            is_held(&lines.collect(), "\"a1\"")
        };
        for yes in [
            "*",
            " * ",
            "\"a1\"",
            "W/\"a1\"",
            "\"b2\", \"a1\"",
            "\"b2\",W/\"a1\" , \"c,3\"",
        ] {
            assert!(held(&[yes]), "{yes}");
        }
        for no in [
            "",
            "a1",
            "\"a\"",
            "\"b2\", \"A1\"",
            "w/\"a1\"",
            "W/W/\"a1\"",
            "\"*\"",
            "\"b2\", *",
        ] {
            assert!(!held(&[no]), "{no}");
        }
        assert!(held(&["\"b2\"", "\"a1\""]) && !held(&[]));
    }
}

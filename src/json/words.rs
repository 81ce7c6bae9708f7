//! What serde says of a wrong value, in the words of whoever sent it: serde has no other form of it than its text.

use super::nearest;

/// What is wrong, and what would be right, of serde's `message`.
pub(crate) fn told(message: &str) -> (String, String) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    for kind in ["field", "variant"] {
        if message.starts_with(&format!("unknown {kind} ")) {
            let word = quoted.next().unwrap_or_default();
            let kind = if kind == "field" { kind } else { "word" };
            let hint = nearest(word, &quoted.collect::<Vec<_>>());
            return (format!("unknown {kind} `{word}`"), hint);
        }
    }
    if message.starts_with("missing field") {
        let hint = format!("add `{}`", quoted.next().unwrap_or_default());
        return (message.to_owned(), hint);
    }
    let Some((found, expected)) = mismatch(message) else {
        return (message.to_owned(), String::new());
    };
    let hint = match (found, expected) {
        ("a string", "a number" | "a whole number") => "write numbers without quotes".to_owned(),
        (_, expected) => format!("write {expected}"),
    };
    (format!("{found} stands where {expected} is expected"), hint)
}

/// What was found and what was expected, of a message such as `invalid type: map, expected a string`.
fn mismatch(message: &str) -> Option<(&str, &str)> {
    let (found, expected) = message
        .strip_prefix("invalid type: ")?
        .split_once(", expected ")?;
    let found = match found.split([' ', '`']).next()? {
        "map" => "an object",
        "sequence" => "a list",
        "string" => "a string",
        "integer" | "floating" => "a number",
        "boolean" => "true or false",
        "null" | "unit" => "null",
        _ => found,
    };
    let expected = match expected {
        "f64" | "f32" => "a number",
        "u64" | "u32" | "usize" | "i64" => "a whole number",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "a map" => "an object",
        kind if kind.starts_with("struct ") => "an object",
        kind => kind,
    };
    Some((found, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_of_the_implementation_reaches_whoever_asks() {
        for (message, detail, hint) in [
            (
                "invalid type: string \"dWr:4\", expected struct RawScaling",
                "a string stands where an object is expected",
                "write an object",
            ),
            (
                "invalid type: string \"4\", expected f64",
                "a string stands where a number is expected",
                "write numbers without quotes",
            ),
            (
                "invalid type: floating point `0.5`, expected a boolean",
                "a number stands where true or false is expected",
                "write true or false",
            ),
            (
                "unknown variant `training`, expected `train` or `infer`",
                "unknown word `training`",
                "did you mean `train`?",
            ),
            ("missing field `w0`", "missing field `w0`", "add `w0`"),
        ] {
            assert_eq!(told(message), (detail.to_owned(), hint.to_owned()));
        }
    }
}

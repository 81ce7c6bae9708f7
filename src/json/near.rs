//! "Did you mean …?": which of the known words someone may have meant.
//!
//! Numbers are read as numbers: `regnetx-16gf` is ten times the net that `regnet_x_1_6gf` means, though but one sign is
//! missing. So a word is compared by its letters with those that have the same numbers, and with those that differ in
//! nothing else. What is longer than any name is not compared at all, and equal likeness is settled by the alphabet.

use super::shortened_text;

/// Longest word that is compared: no name of ours has as many bytes.
const LONGEST: usize = 128;
/// Known words beyond which those that are not read yet are not looked through, and that a hint lists.
const MOST_READ: usize = 1000;
const MOST_LISTED: usize = 50;
/// Jaro-Winkler likeness above which a word is near.
const NEAR: f64 = 0.8;
/// What differing numbers leave of that, at most: words that have the right ones come first.
const OTHER_NUMBERS: f64 = 0.05;

/// Words to compare others with, read once.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<Name>);

#[derive(Clone, Debug)]
struct Name {
    text: String,
    lower: String,
    letters: String,
    numbers: String,
}

impl Name {
    fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let (mut letters, mut numbers) = (String::new(), String::new());
        let mut before = ' ';
        for c in lower.chars() {
            // `5O` is meant for 50.
            let c = if c == 'o' && before.is_ascii_digit() {
                '0'
            } else {
                c
            };
            if c.is_ascii_digit() {
                if !before.is_ascii_digit() {
                    numbers.push(' ');
                }
                numbers.push(c);
            } else if c.is_alphabetic() {
                letters.push(c);
            }
            before = c;
        }
        // 4.0 is 4.
        while let Some(shorter) = numbers.strip_suffix(" 0").filter(|n| !n.is_empty()) {
            numbers.truncate(shorter.len());
        }
        Self {
            text: text.to_owned(),
            lower,
            letters,
            numbers,
        }
    }

    /// How like `word` it is, from 0 to 1, and how alike they are written; `None` where it is not near.
    fn likeness(&self, word: &Self) -> Option<(f64, f64)> {
        let likeness = if self.numbers == word.numbers {
            strsim::jaro_winkler(&self.letters, &word.letters)
        } else if self.letters == word.letters && !self.letters.is_empty() {
            let numbers = strsim::normalized_levenshtein(&self.numbers, &word.numbers);
            NEAR + OTHER_NUMBERS * numbers
        } else {
            return None;
        };
        (likeness > NEAR).then(|| (likeness, strsim::jaro_winkler(&self.lower, &word.lower)))
    }
}

impl<'a> FromIterator<&'a str> for Names {
    fn from_iter<I: IntoIterator<Item = &'a str>>(words: I) -> Self {
        let mut names: Vec<Name> = words.into_iter().map(Name::new).collect();
        names.sort_by(|a, b| a.text.cmp(&b.text));
        Self(names)
    }
}

impl Names {
    /// The one that is nearest to `word`, where one is near.
    #[must_use]
    pub fn near(&self, word: &str) -> Option<&str> {
        if word.len() > LONGEST {
            return None;
        }
        let word = Name::new(word);
        let near = |name| Some((Name::likeness(name, &word)?, name));
        let better = |a: (f64, f64), b: (f64, f64)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
        let best = self.0.iter().filter_map(near).reduce(|best, next| {
            if better(next.0, best.0).is_gt() {
                next
            } else {
                best
            }
        });
        best.map(|(_, name)| name.text.as_str())
    }
}

/// "did you mean …?" where one of `known` is near `word`, else the list of them.
#[must_use]
pub fn nearest(word: &str, known: &[&str]) -> String {
    if word.len() <= LONGEST && known.len() <= MOST_READ {
        let names: Names = known.iter().copied().collect();
        if let Some(near) = names.near(word) {
            return format!("did you mean `{near}`?");
        }
    }
    let listed: Vec<_> = known
        .iter()
        .take(MOST_LISTED)
        .map(|word| shortened_text(word))
        .collect();
    match known.len() - listed.len() {
        0 if known.is_empty() => "no field is expected here".to_owned(),
        0 => format!("one of {}", listed.join(", ")),
        more => format!("one of {}, and {more} more", listed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETS: [&str; 8] = [
        "RegNetX-16GF",
        "RegNetX-1.6GF",
        "RegNetX-400MF",
        "RegNetY-4.0GF",
        "ResNet-50",
        "resnet50",
        "resnet101",
        "convnext_tiny",
    ];

    fn near(word: &str) -> Option<String> {
        let names: Names = NETS.into_iter().collect();
        names.near(word).map(str::to_owned)
    }

    #[test]
    fn numbers_are_told_apart_where_one_sign_is_missing() {
        for (word, meant) in [
            ("regnet_x_1_6gf", "RegNetX-1.6GF"),
            ("regnetx16gf", "RegNetX-16GF"),
            ("regnety4gf", "RegNetY-4.0GF"),
            ("resnet5O", "resnet50"),
            ("Res-Net-50", "resnet50"),
            ("convnext_tiney", "convnext_tiny"),
        ] {
            assert_eq!(near(word).as_deref(), Some(meant), "{word}");
        }
    }

    #[test]
    fn other_numbers_are_near_only_where_nothing_else_differs() {
        assert_eq!(near("resnet51").as_deref(), Some("resnet50"));
        assert_eq!(near("resnest51"), None);
        assert_eq!(near("regnety-3.2mf"), None);
    }

    #[test]
    fn the_order_of_what_is_known_does_not_matter() {
        let backwards: Names = NETS.into_iter().rev().collect();
        for word in ["resnet", "regnetx", "regnetx-17gf", "net50", "resnet0"] {
            assert_eq!(backwards.near(word), near(word).as_deref(), "{word}");
        }
    }

    #[test]
    fn what_is_longer_than_any_name_is_near_none() {
        assert_eq!(near(&"resnet50".repeat(17)), None);
        let listed = nearest(&"x".repeat(1 << 20), &NETS);
        assert!(listed.starts_with("one of RegNetX-16GF, "), "{listed}");
    }

    #[test]
    fn a_long_list_is_cut_short() {
        let many: Vec<String> = (0..60).map(|i| format!("platform{i:03}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(nearest("other", &many).ends_with("platform049, and 10 more"));
    }
}

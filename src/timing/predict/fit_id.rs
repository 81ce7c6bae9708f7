//! The name of a fit, which says all that its predictions depend on.
//!
//! `PLATFORM:MODE:ESTIMATOR:METHOD:HASH`. The hash covers the definition and the timings of the platform, and of those
//! that it may borrow from ([`lenders`]), so equal names are equal predictions, to the bit, wherever they are made. The
//! method is the algorithm's: it grows with each release that predicts anything otherwise. Where the fit stands for
//! another GPU, `gpu:NAME:SHEETS:` goes before, with the recipe's words after the name as they were asked for, and a hash
//! of the law and of both GPUs' data sheets.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use super::borrow::SHARED;
use super::loan::OWN;
use crate::json::{Invalid, nearest};
use crate::timing::data::identity::digest;
use crate::timing::data::platform::{Mode, Platform, PlatformId};
use crate::timing::fit::estimator::Estimator;
use crate::timing::fit::training::Tally;
use crate::timing::fit::validation::MOST_ALONE;

/// Version of the algorithm: raised once in each release that changes any predicted figure.
pub const METHOD: u32 = 7;
/// The first release of each method.
const RELEASES: [(u32, &str); 7] = [
    (1, "0.1.0"),
    (2, "0.2.0"),
    (3, "0.3.0"),
    (4, "0.4.0"),
    (5, "0.10.0"),
    (6, "0.12.0"),
    (METHOD, "0.13.0"),
];

/// The name of a fit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FitId {
    /// Where the timings are from.
    pub platform: PlatformId,
    /// What was timed.
    pub mode: Mode,
    /// How it predicts.
    pub estimator: Estimator,
    /// What it has seen, as a hash.
    pub hash: u64,
    /// The GPU that it stands for, where that is not the platform's.
    pub sheets: Option<Sheets>,
}

/// What makes another GPU's fit of a platform's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sheets {
    /// The GPU as it was asked for, such as `gpu:h100` or `gpu:h100:tf32:compiled`.
    pub word: String,
    /// What the data sheets of both GPUs say, as a hash.
    pub hash: u64,
}

impl FitId {
    /// The platform's fit, which stands for a GPU or for itself.
    #[must_use]
    pub fn of_platform(&self) -> Self {
        Self {
            sheets: None,
            ..self.clone()
        }
    }

    /// What an answer by it calls the platform.
    #[must_use]
    pub fn asked(&self) -> &str {
        self.sheets
            .as_ref()
            .map_or(self.platform.as_str(), |sheets| &sheets.word)
    }
}

impl fmt::Display for Sheets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:016x}", self.word, self.hash)
    }
}

impl fmt::Display for FitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            platform,
            mode,
            estimator,
            hash,
            sheets,
        } = self;
        if let Some(sheets) = sheets {
            write!(f, "{sheets}:")?;
        }
        let estimator = estimator.as_str();
        write!(f, "{platform}:{mode}:{estimator}:{METHOD}:{hash:016x}")
    }
}

impl FromStr for FitId {
    type Err = Invalid;

    fn from_str(word: &str) -> Result<Self, Invalid> {
        let parts: Vec<&str> = word.split(':').collect();
        let (sheets, parts) = match parts.len().checked_sub(5) {
            Some(at @ 3..=6) if parts[0] == "gpu" => parts.split_at(at),
            _ => parts.split_at(0),
        };
        let [platform, mode, estimator, method, hash] = parts[..] else {
            return Err(if parts.len() == 4 {
                other_method(word, 1)
            } else {
                not_a_name(word)
            });
        };
        let method = method.parse().map_err(|_| not_a_name(word))?;
        if method != METHOD {
            return Err(other_method(word, method));
        }
        let find = |choices: &[Mode]| choices.iter().copied().find(|m| m.as_str() == mode);
        let mut estimators = Estimator::ALL.into_iter();
        let sheets = match sheets {
            [] => None,
            [gpu @ .., hash] => Some(Sheets {
                word: gpu.join(":"),
                hash: sixteen(hash).ok_or_else(|| not_a_name(word))?,
            }),
        };
        Ok(Self {
            sheets,
            platform: PlatformId::new(platform).map_err(|_| not_a_name(word))?,
            mode: find(&Mode::ALL).ok_or_else(|| not_a_name(word))?,
            estimator: estimators
                .find(|e| e.as_str() == estimator)
                .ok_or_else(|| not_a_name(word))?,
            hash: sixteen(hash).ok_or_else(|| not_a_name(word))?,
        })
    }
}

/// The hash that sixteen hexadecimal digits are.
fn sixteen(digits: &str) -> Option<u64> {
    let written = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    u64::from_str_radix(digits, 16).ok().filter(|_| written)
}

fn not_a_name(word: &str) -> Invalid {
    let hint = "`fit.id` of an answer, whole, such as v100x8-paper:train:layers:7:0123456789abcdef";
    Invalid::at("", word, "not the id of a fit", hint)
}

fn other_method(word: &str, method: u32) -> Invalid {
    let this = env!("CARGO_PKG_VERSION");
    let release = RELEASES.iter().find(|(known, _)| *known == method);
    let (detail, hint) = match release {
        Some((1, release)) => (
            format!("release {release} made this fit, and could not repeat one"),
            "ask without `fit`, and note the id in the answer".to_owned(),
        ),
        Some((_, release)) => (
            format!("release {release} made this fit by method {method}, and {this} has {METHOD}"),
            format!("repeat it with epochcast {release}"),
        ),
        None => (
            format!("a later release made this fit by method {method}, and {this} has {METHOD}"),
            "repeat it with the release that made it".to_owned(),
        ),
    };
    Invalid::at("", word, detail, hint)
}

/// That no such fit was made here; `known` are the names of the present ones.
#[must_use]
pub fn unknown(id: &FitId, known: &[String]) -> Invalid {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let now = match &id.sheets {
        Some(sheets) => format!("ask for `{}` without `fit`", sheets.word),
        None => nearest(&id.to_string(), &known),
    };
    let hint = format!(
        "the id of an answer of this service, or of one whose backup it was restored from; now: {now}"
    );
    Invalid::at("", id.to_string(), "no such fit was made here", hint)
}

/// What a fit has seen of one platform and mode.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The platform.
    pub platform: &'a Platform,
    /// The mode.
    pub mode: Mode,
    /// Its timings.
    pub tally: Tally,
}

/// Most platforms that are asked what they know.
const LENDERS: usize = 8;

/// Those of `all`, in the order of their names, from which a platform that has `seen` so much may borrow, best first:
/// those that know most, of the same mode first; ties stay in order.
pub fn lenders<'a, T>(seen: &Seen, all: impl Iterator<Item = (Seen<'a>, T)>) -> Vec<(Seen<'a>, T)> {
    let mut best: Vec<(Seen, T)> = Vec::new();
    // So many timings of so few groups take nothing over and lend nothing.
    if seen.tally.timings >= OWN && seen.tally.groups < SHARED {
        return best;
    }
    let rank = |other: &Seen| (other.mode != seen.mode, Reverse(other.tally.timings));
    for (other, what) in all.filter(|(other, _)| other.platform.id != seen.platform.id) {
        let place = best.partition_point(|(kept, _)| rank(kept) <= rank(&other));
        if place < LENDERS {
            best.insert(place, (other, what));
            best.truncate(LENDERS);
        }
    }
    best
}

/// The hash in the names of fits that take nothing over from other platforms.
#[must_use]
pub fn hash_alone(seen: &Seen) -> u64 {
    hash(&text(seen))
}

/// The hash in the names of fits that may take something over from `lenders`; another than that of fits alone even where
/// there are none, since the same timings may have had some at another time.
#[must_use]
pub fn hash_lent<'a>(seen: &Seen, lenders: impl IntoIterator<Item = Seen<'a>>) -> u64 {
    let lenders = lenders.into_iter().map(|lender| text(&lender));
    let all: String = ["lent ".to_owned(), text(seen)]
        .into_iter()
        .chain(lenders)
        .collect();
    hash(&all)
}

fn text(seen: &Seen) -> String {
    // A platform is a struct of words and numbers: writing it cannot fail.
    let platform = serde_json::to_string(seen.platform).unwrap_or_default();
    let Tally {
        timings,
        groups,
        fingerprint,
        ..
    } = seen.tally;
    // Since 0.6.0 very many groups are left out otherwise, and such fits alone predict otherwise than the same did before.
    let dealt = if groups > MOST_ALONE { "dealt|" } else { "" };
    format!("{platform}|{}|{timings}|{fingerprint:x}|{dealt}", seen.mode)
}

/// The first 64 bits of a digest of `text`.
pub(in crate::timing) fn hash(text: &str) -> u64 {
    u64::try_from(digest(text.as_bytes()) >> 64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let word = format!("my-4090:infer:costs:{METHOD}:00e4b6456ecc0123");
        for gpu in [
            "",
            "gpu:h100:0000b6456ecc0123:",
            "gpu:t4:fp32:00e4b6456ecc0123:",
            "gpu:h100:bf16:channels_last:tuned:00e4b6456ecc0123:",
        ] {
            let word = format!("{gpu}{word}");
            assert_eq!(word.parse::<FitId>().unwrap().to_string(), word);
        }
    }

    #[test]
    fn names_of_other_methods_say_which_release_they_take() {
        let detail = |word: &str| word.parse::<FitId>().unwrap_err().0[0].detail.clone();
        assert!(detail("v100x8-paper:train:layers:e4b6456ecc").contains("release 0.1.0"));
        assert!(detail("v100x8-paper:train:layers:2:00e4b6456ecc0123").contains("release 0.2.0"));
        assert!(detail("v100x8-paper:train:layers:4:00e4b6456ecc0123").contains("release 0.4.0"));
        let later = detail("v100x8-paper:train:layers:99:00e4b6456ecc0123");
        assert!(later.contains("a later release"), "{later}");
        for odd in [
            "",
            "x",
            "a:b:c:7:d",
            "a:train:layers:7:1",
            "a:train:layers:7:+0e4b6456ecc0123",
            "gpu:h100:x:a:train:layers:7:00e4b6456ecc0123",
            "gpu:00e4b6456ecc0123:a:train:layers:7:00e4b6456ecc0123",
            "gp:h100:00e4b6456ecc0123:a:train:layers:7:00e4b6456ecc0123",
        ] {
            assert_eq!(detail(odd), "not the id of a fit", "{odd}");
        }
    }
}

//! How the growth of a net is shared among its dimensions: named strategies, the fast family, the reference's strings,
//! or any other shares.
//!
//! Source: "Fast and Accurate Model Scaling" (Dollár, Singh, Girshick, CVPR 2021), Tables 1, 2 and 4; pycls, commit
//! 5719de6, `pycls/models/scaler.py`, for the strings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::{Invalid, nearest};

/// Shares of the growth of flops that each dimension takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Exponents {
    /// Depth: grows by s^d.
    pub d: f64,
    /// Width: grows by s^(w/2).
    pub w: f64,
    /// Group width: grows by s^(g/2).
    pub g: f64,
    /// Resolution: grows by s^(r/2).
    pub r: f64,
}

/// A named way to scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strategy {
    /// Its name, to the letter: `dwr` is not `dWr`.
    pub name: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
    /// Its shares; the group width's is the width's.
    pub exponents: Exponents,
}

const fn strategy(name: &'static str, what: &'static str, [d, w, r]: [f64; 3]) -> Strategy {
    Strategy {
        name,
        what,
        exponents: Exponents { d, w, g: w, r },
    }
}

/// The strategies of the paper (Tables 1, 2 and 4; the original compound rule of its section 3.4).
pub const STRATEGIES: [Strategy; 9] = [
    strategy("d", "depth alone", [1.0, 0.0, 0.0]),
    strategy("w", "width alone", [0.0, 1.0, 0.0]),
    strategy("r", "resolution alone", [0.0, 0.0, 1.0]),
    strategy("dw", "depth and width alike", [0.5, 0.5, 0.0]),
    strategy("dr", "depth and resolution alike", [0.5, 0.0, 0.5]),
    strategy("wr", "width and resolution alike", [0.0, 0.5, 0.5]),
    strategy("dwr", "uniform compound scaling", [1.0 / 3.0; 3]),
    strategy(
        "dWr",
        "fast scaling: mostly width (α = 0.8)",
        [0.1, 0.8, 0.1],
    ),
    strategy(
        "orig",
        "EfficientNet's compound rule: 1.2, 1.1, 1.15",
        [0.279_435, 0.292_154, 0.428_412],
    ),
];

/// How the growth is shared, and what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::net) enum Rule {
    Strategy(Strategy),
    Alpha(f64),
    Reference(String, Exponents),
    Exponents(Exponents),
}

/// e of the fast family (eq. 4), to 15 digits, so that α = 0.8 is dWr to the last bit.
pub(in crate::net) fn fast(alpha: f64) -> Exponents {
    let rest = ((1.0 - alpha) / 2.0 * 1e15).round_ties_even() / 1e15;
    Exponents {
        d: rest,
        w: alpha,
        g: alpha,
        r: rest,
    }
}

/// The strategy called `name`.
pub(in crate::net) fn named(name: &str) -> Result<Strategy, Invalid> {
    STRATEGIES
        .into_iter()
        .find(|strategy| strategy.name == name)
        .ok_or_else(|| {
            let names = STRATEGIES.map(|strategy| strategy.name);
            let twin = names.iter().find(|known| known.eq_ignore_ascii_case(name));
            let hint = twin.map_or_else(
                || nearest(name, &names),
                |twin| format!("did you mean `{twin}`? case matters"),
            );
            Invalid::at(
                "/strategy",
                name,
                format!("there is no strategy `{name}`"),
                hint,
            )
        })
}

/// The exponents of a string of the reference code.
///
/// Letters only (`dwr`: weight 1 each, `""`: none), or parts joined by `_` (`d1_w8_g8_r1`). e = weight / total, where
/// the total is that of d, w and r; if 0, half of g's; if 0, 1.
///
/// # Errors
/// Where a part names no dimension, or its weight is not a number.
pub fn reference(text: &str) -> Result<Exponents, Invalid> {
    let mut weights = Exponents::default();
    if text.chars().all(|c| "dwgr".contains(c)) {
        for letter in text.chars() {
            *weight(&mut weights, letter, text)? = 1.0;
        }
    } else {
        for part in text.split('_') {
            let mut chars = part.chars();
            let letter = chars
                .next()
                .ok_or_else(|| malformed(text, "an empty part"))?;
            let number = chars.as_str();
            let value = number
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|value| value.is_finite());
            *weight(&mut weights, letter, text)? =
                value.ok_or_else(|| malformed(text, &format!("`{number}` is not a number")))?;
        }
    }
    let total = match weights.d + weights.w + weights.r {
        0.0 if weights.g == 0.0 => 1.0,
        0.0 => weights.g / 2.0,
        total => total,
    };
    let Exponents { d, w, g, r } = weights;
    Ok(Exponents {
        d: d / total,
        w: w / total,
        g: g / total,
        r: r / total,
    })
}

fn weight<'a>(
    weights: &'a mut Exponents,
    letter: char,
    text: &str,
) -> Result<&'a mut f64, Invalid> {
    match letter {
        'd' => Ok(&mut weights.d),
        'w' => Ok(&mut weights.w),
        'g' => Ok(&mut weights.g),
        'r' => Ok(&mut weights.r),
        _ => Err(malformed(
            text,
            &format!("`{letter}` is not one of d, w, g, r"),
        )),
    }
}

fn malformed(text: &str, what: &str) -> Invalid {
    let hint = "letters such as `dwr`, or weights such as `d1_w8_g8_r1`";
    Invalid::at(
        "/scale_type",
        text,
        format!("not a scaling string of the reference code: {what}"),
        hint,
    )
}

//! Which timings leave in a trial.

use serde::Serialize;
use utoipa::ToSchema;

/// Which timings leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// Each net in turn (of more than 200, a twentieth of them in turn).
    Net,
    /// Each timing group in turn.
    Group,
    /// The quarter of the timings with the most acts.
    Large,
    /// Each scaling strategy in turn, of all nets; where labels end in a strategy and a factor, as in `… dWr x4`.
    Strategy,
    /// All nets scaled by 24 or more, likewise.
    FarScaled,
    /// All nets but one, as of a new platform with one timing, for which others stand in: several draws.
    AllButOne,
    /// All but two.
    AllButTwo,
    /// All but three.
    AllButThree,
    /// All but five.
    AllButFive,
    /// All but ten.
    AllButTen,
}

impl Left {
    /// All.
    pub const ALL: [Self; 10] = [
        Self::Net,
        Self::Group,
        Self::Large,
        Self::Strategy,
        Self::FarScaled,
        Self::AllButOne,
        Self::AllButTwo,
        Self::AllButThree,
        Self::AllButFive,
        Self::AllButTen,
    ];

    /// Nets that stay, of a platform that is taken to be new.
    pub(in crate::timing) fn stay(self) -> Option<usize> {
        match self {
            Self::AllButOne => Some(1),
            Self::AllButTwo => Some(2),
            Self::AllButThree => Some(3),
            Self::AllButFive => Some(5),
            Self::AllButTen => Some(10),
            Self::Net | Self::Group | Self::Large | Self::Strategy | Self::FarScaled => None,
        }
    }
}

//! What each chart of fits and predictions says, draws and lists.

pub mod compare;
pub(super) mod evidence;
pub mod fit;
pub mod front;
pub mod pair;
pub mod paper;
pub mod printed;
pub mod residuals;
pub mod stages;

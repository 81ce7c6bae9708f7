//! What the timings of one platform and mode give by themselves: made at once, or read back when it is asked for.

mod head;
mod lenders;
mod made;
mod parts;

pub use head::Head;
pub(super) use lenders::Lenders;
pub(super) use made::Replaced;
pub use made::{Own, Source};
pub(super) use parts::{Parts, VALIDATED};

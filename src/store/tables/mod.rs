//! What is stored: measurements, the uploads that brought them, platforms, tokens, fits.

pub(super) mod again;
pub(super) mod audit;
pub(super) mod changes;
pub(super) mod fits;
pub(super) mod judged;
pub(super) mod kept;
pub(super) mod measurements;
pub(super) mod origins;
pub(super) mod platforms;
pub(super) mod repeats;
pub(super) mod seeded;
pub(super) mod senders;
pub(super) mod sorted;
pub(super) mod tokens;
pub(super) mod uploads;
pub(super) mod version;

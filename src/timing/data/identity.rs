//! Which timing it is: two of the same identity are the same row sent twice.

use sha2::{Digest, Sha256};

use super::measurement::Measurement;
use crate::net::{Complexity, Side, Subject, Zoo};

/// Identity of a timing: two with the same are the same row sent twice.
///
/// Platform, mode, label, net (or costs), resolution, batch size and time.
#[must_use]
pub fn identity(row: &Measurement) -> u128 {
    let text = format!(
        "{}|{}|{}|{:x}|{}|{}|{:x}",
        row.platform,
        row.mode,
        row.label.as_deref().unwrap_or_default(),
        net_identity(&row.subject),
        row.subject.side().map_or(0, Side::get),
        row.batch_size.unwrap_or(0),
        row.time.seconds_per_image().to_bits(),
    );
    digest(text.as_bytes())
}

/// Equal for equal nets, whatever they are called: a hash of the full description, or of the costs and resolution, where
/// timings of the net go by these.
fn net_identity(subject: &Subject) -> u128 {
    let timed = Zoo::built_in().as_timed(subject);
    match timed.as_ref().unwrap_or(subject) {
        Subject::Net { net, .. } => digest(net.description_text().as_bytes()),
        Subject::Costs {
            side, complexity, ..
        } => {
            let Complexity {
                flops,
                params,
                acts,
            } = complexity;
            let side = side.map_or(0, Side::get);
            let text = format!("{}|{}|{}|{side}", flops.get(), params.get(), acts.get());
            digest(text.as_bytes())
        }
    }
}

/// The first half of a SHA-256.
#[must_use]
pub fn digest(bytes: &[u8]) -> u128 {
    let hash = Sha256::digest(bytes);
    hash.iter()
        .take(16)
        .fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

//! Times of the same nets beside each other: one scale, and how much further each kind of work departs from it.

use crate::timing::fit::regression::Products;

/// The log ratio of a timing to what another fit says, and what the net's time goes into there.
#[derive(Clone, Copy)]
pub(in crate::timing) struct Ratio {
    pub(in crate::timing) work: Work,
    pub(in crate::timing) log: f64,
    /// How far off such a timing may be, as a log or beside the others.
    pub(in crate::timing) doubt: f64,
    pub(in crate::timing) weight: f64,
}

/// Shares of the time that is the same for all nets, that memory takes, and that multiply-adds take.
type Work = [f64; 3];
/// Logs: of the scale, and how much further each kind of work departs from it.
pub(in crate::timing) type Scales = [f64; 4];

impl Ratio {
    /// What `scales` leave of it.
    pub(super) fn beside(&self, scales: &Scales) -> f64 {
        self.log - at(scales, &self.work)
    }
}

/// The scales of `ratios`: a ridge as firm as `firm`, with departures of at most `most`.
pub(in crate::timing) fn scales(
    ratios: impl IntoIterator<Item = Ratio>,
    firm: [f64; 4],
    most: f64,
) -> Option<Scales> {
    let mut products = Products::<4>::default();
    for ratio in ratios {
        let [a, b, c] = ratio.work;
        let root = ratio.weight.sqrt() / ratio.doubt;
        products.add([root, root * a, root * b, root * c], root * ratio.log);
    }
    let [scale, a, b, c] = products.ridge(firm)?;
    let [a, b, c] = [a, b, c].map(|departure| departure.clamp(-most, most));
    Some([scale, a, b, c])
}

/// Log scale of a net.
pub(in crate::timing) fn at(scales: &Scales, work: &Work) -> f64 {
    let departures = scales[1..].iter().zip(work);
    scales[0] + departures.map(|(scale, share)| scale * share).sum::<f64>()
}

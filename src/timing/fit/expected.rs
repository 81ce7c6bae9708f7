//! What to expect of a form before any net was left out of its fit, and how its intervals widen with the distance.

use super::estimator::Form;
use super::neighbours::Place;

/// What is expected before anything was left out, and how fast an interval widens with the distance; by form.
pub(in crate::timing) struct Expected {
    /// σ of a group.
    pub(in crate::timing) spread: f64,
    /// Root mean square log residual of a group without timings.
    pub(in crate::timing) unseen: f64,
    /// Of the normal interval for that: residuals of whole groups have longer tails than a normal's.
    pub(in crate::timing) normal: f64,
    /// Widening for each unit of log beyond the measured range.
    beyond: f64,
    /// Widening for each unit of distance to the nearest net, beyond [`NEAR`].
    far: f64,
}

/// Distance at which a net still counts as near.
const NEAR: f64 = 0.05;

/// The constants of `form`; how they were chosen: `docs/accuracy.md`.
pub(in crate::timing) const fn expected(form: Form) -> Expected {
    match form {
        Form::Layers => Expected {
            spread: 0.15,
            unseen: 0.1,
            normal: 0.95,
            beyond: 0.4,
            far: 0.5,
        },
        Form::Costs => Expected {
            spread: 0.25,
            unseen: 0.25,
            normal: 0.85,
            beyond: 1.0,
            far: 0.0,
        },
        Form::Acts => Expected {
            spread: 0.5,
            unseen: 0.5,
            normal: 0.85,
            beyond: 1.0,
            far: 0.0,
        },
    }
}

/// w: how much wider than among its neighbours the interval of a net at `place` is.
pub(in crate::timing) fn widening(form: Form, place: Place) -> f64 {
    let Expected { beyond, far, .. } = expected(form);
    1.0 + beyond * place.beyond + far * (place.distance - NEAR).max(0.0)
}

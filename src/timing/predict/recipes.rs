//! What a recipe makes of a net's time, beside the same net in channels first, layer by layer, with the same precision.
//!
//! Each part has its factor and its doubt, in natural logs. They come from nets that were timed both ways, or from what is left
//! of published timings once the law of [`super::datasheet`] has had its say; a source counts once, however many rows it has.
//! Forms that depend on the net were not tried: `docs/gpus.md` has the figures.

use crate::timing::data::platform::{MemoryFormat, Mode};
use crate::timing::data::recipe::{Recipe, Software};

/// Channels last in 16 bits: training on the RTX 3090 (317 nets without groups, -.24) and on our H100 (25, -.28 on average);
/// inference on the RTX 3090 and 4090 (656 and 663 nets, -.10 and -.08).
const LAST_TRAINING: f64 = -0.25;
const LAST_INFERENCE: f64 = -0.10;
/// A compiler in 16 bits. Training: XLA's timings leave -.33 and +.14 beside channels last, by container, and torch.compile on
/// our H100 -.51 (nine nets, which others disturbed). Inference:
/// torch.compile on the RTX 4090 -.49 (718 nets), XLA -.18 and +.34.
const COMPILED_TRAINING: f64 = -0.20;
const COMPILED_INFERENCE: f64 = -0.30;
/// A vendor's container in 16 bits, beside channels last. Training: -.10, -.21, -.53 and -.54 by container (`PyTorch`,
/// `TensorFlow`, `MXNet`, Paddle). Inference: -.05, +.16, -.47 and -.18.
const TUNED_TRAINING: f64 = -0.30;
const TUNED_INFERENCE: f64 = -0.10;
/// Either in 32 bits: -.28 to +.08 by container and mode for XLA, -.37 to +.13 for the others. The layout leaves no trace there.
const IN_32_BITS: f64 = -0.10;

/// Standard deviations of the logs, about what sources differ by: of another layout, …
const OTHER_LAYOUT: f64 = 0.2;
/// … of a container, …
const OTHER_TUNED: f64 = 0.2;
/// … and of a compiler, of which the fewest sources are known.
const OTHER_COMPILED: f64 = 0.3;

/// ln of what the memory format makes of the time.
pub(super) fn layout(recipe: Recipe, mode: Mode) -> f64 {
    match (recipe.memory_format, mode) {
        (MemoryFormat::ChannelsLast, Mode::Train) if recipe.precision.is_half() => LAST_TRAINING,
        (MemoryFormat::ChannelsLast, Mode::Infer) if recipe.precision.is_half() => LAST_INFERENCE,
        _ => 0.0,
    }
}

/// ln of what the software makes of it.
pub(super) fn software(recipe: Recipe, mode: Mode) -> f64 {
    match (recipe.software, mode) {
        (Software::Eager, _) => 0.0,
        _ if !recipe.precision.is_half() => IN_32_BITS,
        (Software::Compiled, Mode::Train) => COMPILED_TRAINING,
        (Software::Compiled, Mode::Infer) => COMPILED_INFERENCE,
        (Software::Tuned, Mode::Train) => TUNED_TRAINING,
        (Software::Tuned, Mode::Infer) => TUNED_INFERENCE,
    }
}

/// Standard deviation of the log error of going from one to the other, but for their precisions.
pub(super) fn doubt(one: Recipe, other: Recipe) -> f64 {
    let either = |software| one.software == software || other.software == software;
    let other_software = one.software != other.software;
    let doubts = [
        (one.memory_format != other.memory_format, OTHER_LAYOUT),
        (other_software && either(Software::Tuned), OTHER_TUNED),
        (other_software && either(Software::Compiled), OTHER_COMPILED),
    ];
    let squares = doubts.into_iter().filter(|(holds, _)| *holds);
    squares.map(|(_, doubt)| doubt * doubt).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(words: &str) -> Recipe {
        Recipe::read(words.split(':')).unwrap()
    }

    #[test]
    fn a_recipe_beside_itself_is_in_no_doubt() {
        for words in ["amp", "fp32:tuned", "bf16:channels_last:compiled"] {
            assert!(
                doubt(recipe(words), recipe(words)) < f64::EPSILON,
                "{words}"
            );
        }
    }

    #[test]
    fn doubts_add_up_in_squares_and_both_ways() {
        let (plain, all) = (recipe("amp"), recipe("amp:channels_last:compiled"));
        // Tolerance: the last bits of a root.
        assert!((doubt(plain, all) - 0.2_f64.hypot(0.3)).abs() < 1e-12);
        assert!((doubt(all, plain) - doubt(plain, all)).abs() < f64::EPSILON);
        let three = 0.2_f64.hypot(0.3).hypot(0.2);
        assert!((doubt(recipe("amp:tuned"), all) - three).abs() < 1e-12);
    }

    #[test]
    fn what_is_done_to_a_net_never_makes_it_slower() {
        for mode in Mode::ALL {
            for precision in ["amp", "fp16", "tf32", "fp32"] {
                for words in ["channels_last", "compiled", "tuned"] {
                    let recipe = recipe(&format!("{precision}:{words}"));
                    assert!(layout(recipe, mode) <= 0.0 && software(recipe, mode) <= 0.0);
                }
            }
        }
    }
}

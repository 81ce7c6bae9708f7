//! What another number of devices costs beyond an even share of the images: they wait for each other and exchange gradients.
//!
//! The law was found on 341 pairs of published trainings, each of the same net, batch a device and software, on one device and on
//! 2 to 64. `docs/plan.md` says how far off it is on what it was not chosen on.

use crate::timing::data::gpus::Gpu;
use crate::timing::{Level, Platform, Time};

/// How a step of training grows with each doubling of the devices.
struct Law {
    /// By how much, as a log.
    growth: f64,
    /// Standard deviation of the log, for one doubling; it grows with the root of their number.
    doubt: f64,
}

/// Data centre and workstation cards, which reach each other's memory: from 2 (99 % of an even share is left) to 64 (88 %).
const LINKED: Law = Law {
    growth: 0.0233,
    doubt: 0.06,
};
/// `GeForce` cards, which mostly go through the host's memory: 80 % of an even share is left on 2, a third to four fifths on 8.
const GEFORCE: Law = Law {
    growth: 0.18,
    doubt: 0.25,
};

/// How the time for one image on one device changes with the number of devices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sharing {
    factor: f64,
    doubt: f64,
}

impl Sharing {
    /// Of `devices`, where `platform` has timings of training on its own number of them.
    pub(super) fn between(platform: &Platform, devices: u32) -> Self {
        let gpu = Gpu::of_device(&platform.device);
        let law = if gpu.is_some_and(Gpu::is_geforce) {
            GEFORCE
        } else {
            LINKED
        };
        let doublings = (f64::from(devices) / f64::from(platform.device_count)).log2();
        Self {
            factor: (law.growth * doublings).exp(),
            doubt: law.doubt * doublings.abs().sqrt(),
        }
    }

    /// By what the time for an image on one device is multiplied.
    pub(super) fn factor(self) -> f64 {
        self.factor
    }

    /// `time` on so many devices: both doubts are independent, so their squares add up.
    pub(super) fn of(self, time: Time, level: Level) -> Time {
        let ms = time.ms * self.factor;
        let own = level.z() * self.doubt;
        let wider = |end: f64| (end / time.ms).ln().hypot(own);
        Time {
            ms,
            low_ms: ms * (-wider(time.low_ms)).exp(),
            high_ms: ms * wider(time.high_ms).exp(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::data::seed::built_in;

    fn platform(id: &str) -> Platform {
        let (platforms, _) = built_in().unwrap();
        let found = platforms.into_iter().find(|one| one.id.as_str() == id);
        found.unwrap()
    }

    #[test]
    fn each_doubling_costs_as_much_up_and_gives_as_much_down() {
        let eight = platform("v100x8-paper");
        let factor = |devices| Sharing::between(&eight, devices).factor();
        assert!((factor(8) - 1.0).abs() < 1e-12);
        assert!((factor(16) * factor(4) - 1.0).abs() < 1e-12);
        assert!((factor(64) - factor(16).powi(3)).abs() < 1e-12);
    }

    #[test]
    fn an_interval_on_other_devices_is_wider_and_holds_its_time() {
        let level = Level::DEFAULT;
        let time = Time {
            ms: 2.0,
            low_ms: 1.8,
            high_ms: 2.3,
        };
        for (id, devices) in [
            ("rtx3090-nchw", 2),
            ("rtx3090-nchw", 8),
            ("v100x8-paper", 1),
        ] {
            let shared = Sharing::between(&platform(id), devices).of(time, level);
            assert!(shared.low_ms < shared.ms && shared.ms < shared.high_ms);
            assert!(
                shared.high_ms / shared.low_ms > time.high_ms / time.low_ms,
                "{id}"
            );
        }
    }

    #[test]
    fn geforce_cards_lose_more_to_each_other_than_those_that_are_linked() {
        let on_eight = |id| Sharing::between(&platform(id), 8).factor();
        assert!(on_eight("rtx3090-nchw") > on_eight("h100-nchw"));
    }
}

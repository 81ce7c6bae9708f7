//! The fits of one platform and mode, with all that is said of their timings.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::net::Group;
use crate::timing::fit::estimator::Form;
use crate::timing::fit::features::Architecture;
use crate::timing::fit::line::{Explanation, Figures};
use crate::timing::fit::training::{Rows, TrainingSet};
use crate::timing::predict::fit::Fit;
use crate::timing::predict::warning::Range;

/// Timings of which all are kept at hand; of more, a part ([`VALIDATED`]), so that they are in memory once.
pub(in crate::timing::predict) const SHARED: usize = 20_000;
/// Timings that a validation looks at.
pub(in crate::timing::predict) const VALIDATED: usize = 5_000;

/// The fits, with all that is said of their timings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::timing::predict) struct Parts {
    pub(in crate::timing::predict) fits: Vec<Fit>,
    #[serde(serialize_with = "figures", deserialize_with = "of_figures")]
    pub(in crate::timing::predict) explanation: Explanation,
    #[serde(
        serialize_with = "figures_by_group",
        deserialize_with = "of_figures_by_group"
    )]
    pub(in crate::timing::predict) by_group: Vec<(Group, Explanation)>,
    pub(in crate::timing::predict) range: Range,
    /// Mean noise of the nets whose timings tell theirs, by net.
    pub(in crate::timing::predict) noises: Vec<(Architecture, f64)>,
    /// What the validation looks at: the timings, or of many a part.
    pub(in crate::timing::predict) sample: TrainingSet,
}

impl Parts {
    /// The fits of `set` by `forms`, whose residuals are only expected; `None` where it is empty.
    pub(in crate::timing::predict) fn of(set: &TrainingSet, forms: &[Form]) -> Option<Self> {
        if set.is_empty() {
            return None;
        }
        let rows = Rows::all(set);
        let groups = set.groups();
        Some(Self {
            fits: forms.iter().filter_map(|f| Fit::new(*f, &rows)).collect(),
            explanation: Explanation::new(rows.samples().map(|(_, sample)| sample)),
            by_group: groups
                .map(|(group, samples)| (group.clone(), Explanation::new(samples.iter())))
                .collect(),
            range: Range::of(&rows),
            noises: rows.noises(),
            sample: if set.len() <= SHARED {
                set.clone()
            } else {
                set.thinned(VALIDATED)
            },
        })
    }

    /// The same with the residuals of its own fits.
    pub(in crate::timing::predict) fn validated(&self) -> Self {
        let mut validated = self.clone();
        let thin = self.sample.thinned(VALIDATED);
        let rows = Rows::all(&thin);
        for fit in validated.fits.iter_mut().filter(|fit| fit.stale) {
            fit.validate(&rows);
        }
        validated
    }

    /// How much the timings of `net` vary; 0 where they do not tell.
    pub(in crate::timing::predict) fn noise(&self, net: Option<Architecture>) -> f64 {
        let find = |net| self.noises.binary_search_by_key(&net, |(net, _)| *net);
        let found = net.and_then(|net| find(net).ok());
        found.map_or(0.0, |position| self.noises[position].1)
    }

    /// What `form` has fitted, where the timings say enough.
    pub(super) fn fit_of(&self, form: Form) -> Option<&Fit> {
        self.fits.iter().find(|fit| fit.form == form)
    }

    pub(super) fn errors(&self) -> Vec<(Form, Option<f64>)> {
        let error = |fit: &Fit| (fit.form, fit.validation.mape);
        self.fits.iter().map(error).collect()
    }

    /// It as it is kept.
    pub(super) fn written(&self) -> Option<Vec<u8>> {
        postcard::to_stdvec(self).ok()
    }

    /// What was kept as `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

// An answer shows a part of an explanation, and what is kept is all of it.

fn figures<S: Serializer>(own: &Explanation, to: S) -> Result<S::Ok, S::Error> {
    own.figures().serialize(to)
}

fn of_figures<'de, D: Deserializer<'de>>(from: D) -> Result<Explanation, D::Error> {
    Figures::deserialize(from).map(Explanation::of_figures)
}

fn figures_by_group<S: Serializer>(own: &[(Group, Explanation)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(own.iter().map(|(group, own)| (group, own.figures())))
}

fn of_figures_by_group<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<(Group, Explanation)>, D::Error> {
    let all = Vec::<(Group, Figures)>::deserialize(from)?;
    let own = |(group, figures)| (group, Explanation::of_figures(figures));
    Ok(all.into_iter().map(own).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::data::seed::built_in;
    use crate::timing::fit::training::Sample;

    /// Of the paper's first timings.
    fn parts() -> Parts {
        let (_, rows) = built_in().unwrap();
        let rows = rows
            .iter()
            .filter(|row| row.platform.as_str() == "v100x8-paper");
        let samples = (1..)
            .zip(rows.take(12))
            .map(|(id, row)| (row.group.clone(), Sample::new(id, row, 8)));
        let mut set = TrainingSet::default();
        set.add(samples);
        Parts::of(&set, &Form::ALL).unwrap().validated()
    }

    /// All names in it, without the numbers.
    fn names(parts: &Parts) -> String {
        let text = format!("{parts:?}");
        let is_of_number = |c: char| c.is_ascii_digit() || "-+.e".contains(c);
        text.replace(is_of_number, "")
    }

    #[test]
    fn fits_that_another_release_has_kept_are_read_as_what_they_were() {
        let hex = |bytes: &[u8]| {
            let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
            digits.collect::<Vec<_>>().concat()
        };
        let kept = include_str!("../../../../tests/golden/kept.hex").trim_end();
        let digits = kept.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> = digits
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok())
            .collect();
        let made = parts();
        let is_same = Parts::read(&bytes.unwrap()).is_some_and(|read| {
            names(&read) == names(&made) && read.written().is_some_and(|again| hex(&again) == kept)
        });
        let new = hex(&made.written().unwrap());
        assert!(
            is_same,
            "what is kept has another form: raise FORM in live/kept_fits/source.rs, and put this in tests/golden/kept.hex:\n{new}"
        );
    }
}

//! Predictors of GPUs on which nothing was timed: another platform's fit, at the scales of both data sheets.

use std::cmp::Reverse;
use std::sync::Arc;

use super::datasheet::{AskedGpu, ENOUGH, Reference, Sheet};
use super::fit_id::{FitId, unknown};
use super::predictor::Predictor;
use super::predictors::Predictors;
use crate::json::Invalid;
use crate::timing::data::platform::Mode;

impl Predictors {
    /// What the data sheet of a GPU makes of the fit of the platform most like it; `None` where no platform of known
    /// GPU and precision has timings of `mode`.
    #[must_use]
    pub fn on_gpu(&self, asked: &AskedGpu, mode: Mode) -> Option<Predictor> {
        let references = self.of_mode(mode).filter_map(|predictor| {
            let reference = Reference::new(predictor.platform())?;
            let timings = predictor.measurements();
            let rank = (
                timings < ENOUGH,
                reference.unlikeness(asked),
                Reverse(timings),
            );
            Some((rank, reference, predictor))
        });
        let (_, reference, predictor) = references.min_by(|a, b| a.0.cmp(&b.0))?;
        Some(predictor.on(Sheet::new(asked, &reference, mode)))
    }

    /// The fit called `id`, of a platform or of a GPU for which one of these stands.
    ///
    /// # Errors
    /// Where it is not among these.
    pub fn current(&self, id: &FitId) -> Result<Arc<Predictor>, Invalid> {
        let found = self.named(&id.of_platform());
        found
            .ok_or_else(|| unknown(id, &self.names()))?
            .standing(id)
    }
}

impl Predictor {
    /// How many times as long nets take on `asked` as on this platform, where both data sheets are known.
    #[must_use]
    pub fn scale_to(&self, asked: &AskedGpu) -> Option<f64> {
        let reference = Reference::new(self.platform())?;
        Some(Sheet::new(asked, &reference, self.mode()).scales.factor())
    }

    /// The fit called `id`, of which this is the platform's.
    ///
    /// # Errors
    /// Where it stands for a GPU that is not known here, or by other figures.
    pub fn standing(self: &Arc<Self>, id: &FitId) -> Result<Arc<Self>, Invalid> {
        let Some(sheets) = &id.sheets else {
            return Ok(Arc::clone(self));
        };
        let asked = AskedGpu::read(&sheets.word)?;
        let sheet = asked
            .zip(Reference::new(self.platform()))
            .map(|(asked, reference)| Sheet::new(&asked, &reference, self.mode()));
        let sheet = sheet.filter(|sheet| sheet.name == *sheets);
        let sheet = sheet.ok_or_else(|| {
            let detail = "the data sheets here say something else";
            let hint = format!(
                "ask for `{}` without `fit`, or another release",
                sheets.word
            );
            Invalid::at("", id.to_string(), detail, hint)
        })?;
        Ok(Arc::new(self.on(sheet)))
    }
}

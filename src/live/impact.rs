//! What an upload does to the fits, told before it is stored: of fits that are made anew in milliseconds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::timings::{Judged, Known, failed};
use crate::store::{StoreError, Writing};
use crate::timing::judge::foretold::Foretold;
use crate::timing::judge::impact::{Case, FitImpact, Impact};
use crate::timing::{Mode, Platform, PlatformId, Predictor, Predictors, TrainingSet};

/// Timings of a fit up to which it is told of. The error of larger ones follows later, since leaving nets out takes long.
const MOST: usize = 1_000;
/// Fits that are told of.
const FITS: usize = 8;

/// What is looked at of one fit.
struct Asked {
    platform: Platform,
    mode: Mode,
    set: TrainingSet,
    senders: BTreeMap<i64, String>,
}

impl Known {
    /// What `writing` does to the fits `predictors`, where its rows are thought of as in `judged`; and those that will be, so that they are
    /// made once.
    pub(super) async fn impact(
        &self,
        writing: &mut Writing,
        predictors: &Arc<Predictors>,
        judged: &Judged,
    ) -> Result<(Impact, Vec<Predictor>), StoreError> {
        let fresh = judged.made.fresh.iter();
        let keys: BTreeSet<(&PlatformId, Mode)> = fresh.map(|t| (&t.platform, t.mode)).collect();
        let stored = |(id, mode): &(&PlatformId, Mode)| self.timings.count(id, *mode);
        let large = judged.made.fresh.len() > MOST;
        let (told, dear): (Vec<_>, Vec<_>) = keys
            .into_iter()
            .partition(|key| !large && stored(key) + judged.made.fresh.len() <= MOST);
        let left_out = (!dear.is_empty() || told.len() > FITS).then(|| {
            format!(
                "fits of more than {MOST} timings, and more than {FITS} of them, are not told of"
            )
        });
        let mut asked = Vec::new();
        if !told.is_empty() {
            let (gone, come) = (judged.out(), judged.come(self));
            for (id, mode) in told.into_iter().take(FITS) {
                let defined = writing.defined().iter().find(|own| own.id == *id);
                let Some(platform) = defined.or_else(|| predictors.platforms.get(id)) else {
                    continue;
                };
                asked.push(Asked {
                    platform: platform.clone(),
                    mode,
                    set: self.timings.after(id, mode, &gone, &come),
                    senders: writing.senders(id, mode).await?,
                });
            }
        }
        let (predictors, foretold) = (Arc::clone(predictors), judged.foretold.clone());
        let work = move || fits(&predictors, asked, &foretold);
        let (fits, ahead) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|e| failed(&e))?;
        Ok((
            Impact { fits, left_out },
            ahead.into_iter().flatten().collect(),
        ))
    }
}

fn fits(
    predictors: &Predictors,
    asked: Vec<Asked>,
    foretold: &[Foretold],
) -> (Vec<FitImpact>, Vec<Option<Predictor>>) {
    let impact = |asked: Asked| {
        let case = Case {
            predictors,
            platform: &asked.platform,
            mode: asked.mode,
            set: asked.set,
            senders: &asked.senders,
        };
        case.impact(foretold)
    };
    asked.into_iter().map(impact).unzip()
}

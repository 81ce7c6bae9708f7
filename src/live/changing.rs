//! Taking out, putting back and deciding: what people do to what is stored.
//!
//! Each notes in the log who does it, in the same transaction.

use std::sync::Arc;

use super::Live;
use super::timings::{judged, timing};
use crate::store::{Action, Change, Decision, Deed, Moved, Object, Ruled, Senders, StoreError};
use crate::timing::judge::quarantine::Made;

impl Live {
    /// Takes upload `id` out of the fits.
    ///
    /// # Errors
    /// Where the store does not answer, or the rows that stay cannot be read to judge them anew; nothing is changed then.
    pub async fn remove_upload(&self, id: i64, deed: &Deed) -> Result<Moved, StoreError> {
        // The writer before the fits, as uploads do: the other way round each would wait for the other.
        let mut change = self.store.begin_change().await?;
        let moved = change.remove_upload(id, deed.at).await?;
        let object = Object::Upload(id);
        change.note(deed, Action::Undo, object, moved).await?;
        self.make(change).await?;
        Ok(moved)
    }

    /// Puts upload `id` back into the fits.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn restore_upload(&self, id: i64, deed: &Deed) -> Result<Moved, StoreError> {
        let mut change = self.store.begin_change().await?;
        let moved = change.restore_upload(id, deed.at).await?;
        let object = Object::Upload(id);
        change.note(deed, Action::Restore, object, moved).await?;
        self.make(change).await?;
        Ok(moved)
    }

    /// Takes the timing that measurement `id` is out of the fits, as far as these `senders` stand for it.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn remove_row(
        &self,
        id: i64,
        senders: &Senders,
        deed: &Deed,
    ) -> Result<Moved, StoreError> {
        let mut change = self.store.begin_change().await?;
        let moved = change.remove_row(id, senders, deed.at).await?;
        let object = Object::Measurement(id);
        change.note(deed, Action::Undo, object, moved).await?;
        self.make(change).await?;
        Ok(moved)
    }

    /// Puts the timing that measurement `id` is back into the fits: these `senders` stand for it again.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn restore_row(
        &self,
        id: i64,
        senders: &Senders,
        deed: &Deed,
    ) -> Result<Moved, StoreError> {
        let mut change = self.store.begin_change().await?;
        let moved = change.restore_row(id, senders, deed.at).await?;
        let object = Object::Measurement(id);
        change.note(deed, Action::Restore, object, moved).await?;
        self.make(change).await?;
        Ok(moved)
    }

    /// Decides that the timings of `object` are in the fits, or out of them, whatever the others let expect.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn rule(&self, object: Object, decision: &Decision) -> Result<Ruled, StoreError> {
        let mut change = self.store.begin_change().await?;
        let ruled = change.rule(object, decision).await?;
        self.make(change).await?;
        Ok(ruled)
    }

    /// Commits `change`, and fits anew what it takes out and puts in.
    async fn make(&self, mut change: Change) -> Result<(), StoreError> {
        let mut known = self.known.lock().await;
        self.catch_up(&mut known).await?;
        let predictors = self.predictors();
        let keys = change.keys().await?;
        known.load(&self.store, &predictors, &keys).await?;
        let mut made = Made {
            gone: change.gone().await?,
            fresh: Vec::new(),
        };
        let (mut come, mut after) = (Vec::new(), 0);
        loop {
            let rows = change.come(after).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in &rows {
                come.push(row.id);
                if let Some(platform) = predictors.platforms.get(&row.measurement.platform) {
                    made.fresh.push(timing(row, platform.device_count));
                }
            }
        }
        let platforms = Arc::new(predictors.platforms.clone());
        let judged = judged(&mut known, Arc::clone(&platforms), made, None).await?;
        change.judge(&come, &judged.judgement).await?;
        let fits = known.fits(&predictors, &platforms, change.version(), &judged);
        let committed = change.commit(&fits).await?;
        self.follow_change(&mut known, committed, judged, keys)
            .await;
        Ok(())
    }
}

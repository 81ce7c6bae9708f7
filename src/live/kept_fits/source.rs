//! Kept fits, read back one by one: with a digest, since a wrong answer is worse than a slow one.

use crate::live::timings::{put, read};
use crate::store::{Store, Which};
use crate::timing::TrainingSet;
use crate::timing::data::identity::digest;
use crate::timing::judge::quarantine::Judge;
use crate::timing::predict::fit_id::METHOD;
use crate::timing::predict::own::{Own, Source};
use crate::timing::predict::predictors::{Key, Timings};

/// Bytes of a digest.
const DIGEST: usize = 16;
/// How fits are written: to be raised where that changes. What they say is [`METHOD`]'s.
const FORM: u32 = 1;

/// The fits that a store keeps.
#[derive(Debug)]
pub(super) struct Kept(Store);

impl Kept {
    pub(super) fn new(store: Store) -> Self {
        Self(store)
    }
}

impl Source for Kept {
    fn kept(&self, own: &Own) -> Option<Vec<u8>> {
        let (key, hash) = (own.key(), own.hash());
        let asked = key.clone();
        let body = self
            .0
            .wait(move |store| async move { store.kept_body(&asked, hash).await });
        let body = body?.ok()??;
        opened(&key, hash, &body).map(<[u8]>::to_vec)
    }

    fn timings(&self, own: &Own) -> Option<TrainingSet> {
        let (key, devices) = (own.key(), own.platform.device_count);
        let rows = self.0.wait(move |store| async move {
            let (mut timings, mut judge) = (Timings::default(), Judge::default());
            let mut take = |rows| put(&mut timings, &mut judge, rows, |_| Some(devices));
            let done = read(&store, &key, Which::All, &mut take).await;
            done.map(|()| (timings, judge))
        });
        let (mut timings, mut judge) = rows?.ok()?;
        let platform = own.platform.clone();
        let platforms = [(platform.id.clone(), platform)].into_iter().collect();
        judge.weigh(&platforms, &mut timings);
        timings.all_of(&own.key()).cloned()
    }
}

/// `bytes` of the fit `hash` of `key`, behind their digest.
pub(super) fn sealed(key: &Key, hash: u64, bytes: Vec<u8>) -> Vec<u8> {
    let mut sealed = sum(key, hash, &bytes).to_be_bytes().to_vec();
    sealed.extend(bytes);
    sealed
}

/// What [`sealed`] was given, where nothing of it has changed and it was written in this form by this method, on such a machine.
pub(super) fn opened<'a>(key: &Key, hash: u64, sealed: &'a [u8]) -> Option<&'a [u8]> {
    let (seal, bytes) = sealed.split_at_checked(DIGEST)?;
    (seal == sum(key, hash, bytes).to_be_bytes()).then_some(bytes)
}

fn sum(key: &Key, hash: u64, bytes: &[u8]) -> u128 {
    let (platform, mode) = key;
    // The last bits of a logarithm are the machine's.
    let machine = std::env::consts::ARCH;
    let of = format!(
        "{FORM} {METHOD} {machine} {platform} {mode} {hash:016x} {:032x}",
        digest(bytes)
    );
    digest(of.as_bytes())
}

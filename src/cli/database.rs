//! The database that the settings name.

use std::path::Path;

use epochcast::store::{Options, Store};

use super::args::Settings;
use epochcast::live::clock::now;

/// Refuses a folder in the place of the database, before a lock is left beside it.
pub(crate) fn is_no_folder(settings: &Settings) -> anyhow::Result<()> {
    let url = &settings.database_url;
    anyhow::ensure!(
        !url.file().is_some_and(Path::is_dir),
        "{url} is a folder, and a file is needed"
    );
    Ok(())
}

/// The store that the settings name, to be read as it is: nothing of it changes, and nothing is made where there is none.
pub(crate) async fn look(settings: &Settings) -> anyhow::Result<Store> {
    is_no_folder(settings)?;
    Ok(Store::look(&settings.database_url).await?)
}

/// Ends a look; fails where somebody has written the store meanwhile, so that what was read is not one state of it.
pub(crate) async fn looked(store: &Store) -> anyhow::Result<()> {
    store.close().await;
    Ok(store.is_as_it_was()?)
}

/// The store that the settings name.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Store> {
    let url = &settings.database_url;
    is_no_folder(settings)?;
    if settings.read_only {
        return Ok(Store::open_read_only(url).await?);
    }
    let (seed, now) = (!settings.no_seed, now());
    Ok(Store::open(url, Options { seed, now }).await?)
}

//! `epochcast export`, `backup`, `restore` and `verify`.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use epochcast::live::{Export, ExportFormat, Live};
use epochcast::store::Filter;

use crate::config::Settings;

/// Writes all that is stored to standard output.
pub(crate) async fn export(settings: &Settings) -> anyhow::Result<()> {
    let live = Arc::new(Live::open(crate::open(settings).await?).await?);
    let mut export = Export::new(live.clone(), Filter::default(), ExportFormat::Ndjson);
    let mut out = std::io::stdout().lock();
    while let Some(part) = export.next_part().await? {
        out.write_all(&part)?;
    }
    live.store().close().await;
    Ok(out.flush()?)
}

/// Copies the database to `file`.
pub(crate) async fn back_up(settings: &Settings, file: &Path) -> anyhow::Result<()> {
    let store = crate::open(settings).await?;
    store.back_up(file).await?;
    store.close().await;
    Ok(())
}

/// Replaces all that is stored by the backup `file`.
pub(crate) async fn restore(settings: &Settings, file: &Path) -> anyhow::Result<()> {
    let store = crate::open(settings).await?;
    store.restore(file, crate::now()).await?;
    store.close().await;
    Ok(())
}

/// Fails where the database is damaged.
pub(crate) async fn verify(settings: &Settings) -> anyhow::Result<()> {
    let store = crate::open(settings).await?;
    let damage = store.damage().await?;
    for found in &damage {
        eprintln!("{}: {}", found.place, found.cause);
    }
    store.close().await;
    anyhow::ensure!(
        damage.is_empty(),
        "{} places are damaged: restore a backup",
        damage.len()
    );
    println!("no damage found");
    Ok(())
}

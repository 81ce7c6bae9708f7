//! `epochcast export`, `backup`, `copy` and `verify`: none changes the database.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use epochcast::live::{Export, ExportFormat, Live};
use epochcast::store::{Damage, Filter, Options, Store};

use crate::cli::args::{CopyArgs, Settings};
use crate::cli::database;
use epochcast::live::clock;

/// Writes all that is stored to standard output.
pub(crate) async fn export(settings: &Settings) -> anyhow::Result<()> {
    let live = Arc::new(Live::open(database::look(settings).await?).await?);
    let mut export = Export::new(live.clone(), Filter::default(), ExportFormat::Ndjson);
    let mut out = std::io::stdout().lock();
    while let Some(part) = export.next_part().await? {
        out.write_all(&part)?;
    }
    out.flush()?;
    database::looked(live.store()).await
}

/// Copies the database to `file`.
pub(crate) async fn back_up(settings: &Settings, file: &Path) -> anyhow::Result<()> {
    let store = database::look(settings).await?;
    let holds = store.back_up(file, clock::now()).await?;
    if let Err(error) = database::looked(&store).await {
        std::fs::remove_file(file)?;
        return Err(error);
    }
    println!("{}: {holds}", file.display());
    Ok(())
}

/// Copies all of one database into another, which is empty, and looks whether it has arrived as it was.
pub(crate) async fn copy(args: &CopyArgs) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.from != args.to,
        "{} is both what to copy and where to: name two",
        args.from
    );
    let from = Store::look(&args.from).await?;
    let options = Options {
        seed: false,
        now: clock::now(),
    };
    let to = Store::open(&args.to, options).await?;
    let copied = from.copy_into(&to).await;
    from.close().await;
    let holds = copied?;
    let damage = to.damage().await?;
    to.close().await;
    print(&damage);
    anyhow::ensure!(
        damage.is_empty(),
        "not all of {} has arrived as it was: does epochcast verify find damage there?",
        args.from
    );
    println!("{}: {holds}", args.to);
    Ok(())
}

/// Fails where the database is damaged.
pub(crate) async fn verify(settings: &Settings) -> anyhow::Result<()> {
    let store = database::look(settings).await?;
    let damage = store.damage().await?;
    database::looked(&store).await?;
    print(&damage);
    anyhow::ensure!(
        damage.is_empty(),
        "{} damaged: restore a backup",
        match damage.len() {
            1 => "1 place is".to_owned(),
            places => format!("{places} places are"),
        }
    );
    println!("no damage found");
    Ok(())
}

/// A line for each place.
pub(crate) fn print(damage: &[Damage]) {
    for found in damage {
        eprintln!("{found}");
    }
}

//! `epochcast restore`: says what goes and what comes, asks, and keeps what it replaces.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use epochcast::store::{Backup, Options, Present, Restored, Restoring, Revoked, Store};

use crate::cli::args::{RestoreArgs, Settings};
use crate::cli::database;
use epochcast::live::clock;

/// Replaces all that is stored by a backup.
pub(crate) async fn restore(settings: &Settings, args: &RestoreArgs) -> anyhow::Result<()> {
    let url = &settings.database_url;
    database::is_no_folder(settings)?;
    let backup = Backup::of(&args.file, url).await?;
    let present = Store::present(url).await?;
    say(settings, args, &present, &backup)?;
    anyhow::ensure!(args.yes || agreed()?, "nothing was changed");
    let now = clock::now();
    let how = Restoring {
        revoked: if args.revive_tokens {
            Revoked::Revive
        } else {
            Revoked::Stay
        },
        kept: kept(settings, &present, now),
        now,
    };
    let restored = match present {
        Present::Whole(_) => {
            let store = Store::open(url, Options { seed: false, now }).await?;
            let restored = store.restore(&backup, &how).await;
            store.close().await;
            restored?
        }
        Present::Broken(_) | Present::Absent => backup.install(url, &how).await?,
    };
    done(&restored, &how)
}

/// What is replaced, and by what.
fn say(
    settings: &Settings,
    args: &RestoreArgs,
    present: &Present,
    backup: &Backup,
) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let database = &settings.database_url;
    match present {
        Present::Whole(holds) => writeln!(out, "goes:  {database}: {holds}")?,
        Present::Broken(cause) => {
            writeln!(out, "goes:  {database}, which cannot be read: {cause}")?;
        }
        Present::Absent => writeln!(out, "goes:  nothing: there is no {database}")?,
    }
    let made = match backup.mark() {
        Some(mark) => format!(
            "made by epochcast {} on {}",
            mark.release,
            date(mark.made_at, "%Y-%m-%d %H:%M:%S UTC")
        ),
        None => "made by a release before 0.6.0: it has no mark of a complete backup, but all in it is sound".to_owned(),
    };
    writeln!(
        out,
        "comes: {}: {}; {made}",
        args.file.display(),
        backup.holds()
    )?;
    Ok(out.flush()?)
}

/// Whether the person at the terminal agrees.
fn agreed() -> anyhow::Result<bool> {
    anyhow::ensure!(
        std::io::stdin().is_terminal(),
        "nothing was changed: add --yes to replace what goes by what comes"
    );
    eprint!("Replace it? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Where the replaced database is kept.
fn kept(settings: &Settings, present: &Present, now: i64) -> PathBuf {
    let what = match present {
        Present::Whole(holds) => holds.data_version.to_string(),
        Present::Broken(_) | Present::Absent => "damaged".to_owned(),
    };
    let file = settings.database_url.file().unwrap_or(Path::new(""));
    let mut name = file.as_os_str().to_owned();
    name.push(format!(
        ".before-restore-{what}-{}",
        date(now, "%Y%m%dT%H%M%S%.3fZ")
    ));
    name.into()
}

fn done(Restored { tokens, damage }: &Restored, how: &Restoring) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if how.kept.exists() {
        writeln!(out, "kept:  {}: what was there", how.kept.display())?;
    }
    if !damage.is_empty() {
        writeln!(out, "       it is damaged, as it was before:")?;
        crate::cli::commands::archive::print(damage);
    }
    match (tokens, how.revoked) {
        (None, _) => writeln!(
            out,
            "note:  which tokens were revoked could not be read: see epochcast token list"
        )?,
        (Some(0), _) => {}
        (Some(n), Revoked::Stay) => writeln!(
            out,
            "note:  tokens that were revoked since, and stay so: {n} (--revive-tokens makes them hold again)"
        )?,
        (Some(n), Revoked::Revive) => {
            writeln!(
                out,
                "note:  tokens that were revoked since, and hold again: {n}"
            )?;
        }
    }
    writeln!(out, "restored")?;
    Ok(out.flush()?)
}

fn date(milliseconds: i64, form: &str) -> String {
    let at = jiff::Timestamp::from_millisecond(milliseconds);
    at.map_or_else(|_| String::new(), |at| at.strftime(form).to_string())
}

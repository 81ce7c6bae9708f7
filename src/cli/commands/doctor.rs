//! `epochcast doctor`: what is wrong with a set-up, and what to do about it. It changes nothing.

use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::path::Path;

use epochcast::store::{Disk, Schema, Store, StoreError};
use epochcast::units::quantity::size;
use epochcast::units::to_f64;
use rustix::fs::Access;

use crate::cli::args::Settings;

/// What a look at one thing has shown.
enum Found {
    Good(String),
    Bad { what: String, remedy: String },
}

fn bad(what: impl Into<String>, remedy: impl Into<String>) -> Found {
    Found::Bad {
        what: what.into(),
        remedy: remedy.into(),
    }
}

/// Prints a line for each thing that serving needs; fails where one is missing.
pub(crate) async fn doctor(settings: &Settings) -> anyhow::Result<()> {
    let mut found = vec![("address", address(settings))];
    match settings.database_url.file() {
        Some(path) => found.extend([
            ("folder", folder(path, settings.read_only)),
            ("database", database(settings, path).await),
            ("disk", room(Disk::of(path))),
        ]),
        None => found.push(("database", release(settings).await)),
    }
    found.extend([
        ("descriptors", descriptors(settings)),
        ("reach", reach(settings)),
    ]);
    let mut out = std::io::stdout().lock();
    let mut wrong = 0;
    for (name, found) in found {
        match found {
            Found::Good(what) => writeln!(out, "good   {name:<12} {what}")?,
            Found::Bad { what, remedy } => {
                wrong += 1;
                writeln!(
                    out,
                    "wrong  {name:<12} {what}\n       {:<12} do: {remedy}",
                    ""
                )?;
            }
        }
    }
    out.flush()?;
    match wrong {
        0 => Ok(()),
        1 => anyhow::bail!("1 thing is wrong"),
        _ => anyhow::bail!("{wrong} things are wrong"),
    }
}

/// Why the database could not be opened: what a look at it shows, or else `error` itself.
pub(crate) async fn unopened(settings: &Settings, error: anyhow::Error) -> anyhow::Error {
    if let Some(StoreError::Newer { .. } | StoreError::Older { .. } | StoreError::Nothing { .. }) =
        error.downcast_ref()
    {
        return error;
    }
    if let Some(StoreError::Damaged { .. }) = error.downcast_ref() {
        return anyhow::anyhow!("{error}; {MEND}");
    }
    let Some(path) = settings.database_url.file() else {
        return error;
    };
    let disk = Disk::of(path);
    // On a full disk a look at the database fails too, and does not say why.
    let full = disk.free_bytes.is_some_and(|free| free < FULL);
    let first = full.then(|| room(disk));
    let others = [
        folder(path, settings.read_only),
        // A start makes what is not there.
        if path.exists() || settings.read_only {
            database(settings, path).await
        } else {
            Found::Good(String::new())
        },
        room(Disk::of(path)),
    ];
    for found in first.into_iter().chain(others) {
        if let Found::Bad { what, remedy } = found {
            return anyhow::anyhow!("{what}; {remedy}");
        }
    }
    error
}

/// What to do with a damaged database.
const MEND: &str = "epochcast verify names all of it, epochcast restore takes a backup back, and --check off serves it nevertheless";

fn address(settings: &Settings) -> Found {
    let address = settings.listen;
    match TcpListener::bind(address) {
        Ok(_) => Found::Good(format!("{address} is free")),
        Err(error) => bad(
            format!("{address}: {error}"),
            remedy_of_address(settings, error.kind()),
        ),
    }
}

/// What to do where an address cannot be listened on.
pub(crate) fn remedy_of_address(settings: &Settings, kind: ErrorKind) -> String {
    let address = settings.listen;
    match kind {
        ErrorKind::AddrInUse => {
            let ours = crate::cli::commands::healthcheck::healthcheck(address).is_ok();
            let whose = if ours {
                "a service that answers"
            } else {
                "another program"
            };
            format!(
                "{whose} has it: end that, or choose another with --listen {}:0",
                address.ip()
            )
        }
        ErrorKind::PermissionDenied => {
            "ports below 1024 are the administrator's: choose a higher one with --listen".to_owned()
        }
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address: 127.0.0.1 is itself, 0.0.0.0 all that it has"
                .to_owned()
        }
        _ => "choose another with --listen".to_owned(),
    }
}

fn folder(path: &Path, read_only: bool) -> Found {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let shown = folder.display();
    if !folder.is_dir() {
        return bad(format!("{shown} is no folder"), format!("mkdir -p {shown}"));
    }
    let can = |access| rustix::fs::access(folder, access).is_ok();
    if read_only || can(Access::WRITE_OK | Access::EXEC_OK) {
        return Found::Good(format!("{shown} can be used"));
    }
    bad(
        format!("{shown} cannot be written by this user"),
        "give it to this user (chown), name another with --database-url, or serve with --read-only",
    )
}

async fn database(settings: &Settings, path: &Path) -> Found {
    let read_only = settings.read_only;
    let shown = path.display();
    if !path.exists() {
        if read_only {
            return bad(
                format!("{shown} is not there, and --read-only creates none"),
                "start once without --read-only",
            );
        }
        return bad(
            format!("there is no database at {shown}"),
            "start once: epochcast makes it; or name another with --database-url",
        );
    }
    if path.is_dir() {
        return bad(
            format!("{shown} is a folder, and a file is needed"),
            "name a file in it with --database-url, such as sqlite://epochcast.db",
        );
    }
    let needed = if read_only {
        Access::READ_OK
    } else {
        Access::READ_OK | Access::WRITE_OK
    };
    if rustix::fs::access(path, needed).is_err() {
        return bad(
            format!("{shown} cannot be used by this user"),
            "give it to this user (chown), with the files that begin with the same name",
        );
    }
    release(settings).await
}

/// Which release has written the database, and whether it is sound.
async fn release(settings: &Settings) -> Found {
    let shown = &settings.database_url;
    let is_file = shown.file().is_some();
    match Store::schema(&settings.database_url).await {
        Ok(Schema::Current) => Found::Good(format!("{shown} is of this release")),
        Ok(Schema::Empty) if !is_file => Found::Good(format!(
            "{shown} is empty: the first start makes its tables"
        )),
        Ok(Schema::Empty) => bad(
            format!("{shown} holds no table"),
            "take a backup back with epochcast restore, or delete the file to start anew",
        ),
        Ok(Schema::Older) if settings.read_only => bad(
            format!("{shown} is of an earlier release"),
            "start once without --read-only: it is backed up and migrated",
        ),
        Ok(Schema::Older) if !is_file => Found::Good(format!(
            "{shown} is of an earlier release: make a copy with pg_dump, the next start migrates it"
        )),
        Ok(Schema::Older) => Found::Good(format!(
            "{shown} is of an earlier release: the next start backs it up and migrates it"
        )),
        Ok(Schema::Newer) => bad(
            format!(
                "{shown} is of a later release than {}",
                env!("CARGO_PKG_VERSION")
            ),
            "run that release or a later one, or restore a backup that is older",
        ),
        Err(StoreError::Foreign) if !is_file => bad(
            format!("{shown} holds tables of another program"),
            "make a database of our own with createdb, and name it with --database-url",
        ),
        Err(StoreError::Foreign) => bad(
            format!("{shown} holds tables of another program"),
            "name a file of our own with --database-url: the first start makes it",
        ),
        Err(error @ (StoreError::Truncated { .. } | StoreError::OnlyLog { .. })) => {
            let told = error.to_string();
            let (what, remedy) = told.split_once(": ").unwrap_or((&told, "restore a backup"));
            bad(what, remedy)
        }
        Err(error @ StoreError::Damaged { .. }) => bad(error.to_string(), MEND),
        Err(error) if !is_file => {
            let told = error.to_string();
            let (what, remedy) = told.rsplit_once(": ").unwrap_or((&told, "ask who runs it"));
            bad(what, remedy)
        }
        Err(error) => bad(
            error.to_string(),
            "see whether another program holds it; epochcast verify looks for damage, epochcast restore takes a backup back",
        ),
    }
}

/// Less than this is soon used up.
const LITTLE: u64 = 100 << 20;

/// With less than this, SQLite cannot even look.
const FULL: u64 = 4 << 20;

fn room(disk: Disk) -> Found {
    let told = |bytes: u64| size(to_f64(bytes));
    match disk.free_bytes {
        Some(free) if free < LITTLE + disk.database_bytes => bad(
            format!(
                "{} are free beside a database of {}",
                told(free),
                told(disk.database_bytes)
            ),
            "make room: an upload needs as much as it brings, a backup or a migration as much as the database",
        ),
        Some(free) => Found::Good(format!("{} are free", told(free))),
        None => Found::Good("the system does not say how much is free".to_owned()),
    }
}

fn descriptors(settings: &Settings) -> Found {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let needed = u64::try_from(settings.max_connections)
        .unwrap_or(u64::MAX)
        .saturating_add(64);
    match limit.maximum {
        Some(most) if most < needed => bad(
            format!("{most} files may be open, and --max-connections takes {needed}"),
            "raise it (ulimit -n, LimitNOFILE= of systemd), or lower --max-connections",
        ),
        _ => Found::Good(format!("{needed} may be open")),
    }
}

fn reach(settings: &Settings) -> Found {
    if settings.listen.ip().is_loopback() {
        return Found::Good("only this machine reaches it".to_owned());
    }
    let tokens = if settings.require_token {
        "whoever reads needs a token"
    } else {
        "all may read; to write takes a token"
    };
    Found::Good(format!(
        "other machines may reach it: {tokens}; there is no TLS without a proxy"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy(found: Found) -> Option<String> {
        match found {
            Found::Good(_) => None,
            Found::Bad { remedy, .. } => Some(remedy),
        }
    }

    #[test]
    fn little_room_is_wrong_and_a_large_database_needs_more() {
        let of = |database_bytes, free_bytes| {
            remedy(room(Disk {
                database_bytes,
                free_bytes,
            }))
        };
        assert_eq!(of(0, Some(LITTLE)), None);
        assert!(of(0, Some(LITTLE - 1)).unwrap().starts_with("make room"));
        assert!(of(1 << 30, Some(1 << 30)).unwrap().starts_with("make room"));
        assert_eq!(of(1 << 30, None), None);
    }

    #[test]
    fn each_way_to_miss_an_address_has_its_own_remedy() {
        use clap::Parser;
        let cli = crate::cli::args::Cli::parse_from(["epochcast", "--listen", "127.0.0.1:1"]);
        let of = |kind| remedy_of_address(&cli.settings, kind);
        assert!(of(ErrorKind::AddrInUse).starts_with("another program has it"));
        assert!(of(ErrorKind::PermissionDenied).contains("below 1024"));
        assert!(of(ErrorKind::AddrNotAvailable).contains("no such address"));
    }
}

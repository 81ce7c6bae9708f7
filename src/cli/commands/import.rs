//! `epochcast import`: timings from files.

use std::fs::File;
use std::io::{IsTerminal, Read, Seek};
use std::path::Path;

use anyhow::Context;
use epochcast::live::{Live, OnError, Receipt, ReceiveError, Rejudged, RowError, Upload};
use epochcast::timing::data::defaults::Defaults;
use epochcast::timing::data::foreign::{self, Refused, detect};
use epochcast::timing::data::upload::Format;
use epochcast::timing::judge::impact::FitImpact;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::args::{ImportArgs, Settings};
use crate::cli::database;
use crate::cli::table;
use crate::cli::words::told_of_file;
use epochcast::live::clock;

/// Stores the rows of each file; a file that cannot be read fails, after those before it were stored. Rejected rows fail
/// at the end, so that a script learns of them.
pub(crate) async fn import(settings: &Settings, args: &ImportArgs) -> anyhow::Result<()> {
    let live = Live::open(database::open(settings).await?).await?;
    let mut rejected = 0;
    for path in &args.files {
        let received = live.receive(upload(path, args)?).await;
        let receipt = received
            .map_err(|error| told(&error))
            .with_context(|| path.display().to_string())?;
        print(path, &receipt)?;
        rejected += receipt.counts.rejected;
    }
    live.store().close().await;
    let rows = match rejected {
        0 => return Ok(()),
        1 => "1 row was".to_owned(),
        many => format!("{many} rows were"),
    };
    anyhow::bail!(
        "{rows} rejected: correct what is named above and import again, rows that are stored count once"
    )
}

fn upload(path: &Path, args: &ImportArgs) -> anyhow::Result<Upload> {
    let Opened { file, name, format } = opened(path)?;
    let bar = progress(file.metadata()?.len());
    Ok(Upload {
        format,
        body: Box::new(bar.wrap_read(file)),
        on_error: if args.abort {
            OnError::Abort
        } else {
            OnError::Skip
        },
        dry_run: args.dry_run,
        defaults: Defaults {
            platform: args.platform.clone().map(Into::into),
            mode: args.mode,
            model: args
                .net
                .clone()
                .map(|name| serde_json::json!({"name": name})),
            batch_size: args.batch_size,
            units: args.units,
            file_name: Some(name),
        },
        trusted: true,
        sender: "import".into(),
        now: clock::now(),
    })
}

/// Bytes that tell what a file is.
const HEAD: u64 = 64 << 10;

/// A file of timings.
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) name: String,
    pub(crate) format: Format,
}

/// The file at `path`, whose name and start say what it is.
pub(crate) fn opened(path: &Path) -> anyhow::Result<Opened> {
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let mut head = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut head)?;
    file.rewind()?;
    let name = path.file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    let format = format(&head, &name)?;
    Ok(Opened { file, name, format })
}

fn format(head: &[u8], name: &str) -> anyhow::Result<Format> {
    match detect(head, Some(name)) {
        foreign::Format::Own(own) => Ok(own.into()),
        foreign::Format::Foreign(foreign) => Ok(Format::Foreign(foreign)),
        // A table of no known form is told which of its columns is unknown.
        foreign::Format::Refused(Refused::Unknown) => Ok(Format::Csv),
        foreign::Format::Refused(refused) => Err(refused.reason()).with_context(|| name.to_owned()),
    }
}

fn progress(bytes: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn print(
    path: &Path,
    Receipt {
        upload,
        counts,
        kept,
        errors,
        doubted,
        rejudged,
        units,
        other_counts,
        no_group,
        impact,
    }: &Receipt,
) -> anyhow::Result<()> {
    let stored = upload.map_or_else(|| "dry run".to_owned(), |id| format!("upload {id}"));
    table::print(&format!(
        "{}: {stored}: {} accepted, {} duplicates, {} quarantined, {} rejected\n",
        path.display(),
        counts.accepted,
        counts.duplicates,
        counts.quarantined,
        counts.rejected
    ))?;
    named(errors);
    if *kept < counts.rejected && upload.is_some() {
        anstream::eprintln!(
            "  the first {kept} of {} rejected rows are kept",
            counts.rejected
        );
    }
    for note in units {
        anstream::eprintln!("  {}", note.told().replace("?units=", "--units "));
    }
    for note in other_counts {
        anstream::eprintln!("  {}", note.told());
    }
    for note in no_group {
        anstream::eprintln!("  {}", note.told());
    }
    for (line, reason) in doubted {
        anstream::eprintln!("  line {line}: kept out of the fits: {reason}");
    }
    let Rejudged { doubted, cleared } = *rejudged;
    if doubted + cleared > 0 {
        anstream::eprintln!(
            "  of rows stored before, {doubted} are kept out of the fits now, and {cleared} are in again"
        );
    }
    for line in impact.fits.iter().flat_map(FitImpact::told) {
        anstream::eprintln!("  {line}");
    }
    if let Some(left_out) = &impact.left_out {
        anstream::eprintln!("  {left_out}");
    }
    Ok(())
}

/// Names the rows that are wrong.
fn named(errors: &[RowError]) {
    for RowError { line, invalid } in errors {
        anstream::eprintln!("  line {line}: {}", told_of_file(invalid));
    }
}

fn told(error: &ReceiveError) -> anyhow::Error {
    if let ReceiveError::Rejected { errors, .. } = error {
        named(errors);
    }
    anyhow::anyhow!("{error}")
}

//! `epochcast uploads`, `upload show`, `undo`, `redo` and `audit`: what was stored, out of the fits and back, and by whom.

use anyhow::Context;
use epochcast::ask::known::audit::{Audit, AuditEntry};
use epochcast::ask::known::uploads::{UploadSummary, Uploads};
use epochcast::live::Live;
use epochcast::store::{AuditRow, Deed, Filter, Moved, Page, Rejection, Store, UploadRow};
use epochcast::units::moment;

use crate::cli::args::Settings;
use crate::cli::database;
use crate::cli::request::print_json;
use crate::cli::table::{self, Table};
use crate::cli::words::{counted, path};
use epochcast::live::clock;

/// Lists all uploads.
pub(crate) async fn list(settings: &Settings, as_json: bool) -> anyhow::Result<()> {
    let store = database::look(settings).await?;
    let mut uploads: Vec<UploadRow> = Vec::new();
    loop {
        let after = uploads.last().map_or(0, |last| last.id);
        let more = store.uploads(after, PAGE).await?;
        if more.is_empty() {
            break;
        }
        uploads.extend(more);
    }
    database::looked(&store).await?;
    if as_json {
        let uploads = uploads.into_iter().map(UploadSummary::from).collect();
        return print_json(&Uploads {
            uploads,
            next: None,
        });
    }
    let mut table = Table::default()
        .right("id")
        .left("when")
        .long("sender")
        .right("accepted")
        .right("duplicates")
        .right("doubted")
        .right("rejected")
        .left("state");
    for upload in &uploads {
        table.row([
            upload.id.to_string(),
            moment::minute(upload.created_at),
            upload.sender.name.clone(),
            upload.accepted.to_string(),
            upload.duplicates.to_string(),
            upload.quarantined.to_string(),
            upload.rejected.to_string(),
            state(upload),
        ]);
    }
    table::print(&table.fitted(table::room()))
}

const PAGE: u32 = 1000;
/// Rows of a kind that are shown of one upload.
const SHOWN: u32 = 20;

fn state(upload: &UploadRow) -> String {
    match upload.removed_at {
        Some(at) => format!("undone {}", moment::minute(at)),
        None => "in use".to_owned(),
    }
}

/// Shows upload `id`, with its first rows that were doubted or rejected.
pub(crate) async fn show(settings: &Settings, id: i64, as_json: bool) -> anyhow::Result<()> {
    let store = database::look(settings).await?;
    let upload = known(&store, id).await?;
    if as_json {
        database::looked(&store).await?;
        return print_json(&UploadSummary::from(upload));
    }
    let mut table = Table::default().left("").left("");
    table.row(["upload".to_owned(), id.to_string()]);
    table.row(["when".to_owned(), moment::minute(upload.created_at)]);
    table.row(["sender".to_owned(), upload.sender.name.clone()]);
    table.row(["state".to_owned(), state(&upload)]);
    table.row(["accepted".to_owned(), upload.accepted.to_string()]);
    table.row(["duplicates".to_owned(), upload.duplicates.to_string()]);
    table.row(["doubted".to_owned(), upload.quarantined.to_string()]);
    doubted(&store, &upload, &mut table).await?;
    table.row(["rejected".to_owned(), upload.rejected.to_string()]);
    rejected(&store, &upload, &mut table).await?;
    database::looked(&store).await?;
    table::print(&table.fitted(table::room()))
}

async fn doubted(store: &Store, upload: &UploadRow, table: &mut Table) -> anyhow::Result<()> {
    let filter = Filter {
        upload: Some(upload.id),
        quarantined: Some(true),
        ..Filter::default()
    };
    let page = Page {
        after: 0,
        limit: SHOWN,
    };
    for row in store.measurements(&filter, page).await? {
        let reason = row.quarantined.unwrap_or_default();
        table.note(format!("line {}: {reason}", row.line));
    }
    more(upload.quarantined, table);
    Ok(())
}

async fn rejected(store: &Store, upload: &UploadRow, table: &mut Table) -> anyhow::Result<()> {
    for row in store.rejections(upload.id, 0, SHOWN).await? {
        let Rejection {
            line,
            field,
            detail,
            hint,
            ..
        } = row;
        let hint = if hint.is_empty() {
            hint
        } else {
            format!(" ({hint})")
        };
        table.note(format!("line {line}: {}: {detail}{hint}", path(&field)));
    }
    more(upload.rejected, table);
    Ok(())
}

/// Says that there are more than were shown.
fn more(all: i64, table: &mut Table) {
    let left = all - i64::from(SHOWN);
    if left > 0 {
        table.note(format!("and {left} more"));
    }
}

/// Takes upload `id` out of the fits.
pub(crate) async fn undo(settings: &Settings, id: i64) -> anyhow::Result<()> {
    let live = existing(settings, id).await?;
    let Moved { timings, remaining } = live
        .remove_upload(id, &Deed::on_command_line(clock::now()))
        .await?;
    live.store().close().await;
    let timings = counted(timings, "timing");
    let stay = if remaining > 0 {
        let stay = counted(remaining, "timing");
        format!("{stay} of it stay, since others have sent them too\n")
    } else {
        String::new()
    };
    table::print(&format!(
        "upload {id} is undone, {timings} taken out: epochcast redo {id} puts it back\n{stay}"
    ))
}

/// Puts upload `id` back into the fits.
pub(crate) async fn redo(settings: &Settings, id: i64) -> anyhow::Result<()> {
    let live = existing(settings, id).await?;
    let Moved { timings, remaining } = live
        .restore_upload(id, &Deed::on_command_line(clock::now()))
        .await?;
    live.store().close().await;
    let timings = counted(timings, "timing");
    table::print(&format!(
        "upload {id} is in use, {timings} put back, {remaining} in all\n"
    ))
}

/// The fits over a store that holds upload `id`: nothing is made to look for one.
async fn existing(settings: &Settings, id: i64) -> anyhow::Result<Live> {
    let store = database::look(settings).await?;
    known(&store, id).await?;
    database::looked(&store).await?;
    Ok(Live::open(database::open(settings).await?).await?)
}

async fn known(store: &Store, id: i64) -> anyhow::Result<UploadRow> {
    let upload = store.upload(id).await?;
    upload.with_context(|| format!("there is no upload {id}: epochcast uploads lists them"))
}

/// Lists what was done, the newest first.
pub(crate) async fn audit(settings: &Settings, as_json: bool) -> anyhow::Result<()> {
    let store = database::look(settings).await?;
    let mut rows: Vec<AuditRow> = Vec::new();
    loop {
        let before = rows.last().map(|last| last.id);
        let more = store.audit(before, PAGE).await?;
        if more.is_empty() {
            break;
        }
        rows.extend(more);
    }
    database::looked(&store).await?;
    if as_json {
        let entries = rows.into_iter().map(AuditEntry::from).collect();
        return print_json(&Audit {
            entries,
            next: None,
        });
    }
    let mut table = Table::default()
        .left("when")
        .long("who")
        .left("did")
        .left("to")
        .right("timings")
        .long("reason");
    for row in rows {
        let name = row.named.unwrap_or_else(|| row.subject_id.to_string());
        table.row([
            moment::minute(row.at),
            row.by.name,
            row.action.replace('_', " "),
            format!("{} {name}", row.subject),
            row.timings.to_string(),
            row.reason.unwrap_or_default(),
        ]);
    }
    table::print(&table.fitted(table::room()))
}

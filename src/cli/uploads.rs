//! `epochcast uploads`, `upload show`, `undo` and `redo`: what was stored, out of the fits and back.

use anyhow::Context;
use epochcast::http::uploads::{UploadSummary, Uploads};
use epochcast::live::Live;
use epochcast::store::{Filter, Page, Rejection, Store, UploadRow};

use super::table::{self, Table};
use super::words::{counted, path};
use crate::config::Settings;
use crate::request::print_json;

/// Lists all uploads.
pub(crate) async fn list(settings: &Settings, as_json: bool) -> anyhow::Result<()> {
    let store = existing(settings).await?;
    let mut uploads: Vec<UploadRow> = Vec::new();
    loop {
        let after = uploads.last().map_or(0, |last| last.id);
        let more = store.uploads(after, PAGE).await?;
        if more.is_empty() {
            break;
        }
        uploads.extend(more);
    }
    store.close().await;
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
            crate::date(upload.created_at),
            upload.sender.clone(),
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
        Some(at) => format!("undone {}", crate::date(at)),
        None => "in use".to_owned(),
    }
}

/// Shows upload `id`, with its first rows that were doubted or rejected.
pub(crate) async fn show(settings: &Settings, id: i64, as_json: bool) -> anyhow::Result<()> {
    let store = existing(settings).await?;
    let upload = known(&store, id).await?;
    if as_json {
        store.close().await;
        return print_json(&UploadSummary::from(upload));
    }
    let mut table = Table::default().left("").left("");
    table.row(["upload".to_owned(), id.to_string()]);
    table.row(["when".to_owned(), crate::date(upload.created_at)]);
    table.row(["sender".to_owned(), upload.sender.clone()]);
    table.row(["state".to_owned(), state(&upload)]);
    table.row(["accepted".to_owned(), upload.accepted.to_string()]);
    table.row(["duplicates".to_owned(), upload.duplicates.to_string()]);
    table.row(["doubted".to_owned(), upload.quarantined.to_string()]);
    doubted(&store, &upload, &mut table).await?;
    table.row(["rejected".to_owned(), upload.rejected.to_string()]);
    rejected(&store, &upload, &mut table).await?;
    store.close().await;
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
    let rows = store.rejections(upload.id).await?;
    for row in rows.into_iter().zip(0..SHOWN).map(|(row, _)| row) {
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
    let live = Live::open(existing(settings).await?).await?;
    let upload = known(live.store(), id).await?;
    let done = if upload.removed_at.is_some() {
        format!("upload {id} was undone before")
    } else {
        let rows = counted(live.remove_upload(id, crate::now()).await?, "row");
        format!("upload {id} is undone, {rows}: epochcast redo {id} puts it back")
    };
    live.store().close().await;
    table::print(&format!("{done}\n"))
}

/// Puts upload `id` back into the fits.
pub(crate) async fn redo(settings: &Settings, id: i64) -> anyhow::Result<()> {
    let live = Live::open(existing(settings).await?).await?;
    let upload = known(live.store(), id).await?;
    let done = if upload.removed_at.is_none() {
        format!("upload {id} was in use")
    } else {
        let rows = counted(live.restore_upload(id).await?, "row");
        format!("upload {id} is back in use, {rows}")
    };
    live.store().close().await;
    table::print(&format!("{done}\n"))
}

/// The store, which must be there: nothing is created to look for uploads in it.
async fn existing(settings: &Settings) -> anyhow::Result<Store> {
    let path = settings.database_url.path();
    anyhow::ensure!(
        path.exists(),
        "there is no database at {}: --database-url names another",
        path.display()
    );
    crate::open(settings).await
}

async fn known(store: &Store, id: i64) -> anyhow::Result<UploadRow> {
    let upload = store.upload(id).await?;
    upload.with_context(|| format!("there is no upload {id}: epochcast uploads lists them"))
}

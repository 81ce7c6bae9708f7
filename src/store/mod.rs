//! SQL and nothing else: platforms, uploads and measurements in one SQLite file.
//!
//! One writer connection, whose transactions begin immediately (a transaction that reads first and then writes fails
//! under other writers); readers in a pool of their own. WAL, with an fsync for every commit: an acknowledged row
//! survives a power cut. The file is created, migrated and seeded under a lock of its own beside it, so that any
//! number of processes may start on one empty path.

mod aside;
mod backup;
mod behind;
mod copy;
mod database;
mod error;
mod file;
mod seals;
mod server;
mod sql;
mod tables;
mod url;
mod writer;

pub use backup::damage::Damage;
pub use backup::holds::{Holds, Mark};
pub use backup::restore::{Backup, Present, Restored, Restoring, Revoked};
pub use backup::unfit::Unfit;
pub use behind::{behind, behind_by, behind_while_wanted};
pub use database::Store;
pub use error::StoreError;
pub use file::check::Check;
pub use file::health::Disk;
pub use file::migrate::Schema;
pub use tables::audit::{Action, AuditRow, Deed, Object};
pub use tables::changes::{Change, Moved, Senders};
pub use tables::fits::Since;
pub use tables::judged::rulings::{Decision, Ruled};
pub use tables::kept::{Keep, KeptAt, KeptHead, Which};
pub use tables::measurements::{Filter, NewRow, Page, Ruling, StoredMeasurement};
pub use tables::repeats::{First, Once};
pub use tables::seeded::Options;
pub use tables::senders::Sender;
pub use tables::sorted::{Direction, Sorted};
pub use tables::tokens::{NameError, NewToken, Scope, Token, TokenName};
pub use tables::uploads::{Counts, Rejection, UploadFilter, UploadRow, Writing};
pub use tables::version::Committed;
pub use url::DatabaseUrl;

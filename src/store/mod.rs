//! SQL and nothing else: platforms, uploads and measurements in one SQLite file.
//!
//! One writer connection, whose transactions begin immediately (a transaction that reads first and then writes fails
//! under other writers); readers in a pool of their own. WAL, with an fsync for every commit: an acknowledged row
//! survives a power cut. The file is created, migrated and seeded under a lock of its own beside it, so that any
//! number of processes may start on one empty path.

mod again;
mod backup;
mod behind;
mod changes;
mod check;
mod complete;
mod damage;
mod database;
mod draft;
mod error;
mod fits;
mod health;
mod holds;
mod integrity;
mod look;
mod measurements;
mod migrate;
mod open;
mod origins;
mod pages;
mod paths;
mod platforms;
mod restore;
mod seals;
mod senders;
mod sorted;
mod tokens;
mod unfit;
mod uploads;
mod version;
mod writer;

pub use behind::{behind, behind_by, behind_while_wanted};
pub use changes::{Change, Moved, Senders};
pub use check::Check;
pub use damage::Damage;
pub use database::Store;
pub use error::StoreError;
pub use fits::Since;
pub use health::Disk;
pub use holds::{Holds, Mark};
pub use measurements::{Filter, NewRow, Page, StoredMeasurement};
pub use migrate::Schema;
pub use open::{DatabaseUrl, Options};
pub use restore::{Backup, Present, Restored, Restoring, Revoked};
pub use senders::Sender;
pub use sorted::{Direction, Sorted};
pub use tokens::{NameError, NewToken, Scope, Token, TokenName};
pub use unfit::Unfit;
pub use uploads::{Counts, Rejection, UploadFilter, UploadRow, Writing};
pub use version::Committed;

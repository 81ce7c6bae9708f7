//! Why a file is not restored.

use super::damage::Damage;
use super::holds::Holds;

/// Why a file is not restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing is there.
    #[error("there is no such file")]
    Missing,
    /// A folder or a device.
    #[error("it is no file")]
    NoFile,
    /// The database that is to be replaced.
    #[error("it is the database itself")]
    Itself,
    /// Nothing is in it.
    #[error("it is empty (0 bytes): a backup that was interrupted")]
    Empty,
    /// A log or a journal of it.
    #[error("{0} lies beside it: it is in use, or was never finished")]
    Beside(String),
    /// Something else.
    #[error("it is no SQLite database")]
    NoDatabase,
    /// A database that is served, or was copied from one.
    #[error(
        "it is a database in use or a plain copy of one, and its last rows may be in a log: make a backup with epochcast backup"
    )]
    Live,
    /// A part of a file.
    #[error("it has {bytes} bytes, and its header says {whole}: a backup that was interrupted")]
    Half {
        /// What is there.
        bytes: u64,
        /// What was there once.
        whole: u64,
    },
    /// A database of another program.
    #[error("it holds tables of another program")]
    Foreign,
    /// A database without tables.
    #[error("it holds nothing")]
    Nothing,
    /// A database of a release that this one does not know.
    #[error("no release from 0.1.0 on has written it")]
    TooOld,
    /// A database of a later release.
    #[error("it was made by epochcast {0}: restore it with that release or a later one")]
    Newer(String),
    /// Not made by `epochcast backup`.
    #[error("it lacks the mark of a complete backup: make one with epochcast backup")]
    Unmarked,
    /// Not as it was made.
    #[error("it is damaged: {0}")]
    Damaged(Damage),
    /// Not what was put into it.
    #[error("it holds {found}, and its mark says {marked}")]
    Differs {
        /// What is in it.
        found: Holds,
        /// What was.
        marked: Holds,
    },
}

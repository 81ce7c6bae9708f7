//! A hidden folder for files that are not finished: what is in it gets its name when it is, or goes.
//!
//! It lies on the same disk as what it is for, and is held by a lock as long as its process works. Whoever works there next
//! removes those that nobody holds: their processes were killed.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

use super::paths::folder;

/// How the folders start; no other program calls one so.
const PREFIX: &str = ".epochcast-unfinished-";

/// The folder; it goes when this is dropped.
#[derive(Debug)]
pub(in crate::store) struct Draft {
    dir: TempDir,
    _held: File,
}

impl Draft {
    /// A new one in `folder`; those that were left there by processes that are no more are removed.
    pub(in crate::store) fn within(folder: &Path) -> io::Result<Self> {
        clear(folder);
        loop {
            let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(folder)?;
            let held = File::open(dir.path())?;
            held.lock()?;
            // Somebody may have taken it for one that nobody holds before it was locked.
            if is_at(&held, dir.path()) {
                return Ok(Self { dir, _held: held });
            }
        }
    }

    /// Path of a file in it.
    pub(in crate::store) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Path of the finished `file` in it: no log is left beside it, which would go with the folder. SQLite says nothing where
    /// a disk is too full to copy one into its database at the end.
    fn whole(&self, file: &str) -> io::Result<PathBuf> {
        let log = self.file(&format!("{file}-wal"));
        match fs::metadata(log) {
            Ok(log) if log.len() > 0 => Err(io::Error::new(
                ErrorKind::StorageFull,
                "what was written last cannot be copied into it: is there room on the disk?",
            )),
            _ => Ok(self.file(file)),
        }
    }

    /// Gives the finished `file` in it its name, which nothing may have yet, durably.
    pub(in crate::store) fn keep_as(&self, file: &str, name: &Path) -> io::Result<()> {
        let file = self.whole(file)?;
        File::open(&file)?.sync_all()?;
        rename_new(&file, name)?;
        File::open(folder(name))?.sync_all()
    }

    /// Puts the finished `file` in it in the place of what is called `name`, if anything is, durably.
    pub(in crate::store) fn put_in_place(&self, file: &str, name: &Path) -> io::Result<()> {
        let file = self.whole(file)?;
        File::open(&file)?.sync_all()?;
        fs::rename(file, name)?;
        File::open(folder(name))?.sync_all()
    }
}

/// Removes the drafts in `folder` whose processes are no more. What cannot be removed stays: it does no harm.
pub(super) fn clear(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let path = entry.path();
        let held = File::open(&path);
        if held.is_ok_and(|held| held.try_lock().is_ok() && is_at(&held, &path)) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Whether `file` is what lies at `path`.
fn is_at(file: &File, path: &Path) -> bool {
    let (open, there) = (file.metadata(), fs::symlink_metadata(path));
    matches!((open, there), (Ok(open), Ok(there)) if (open.dev(), open.ino()) == (there.dev(), there.ino()))
}

/// Renames, but replaces nothing.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // The file system does not know how: then there is a moment between the look and the deed.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            if fs::symlink_metadata(to).is_ok() {
                return Err(ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)
        }
        done => Ok(done?),
    }
}

//! Where a database is: a file, or a server.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::error::StoreError;
use super::sql::Server;

/// Where the database is: `sqlite://PATH`, or `postgres://…`. A password in it is never shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseUrl(Where);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Where {
    File(PathBuf),
    Server(Server),
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    /// What is wrong with the URL of a server is said where it is opened: whoever cannot read a URL may show it.
    fn from_str(url: &str) -> Result<Self, StoreError> {
        if let Some(server) = Server::of(url) {
            return Ok(Self(Where::Server(server)));
        }
        let path = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"));
        match path {
            Some(path) if !path.is_empty() => Ok(Self(Where::File(path.into()))),
            _ => Err(StoreError::Url(url.to_owned())),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Where::File(path) => path.display().fmt(f),
            Where::Server(server) => server.fmt(f),
        }
    }
}

impl DatabaseUrl {
    /// That of the file at `path`.
    pub(in crate::store) fn of(path: &Path) -> Self {
        Self(Where::File(path.to_owned()))
    }

    /// The file; `None`: it is on a server.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Where::File(path) => Some(path),
            Where::Server(_) => None,
        }
    }

    /// Whether a database may be there: a server tells when it is asked.
    #[must_use]
    pub fn may_be_there(&self) -> bool {
        self.file().is_none_or(Path::is_file)
    }

    /// The server, or the file.
    pub(in crate::store) fn server(&self) -> Result<&Server, &Path> {
        match &self.0 {
            Where::File(path) => Err(path),
            Where::Server(server) => Ok(server),
        }
    }

    /// The file.
    ///
    /// # Errors
    /// Where it is on a server, which has ways of its own.
    pub(in crate::store) fn only_file(&self) -> Result<&Path, StoreError> {
        self.file().ok_or_else(|| StoreError::NoFile {
            server: self.to_string(),
        })
    }
}

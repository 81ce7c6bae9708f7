//! A look at the file before it is served: quick, or whole.

use std::str::FromStr;

use sqlx::ConnectOptions;

use super::migrate::Schema;
use super::open::along;
use super::pages::{LONGER, QUICK, pages};
use super::paths::{beside, has_log, is_there, reading, unreadable};
use crate::store::database::{Place, Store};
use crate::store::error::StoreError;
use crate::store::sql::Connect;
use crate::store::url::DatabaseUrl;

/// How closely to look at a database before it is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Not at all.
    Off,
    /// At its length and its pages, for a second at most.
    Quick,
    /// At all that a search for damage finds.
    Full,
}

impl FromStr for Check {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "off" => Ok(Self::Off),
            "quick" => Ok(Self::Quick),
            "full" => Ok(Self::Full),
            _ => Err("off, quick or full".to_owned()),
        }
    }
}

impl Store {
    /// Looks at the pages of the database at `url` before it is opened, for a tenth of a second at most; one that is not there is
    /// sound.
    ///
    /// # Errors
    /// Where it is damaged, or cannot be read.
    pub async fn check(url: &DatabaseUrl) -> Result<(), StoreError> {
        let Some(path) = url.file() else {
            return Ok(());
        };
        if !is_there(path)? {
            return Ok(());
        }
        if beside(path, "-journal").exists() {
            // What would be undone at the first look is looked at in a copy before.
            return match Self::schema(url).await? {
                Schema::Empty => Err(StoreError::Nothing {
                    path: path.display().to_string(),
                }),
                _ => Ok(()),
            };
        }
        let lies_still = !has_log(path) && !beside(path, "-shm").exists();
        let connect = if lies_still {
            reading(path).immutable(true)
        } else {
            along(path)
        };
        // It takes what time it may, and is no slow statement.
        let connect = connect.disable_statement_logging();
        let db = connect.connect().await;
        let db = db.map_err(|e| unreadable(path, e))?;
        pages(db, path, QUICK).await
    }

    /// Looks at the pages while the database is served, for a second at most.
    ///
    /// # Errors
    /// Where it is damaged.
    pub async fn check_on(&self) -> Result<(), StoreError> {
        let (Place::File(file), Connect::Sqlite(connect)) = (&self.place, self.read.connect())
        else {
            return Ok(());
        };
        let looked = match connect.disable_statement_logging().connect().await {
            Ok(db) => pages(db, &file.path, LONGER).await,
            Err(error) => Err(unreadable(&file.path, error)),
        };
        // One that is busy or gone is told of by those who write.
        match looked {
            Err(error) if error.is_of_damage() || matches!(error, StoreError::Damaged { .. }) => {
                Err(error)
            }
            _ => Ok(()),
        }
    }
}

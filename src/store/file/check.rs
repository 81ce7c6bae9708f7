//! A look at the file before it is served: quick, or whole.

use std::str::FromStr;

use sqlx::ConnectOptions;

use super::migrate::Schema;
use super::open::{DatabaseUrl, along};
use super::pages::{LONGER, QUICK, pages};
use super::paths::{beside, has_log, is_there, reading, unreadable};
use crate::store::database::Store;
use crate::store::error::StoreError;

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
        let path = url.path();
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
        let connect = self.read.connect_options();
        let connect = connect.as_ref().clone().disable_statement_logging();
        let looked = match connect.connect().await {
            Ok(db) => pages(db, &self.path, LONGER).await,
            Err(error) => Err(unreadable(&self.path, error)),
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

//! Tokens: who may write. Only a hash of each is kept.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::audit::{Action, Deed, Entry, Object, note};
use super::senders::Sender;
use crate::json::{is_printable, shown};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql;

/// Names under which the service itself sends: no token can have one.
const OWN: [&str; 2] = ["seed", "import"];

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// To read and to predict, where the service asks for a token even for that.
    Read,
    /// To upload, and to take out and put back what it has uploaded.
    Write,
    /// The same with the uploads of all.
    Admin,
}

impl Scope {
    /// All, the lesser first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// `read`, `write` or `admin`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a new token is called: 1 to 64 characters that can be printed, and no name under which the service itself sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenName(String);

/// Most characters of a name.
const MOST_CHARACTERS: usize = 64;

/// Why a token cannot be called so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It has none, or too many.
    #[error("a name has 1 to {MOST_CHARACTERS} characters, and this has {0}")]
    Length(usize),
    /// It has one that is not seen where it is printed.
    #[error(
        "the name holds {0}: controls, line breaks, spaces other than the plain one, and characters without width or \
         that turn the direction of writing would make it look like another"
    )]
    Unprintable(String),
    /// It begins or ends with a space.
    #[error("the name begins or ends with a space: leave that out")]
    Space,
    /// The service itself sends under it.
    #[error("the service itself sends under `{0}`: choose another name, such as {0}-2")]
    Reserved(String),
}

impl FromStr for TokenName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        let characters = name.chars().count();
        if !(1..=MOST_CHARACTERS).contains(&characters) {
            return Err(NameError::Length(characters));
        }
        if let Some(odd) = name.chars().find(|c| !is_printable(*c)) {
            return Err(NameError::Unprintable(odd.escape_default().to_string()));
        }
        if name.trim() != name {
            return Err(NameError::Space);
        }
        // `Seed` would be read as `seed` too.
        if OWN.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return Err(NameError::Reserved(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A token that is to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What to call it.
    pub name: TokenName,
    /// What it allows.
    pub scope: Scope,
    /// When it is made, Unix milliseconds.
    pub created_at: i64,
    /// When it ends; `None`: never.
    pub expires_at: Option<i64>,
}

/// A token as it is kept.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its id, by which what it has sent is its own.
    pub id: i64,
    /// Its name; what cannot be printed, as releases before 0.6.0 let in, is written out.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// When it was made, Unix milliseconds.
    pub created_at: i64,
    /// When it ends; `None`: never.
    pub expires_at: Option<i64>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
    /// When it was revoked; `None`: it was not.
    pub revoked_at: Option<i64>,
}

impl Token {
    /// Whether it has not ended at `now`, Unix milliseconds.
    #[must_use]
    pub fn is_valid_at(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

impl From<&Token> for Sender {
    fn from(token: &Token) -> Self {
        Self {
            name: token.name.clone(),
            token: Some(token.id),
        }
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    scope: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl TryFrom<Row> for Token {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let scope = Scope::ALL
            .into_iter()
            .find(|scope| scope.as_str() == row.scope);
        let scope = scope.ok_or_else(|| StoreError::Corrupt {
            table: "tokens",
            column: "scope",
            key: row.name.clone(),
            cause: format!("`{}`", row.scope),
        })?;
        let Row {
            id,
            name,
            created_at,
            expires_at,
            last_used_at,
            revoked_at,
            ..
        } = row;
        Ok(Self {
            id,
            name: shown(&name).into_owned(),
            scope,
            created_at,
            expires_at,
            last_used_at,
            revoked_at,
        })
    }
}

/// How every token starts, so that one that was lost can be recognised.
const PREFIX: &str = "epochcast_";

/// A token of 256 random bits.
fn secret(random: [u8; 32]) -> String {
    random.iter().fold(PREFIX.to_owned(), |token, byte| {
        format!("{token}{byte:02x}")
    })
}

fn hash(secret: &str) -> String {
    Sha256::digest(secret)
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

const MINUTE: i64 = 60_000;

/// What the log says of the token `id`.
fn told(deed: &Deed, action: Action, id: i64) -> Entry<'_> {
    Entry {
        deed,
        action,
        object: Object::Token(id),
        timings: 0,
        reason: None,
    }
}

impl Store {
    /// Makes a token of `random` bits, which is returned once and kept nowhere; `None` where the name is taken, also by one
    /// that has ended: what that has sent is still read under it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn create_token(
        &self,
        random: [u8; 32],
        token: &NewToken,
    ) -> Result<Option<String>, StoreError> {
        let secret = secret(random);
        let sql = "insert into tokens (id, name, scope, hash, created_at, expires_at)
                   values ((select coalesce(max(id), 0) + 1 from tokens), $1, $2, $3, $4, $5)
                   on conflict do nothing";
        let query = sql::query(sql)
            .bind(&token.name.0)
            .bind(token.scope.as_str())
            .bind(hash(&secret));
        let mut transaction = self.write.begin().await?;
        let made = query
            .bind(token.created_at)
            .bind(token.expires_at)
            .execute(&mut *transaction)
            .await?;
        let made = made == 1;
        if made {
            let id: i64 = sql::query_scalar("select id from tokens where name = $1")
                .bind(&token.name.0)
                .fetch_one(&mut *transaction)
                .await?;
            let deed = Deed::on_command_line(token.created_at);
            note(&mut transaction, &told(&deed, Action::TokenCreated, id)).await?;
        }
        transaction.commit().await?;
        Ok(made.then_some(secret))
    }

    /// All tokens, by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let sql = "select id, name, scope, created_at, expires_at, last_used_at, revoked_at from tokens order by name";
        let rows: Vec<Row> = sql::query_as(sql).fetch_all(&self.read).await?;
        rows.into_iter().map(Token::try_from).collect()
    }

    /// Ends the token of this name, as it is kept or as it is shown; whether there was one that had not ended.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn revoke_token(&self, name: &str, now: i64) -> Result<bool, StoreError> {
        let sql = "select id, name from tokens where revoked_at is null order by id";
        let held: Vec<(i64, String)> = sql::query_as(sql).fetch_all(&self.read).await?;
        let found = held.iter().find(|(_, kept)| kept == name);
        let found = found.or_else(|| held.iter().find(|(_, kept)| shown(kept) == name));
        let Some((id, _)) = found else {
            return Ok(false);
        };
        let sql = "update tokens set revoked_at = $1 where id = $2 and revoked_at is null";
        let mut transaction = self.write.begin().await?;
        let ended = sql::query(sql)
            .bind(now)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        let ended = ended == 1;
        if ended {
            let deed = Deed::on_command_line(now);
            note(&mut transaction, &told(&deed, Action::TokenRevoked, *id)).await?;
        }
        transaction.commit().await?;
        Ok(ended)
    }

    /// The token that `secret` is, where it is one that holds at `now`.
    ///
    /// It is looked up by its hash, so that the time taken tells nothing of it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn token(&self, secret: &str, now: i64) -> Result<Option<Token>, StoreError> {
        let hash = hash(secret);
        let sql = "select id, name, scope, created_at, expires_at, last_used_at, revoked_at from tokens
                   where hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)";
        let row: Option<Row> = sql::query_as(sql)
            .bind(&hash)
            .bind(now)
            .fetch_optional(&self.read)
            .await?;
        let Some(token) = row.map(Token::try_from).transpose()? else {
            return Ok(None);
        };
        let due = token.last_used_at.is_none_or(|last| last + MINUTE <= now);
        if due && !self.read_only {
            // Whoever may read is let in on a full disk too.
            if let Err(error) = self.note_use(&hash, now).await {
                tracing::warn!(%error, "when a token was used could not be noted");
            }
        }
        Ok(Some(token))
    }

    /// Notes that the token of `hash` is used, where the writer is free: nobody waits for a long upload to be let in.
    async fn note_use(&self, hash: &str, now: i64) -> Result<(), StoreError> {
        let Some(writer) = self.write.try_hold().await else {
            return Ok(());
        };
        let mut transaction = writer?.begin(Duration::ZERO).await?;
        sql::query("update tokens set last_used_at = $1 where hash = $2")
            .bind(now)
            .bind(hash)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_printed_and_is_not_one_of_the_services_own() {
        for good in [
            "ci",
            "ci 2",
            "Jürgen",
            "実験",
            "a\"b\\c",
            "seed-2",
            "imports",
            &"x".repeat(64),
        ] {
            assert_eq!(good.parse::<TokenName>().unwrap().to_string(), good);
        }
        for (wrong, word) in [
            ("", "has 0"),
            (&*"x".repeat(65), "has 65"),
            ("a\nb", r"holds \n"),
            ("a\0", r"holds \u{0}"),
            ("\u{202e}ecila", r"holds \u{202e}"),
            ("me\u{200b}", r"holds \u{200b}"),
            (" me", "begins or ends with a space"),
            ("me ", "begins or ends with a space"),
            ("seed", "the service itself sends under `seed`"),
            ("Import", "such as Import-2"),
        ] {
            let refused = wrong.parse::<TokenName>().unwrap_err().to_string();
            assert!(refused.contains(word), "{wrong:?}: {refused}");
        }
    }
}

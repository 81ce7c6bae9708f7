//! Tokens: who may write. Only a hash of each is kept.

use std::fmt;

use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::{Store, StoreError, seals};

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

/// A token as it is kept.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its name.
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

#[derive(FromRow)]
struct Row {
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
            name,
            created_at,
            expires_at,
            last_used_at,
            revoked_at,
            ..
        } = row;
        Ok(Self {
            name,
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

impl Store {
    /// Makes a token of `random` bits, which is returned once and kept nowhere; `None` where the name is taken.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn create_token(
        &self,
        random: [u8; 32],
        token: &Token,
    ) -> Result<Option<String>, StoreError> {
        let secret = secret(random);
        let sql = "insert into tokens (id, name, scope, hash, created_at, expires_at)
                   values ((select coalesce(max(id), 0) + 1 from tokens), $1, $2, $3, $4, $5)
                   on conflict do nothing";
        let query = sqlx::query(sql)
            .bind(&token.name)
            .bind(token.scope.as_str())
            .bind(hash(&secret));
        let mut transaction = self.write.begin_with("begin immediate").await?;
        let made = query
            .bind(token.created_at)
            .bind(token.expires_at)
            .execute(&mut *transaction)
            .await?;
        seals::settle(&mut transaction).await?;
        transaction.commit().await?;
        Ok((made.rows_affected() == 1).then_some(secret))
    }

    /// All tokens, by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let sql = "select name, scope, created_at, expires_at, last_used_at, revoked_at from tokens order by name";
        let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(&self.read).await?;
        rows.into_iter().map(Token::try_from).collect()
    }

    /// Ends a token; whether there was one of this name that had not ended.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn revoke_token(&self, name: &str, now: i64) -> Result<bool, StoreError> {
        let sql = "update tokens set revoked_at = $1 where name = $2 and revoked_at is null";
        let mut transaction = self.write.begin_with("begin immediate").await?;
        let query = sqlx::query(sql).bind(now).bind(name);
        let ended = query.execute(&mut *transaction).await?;
        seals::settle(&mut transaction).await?;
        transaction.commit().await?;
        Ok(ended.rows_affected() == 1)
    }

    /// The token that `secret` is, where it is one that holds at `now`.
    ///
    /// It is looked up by its hash, so that the time taken tells nothing of it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn token(&self, secret: &str, now: i64) -> Result<Option<Token>, StoreError> {
        let hash = hash(secret);
        let sql = "select name, scope, created_at, expires_at, last_used_at, revoked_at from tokens
                   where hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)";
        let row: Option<Row> = sqlx::query_as(sql)
            .bind(&hash)
            .bind(now)
            .fetch_optional(&self.read)
            .await?;
        let Some(token) = row.map(Token::try_from).transpose()? else {
            return Ok(None);
        };
        // Noted where the writer is free: nobody waits for a long upload to be let in.
        let due = token.last_used_at.is_none_or(|last| last + MINUTE <= now);
        if due
            && !self.read_only
            && let Some(mut writer) = self.write.try_acquire()
        {
            let sql = "update tokens set last_used_at = $1 where hash = $2";
            sqlx::query(sql)
                .bind(now)
                .bind(&hash)
                .execute(&mut *writer)
                .await?;
        }
        Ok(Some(token))
    }
}

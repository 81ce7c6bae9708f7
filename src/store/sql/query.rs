//! Statements, and running them.

use std::borrow::Cow;
use std::marker::PhantomData;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Error, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite};

use super::arg::{Arg, for_postgres, for_sqlite};
use super::on::{On, Pool};
use super::server::{READING, WRITING, within};

/// What a row of either database can become.
pub(in crate::store) trait OfRow:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> OfRow for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// A statement with what it is given.
#[derive(Debug)]
pub(in crate::store) struct Query<'q> {
    sql: SqlStr,
    args: Vec<Arg<'q>>,
    /// Whether a `?` stands for each of them, not its number.
    counted: bool,
}

/// A statement whose rows are an `O` each.
#[derive(Debug)]
pub(in crate::store) struct QueryAs<'q, O>(Query<'q>, PhantomData<O>);

/// A statement whose rows have one column.
#[derive(Debug)]
pub(in crate::store) struct QueryScalar<'q, O>(QueryAs<'q, (O,)>);

pub(in crate::store) fn query<'q>(sql: impl SqlSafeStr) -> Query<'q> {
    Query {
        sql: sql.into_sql_str(),
        args: Vec::new(),
        counted: false,
    }
}

pub(in crate::store) fn query_as<'q, O>(sql: impl SqlSafeStr) -> QueryAs<'q, O> {
    query(sql).into()
}

pub(in crate::store) fn query_scalar<'q, O>(sql: impl SqlSafeStr) -> QueryScalar<'q, O> {
    query(sql).into()
}

impl<'q, O> From<Query<'q>> for QueryAs<'q, O> {
    fn from(query: Query<'q>) -> Self {
        Self(query, PhantomData)
    }
}

impl<'q, O> From<Query<'q>> for QueryScalar<'q, O> {
    fn from(query: Query<'q>) -> Self {
        Self(query.into())
    }
}

/// Runs a statement that `sqlx::$run` makes, by `$how`, on whichever database it is for.
macro_rules! run {
    ($query:expr, $on:expr, $run:ident::<$($of:ty),*>, $how:ident) => {
        match $on.into() {
            On::Sqlite(db) => {
                let (sql, args) = $query.of_sqlite()?;
                sqlx::$run::<Sqlite, $($of,)* _>(sql, args).$how(db).await
            }
            On::Pool(Pool::Sqlite(pool)) => {
                let (sql, args) = $query.of_sqlite()?;
                sqlx::$run::<Sqlite, $($of,)* _>(sql, args).$how(pool).await
            }
            On::Postgres(db) => {
                let (sql, args) = $query.of_postgres()?;
                within(WRITING, sqlx::$run::<Postgres, $($of,)* _>(sql, args).$how(db)).await
            }
            On::Pool(Pool::Postgres(pool)) => {
                let (sql, args) = $query.of_postgres()?;
                within(READING, sqlx::$run::<Postgres, $($of,)* _>(sql, args).$how(pool)).await
            }
        }
    };
}

impl<'q> Query<'q> {
    /// One with a `?` for each of `args`.
    pub(super) fn counted(sql: String, args: Vec<Arg<'q>>) -> Self {
        Self {
            sql: AssertSqlSafe(sql).into_sql_str(),
            args,
            counted: true,
        }
    }

    pub(in crate::store) fn bind(mut self, value: impl Into<Arg<'q>>) -> Self {
        self.args.push(value.into());
        self
    }

    /// Runs it; returns how many rows it has changed.
    pub(in crate::store) async fn execute<'c>(
        self,
        on: impl Into<On<'c>> + Send,
    ) -> Result<u64, Error> {
        match on.into() {
            On::Sqlite(db) => {
                let (sql, args) = self.of_sqlite()?;
                let done = sqlx::query_with::<Sqlite, _>(sql, args).execute(db).await?;
                Ok(done.rows_affected())
            }
            On::Pool(Pool::Sqlite(pool)) => {
                let (sql, args) = self.of_sqlite()?;
                let done = sqlx::query_with::<Sqlite, _>(sql, args)
                    .execute(pool)
                    .await?;
                Ok(done.rows_affected())
            }
            On::Postgres(db) => {
                let (sql, args) = self.of_postgres()?;
                let query = sqlx::query_with::<Postgres, _>(sql, args);
                Ok(within(WRITING, query.execute(db)).await?.rows_affected())
            }
            On::Pool(Pool::Postgres(pool)) => {
                let (sql, args) = self.of_postgres()?;
                let query = sqlx::query_with::<Postgres, _>(sql, args);
                Ok(within(READING, query.execute(pool)).await?.rows_affected())
            }
        }
    }

    fn of_sqlite(self) -> Result<(SqlStr, sqlx::sqlite::SqliteArguments), Error> {
        Ok((self.sql, for_sqlite(self.args)?))
    }

    fn of_postgres(self) -> Result<(SqlStr, sqlx::postgres::PgArguments), Error> {
        let args = for_postgres(self.args)?;
        if !self.counted {
            return Ok((self.sql, args));
        }
        let text = numbered(self.sql.as_str()).into_owned();
        Ok((AssertSqlSafe(text).into_sql_str(), args))
    }
}

impl<'q, O: OfRow> QueryAs<'q, O> {
    pub(in crate::store) fn bind(self, value: impl Into<Arg<'q>>) -> Self {
        Self(self.0.bind(value), PhantomData)
    }

    pub(in crate::store) async fn fetch_all<'c>(
        self,
        on: impl Into<On<'c>> + Send,
    ) -> Result<Vec<O>, Error> {
        run!(self.0, on, query_as_with::<O>, fetch_all)
    }

    pub(in crate::store) async fn fetch_one<'c>(
        self,
        on: impl Into<On<'c>> + Send,
    ) -> Result<O, Error> {
        run!(self.0, on, query_as_with::<O>, fetch_one)
    }

    pub(in crate::store) async fn fetch_optional<'c>(
        self,
        on: impl Into<On<'c>> + Send,
    ) -> Result<Option<O>, Error> {
        run!(self.0, on, query_as_with::<O>, fetch_optional)
    }
}

impl<'q, O> QueryScalar<'q, O>
where
    (O,): OfRow,
{
    pub(in crate::store) fn bind(self, value: impl Into<Arg<'q>>) -> Self {
        Self(self.0.bind(value))
    }

    pub(in crate::store) async fn fetch_all<'c>(
        self,
        on: impl Into<On<'c>> + Send,
    ) -> Result<Vec<O>, Error> {
        let rows = self.0.fetch_all(on).await?;
        Ok(rows.into_iter().map(|(value,)| value).collect())
    }

    pub(in crate::store) async fn fetch_one<'c>(
        self,
        on: impl Into<On<'c>> + Send,
    ) -> Result<O, Error> {
        self.0.fetch_one(on).await.map(|(value,)| value)
    }

    pub(in crate::store) async fn fetch_optional<'c>(
        self,
        on: impl Into<On<'c>> + Send,
    ) -> Result<Option<O>, Error> {
        let row = self.0.fetch_optional(on).await?;
        Ok(row.map(|(value,)| value))
    }
}

/// `sql` with `$1`, `$2` and so on in the places of its `?`, as PostgreSQL takes them.
fn numbered(sql: &str) -> Cow<'_, str> {
    let mut parts = sql.split('?');
    let first = parts.next().unwrap_or_default();
    if first.len() == sql.len() {
        return Cow::Borrowed(sql);
    }
    let mut text = first.to_owned();
    for (place, part) in (1..).zip(parts) {
        let place: usize = place;
        text.push('$');
        text.push_str(&place.to_string());
        text.push_str(part);
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_in_their_order() {
        assert_eq!(numbered("select 1"), "select 1");
        assert_eq!(numbered("(?, ?), (?)"), "($1, $2), ($3)");
    }
}

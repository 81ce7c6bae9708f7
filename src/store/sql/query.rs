//! Statements, and running them.

use std::marker::PhantomData;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Error, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite};

use super::arg::{Arg, add_to_postgres, add_to_sqlite};
use super::builder::Builder;
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
pub(in crate::store) enum Query<'q> {
    /// With `$1` for the first of what it is given.
    Written(SqlStr, Vec<Arg<'q>>),
    Built(Builder<'q>),
}

/// A statement whose rows are an `O` each.
#[derive(Debug)]
pub(in crate::store) struct QueryAs<'q, O>(Query<'q>, PhantomData<O>);

/// A statement whose rows have one column.
#[derive(Debug)]
pub(in crate::store) struct QueryScalar<'q, O>(QueryAs<'q, (O,)>);

pub(in crate::store) fn query<'q>(sql: impl SqlSafeStr) -> Query<'q> {
    Query::Written(sql.into_sql_str(), Vec::new())
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

/// Runs a statement that `sqlx::$run` makes, by `$how`, on whichever database it is for; `$of_done` is what is wanted of how it went.
macro_rules! run {
    ($query:expr, $on:expr, $run:ident $(::<$of:ty>)?, $how:ident $(, $of_done:expr)?) => {
        match $on.into() {
            On::Sqlite(db) => {
                let (sql, args) = $query.of_sqlite()?;
                sqlx::$run::<Sqlite, $($of,)? _>(sql, args).$how(db).await$(.map($of_done))?
            }
            On::Pool(Pool::Sqlite(pool)) => {
                let (sql, args) = $query.of_sqlite()?;
                sqlx::$run::<Sqlite, $($of,)? _>(sql, args).$how(pool).await$(.map($of_done))?
            }
            On::Postgres(db) => {
                let (sql, args) = $query.of_postgres()?;
                let run = sqlx::$run::<Postgres, $($of,)? _>(sql, args).$how(db);
                within(WRITING, run).await$(.map($of_done))?
            }
            On::Pool(Pool::Postgres(pool)) => {
                let (sql, args) = $query.of_postgres()?;
                let run = sqlx::$run::<Postgres, $($of,)? _>(sql, args).$how(pool);
                within(READING, run).await$(.map($of_done))?
            }
        }
    };
}

impl<'q> Query<'q> {
    pub(in crate::store) fn bind(mut self, value: impl Into<Arg<'q>>) -> Self {
        // What is built has its values already.
        if let Self::Written(_, args) = &mut self {
            args.push(value.into());
        }
        self
    }

    /// Runs it; returns how many rows it has changed.
    pub(in crate::store) async fn execute<'c>(
        self,
        on: impl Into<On<'c>> + Send,
    ) -> Result<u64, Error> {
        run!(self, on, query_with, execute, |done| done.rows_affected())
    }

    fn of_sqlite(self) -> Result<(SqlStr, SqliteArguments), Error> {
        match self {
            Self::Written(sql, args) => {
                let mut arguments = SqliteArguments::default();
                let mut args = args.into_iter();
                args.try_for_each(|arg| add_to_sqlite(&mut arguments, arg))?;
                Ok((sql, arguments))
            }
            Self::Built(query) => {
                let (sql, arguments) = query.for_sqlite()?;
                Ok((AssertSqlSafe(sql).into_sql_str(), arguments))
            }
        }
    }

    fn of_postgres(self) -> Result<(SqlStr, PgArguments), Error> {
        match self {
            Self::Written(sql, args) => {
                let mut arguments = PgArguments::default();
                let mut args = args.into_iter();
                args.try_for_each(|arg| add_to_postgres(&mut arguments, arg))?;
                Ok((sql, arguments))
            }
            Self::Built(query) => {
                let (sql, arguments) = query.for_postgres()?;
                Ok((AssertSqlSafe(sql).into_sql_str(), arguments))
            }
        }
    }
}

impl<'q> Builder<'q> {
    pub(in crate::store) fn build(self) -> Query<'q> {
        Query::Built(self)
    }

    pub(in crate::store) fn build_query_as<O>(self) -> QueryAs<'q, O> {
        self.build().into()
    }

    pub(in crate::store) fn build_query_scalar<O>(self) -> QueryScalar<'q, O> {
        self.build().into()
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

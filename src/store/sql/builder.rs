//! Statements of which a part is as long as what they are given.

use super::arg::Arg;
use super::query::{Query, QueryAs, QueryScalar};

/// A statement that is being written. A `?` stands for each value: SQLite would look for each numbered one among all others.
#[derive(Debug)]
pub(in crate::store) struct Builder<'q> {
    sql: String,
    args: Vec<Arg<'q>>,
}

impl<'q> Builder<'q> {
    pub(in crate::store) fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            args: Vec::new(),
        }
    }

    /// Adds SQL, which must not come from a user.
    pub(in crate::store) fn push(&mut self, sql: impl AsRef<str>) -> &mut Self {
        self.sql.push_str(sql.as_ref());
        self
    }

    /// Adds a value.
    pub(in crate::store) fn push_bind(&mut self, value: impl Into<Arg<'q>>) -> &mut Self {
        self.sql.push('?');
        self.args.push(value.into());
        self
    }

    /// Adds values with commas between them.
    pub(in crate::store) fn push_list<T: Into<Arg<'q>>>(
        &mut self,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        for (place, value) in values.into_iter().enumerate() {
            if place > 0 {
                self.sql.push_str(", ");
            }
            self.push_bind(value);
        }
        self
    }

    /// Adds `values (…), (…)` with the columns of each of `rows`.
    pub(in crate::store) fn push_values<T, const N: usize>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        columns: impl Fn(T) -> [Arg<'q>; N],
    ) -> &mut Self {
        self.sql.push_str("values ");
        for (place, row) in rows.into_iter().enumerate() {
            self.sql.push_str(if place > 0 { ", (" } else { "(" });
            self.push_list(columns(row));
            self.sql.push(')');
        }
        self
    }

    pub(in crate::store) fn build(self) -> Query<'q> {
        Query::counted(self.sql, self.args)
    }

    pub(in crate::store) fn build_query_as<O>(self) -> QueryAs<'q, O> {
        self.build().into()
    }

    pub(in crate::store) fn build_query_scalar<O>(self) -> QueryScalar<'q, O> {
        self.build().into()
    }
}

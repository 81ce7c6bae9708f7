//! Statements of which a part is as long as what they are given.
//!
//! SQLite takes each value by itself. PostgreSQL takes a column of them at once, so that one text, which it has read before, does
//! for any number of rows.

use sqlx::Error;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

use super::arg::{Arg, add_array, add_to_postgres, add_to_sqlite};

/// A statement that is being written. A `?` stands for each of what it is given: SQLite would look for a numbered one among all
/// others.
#[derive(Debug)]
pub(in crate::store) struct Builder<'q> {
    sql: String,
    given: Vec<Given<'q>>,
}

#[derive(Debug)]
enum Given<'q> {
    One(Arg<'q>),
    /// What `in (?)` asks for.
    List(Vec<Arg<'q>>),
    /// Rows of so many columns.
    Rows(usize, Vec<Arg<'q>>),
}

impl<'q> Builder<'q> {
    pub(in crate::store) fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            given: Vec::new(),
        }
    }

    /// Adds SQL, which must not come from a user.
    pub(in crate::store) fn push(&mut self, sql: impl AsRef<str>) -> &mut Self {
        self.sql.push_str(sql.as_ref());
        self
    }

    /// Adds a value.
    pub(in crate::store) fn push_bind(&mut self, value: impl Into<Arg<'q>>) -> &mut Self {
        self.give(Given::One(value.into()))
    }

    /// Adds the values that one is to be among, behind `in (`.
    pub(in crate::store) fn push_list<T: Into<Arg<'q>>>(
        &mut self,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        let values = values.into_iter().map(Into::into);
        self.give(Given::List(values.collect()))
    }

    /// Adds `rows` as a query of their columns, which are called `column1` and so on.
    pub(in crate::store) fn push_values<T, C: IntoIterator<Item = Arg<'q>>>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        columns: impl Fn(T) -> C,
    ) -> &mut Self {
        let (mut cells, mut count) = (Vec::new(), 0);
        for row in rows {
            cells.extend(columns(row));
            count += 1;
        }
        let width = cells.len().checked_div(count).unwrap_or_default();
        self.give(Given::Rows(width, cells))
    }

    fn give(&mut self, given: Given<'q>) -> &mut Self {
        self.sql.push('?');
        self.given.push(given);
        self
    }

    /// As SQLite takes it.
    pub(super) fn for_sqlite(self) -> Result<(String, SqliteArguments), Error> {
        let mut args = SqliteArguments::default();
        let sql = self.written(|sql, given| {
            let cells = match given {
                Given::One(cell) => {
                    sql.push('?');
                    vec![cell]
                }
                Given::List(cells) => {
                    sql.push_str(&marks(cells.len()));
                    cells
                }
                Given::Rows(width, cells) => {
                    let row = format!("({})", marks(width));
                    let rows = vec![row; cells.len().checked_div(width).unwrap_or_default()];
                    sql.push_str("values ");
                    sql.push_str(&rows.join(", "));
                    cells
                }
            };
            let mut cells = cells.into_iter();
            cells.try_for_each(|cell| add_to_sqlite(&mut args, cell))
        })?;
        Ok((sql, args))
    }

    /// As PostgreSQL takes it.
    pub(super) fn for_postgres(self) -> Result<(String, PgArguments), Error> {
        let (mut args, mut count) = (PgArguments::default(), 0);
        let mut next = || {
            count += 1;
            format!("${count}")
        };
        let sql = self.written(|sql, given| match given {
            Given::One(cell) => {
                sql.push_str(&next());
                add_to_postgres(&mut args, cell)
            }
            Given::List(cells) if cells.is_empty() => {
                sql.push_str("null");
                Ok(())
            }
            Given::List(cells) => {
                sql.push_str(&["select unnest(", &next(), ")"].concat());
                add_array(&mut args, cells)
            }
            Given::Rows(width, cells) => {
                let arrays: Vec<String> = (0..width).map(|_| next()).collect();
                let names: Vec<String> = (1..=width).map(|n| format!("column{n}")).collect();
                let (arrays, names) = (arrays.join(", "), names.join(", "));
                let parts = [
                    "select * from unnest(",
                    &arrays,
                    ") as given (",
                    &names,
                    ")",
                ];
                sql.push_str(&parts.concat());
                let mut columns: Vec<Vec<Arg<'q>>> = Vec::new();
                columns.resize_with(width, Vec::new);
                for (place, cell) in cells.into_iter().enumerate() {
                    columns[place % width].push(cell);
                }
                let mut columns = columns.into_iter();
                columns.try_for_each(|column| add_array(&mut args, column))
            }
        })?;
        Ok((sql, args))
    }

    /// Its SQL, with what `write` writes in place of each `?`.
    fn written(
        self,
        mut write: impl FnMut(&mut String, Given<'q>) -> Result<(), Error>,
    ) -> Result<String, Error> {
        let mut parts = self.sql.split('?');
        let mut sql = parts.next().unwrap_or_default().to_owned();
        for (part, given) in parts.zip(self.given) {
            write(&mut sql, given)?;
            sql.push_str(part);
        }
        Ok(sql)
    }
}

/// So many `?` with commas between them.
fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Builder<'static> {
        let mut query = Builder::new("insert into t (a, b) ");
        query.push_values([(1, "x"), (2, "y")], |(a, b): (i64, &str)| {
            [Arg::from(a), Arg::from(b.to_owned())]
        });
        query.push(" where a > ").push_bind(3_i64);
        query.push(" and b in (").push_list(["x", "y"]).push(")");
        query
    }

    #[test]
    fn each_database_has_its_own_way_to_take_many_values() {
        assert_eq!(
            written().for_sqlite().unwrap().0,
            "insert into t (a, b) values (?, ?), (?, ?) where a > ? and b in (?, ?)"
        );
        assert_eq!(
            written().for_postgres().unwrap().0,
            "insert into t (a, b) select * from unnest($1, $2) as given (column1, column2) where a > $3 \
             and b in (select unnest($4))"
        );
    }
}

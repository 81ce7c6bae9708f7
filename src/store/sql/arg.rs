//! What a statement is given: a value of one of few kinds, which also says of which kind a missing one is.

use std::borrow::Cow;

use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Error};

/// One value.
#[derive(Clone, Debug)]
pub(in crate::store) enum Arg<'q> {
    Int(Option<i64>),
    Real(Option<f64>),
    Bool(Option<bool>),
    Text(Option<Cow<'q, str>>),
    Bytes(Option<Cow<'q, [u8]>>),
}

/// Adds `args` to the arguments of one of the databases, which are of a type each.
macro_rules! added {
    ($arguments:ty, $args:expr) => {{
        let mut arguments = <$arguments>::default();
        for arg in $args {
            let added = match arg {
                Arg::Int(value) => arguments.add(value),
                Arg::Real(value) => arguments.add(value),
                Arg::Bool(value) => arguments.add(value),
                Arg::Text(value) => arguments.add(value),
                Arg::Bytes(value) => arguments.add(value.map(Cow::into_owned)),
            };
            added.map_err(Error::Encode)?;
        }
        Ok(arguments)
    }};
}

/// `args` as SQLite takes them.
pub(super) fn for_sqlite(args: Vec<Arg<'_>>) -> Result<SqliteArguments, Error> {
    added!(SqliteArguments, args)
}

/// `args` as PostgreSQL takes them.
pub(super) fn for_postgres(args: Vec<Arg<'_>>) -> Result<PgArguments, Error> {
    added!(PgArguments, args)
}

/// Values that are copied.
macro_rules! copied {
    ($($kind:ident: $value:ty),*) => {$(
        impl From<$value> for Arg<'_> {
            fn from(value: $value) -> Self {
                Self::$kind(Some(value))
            }
        }

        impl From<&$value> for Arg<'_> {
            fn from(value: &$value) -> Self {
                Self::$kind(Some(*value))
            }
        }

        impl From<Option<$value>> for Arg<'_> {
            fn from(value: Option<$value>) -> Self {
                Self::$kind(value)
            }
        }
    )*};
}

copied!(Int: i64, Real: f64, Bool: bool);

/// Values that are lent, or given away.
macro_rules! lent {
    ($($kind:ident: $lent:ty, $owned:ty),*) => {$(
        impl<'q> From<&'q $lent> for Arg<'q> {
            fn from(value: &'q $lent) -> Self {
                Self::$kind(Some(Cow::Borrowed(value)))
            }
        }

        impl<'q> From<Option<&'q $lent>> for Arg<'q> {
            fn from(value: Option<&'q $lent>) -> Self {
                Self::$kind(value.map(Cow::Borrowed))
            }
        }

        impl<'q> From<&'q $owned> for Arg<'q> {
            fn from(value: &'q $owned) -> Self {
                Self::$kind(Some(Cow::Borrowed(value)))
            }
        }

        impl<'q> From<&'q Option<$owned>> for Arg<'q> {
            fn from(value: &'q Option<$owned>) -> Self {
                Self::$kind(value.as_deref().map(Cow::Borrowed))
            }
        }

        impl From<$owned> for Arg<'_> {
            fn from(value: $owned) -> Self {
                Self::$kind(Some(Cow::Owned(value)))
            }
        }

        impl From<Option<$owned>> for Arg<'_> {
            fn from(value: Option<$owned>) -> Self {
                Self::$kind(value.map(Cow::Owned))
            }
        }
    )*};
}

lent!(Text: str, String, Bytes: [u8], Vec<u8>);

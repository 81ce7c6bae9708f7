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

/// Adds `arg` to the arguments of one of the databases, which are of a type each.
macro_rules! added {
    ($arguments:expr, $arg:expr) => {{
        let added = match $arg {
            Arg::Int(value) => $arguments.add(value),
            Arg::Real(value) => $arguments.add(value),
            Arg::Bool(value) => $arguments.add(value),
            Arg::Text(value) => $arguments.add(value),
            Arg::Bytes(value) => $arguments.add(value.map(Cow::into_owned)),
        };
        added.map_err(Error::Encode)
    }};
}

pub(super) fn add_to_sqlite(args: &mut SqliteArguments, arg: Arg<'_>) -> Result<(), Error> {
    added!(args, arg)
}

pub(super) fn add_to_postgres(args: &mut PgArguments, arg: Arg<'_>) -> Result<(), Error> {
    added!(args, arg)
}

/// Adds the values of a column, which are of one kind.
pub(super) fn add_array(args: &mut PgArguments, column: Vec<Arg<'_>>) -> Result<(), Error> {
    /// The values of one kind among `column`.
    macro_rules! of {
        ($kind:ident) => {
            column
                .into_iter()
                .filter_map(|arg| match arg {
                    Arg::$kind(value) => Some(value),
                    _ => None,
                })
                .collect::<Vec<_>>()
        };
    }
    let added = match column.first() {
        Some(Arg::Real(_)) => args.add(of!(Real)),
        Some(Arg::Bool(_)) => args.add(of!(Bool)),
        Some(Arg::Text(_)) => args.add(of!(Text)),
        Some(Arg::Bytes(_)) => {
            let values = of!(Bytes).into_iter();
            args.add(
                values
                    .map(|value| value.map(Cow::into_owned))
                    .collect::<Vec<_>>(),
            )
        }
        Some(Arg::Int(_)) | None => args.add(of!(Int)),
    };
    added.map_err(Error::Encode)
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

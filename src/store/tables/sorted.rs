//! Measurements in other orders than that of their ids from the first.

use std::collections::HashMap;

use super::measurements::{COLUMNS, Filter, Row, StoredMeasurement};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::Builder;

/// Which way an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The least first.
    Up,
    /// The greatest first.
    Down,
}

impl Direction {
    /// How a row that comes later compares with one before it, and how rows are ordered.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Up => (" > ", ""),
            Self::Down => (" < ", " desc"),
        }
    }
}

/// An order of the store's own, with the last row of the page before.
#[derive(Clone, Debug)]
pub enum Sorted {
    /// By id, after this one.
    Id(Option<i64>),
    /// By label (none comes first) and id, after these.
    Label(Option<(String, i64)>),
}

impl Store {
    /// At most `limit` of the measurements that `filter` lets through, in the order of `sorted`.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn sorted_measurements(
        &self,
        filter: &Filter,
        sorted: &Sorted,
        direction: Direction,
        limit: u32,
    ) -> Result<Vec<StoredMeasurement>, StoreError> {
        let mut query = Builder::new("select ");
        query.push(COLUMNS);
        filter.source(&mut query);
        query.push(" where removed_at is null");
        filter.narrow(&mut query);
        let (later, ordered) = direction.words();
        match sorted {
            Sorted::Id(Some(id)) => {
                query.push(" and id").push(later).push_bind(id);
            }
            Sorted::Label(Some((label, id))) => {
                query.push(" and (coalesce(label, ''), id)").push(later);
                query.push("(").push_bind(label).push(", ");
                query.push_bind(id).push(")");
            }
            Sorted::Id(None) | Sorted::Label(None) => {}
        }
        query.push(" order by ");
        if matches!(sorted, Sorted::Label(_)) {
            query.push("coalesce(label, '')").push(ordered).push(", ");
        }
        query.push("id").push(ordered).push(" limit ");
        query.push_bind(i64::from(limit));
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
        rows.into_iter().map(StoredMeasurement::try_from).collect()
    }

    /// The ids of all measurements that `filter` lets through, in their order.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn measurement_ids(&self, filter: &Filter) -> Result<Vec<i64>, StoreError> {
        let mut query = Builder::new("select id");
        filter.source(&mut query);
        query.push(" where removed_at is null");
        filter.narrow(&mut query);
        query.push(" order by id");
        Ok(query.build_query_scalar().fetch_all(&self.read).await?)
    }

    /// The measurements with these `ids`, in the order of those; one that is not there is left out.
    ///
    /// # Errors
    /// Where the database does not answer or holds what no release has written.
    pub async fn measurements_of(&self, ids: &[i64]) -> Result<Vec<StoredMeasurement>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Builder::new("select ");
        query
            .push(COLUMNS)
            .push(" from measurements where removed_at is null and id in (");
        query.push_list(ids);
        query.push(") order by id");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
        let mut by_id = HashMap::new();
        for row in rows {
            by_id.insert(row.id, StoredMeasurement::try_from(row)?);
        }
        Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
    }
}

//! What are measurements called, and where do they come from?

use std::collections::HashMap;

use sqlx::FromRow;

use crate::json::controls_written;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::Builder;
use crate::timing::Origin;

#[derive(FromRow)]
struct Row {
    id: i64,
    label: Option<String>,
    model: Option<String>,
    source: Option<String>,
}

/// Ids of one statement, of SQLite's 32,766 parameters.
const IDS: usize = 5000;

impl Store {
    /// The origins of the measurements `ids`; those that are not there are left out.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn origins(&self, ids: &[i64]) -> Result<HashMap<i64, Origin>, StoreError> {
        let mut origins = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(IDS) {
            let mut query =
                Builder::new("select id, label, model, source from measurements where id in (");
            query.push_list(ids);
            query.push(") order by id");
            let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
            origins.extend(rows.into_iter().map(|row| (row.id, row.into())));
        }
        Ok(origins)
    }
}

impl From<Row> for Origin {
    fn from(row: Row) -> Self {
        // A description without a name, or one that no release has written, has no name to show.
        let model = row.model.and_then(|text| serde_json::from_str(&text).ok());
        let text = |text: Option<String>| text.map(|text| controls_written(&text).into_owned());
        Self::new(text(row.label), model.as_ref(), text(row.source))
    }
}

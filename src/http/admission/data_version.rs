//! `Epochcast-Data-Version`: of which data an answer is, and of which data at least it shall be.
//!
//! Of several services on one database each follows what the others store in its own time. Who has sent timings to one and
//! asks another names the version that it was told.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};

use crate::http::extract::problem::ApiError;
use crate::live::Live;

pub(super) const DATA_VERSION: HeaderName = HeaderName::from_static("epochcast-data-version");

/// How long a version is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Waits until `live` has seen the version of the data that `headers` name, if they do.
///
/// # Errors
/// Where they name none that there could be, or one that has not come.
pub(super) async fn seen(live: &Live, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(named) = headers.get(DATA_VERSION) else {
        return Ok(());
    };
    let version = named.to_str().ok().and_then(|text| text.parse().ok());
    let version = version.filter(|version: &i64| *version >= 0);
    let version = version.ok_or(ApiError::Header(
        "the header Epochcast-Data-Version is no whole number: send the one of an answer, or none",
    ))?;
    if live.sees(version, PATIENCE).await? {
        return Ok(());
    }
    Err(ApiError::Conflict(format!(
        "the data here are of version {}, and Epochcast-Data-Version asks for {version}: ask again, or leave that header out",
        live.data_version()
    )))
}

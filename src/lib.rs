//! How long will one training epoch take if I scale this conv net 4x, on this GPU?
//!
//! One request, followed down the page. Each module uses only what stands above it; a test keeps it so.
//!
//! | step of `POST /v1/predict` | where |
//! | --- | --- |
//! | quantities with their units | [`units`] |
//! | JSON text becomes a value, a value a type, or errors that point at the field | [`json`] |
//! | a description becomes a [`net::Spec`]; at a resolution it is a [`net::Net`], with exact costs | [`net`] |
//! | [`net::Scaling::apply`] makes the scaled net; [`net::Spec::layers`] is the walk that is counted | [`net::scaling`], [`net::blocks`] |
//! | costs become [`timing::fit::features::Features`], the row that a regression sees | [`timing`] |
//! | a [`timing::Predictor`] gives the time, its interval and its warnings | [`timing::predict`] |
//! | of many scaled nets: which is fastest, how far a budget goes, and why (`/v1/compare`, `/v1/plan`, `/v1/explain`) | [`plan`] |
//! | a [`chart::Figure`] draws the fits and what they say | [`chart`] |
//! | the fits come from the measurements in the store … | [`store`] |
//! | … and are replaced whole when those change; a prediction never waits | [`live`] |
//! | all of that, as a typed question with a typed answer | [`ask::predict`] |
//! | the handler that reads the question and writes the answer | [`http`] |
//!
//! `net`, `timing`, `plan` and `chart` are pure: no clock, no random source, no async, no I/O. sqlx stays in `store`,
//! axum in `http`, linfa in `timing`.

pub mod ask;
pub mod chart;
pub mod http;
pub mod json;
pub mod live;
pub mod net;
pub mod plan;
pub mod store;
pub mod timing;
pub mod units;

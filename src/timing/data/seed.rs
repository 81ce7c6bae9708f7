//! The measurements that epochcast arrives with, in the upload's own form (`data/seed`, sources in NOTICE).

use super::defaults::Defaults;
use super::measurement::{Measurement, RawMeasurement, platform};
use super::platform::Platform;
use super::rows::Header;
use crate::json::Invalid;

/// Name and text of each file.
pub const FILES: [(&str, &str); 6] = [
    (
        "v100x8-paper.csv",
        include_str!("../../../data/seed/v100x8-paper.csv"),
    ),
    (
        "v100x8-pycls.csv",
        include_str!("../../../data/seed/v100x8-pycls.csv"),
    ),
    (
        "rtx3090-nchw.csv",
        include_str!("../../../data/seed/rtx3090-nchw.csv"),
    ),
    (
        "rtx4090-nchw.csv",
        include_str!("../../../data/seed/rtx4090-nchw.csv"),
    ),
    (
        "h100-nchw.csv",
        include_str!("../../../data/seed/h100-nchw.csv"),
    ),
    (
        "h100-nhwc.csv",
        include_str!("../../../data/seed/h100-nhwc.csv"),
    ),
];

/// Platforms and measurements of the built-in files.
///
/// # Errors
/// Never for the files that are compiled in; a test reads them all.
pub fn built_in() -> Result<(Vec<Platform>, Vec<Measurement>), Invalid> {
    let (mut platforms, mut rows) = (Vec::new(), Vec::new());
    for (_, text) in FILES {
        for raw in read(text)? {
            platforms.extend(platform(&raw.platform)?.1);
            rows.push(raw.try_into()?);
        }
    }
    Ok((platforms, rows))
}

fn read(text: &str) -> Result<Vec<RawMeasurement>, Invalid> {
    let unreadable = |e: csv::Error| Invalid::at("", (), e.to_string(), "");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = Header::read(reader.headers().map_err(unreadable)?)?;
    reader
        .records()
        .map(|record| header.measurement(record.map_err(unreadable)?.iter(), &Defaults::default()))
        .collect()
}

//! What the sender says beside a file of timings.

use serde_json::Value;

use super::platform::Mode;
use super::slip::Slip;

/// What the sender says about a file that does not say it itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Defaults {
    /// Platform of all rows: an id, or the object that defines it. Goes before what a file's name says.
    pub platform: Option<Value>,
    /// Take the timings of this mode only.
    pub mode: Option<Mode>,
    /// The net of a pycls log: a name, or a model as in a row.
    pub model: Option<Value>,
    /// Images in a step, of all devices together, of `mode` (train where that is not given); for pycls.
    pub batch_size: Option<u64>,
    /// What the times are, where they are not what the fields' names say.
    pub units: Option<Slip>,
    /// Name of the file.
    pub file_name: Option<String>,
}

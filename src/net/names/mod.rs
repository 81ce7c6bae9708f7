//! By what people name a net: its published name, its family, a config of pycls; and what they mean by it.

pub mod family;
pub mod published;
pub mod pycls;
pub mod read;
pub mod subject;
mod yaml;
pub mod zoo;

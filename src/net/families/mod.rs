//! The families of nets: what describes one, what it allows, and its layers.

pub mod anynet;
pub mod effnet;
pub mod regnet;
pub mod resnet;
pub mod vit;

//! PURE: what a net is and what it costs.
//!
//! A description is read and checked once into a [`Net`] (a [`Spec`] at a resolution); its layers are one walk
//! ([`Spec::layers`]), its [`Complexity`] the sum of that walk, and [`Scaling::apply`] makes another net of it. A
//! [`Subject`] is what a timing or a prediction is of: a net, or the costs of one that only its owner can build.

pub mod blocks;
pub mod complexity;
pub mod families;
pub mod graph;
pub mod group;
pub mod layers;
pub mod limits;
pub mod names;
pub mod onnx;
pub mod scaling;
mod sized;
pub mod spec;

pub use blocks::Side;
pub use complexity::{Complexity, Ratios};
pub use group::Group;
pub use layers::Layer;
pub use names::subject::Subject;
pub use names::zoo::Zoo;
pub use scaling::{STRATEGIES, Scaling, Strategy};
pub use sized::{DEFAULT_SIDE, Net, side, side_of};
pub use spec::{Description, Spec};

//! The family of a graph: the builder's net that it equals, the graph of such a net, and the timing group of others.

mod build;
mod kin;
mod twin;

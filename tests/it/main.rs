//! One binary for all tests that look at epochcast from outside a module.

mod golden;
mod properties;

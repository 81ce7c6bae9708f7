//! Quantities as flags take them: `--memory 16GB`, `--epoch 20min`, `--cost $400`.

use epochcast::units::quantity::{Kind, Money, Unreadable};

pub(crate) fn time(text: &str) -> Result<f64, Unreadable> {
    Kind::Time.read(text)
}

pub(crate) fn bytes(text: &str) -> Result<f64, Unreadable> {
    Kind::Bytes.read(text)
}

pub(crate) fn count(text: &str) -> Result<f64, Unreadable> {
    Kind::Count.read(text)
}

pub(crate) fn money(text: &str) -> Result<Money, Unreadable> {
    Money::read(text)
}

/// A time by a flag whose name says seconds.
pub(crate) fn seconds(text: &str) -> Result<f64, Unreadable> {
    bare(text).map_or_else(|| time(text), Ok)
}

/// A size by a flag whose name says bytes.
pub(crate) fn plain_bytes(text: &str) -> Result<f64, Unreadable> {
    bare(text).map_or_else(|| bytes(text), Ok)
}

fn bare(text: &str) -> Option<f64> {
    Kind::Count
        .read(text)
        .ok()
        .filter(|_| !text.ends_with(|c: char| c.is_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_that_says_its_unit_takes_a_bare_number_too() {
        assert_eq!(seconds("1200"), Ok(1200.0));
        assert_eq!(seconds("20min"), Ok(1200.0));
        assert_eq!(plain_bytes("16e9"), Ok(16e9));
        assert_eq!(plain_bytes("16GB"), Ok(16e9));
        assert!(plain_bytes("16G").is_err());
        assert!(time("1200").is_err());
    }
}

//! The letters of an einsum.

/// The letters of an einsum.
pub(in crate::net::graph) struct Einsum {
    pub(in crate::net::graph) inputs: Vec<Vec<u8>>,
    pub(in crate::net::graph) output: Vec<u8>,
}

impl Einsum {
    /// Reads `bhid,bhjd->bhij`.
    pub(in crate::net::graph) fn new(equation: &str) -> Result<Self, String> {
        let plain: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
        let (inputs, output) = plain
            .split_once("->")
            .ok_or_else(|| format!("`{equation}` has no arrow"))?;
        let letters = |term: &str| {
            term.bytes()
                .map(|letter| {
                    if letter.is_ascii_alphabetic() {
                        Ok(letter)
                    } else {
                        Err(format!("`{equation}`: only letters name axes"))
                    }
                })
                .collect::<Result<Vec<u8>, String>>()
        };
        Ok(Self {
            inputs: inputs.split(',').map(letters).collect::<Result<_, _>>()?,
            output: letters(output)?,
        })
    }
}

//! Whole numbers in base 128, as protobuf writes them.

/// A number in base 128, and how many bytes it takes; `None` where it does not end yet.
pub(super) fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, &'static str> {
    let mut value = 0;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok(Some((value, i + 1)));
        }
    }
    if bytes.len() >= 10 {
        return Err("a number does not end");
    }
    Ok(None)
}

/// The numbers in base 128 that `bytes` hold.
pub(super) fn varints(mut bytes: &[u8]) -> Vec<u64> {
    let mut numbers = Vec::new();
    while let Ok(Some((number, used))) = varint(bytes) {
        numbers.push(number);
        bytes = &bytes[used..];
    }
    numbers
}

/// The whole number that 64 bits of a number in base 128 are.
pub(super) fn signed(value: u64) -> i64 {
    i64::from_le_bytes(value.to_le_bytes())
}

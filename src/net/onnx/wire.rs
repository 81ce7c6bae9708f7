//! The bytes of an ONNX file as they come, part by part: what is needed of them is kept, and weights pass by.
//!
//! Source: Protocol Buffers, "Encoding" (protobuf.dev). A message is a row of fields, each a tag and a value; a message
//! within another is told by its length, so that whatever is not needed is skipped without being looked at.

use super::message::{Building, Kind, Plan};
use super::varint::varint;
use crate::units::to_u64;

/// Messages within messages, at most.
const MAX_DEPTH: usize = 48;

/// What reads a file.
#[derive(Debug)]
pub(super) struct Wire {
    /// Bytes that have passed.
    at: u64,
    /// Bytes that pass by.
    skip: u64,
    /// The messages that the next byte stands in, and where they end.
    frames: Vec<(Kind, u64)>,
    /// The start of a field that has not come whole.
    pending: Vec<u8>,
    building: Building,
}

/// A field, or how many bytes have to be there to read it.
enum Step {
    Used(usize),
    Needs(usize),
}

/// A field that is told by its length.
struct Field {
    /// The message that it stands in.
    kind: Kind,
    number: u64,
    /// Bytes before its value.
    head: usize,
    length: u64,
    /// Where the message ends.
    end: u64,
}

impl Wire {
    pub(super) fn new() -> Self {
        Self {
            at: 0,
            skip: 0,
            frames: vec![(Kind::Model, u64::MAX)],
            pending: Vec::new(),
            building: Building::new(),
        }
    }

    /// Takes the next `bytes`.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        loop {
            let passing = usize::try_from(self.skip)
                .unwrap_or(usize::MAX)
                .min(bytes.len());
            bytes = &bytes[passing..];
            (self.at, self.skip) = (self.at + to_u64(passing), self.skip - to_u64(passing));
            if self.skip > 0 {
                return Ok(());
            }
            self.close()?;
            if bytes.is_empty() {
                return Ok(());
            }
            if self.pending.is_empty() {
                match self.step(bytes)? {
                    Step::Used(used) => bytes = &bytes[used..],
                    Step::Needs(_) => {
                        self.pending.extend_from_slice(bytes);
                        return Ok(());
                    }
                }
            } else {
                bytes = self.whole(bytes)?;
            }
        }
    }

    /// Makes the pending field whole with the first of `bytes`, reads it where it is, and says what is left.
    fn whole<'a>(&mut self, mut bytes: &'a [u8]) -> Result<&'a [u8], String> {
        let mut pending = std::mem::take(&mut self.pending);
        loop {
            match self.step(&pending)? {
                Step::Used(_) => return Ok(bytes),
                Step::Needs(_) if bytes.is_empty() => break,
                Step::Needs(total) => {
                    let more = total.saturating_sub(pending.len()).clamp(1, bytes.len());
                    pending.extend_from_slice(&bytes[..more]);
                    bytes = &bytes[more..];
                }
            }
        }
        self.pending = pending;
        Ok(bytes)
    }

    /// Ends the messages that end here.
    fn close(&mut self) -> Result<(), String> {
        while let Some((_, end)) = self.frames.last() {
            if *end > self.at {
                return Ok(());
            }
            if *end < self.at {
                return Err(self.broken("a field is longer than the message that it stands in"));
            }
            self.frames.pop();
            self.building.leave()?;
        }
        Ok(())
    }

    fn broken(&self, why: &str) -> String {
        format!("byte {}: {why}", self.at)
    }

    /// Reads the field that `bytes` begin with.
    fn step(&mut self, bytes: &[u8]) -> Result<Step, String> {
        let Some((kind, end)) = self.frames.last().copied() else {
            return Err(self.broken("bytes after the end"));
        };
        let number = |bytes| varint(bytes).map_err(|why| self.broken(why));
        let Some((tag, head)) = number(bytes)? else {
            return Ok(Step::Needs(bytes.len() + 1));
        };
        let (field, wire) = (tag >> 3, tag & 7);
        let rest = &bytes[head..];
        let used = match wire {
            0 => {
                let Some((value, used)) = number(rest)? else {
                    return Ok(Step::Needs(bytes.len() + 1));
                };
                self.building.number(field, value)?;
                head + used
            }
            1 | 5 => {
                let length = if wire == 1 { 8 } else { 4 };
                let Some(value) = rest.get(..length) else {
                    return Ok(Step::Needs(head + length));
                };
                self.building.fixed(field, value)?;
                head + length
            }
            2 => {
                let Some((length, used)) = number(rest)? else {
                    return Ok(Step::Needs(bytes.len() + 1));
                };
                let field = Field {
                    kind,
                    number: field,
                    head: head + used,
                    length,
                    end,
                };
                return self.long(bytes, &field);
            }
            _ => return Err(self.broken("no field of a message begins so")),
        };
        self.at += to_u64(used);
        Ok(Step::Used(used))
    }

    /// Reads a field that is told by its length.
    fn long(&mut self, bytes: &[u8], field: &Field) -> Result<Step, String> {
        let Field {
            kind,
            number,
            head,
            length,
            end,
        } = *field;
        let start = self.at + to_u64(head);
        if start.checked_add(length).is_none_or(|stop| stop > end) {
            return Err(self.broken("a field is longer than the message that it stands in"));
        }
        let used = match Building::plan(kind, number, length) {
            Plan::Skip => {
                self.skip = length;
                head
            }
            Plan::Enter(inner) => {
                if self.frames.len() >= MAX_DEPTH {
                    return Err(self.broken("messages stand too deep within each other"));
                }
                self.building.enter(inner)?;
                self.frames.push((inner, start + length));
                head
            }
            Plan::Start(most) => {
                let start = usize::try_from(length).unwrap_or(usize::MAX).min(most);
                let Some(value) = bytes.get(head..head + start) else {
                    return Ok(Step::Needs(head + start));
                };
                self.building.start(value);
                self.skip = length - to_u64(start);
                head + start
            }
            Plan::Keep => {
                // What is kept is short.
                let total = head.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
                let Some(value) = bytes.get(head..total) else {
                    return Ok(Step::Needs(total));
                };
                self.building.bytes(number, value)?;
                total
            }
        };
        self.at += to_u64(used);
        Ok(Step::Used(used))
    }

    /// Bytes that all that was kept so far takes, at most.
    pub(super) fn kept(&self) -> usize {
        self.building.kept() + self.pending.len()
    }

    /// All that was kept, where the file ends here.
    pub(super) fn finish(mut self) -> Result<Building, String> {
        self.close()?;
        if self.skip > 0 || !self.pending.is_empty() || self.frames.len() != 1 {
            return Err(format!("it breaks off after {} bytes", self.at));
        }
        Ok(self.building)
    }
}

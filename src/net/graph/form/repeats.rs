//! Nodes that are written once with a count, where they follow one another again and again.

use std::collections::HashMap;

use super::raw::RawNode;
use crate::units::{Whole, to_u64};

/// Longest part that is looked for again.
const LONGEST: usize = 512;
/// How many of the next nodes of the same kind may begin the second time.
const TRIED: usize = 16;
/// Nodes that have to be saved.
const WORTH: usize = 4;

/// `nodes`, with the parts that are repeated at once written once.
pub(super) fn folded(nodes: Vec<RawNode>) -> Vec<RawNode> {
    let kinds = kinds(&nodes);
    let next = next_alike(&kinds);
    let mut nodes: Vec<Option<RawNode>> = nodes.into_iter().map(Some).collect();
    let mut written = Vec::new();
    let mut at = 0;
    while at < kinds.len() {
        let (length, times) = repeated(&kinds, &next, at);
        let mut part = nodes[at..at + length].iter_mut().filter_map(Option::take);
        if times == 1 {
            written.extend(part.by_ref());
        } else {
            written.push(RawNode {
                repeat: Some(Whole(to_u64(times))),
                nodes: Some(part.collect()),
                ..RawNode::default()
            });
        }
        at += length * times;
    }
    written
}

/// A number for each node, the same for those that are written alike: inputs are counted back, so wherever they stand.
fn kinds(nodes: &[RawNode]) -> Vec<usize> {
    let mut seen = HashMap::new();
    let mut kind = |node: &RawNode| {
        let known = seen.len();
        // A node is a struct of numbers and words: writing it to a string cannot fail.
        let text = serde_json::to_string(node).unwrap_or_default();
        *seen.entry(text).or_insert(known)
    };
    nodes.iter().map(&mut kind).collect()
}

/// Of each node, the next of its kind; past the end where there is none.
fn next_alike(kinds: &[usize]) -> Vec<usize> {
    let mut next = vec![kinds.len(); kinds.len()];
    let mut last = HashMap::new();
    for (i, kind) in kinds.iter().enumerate().rev() {
        next[i] = last.insert(kind, i).unwrap_or(kinds.len());
    }
    next
}

/// How many nodes from `at` on are repeated at once, and how often they stand there: what saves most, or one node once.
fn repeated(kinds: &[usize], next: &[usize], at: usize) -> (usize, usize) {
    let mut best = (1, 1);
    let mut saved = WORTH - 1;
    let mut again = next[at];
    for _ in 0..TRIED {
        let length = again - at;
        if again == kinds.len() || length > LONGEST {
            break;
        }
        let (first, second) = (&kinds[at..], &kinds[again..]);
        let alike = first.iter().zip(second).take_while(|(a, b)| a == b).count();
        let times = alike / length + 1;
        if (times - 1) * length > saved {
            saved = (times - 1) * length;
            best = (length, times);
        }
        again = next[again];
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn node(name: &str) -> RawNode {
        RawNode {
            op: Some(name.to_owned()),
            ..RawNode::default()
        }
    }

    fn unfolded(nodes: Vec<RawNode>) -> Vec<RawNode> {
        let each = nodes.into_iter().flat_map(|node| match node.repeat {
            Some(Whole(times)) => {
                let part = node.nodes.unwrap();
                (0..times).flat_map(|_| part.clone()).collect()
            }
            None => vec![node],
        });
        each.collect()
    }

    proptest! {
        #[test]
        fn what_is_folded_says_the_same(names in prop::collection::vec("[abc]", 0..200)) {
            let nodes: Vec<RawNode> = names.iter().map(|name| node(name)).collect();
            let folded = folded(nodes.clone());
            prop_assert!(folded.len() <= nodes.len());
            prop_assert_eq!(unfolded(folded), nodes);
        }
    }

    #[test]
    fn blocks_of_a_stage_are_written_once() {
        let names = "s abcd abcd abcd e fgab fgab h";
        let nodes: Vec<RawNode> = names
            .chars()
            .filter(|name| *name != ' ')
            .map(|name| node(&name.to_string()))
            .collect();
        let folded = folded(nodes);
        let times: Vec<_> = folded.iter().map(|node| node.repeat).collect();
        let of = |times| Some(Whole(times));
        assert_eq!(times, [None, of(3), None, of(2), None]);
    }
}

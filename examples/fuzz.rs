//! Does anything that a client can send as a net panic, hang or fill the memory? Mutates the graphs of published nets and
//! ONNX files, and reads, scales, counts and writes whatever comes of it.
//!
//!     cargo run --release --example fuzz -- 1000000 [SEED]
//!
//! It stops at the first panic and shows what was sent. At the end it prints how many were taken, the slowest, and the most memory
//! that the process held.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a tool that prints, takes the time and may stop at once"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use epochcast::json::Invalid;
use epochcast::net::onnx::Reader;
use epochcast::net::{Net, STRATEGIES, Scaling, Side, Zoo};
use serde_json::{Map, Value, json};

/// Of the published graphs, every so many is mutated: large ones and small ones of each family.
const EVERY: usize = 9;
/// Longest description of those that are mutated: a larger one takes as long as many small ones, and shows no more.
const LONGEST: usize = 12_000;
const FILES: [&str; 5] = [
    "alexnet",
    "squeezenet",
    "resnet18",
    "tiny-vit",
    "tiny-convnext",
];

/// Numbers in a row that look random: xorshift64 of Marsaglia (2003).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `n`.
    fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap();
        usize::try_from(self.roll() % n).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// What happened to those that were sent.
#[derive(Default)]
struct Seen {
    taken: u64,
    refused: u64,
    slowest: Duration,
    slowest_is: String,
}

impl Seen {
    /// Does `work` with what `sent` shows; a panic ends the run.
    fn note(&mut self, sent: impl Fn() -> String, work: impl FnOnce() -> Result<(), Invalid>) {
        let began = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(work));
        let took = began.elapsed();
        let Ok(done) = done else {
            panic!("a panic with {}", sent());
        };
        match done {
            Ok(()) => self.taken += 1,
            Err(_) => self.refused += 1,
        }
        if took > self.slowest {
            (self.slowest, self.slowest_is) = (took, sent());
        }
    }

    fn print(&self, what: &str) {
        let shown: String = self.slowest_is.chars().take(300).collect();
        println!(
            "{what}: {} taken, {} refused, the slowest {:?}: {shown}",
            self.taken, self.refused, self.slowest
        );
    }
}

fn main() {
    let mut words = std::env::args().skip(1);
    let times: u64 = words.next().unwrap().parse().unwrap();
    let seed = words.next().map_or(1, |seed| seed.parse().unwrap());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ seed);
    let graphs = graphs();
    let file = |name: &&str| fs::read(format!("tests/golden/onnx/{name}.onnx")).unwrap();
    let files: Vec<Vec<u8>> = FILES.iter().map(file).collect();
    println!(
        "{} graphs and {} files, mutated {times} times",
        graphs.len(),
        files.len()
    );
    let (mut of_graphs, mut of_files) = (Seen::default(), Seen::default());
    for _ in 0..times / 2 {
        let graph = mutated_graph(&graphs, &mut dice);
        let strategy = *dice.one(&STRATEGIES);
        let factor = *dice.one(&[0.1, 0.5, 2.0, 4.0, 30.0, 1e6]);
        let scaling = Scaling::by_strategy(strategy, factor).unwrap();
        let text = || format!("{} by {factor}: {}", strategy.name, json!(graph));
        of_graphs.note(text, || used(graph.clone(), &scaling));
        let bytes = mutated_bytes(&files, &mut dice);
        let (part, side) = (1 + dice.below(9000), Side::of(64));
        of_files.note(
            || format!("{} bytes", bytes.len()),
            || read(&bytes, part, side),
        );
    }
    of_graphs.print("graphs");
    of_files.print("files");
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!(
        "{}",
        status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap_or_default()
    );
}

/// Descriptions of published nets.
fn graphs() -> Vec<Map<String, Value>> {
    let zoo = Zoo::built_in();
    let described = |name: &str| {
        let subject = zoo.subject(name, None).ok()?;
        let text = subject.net()?.description_text();
        let graph: Map<String, Value> = serde_json::from_str(&text).ok()?;
        (graph.contains_key("nodes") && text.len() <= LONGEST).then_some(graph)
    };
    let all: Vec<_> = zoo
        .entries()
        .iter()
        .filter_map(|entry| described(entry.name()))
        .collect();
    all.into_iter().step_by(EVERY).collect()
}

/// Reads the graph, scales it, and writes and reads again what came of it.
fn used(graph: Map<String, Value>, scaling: &Scaling) -> Result<(), Invalid> {
    let net = Net::read(graph)?;
    let scaled = scaling.apply(&net)?;
    let text = scaled.description_text();
    let again = Net::read(serde_json::from_str(&text).unwrap())?;
    assert_eq!(
        again.complexity(),
        scaled.complexity(),
        "written and read again"
    );
    assert_eq!(again.layers().len(), scaled.layers().len());
    Ok(())
}

/// Reads a file that comes in parts of so many bytes, and counts its net.
fn read(bytes: &[u8], part: usize, side: Option<Side>) -> Result<(), Invalid> {
    let mut reader = Reader::default();
    bytes.chunks(part).try_for_each(|part| reader.feed(part))?;
    let net = reader.finish()?.described(side)?;
    let Value::Object(object) = serde_json::to_value(net).unwrap() else {
        return Ok(());
    };
    Net::read(object).map(drop)
}

/// One of `graphs` with one to four things changed.
fn mutated_graph(graphs: &[Map<String, Value>], dice: &mut Dice) -> Map<String, Value> {
    let mut graph = dice.one(graphs).clone();
    for _ in 0..=dice.below(4) {
        if dice.below(12) == 0 {
            let value = anything(dice);
            let field = *dice.one(&["resolution", "channels", "group", "nodes", "family"]);
            graph.insert(field.to_owned(), value);
        }
        let other = dice.one(graphs)["nodes"].as_array();
        if let (Some(Value::Array(nodes)), Some(other)) = (graph.get_mut("nodes"), other) {
            change(nodes, other, dice);
        }
    }
    graph
}

/// Changes a node of `nodes`, or where one stands.
fn change(nodes: &mut Vec<Value>, other: &[Value], dice: &mut Dice) {
    let at = dice.below(nodes.len());
    match dice.below(6) {
        0 => nodes.truncate(at),
        1 if !nodes.is_empty() => drop(nodes.remove(at)),
        2 => nodes.insert(at, dice.one(other).clone()),
        3 if !nodes.is_empty() => {
            let to = dice.below(nodes.len());
            nodes.swap(at, to);
        }
        _ => {
            let Some(Value::Object(node)) = nodes.get_mut(at) else {
                return;
            };
            if let Some(Value::Array(within)) = node.get_mut("nodes") {
                return change(within, other, dice);
            }
            let fields: Vec<String> = node.keys().cloned().collect();
            let field = match dice.below(3) {
                0 => (*dice.one(&["from", "out", "groups", "axis", "tied", "sizes", "kernel"]))
                    .to_owned(),
                _ if fields.is_empty() => return,
                _ => dice.one(&fields).clone(),
            };
            node.insert(field, anything(dice));
        }
    }
}

/// A value that somebody might write somewhere.
fn anything(dice: &mut Dice) -> Value {
    let small = i64::try_from(dice.below(9)).unwrap() - 4;
    let of = [
        json!(null),
        json!(true),
        json!(small),
        json!(0),
        json!(1),
        json!(3),
        json!(64),
        json!(262_144),
        json!(4_294_967_295_u32),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.5),
        json!(1e300),
        json!([small, small - 1]),
        json!([-1, -2]),
        json!([-1, -2, -3]),
        json!([1, 1, 2, 2]),
        json!([]),
        json!({}),
        json!({"g": 3}),
        json!("conv"),
        json!("linear"),
        json!("cat"),
        json!("part"),
        json!("attention"),
        json!("matmul"),
        json!("same"),
        json!("b c h w -> b (c h w)"),
        json!("b (g c) h w -> b (c g) h w"),
        json!("b (h w) c -> b c h w"),
        json!("bhid,bhjd->bhij"),
        json!("\u{0}"),
    ];
    dice.one(&of).clone()
}

/// One of `files` with some of its bytes changed, cut out, or put in from another file.
fn mutated_bytes(files: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = dice.one(files).clone();
    for _ in 0..=dice.below(6) {
        let at = dice.below(bytes.len());
        let length = dice.below(40).min(bytes.len() - at);
        match dice.below(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..at + length)),
            2 => {
                let other = dice.one(files);
                let from = dice.below(other.len());
                let put = &other[from..(from + length).min(other.len())];
                bytes.splice(at..at, put.iter().copied());
            }
            3 => bytes[at..at + length].fill(0xff),
            _ if bytes.is_empty() => {}
            _ => {
                let bit = dice.below(8);
                bytes[at] ^= 1 << bit;
            }
        }
    }
    bytes
}

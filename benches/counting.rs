//! Scaling and counting one net, in time and allocations, beside reading the same net's JSON with `serde_json` alone.
//!
//! `cargo bench --bench counting`. The reference code (pycls) takes about 500 µs for `scale_4x_and_count`. Graphs are of about
//! 300 operators each: one of blocks in stages, and one of joined branches.

#![expect(clippy::unwrap_used, reason = "a bench may stop at once")]

use divan::{AllocProfiler, Bencher, black_box};
use epochcast::net::{Net, STRATEGIES, Scaling, Zoo, complexity};
use serde_json::Value;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn regnety_16gf() -> Net {
    let subject = Zoo::built_in()
        .named("RegNetY-16GF")
        .unwrap()
        .subject(None)
        .unwrap();
    subject.net().unwrap().clone()
}

fn fast_4x() -> Scaling {
    let fast = STRATEGIES
        .into_iter()
        .find(|strategy| strategy.name == "dWr")
        .unwrap();
    Scaling::by_strategy(fast, 4.0).unwrap()
}

#[divan::bench]
fn scale_4x_and_count(bencher: Bencher) {
    let (net, scaling) = (regnety_16gf(), fast_4x());
    bencher.bench_local(|| scaling.apply(black_box(&net)).unwrap().complexity());
}

#[divan::bench]
fn count(bencher: Bencher) {
    let net = regnety_16gf();
    bencher.bench_local(|| complexity::complexity(black_box(net.spec()), net.side()));
}

#[divan::bench]
fn read_its_json_with_serde_alone(bencher: Bencher) {
    let text = serde_json::to_string(&regnety_16gf().description()).unwrap();
    bencher.bench_local(|| serde_json::from_str::<Value>(black_box(&text)).unwrap());
}

const GRAPHS: [&str; 2] = ["convnextv2_nano", "inception_v3"];

fn graph_text(name: &str) -> String {
    let subject = Zoo::built_in().subject(name, None).unwrap();
    subject.net().unwrap().description_text()
}

fn read(text: &str) -> Net {
    Net::read(serde_json::from_str(text).unwrap()).unwrap()
}

#[divan::bench(args = GRAPHS)]
fn read_scale_4x_and_count_a_graph(bencher: Bencher, name: &str) {
    let (text, scaling) = (graph_text(name), fast_4x());
    bencher.bench_local(|| scaling.apply(&read(black_box(&text))).unwrap().complexity());
}

#[divan::bench(args = GRAPHS)]
fn read_a_graph(bencher: Bencher, name: &str) {
    let text = graph_text(name);
    bencher.bench_local(|| read(black_box(&text)));
}

#[divan::bench(args = GRAPHS)]
fn scale_a_graph_4x(bencher: Bencher, name: &str) {
    let (net, scaling) = (read(&graph_text(name)), fast_4x());
    bencher.bench_local(|| scaling.apply(black_box(&net)).unwrap());
}

#[divan::bench(args = GRAPHS)]
fn count_a_graph(bencher: Bencher, name: &str) {
    let net = read(&graph_text(name));
    bencher.bench_local(|| complexity::complexity(black_box(net.spec()), net.side()));
}

#[divan::bench(args = GRAPHS)]
fn read_the_json_of_a_graph_with_serde_alone(bencher: Bencher, name: &str) {
    let text = graph_text(name);
    bencher.bench_local(|| serde_json::from_str::<Value>(black_box(&text)).unwrap());
}

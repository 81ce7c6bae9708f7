//! Scaling and counting one net, in time and allocations, beside reading the same net's JSON with `serde_json` alone.
//!
//! `cargo bench --bench counting`. The reference code (pycls) takes about 500 µs for the first line.

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

//! Makes `data/graphs.csv` and `data/graphs.ndjson.gz`: `cargo run --release --example pack_graphs -- FILE`.
//!
//! FILE is what `scripts/collect_graphs.py` wrote. A net is left out, and said, where it cannot be read here or has other
//! parameters than `PyTorch` counts; where a builder makes it, its name is known without a graph.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool that prints and may stop at once"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use epochcast::net::names::zoo::Entry;
use epochcast::net::{Net, Zoo};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// Nets that are packed together: more make the file smaller, fewer are unpacked sooner.
const TOGETHER: usize = 8;

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let mut nets = BTreeMap::new();
    for text in fs::read_to_string(path).unwrap().lines() {
        let line: Value = serde_json::from_str(text).unwrap();
        let name = line["name"].as_str().unwrap().to_owned();
        match read(&name, &line) {
            Ok(net) => drop(nets.insert(name, net)),
            Err(why) => println!("{name}: {why}"),
        }
    }
    let mut packed = Vec::new();
    let mut index = b"name,resolution,flops,params,acts,first,bytes\n".to_vec();
    let all: Vec<_> = nets.iter().collect();
    for together in all.chunks(TOGETHER) {
        let mut part = GzEncoder::new(Vec::new(), Compression::best());
        for (name, net) in together {
            let mut graph = serde_json::to_value(net.description()).unwrap();
            let fields = graph.as_object_mut().unwrap();
            fields.remove("family");
            fields.remove("resolution");
            // The name comes first: nets are found by it.
            writeln!(part, r#"{{"name":{},"graph":{graph}}}"#, json!(name)).unwrap();
        }
        let (first, part) = (packed.len(), part.finish().unwrap());
        for (name, net) in together {
            let (side, costs) = (net.side().get(), net.complexity());
            let (flops, params) = (costs.flops.get(), costs.params.get());
            let (acts, bytes) = (costs.acts.get(), part.len());
            writeln!(
                index,
                "{name},{side},{flops},{params},{acts},{first},{bytes}"
            )
            .unwrap();
        }
        packed.extend(part);
    }
    fs::write("data/graphs.csv", &index).unwrap();
    fs::write("data/graphs.ndjson.gz", &packed).unwrap();
    println!(
        "{} nets, {} and {} bytes",
        nets.len(),
        index.len(),
        packed.len()
    );
}

fn read(name: &str, line: &Value) -> Result<Net, String> {
    if let Some(Entry::Net { .. }) = Zoo::built_in().find(name) {
        return Err("a builder makes it".to_owned());
    }
    let mut object = line["graph"].as_object().unwrap().clone();
    object.insert("family".to_owned(), "graph".into());
    object.insert("resolution".to_owned(), line["resolution"].clone());
    let net = Net::read(object).map_err(|error| error.to_string())?;
    let (own, params) = (net.complexity().params.get(), &line["params"]);
    if json!(own) != *params {
        return Err(format!("{own} params, not {params}"));
    }
    Ok(net)
}

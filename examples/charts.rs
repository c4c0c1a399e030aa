//! Writes the charts of the example flows: `cargo run --example charts -- DIRECTORY` writes every format.

use std::path::PathBuf;

use viewflow::graph::{Graph, Mark};
use viewflow::prelude::*;

#[path = "bills/flow.rs"]
#[allow(dead_code)]
mod bills;
#[allow(dead_code)]
mod hello;
#[allow(dead_code)]
mod orders;
#[path = "publish/flow.rs"]
#[allow(dead_code)]
mod publish;
#[path = "shipment/flow.rs"]
#[allow(dead_code)]
mod shipment;

fn graphs() -> Vec<Graph> {
    vec![
        hello::HelloFlow::graph(),
        shipment::ShipmentFlow::graph(),
        bills::BillFlow::graph(),
        publish::PublishFlow::graph(),
        orders::OrderFlow::graph(),
        orders::ParcelFlow::graph(),
        orders::TidyFlow::graph(),
    ]
}

fn main() -> std::io::Result<()> {
    let directory = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    std::fs::create_dir_all(&directory)?;
    for graph in graphs() {
        let forms = [
            ("svg", graph.svg(|_| Mark::Untouched)),
            ("txt", graph.drawing(|_| Mark::Untouched)),
            ("bpmn", graph.bpmn()),
            ("mmd", graph.mermaid()),
            ("dot", graph.dot()),
        ];
        for (form, chart) in forms {
            std::fs::write(directory.join(format!("{}.{form}", graph.name)), chart)?;
        }
    }
    Ok(())
}

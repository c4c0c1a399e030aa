//! Two shipments, from start to end: `cargo run --example shipment`.

mod flow;
mod story;

viewflow::flow_lock!("examples/shipment/flow.lock" => flow::ShipmentFlow);

fn main() -> viewflow::Result<()> {
    story::story()?.iter().for_each(|line| println!("{line}"));
    Ok(())
}

#[viewflow::message]
pub enum Order {
    Placed,
    Sent,
}

fn main() {
    println!("{:?}", [Order::Placed, Order::Sent].clone());
}

// Mended:
// -pub enum Order {
// -    Placed,
// -    Sent,
// +pub struct Order {
// +    pub placed: bool,
// -    println!("{:?}", [Order::Placed, Order::Sent].clone());
// +    println!("{:?}", [Order { placed: true }].clone());

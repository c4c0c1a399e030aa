use viewflow::Id;

#[viewflow::entity]
pub enum Order {
    Placed(Id<Order>),
    Sent,
}

fn main() {
    println!("{:?}", [Order::Sent].clone());
}

// Mended:
// -pub enum Order {
// -    Placed(Id<Order>),
// -    Sent,
// +pub struct Order {
// +    #[id]
// +    pub id: Id<Order>,
// -    println!("{:?}", [Order::Sent].clone());
// +    println!("{:?}", [Order { id: Id::NEW }].clone());

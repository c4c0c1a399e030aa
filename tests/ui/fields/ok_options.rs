use viewflow::prelude::*;

#[derive(Entity, Clone, Debug)]
struct Post {
    #[id]
    id: Id<Post>,
    title: String,
}

#[derive(Embedded, Clone, Debug)]
struct Address {
    #[field(max_length = 40)]
    street: String,
}

#[derive(Choices, Clone, Debug, PartialEq)]
enum Carrier {
    Post,
    #[choice(value = "courier", label = "By courier")]
    Courier,
}

#[derive(Process, Clone, Debug)]
#[process(seed = Ref<Post>)]
struct Order {
    #[field(default = Carrier::Post)]
    carrier: Carrier,
    #[field(default = "none", choices = ["none", "some"])]
    insurance: String,
    #[field(min = 1, max = 9, key = "parcel.count", was = "count")]
    parcels: Option<u8>,
    #[field(key = "parcel.to")]
    to: Option<Address>,
    #[field(column, index, on_delete = set_none)]
    post: Option<Ref<Post>>,
}

fn main() {}

use viewflow::prelude::*;

use viewflow as vf;

#[derive(Entity, Clone, Debug)]
pub struct Post {
    #[id]
    pub id: Id<Self>,
    pub parent: Option<Ref<Self>>,
    #[field(max_length = Self::LEN)]
    pub years: Vec<u8>,
    #[field(min = Self::LEAST)]
    pub year: u8,
    pub at: Option<vf::Bytes>,
}

impl Post {
    const LEAST: u8 = 3;
    const LEN: usize = 7;
}

#[derive(Embedded, Clone, Debug)]
struct OrderFields {
    a: u8,
}

#[derive(Process, Clone, Debug)]
pub struct Order {
    inner: Option<OrderFields>,
    #[field(default = "x")]
    text: Option<String>,
}

fn main() {}

macro_rules! task {
    ($task:ident) => {
        #[derive(Debug, Clone)]
        #[viewflow::task]
        pub struct $task {
            pub number: u32,
        }
    };
}

task!(Check);

fn main() {
    println!("{:?}", Check { number: 1 }.clone());
}

// Mended:
// -        #[derive(Debug, Clone)]

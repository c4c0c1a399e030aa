#[doc = include_str!("rules/automatic_loop.md")]
pub mod automatic_loop {}
#[doc = include_str!("rules/compensation_apart.md")]
pub mod compensation_apart {}
#[doc = include_str!("rules/ends_at_once.md")]
pub mod ends_at_once {}
#[doc = include_str!("rules/escapes_split.md")]
pub mod escapes_split {}
#[doc = include_str!("rules/extra_edge.md")]
pub mod extra_edge {}
#[doc = include_str!("rules/first_branch_waits.md")]
pub mod first_branch_waits {}
#[doc = include_str!("rules/into_start.md")]
pub mod into_start {}
#[doc = include_str!("rules/join_without_split.md")]
pub mod join_without_split {}
#[doc = include_str!("rules/missing_edge.md")]
pub mod missing_edge {}
#[doc = include_str!("rules/no_start.md")]
pub mod no_start {}
#[doc = include_str!("rules/no_way_to_an_end.md")]
pub mod no_way_to_an_end {}
#[doc = include_str!("rules/runs_into_host.md")]
pub mod runs_into_host {}
#[doc = include_str!("rules/split_closed_twice.md")]
pub mod split_closed_twice {}
#[doc = include_str!("rules/split_without_branch.md")]
pub mod split_without_branch {}
#[doc = include_str!("rules/starts_for_ever.md")]
pub mod starts_for_ever {}
#[doc = include_str!("rules/unknown_target.md")]
pub mod unknown_target {}
#[doc = include_str!("rules/unreachable_node.md")]
pub mod unreachable_node {}

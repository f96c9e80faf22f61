//! The `wallet` command line.
fn main() {}

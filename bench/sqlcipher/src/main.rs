//! The peer of the benchmarks, linked with SQLCipher. The benchmarks start it.

use patient_wallet_bench_peer::{Result, Task, table};

fn main() -> Result<()> {
    let task = Task::parse(std::env::args().skip(1))?;
    print!("{}", table::measure(&task, Some("correct horse battery staple"))?.lines());
    Ok(())
}

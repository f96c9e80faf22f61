//! Figures of the wallet and of its peers, side by side.
//!
//! Each round starts a process for each side, so that no side meets the memory of another; ratios
//! come from the rounds of one run.

mod consent;
mod files;
mod report;
mod rounds;
mod wallet;
mod whole;

use patient_wallet_bench_peer::{Result, Task, Workload, table};

/// What the command line asks for.
struct Options {
    workload: Workload,
    rounds: usize,
    smoke: bool,
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let first = words.next();
    match first.as_deref() {
        Some("--side-wallet") => print!("{}", wallet::measure(&Task::parse(words)?)?.lines()),
        Some("--side-sqlite") => print!("{}", table::measure(&Task::parse(words)?, None)?.lines()),
        Some("--help") => println!("{HELP}"),
        _ => compare(&options(first.into_iter().chain(words))?)?,
    }
    Ok(())
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options> {
    let (mut records, mut rounds, mut smoke) = (10_000, 5, false);
    while let Some(word) = words.next() {
        let mut number =
            || Ok::<usize, Box<dyn std::error::Error>>(words.next().ok_or(HELP)?.parse()?);
        match word.as_str() {
            "--records" => records = number()?,
            "--rounds" => rounds = number()?.max(1),
            "--smoke" => (records, rounds, smoke) = (300, 1, true),
            _ => return Err(HELP.into()),
        }
    }
    Ok(Options { workload: Workload::new(records)?, rounds, smoke })
}

fn compare(options: &Options) -> Result<()> {
    let measured = rounds::run(options.workload, options.rounds)?;
    let agreed = measured.agreements()?;
    print!("{}", report::table(options.workload, &measured)?);
    if options.smoke {
        println!("{agreed} passed, 0 failed");
    }
    Ok(())
}

const HELP: &str = "bench [--records N] [--rounds N] [--smoke]";

//! Rounds: every side in a process of its own, one after the other.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use patient_wallet_bench_peer::{Figures, Result, Task, Workload};

/// What all rounds gave.
pub(crate) struct Measured {
    /// Rounds of the wallet, of plain SQLite and, when it is built, of SQLCipher.
    pub(crate) sides: [Vec<Figures>; 3],
    /// Nanoseconds of an append of 4 KiB made durable, round by round: what the disk allows.
    pub(crate) floor: Vec<f64>,
}

impl Measured {
    /// Checks that every side found the same and gives the number of comparisons.
    ///
    /// # Errors
    /// When two sides disagree.
    pub(crate) fn agreements(&self) -> Result<usize> {
        let mut compared = 0;
        let first = self.sides[0].first().ok_or("no round")?;
        for other in self.sides.iter().flatten() {
            if other.facts != first.facts {
                return Err(format!("{:?} is not {:?}", other.facts, first.facts).into());
            }
            compared += other.facts.len();
        }
        Ok(compared)
    }
}

/// Runs the rounds.
///
/// # Errors
/// When a side fails.
pub(crate) fn run(workload: Workload, rounds: usize) -> Result<Measured> {
    let own = std::env::current_exe()?;
    // Beside the program, because a temporary folder may be memory that knows no durability.
    let beside = own.parent().ok_or("the program stands nowhere")?;
    let folder = tempfile::tempdir_in(beside)?;
    let input = folder.path().join("records.ndjson");
    let mut file = BufWriter::new(File::create(&input)?);
    workload.write(&mut file)?;
    file.into_inner()?.sync_all()?;
    let sqlcipher = sqlcipher(beside);
    let mut measured = Measured { sides: [const { Vec::new() }; 3], floor: Vec::new() };
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        let side = |program: &Path, name: Option<&str>| {
            let folder = tempfile::tempdir_in(folder.path())?;
            let task = Task { workload, input: input.clone(), folder: folder.path().to_path_buf() };
            side(program, name, &task)
        };
        measured.sides[0].push(side(&own, Some("--side-wallet"))?);
        measured.sides[1].push(side(&own, Some("--side-sqlite"))?);
        if let Some(program) = &sqlcipher {
            measured.sides[2].push(side(program, None)?);
        }
        measured.floor.push(floor(folder.path())?);
    }
    Ok(measured)
}

/// Finds the program that links SQLCipher, when somebody has built it.
fn sqlcipher(beside: &Path) -> Option<PathBuf> {
    let name = format!("patient-wallet-bench-sqlcipher{}", std::env::consts::EXE_SUFFIX);
    let own_target = Path::new(env!("CARGO_MANIFEST_DIR")).join("sqlcipher/target/release");
    [beside, &own_target].map(|folder| folder.join(&name)).into_iter().find(|path| path.is_file())
}

fn side(program: &Path, name: Option<&str>, task: &Task) -> Result<Figures> {
    let mut command = Command::new(program);
    // The wallet's test folder is made where temporary files go.
    command.args(name).args(task.words()).env("TMPDIR", &task.folder);
    // The allocator of glibc learns from the first key derivation to keep such memory. What is
    // resident would then be that, so it is told to give it back, and to keep the rest.
    command.env("MALLOC_MMAP_THRESHOLD_", "16777216").env("MALLOC_TRIM_THRESHOLD_", "33554432");
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Figures::parse(std::str::from_utf8(&output.stdout)?)
}

fn floor(folder: &Path) -> Result<f64> {
    let path = folder.join("floor");
    let mut file = File::create(&path)?;
    let start = Instant::now();
    for _ in 0..APPENDS {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
    }
    let nanoseconds = start.elapsed().as_secs_f64() * 1e9 / f64::from(APPENDS);
    fs::remove_file(path)?;
    Ok(nanoseconds)
}

const APPENDS: u32 = 100;

//! Rounds: every side in a process of its own, one after the other, and in turns where the disk
//! decides.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use patient_wallet_bench_peer::turns::READY;
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
    let mut programs = vec![(own.clone(), Some("--side-wallet")), (own, Some("--side-sqlite"))];
    programs.extend(sqlcipher.map(|program| (program, None)));
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        let folder = tempfile::tempdir_in(folder.path())?;
        let mut sides = Vec::new();
        for (place, (program, name)) in programs.iter().enumerate() {
            let folder = folder.path().join(place.to_string());
            fs::create_dir(&folder)?;
            let task = Task { workload, input: input.clone(), folder };
            sides.push(Side::start(program, *name, &task)?);
        }
        while sides.iter().any(|side| side.waits) {
            sides.iter_mut().try_for_each(Side::go_on)?;
        }
        for (rounds, side) in measured.sides.iter_mut().zip(sides) {
            rounds.push(side.figures()?);
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

/// A side at work. It does everything alone but the single writes, at which all take turns.
struct Side {
    process: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    said: String,
    waits: bool,
}

impl Side {
    /// Starts a side and waits until it has come to the single writes.
    fn start(program: &Path, name: Option<&str>, task: &Task) -> Result<Self> {
        let mut command = Command::new(program);
        // The wallet's test folder is made where temporary files go.
        command.args(name).args(task.words()).env("TMPDIR", &task.folder);
        // The allocator of glibc learns from the first key derivation to keep such memory. What is
        // resident would then be that, so it is told to give it back, and to keep the rest.
        command.env("MALLOC_MMAP_THRESHOLD_", "16777216").env("MALLOC_TRIM_THRESHOLD_", "33554432");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = process.stdin.take().ok_or("no input")?;
        let lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let mut side = Self { process, orders, lines, said: String::new(), waits: true };
        side.listen()?;
        Ok(side)
    }

    /// Gives the side its turn, when it waits for one.
    fn go_on(&mut self) -> Result<()> {
        if self.waits {
            self.orders.write_all(b"\n")?;
            self.listen()?;
        }
        Ok(())
    }

    /// Hears what the side says until it waits again or has ended.
    fn listen(&mut self) -> Result<()> {
        for line in self.lines.by_ref() {
            let line = line?;
            if line == READY {
                return Ok(());
            }
            self.said.push_str(&line);
            self.said.push('\n');
        }
        self.waits = false;
        Ok(())
    }

    fn figures(mut self) -> Result<Figures> {
        if self.process.wait()?.success() {
            Figures::parse(&self.said)
        } else {
            Err("a side failed".into())
        }
    }
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

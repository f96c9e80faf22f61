//! Works on a wallet that something is about to go wrong with, and checks it afterwards.
//!
//! ```text
//! trial work HOME KEYSTORE SEED [COUNT [KIND,KIND,...]]  < history   says what it begins and has done
//! trial check HOME KEYSTORE                              < history   says which promises were kept
//! ```
//! The history is what `work` said so far, over all its runs, and what `check` said in between. The
//! wallet is `HOME/wallet`; what is written beside it stands in `HOME/files`.
//!
//! Exit: 0 done; 1 the wallet refused, with the code on stderr; 2 usage; 3 work that was done is
//! lost or work that failed is there by half; 4 the wallet is damaged.

mod check;
mod content;
mod files;
mod history;
#[path = "../../examples/src/keystore.rs"]
mod keystore;
mod op;
mod wallet;
mod work;
mod worker;

use std::io::{self, Write};
use std::process::ExitCode;

use patient_wallet::Error;

use crate::wallet::Place;

/// Why a run ended before its end.
#[derive(Debug)]
enum Trouble {
    /// The wallet refused.
    Refused(Error),
    /// The system refused a file beside the wallet, or the history.
    System(io::Error),
    /// The arguments or the history were not understood.
    Usage(&'static str),
    /// A promise was broken.
    Broken(Broken),
}

/// How a promise was broken.
#[derive(Debug)]
enum Broken {
    /// Not what was done, nor that with what was being done.
    Lost(Vec<String>),
    /// It does not open or does not read.
    Damaged(String),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["work", home, keystore, seed, rest @ ..] if rest.len() <= 2 => {
            work::work(&Place::at(home, keystore), seed, rest)
        }
        ["check", home, keystore] => check::check(&Place::at(home, keystore)),
        _ => Err(Trouble::Usage(
            "trial work HOME KEYSTORE SEED [COUNT [KINDS]] | trial check HOME KEYSTORE",
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => ExitCode::from(trouble.tell()),
    }
}

impl Trouble {
    /// Says on stderr what it was, and gives the exit code.
    fn tell(&self) -> u8 {
        let (lines, code) = match self {
            Self::Refused(error) => (vec![format!("refused {}", error.code())], 1),
            Self::System(error) => (vec![format!("refused system: {error}")], 1),
            Self::Usage(usage) => (vec![(*usage).to_owned()], 2),
            Self::Broken(Broken::Lost(lost)) => {
                (lost.iter().map(|line| format!("lost: {line}")).collect(), 3)
            }
            Self::Broken(Broken::Damaged(what)) => (vec![format!("damaged: {what}")], 4),
        };
        for line in lines {
            // Where that is closed, the exit code is all that is left to say it.
            let _ = writeln!(io::stderr(), "{line}");
        }
        code
    }

    /// Gives the code by which the wallet names a refusal.
    const fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::System(_) => "system",
            Self::Usage(_) | Self::Broken(_) => "trial",
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Says one line on stdout at once: whoever cuts the power has heard it.
fn say(line: &str) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    Ok(out.flush()?)
}

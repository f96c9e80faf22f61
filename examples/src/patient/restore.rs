//! `wallet restore`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::patient::create::VaultShape;
use crate::patient::words;
use crate::screen::Screen;

/// Comes back with the words, and sets a new passphrase
///
/// Where the wallet is, the words open it. In an empty folder they make a new, empty wallet with
/// the same identity: words bring back the keys, not the records.
#[derive(Args, Debug)]
pub(crate) struct Restore {
    /// File with the words
    #[arg(long, value_name = "FILE")]
    words_file: PathBuf,
}

#[derive(Serialize)]
struct Restored {
    vault: VaultShape,
    records: Option<usize>,
    #[serde(skip)]
    was_there: bool,
}

impl Restore {
    /// Opens or makes the wallet.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let words = words::read(&self.words_file)?;
        let passphrase = context.new_passphrase()?;
        let wallet = context.wallet()?;
        let was_there = wallet.exists();
        let mut session = wallet.restore(&words, &passphrase)?;
        let status = session.status()?;
        context.lock(session);
        let vault = VaultShape { id: status.vault };
        Ok(Box::new(Restored { vault, records: status.records, was_there }))
    }
}

impl Tell for Restored {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if !self.was_there {
            return screen.paragraph(
                "A new, empty wallet with the same identity is made. Words bring back the keys, \
                 not the records.",
            );
        }
        writeln!(screen, "The wallet is open again, under the new passphrase.")?;
        match self.records {
            Some(records) => writeln!(screen, "It holds {records} records."),
            None => Ok(()),
        }
    }
}

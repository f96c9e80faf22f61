//! `wallet verify`

use std::io::{self, Write};
use std::path::Path;

use clap::Args;
use patient_wallet::Error;
use patient_wallet::host::CancelToken;
use patient_wallet::session::Verification;
use patient_wallet::vault::{Fault, VaultError};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::progress;
use crate::screen::Screen;

/// Reads every row, file, slot and log entry, and names each fault
///
/// Nothing is changed. Where anything is wrong the exit code is 1.
#[derive(Args, Debug)]
pub(crate) struct Verify {}

#[derive(Serialize)]
struct Verified {
    sound: bool,
    checked: Checked,
    faults: Vec<FaultShape>,
    /// Records that can be read, and records that there are.
    #[serde(skip)]
    readable: (usize, Option<usize>),
}

#[derive(Serialize)]
struct Checked {
    rows: u64,
    files: u64,
    slots: u64,
    entries: u64,
}

#[derive(Serialize)]
struct FaultShape {
    what: &'static str,
    r#where: String,
    lost: &'static str,
}

impl Verify {
    /// Walks through the wallet.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.look()?;
        let bar = progress::count(Path::new("verify"));
        let moved = |done, total| progress::moved(&bar, done, total);
        let found = session.verify(&moved, &CancelToken::new());
        bar.finish_and_clear();
        let found = found?;
        let records = session.status()?.records;
        context.lock(session);
        Ok(Box::new(Verified::of(&found, records)))
    }
}

impl Verified {
    fn of(found: &Verification, records: Option<usize>) -> Self {
        let checked = found.checked;
        let shape = |fault: &Fault| FaultShape {
            what: fault.what(),
            r#where: fault.to_string(),
            lost: fault.lost(),
        };
        Self {
            sound: found.faults.is_empty(),
            checked: Checked {
                rows: checked.rows,
                files: checked.files,
                slots: checked.slots,
                entries: checked.entries,
            },
            faults: found.faults.iter().map(shape).collect(),
            readable: (found.readable, records),
        }
    }
}

impl Tell for Verified {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let said = if self.sound { "Nothing is wrong." } else { "The wallet is damaged." };
        screen.heading(said)?;
        let Checked { rows, files, slots, entries } = &self.checked;
        screen.fact(
            "checked",
            &format!(
                "{rows} rows, {files} attachment files, {slots} ways to open it, {entries} log \
                 entries"
            ),
        )?;
        match self.readable {
            (readable, Some(records)) => {
                screen.fact("readable", &format!("{readable} of {records} records"))?;
            }
            (_, None) => screen.fact("readable", "no record: their keys do not open")?,
        }
        for FaultShape { what, r#where, lost } in &self.faults {
            writeln!(screen)?;
            screen.fact("fault", what)?;
            screen.fact("where", r#where)?;
            screen.fact("lost", lost)?;
        }
        Ok(())
    }

    fn shortfall(&mut self) -> Option<Failure> {
        let what_now =
            "wallet export writes what can be read; wallet restore BACKUP brings all back";
        (!self.sound)
            .then(|| Failure::from(Error::from(VaultError::Damaged)).with_hint(what_now.to_owned()))
    }
}

//! `wallet passphrase`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use patient_wallet::session::Authentication;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::passphrase;
use crate::patient::create::VaultShape;
use crate::screen::Screen;

/// Changes the passphrase
#[derive(Args, Debug)]
pub(crate) struct Change {
    /// File with the new passphrase; else a prompt
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

#[derive(Serialize)]
struct Changed {
    vault: VaultShape,
}

impl Change {
    /// Changes the passphrase.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let (mut session, old) = context.unlock_with_passphrase()?;
        let new = passphrase::replacement(self.new_passphrase_file.as_deref())?;
        let vault = VaultShape { id: session.status()?.vault };
        let params = context.wallet()?.params()?;
        session.change_passphrase(&Authentication::Passphrase(&old), &new, params)?;
        context.lock(session);
        Ok(Box::new(Changed { vault }))
    }
}

impl Tell for Changed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        writeln!(screen, "The new passphrase holds; the old one opens nothing any more.")
    }
}

//! `wallet erase-wallet`

use std::io;
use std::path::PathBuf;

use clap::Args;
use patient_wallet::audit::MayRemain;
use patient_wallet::words::Language;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::patient::create::VaultShape;
use crate::patient::statement::{Place, Statement};
use crate::screen::{Screen, counted};
use crate::{confirm, files};

/// Erases the whole wallet: keys, records, attachments, log
///
/// Only a backup brings it back. It cannot be undone.
#[derive(Args, Debug)]
pub(crate) struct EraseWallet {
    /// Writes the signed statement of what was destroyed and what may remain
    #[arg(short, long = "output", value_name = "STATEMENT", value_parser = files::named)]
    output: Option<PathBuf>,
}

#[derive(Serialize)]
struct Erased {
    vault: VaultShape,
    #[serde(flatten)]
    statement: Statement,
    #[serde(skip)]
    home: PathBuf,
}

impl EraseWallet {
    /// Erases the wallet.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = Place::find(self.output.as_deref())?;
        let home = context.home()?;
        // A damaged wallet is erased as well.
        let mut session = context.look()?;
        let status = session.status()?;
        let records = status
            .records
            .and_then(|records| u64::try_from(records).ok())
            .map_or_else(|| "every record".to_owned(), |records| counted(records, "record"));
        let remains: Vec<_> =
            MayRemain::OF_WALLET.iter().map(|one| Language::En.may_remain(*one)).collect();
        let question = format!(
            "The whole wallet in {} goes for good: {records}, {}, the log and every key. What it does not reach may remain: {}. It cannot be undone.",
            home.display(),
            counted(status.attachments, "attachment"),
            remains.join("; ")
        );
        confirm::ask(context, &question, "erase")?;
        let statement = match session.erase_wallet()? {
            Some(signed) => place.put(&signed)?,
            None => Statement::unsigned(),
        };
        Ok(Box::new(Erased { vault: VaultShape { id: status.vault }, statement, home }))
    }
}

impl Tell for Erased {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.heading(&format!("The wallet in {} is erased.", self.home.display()))?;
        self.statement.tell(screen)
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.statement.shortfall()
    }
}

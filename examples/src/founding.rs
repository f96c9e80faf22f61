//! A new home of a clinic or a directory: its words first, then what they bring back.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use patient_wallet::error::WalletError;
use patient_wallet::keys::{Mnemonic, Passphrase, WordCount};
use patient_wallet::{Error, Wallet};
use serde::Serialize;

use crate::answer::Tell;
use crate::context::Context;
use crate::errors::{CliError, Failure};
use crate::patient::words::Place;
use crate::screen::Screen;

/// The option of a new home.
#[derive(Args, Debug)]
pub(crate) struct Founding {
    /// Writes the words that bring its keys back to a new file that only you can read
    #[arg(long, value_name = "FILE")]
    words_out: Option<PathBuf>,
}

/// Where a new home is, and its words.
#[derive(Serialize)]
pub(crate) struct Founded {
    pub(crate) home: PathBuf,
    pub(crate) words_file: Option<PathBuf>,
}

impl Founding {
    /// Makes a home from new words; unlike a patient's they may go unseen, for a backup under a
    /// passphrase brings everything back too.
    pub(crate) fn found<T>(
        &self,
        context: &Context,
        make: impl FnOnce(&Wallet, &Mnemonic, &Passphrase) -> Result<T, Error>,
    ) -> Result<(T, Founded), Failure> {
        let wallet = context.wallet()?;
        if wallet.exists() {
            return Err(WalletError::Exists.into());
        }
        let place = place(self.words_out.as_deref(), context.json())?;
        let home = context.home()?;
        let passphrase = context.new_passphrase()?;
        let words = Mnemonic::generate(WordCount::TwentyFour)?;
        if let Some(place) = &place {
            place.put(&words)?;
        }
        let made = make(&wallet, &words, &passphrase).inspect_err(|error| {
            let is_by_another =
                matches!(error, Error::Wallet(WalletError::Exists | WalletError::Busy));
            if let Some(place) = place.as_ref().filter(|_| is_by_another || !wallet.exists()) {
                place.withdraw();
            }
        })?;
        Ok((made, Founded { home, words_file: place.and_then(|place| place.path()) }))
    }
}

fn place(file: Option<&Path>, json: bool) -> Result<Option<Place>, Failure> {
    match Place::find(file, json) {
        Err(Failure::Cli(CliError::WordsNeedAPlace, _)) => Ok(None),
        found => found.map(Some),
    }
}

impl Tell for Founded {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        match &self.words_file {
            Some(file) => screen.paragraph(&format!(
                "Its 24 words are in {}: keep them on paper and delete the file.",
                file.display()
            )),
            None => Ok(()),
        }
    }
}

//! `wallet create`

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use patient_wallet::Error;
use patient_wallet::error::WalletError;
use patient_wallet::keys::{Mnemonic, WordCount};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::patient::words::Place;
use crate::screen::Screen;

/// Makes a wallet, with words that bring it back
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// How many words
    #[arg(long, value_enum, default_value = "24")]
    words: Words,
    /// Writes the words to a new file that only you can read, instead of showing them
    #[arg(long, value_name = "FILE")]
    words_out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Words {
    #[value(name = "24")]
    TwentyFour,
    #[value(name = "12")]
    Twelve,
}

#[derive(Serialize)]
struct Created {
    vault: VaultShape,
    words: usize,
    words_file: Option<PathBuf>,
    home: PathBuf,
}

/// A vault as JSON, where only its id matters.
#[derive(Serialize)]
pub(crate) struct VaultShape {
    pub(crate) id: String,
}

impl Create {
    /// Makes the wallet.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let wallet = context.wallet()?;
        if wallet.exists() {
            return Err(WalletError::Exists.into());
        }
        let place = Place::find(self.words_out.as_deref(), context.json())?;
        let home = context.home()?;
        let passphrase = context.new_passphrase()?;
        let count = match self.words {
            Words::TwentyFour => WordCount::TwentyFour,
            Words::Twelve => WordCount::Twelve,
        };
        let words = Mnemonic::generate(count)?;
        // The words come first: an end in between leaves words of no wallet, never the reverse.
        place.put(&words)?;
        let created = wallet.create_from(&words, &passphrase);
        let mut session = created.inspect_err(|error| {
            let is_by_another =
                matches!(error, Error::Wallet(WalletError::Exists | WalletError::Busy));
            // After any other failure a wallet that is there is the one of these words.
            if is_by_another || !wallet.exists() {
                place.withdraw();
            }
        })?;
        let id = session.status()?.vault;
        context.lock(session);
        Ok(Box::new(Created {
            vault: VaultShape { id },
            words: words.dangerous_words().count(),
            words_file: place.path(),
            home,
        }))
    }
}

impl Tell for Created {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.paragraph(&format!("A wallet is made in {}.", self.home.display()))?;
        if let Some(file) = &self.words_file {
            screen.paragraph(&format!("Its {} words are in {}.", self.words, file.display()))?;
            screen.paragraph(
                "Write them on paper and delete the file: whoever has the words has the wallet.",
            )?;
        }
        Ok(())
    }
}

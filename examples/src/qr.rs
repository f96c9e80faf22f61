//! `wallet qr`: any envelope as a QR code in the terminal, or as its text.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use patient_wallet::Error;
use patient_wallet::codec::encode_text;
use patient_wallet::consent::ConsentError;
use patient_wallet::qr::{QrCode, Theme};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::envelope;
use crate::errors::Failure;
use crate::screen::Screen;

/// Shows any request, consent, contact or other envelope as a QR code or as text
#[derive(Args, Debug)]
pub(crate) struct Qr {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show(Show),
    Text(Text),
}

/// Shows the QR code in the terminal
#[derive(Args, Debug)]
struct Show {
    /// The envelope: a file, - or its text
    envelope: PathBuf,
    /// For dark letters on light ground
    #[arg(long)]
    light: bool,
}

/// Writes the text that the QR code holds
#[derive(Args, Debug)]
struct Text {
    /// The envelope: a file, - or its text
    envelope: PathBuf,
}

#[derive(Serialize)]
struct Shown {
    version: u8,
    width: usize,
    text: String,
    #[serde(skip)]
    drawn: String,
}

#[derive(Serialize)]
struct Written {
    text: String,
}

impl Qr {
    /// Does what was asked.
    pub(crate) fn run(&self) -> Result<Box<dyn Answer>, Failure> {
        match &self.command {
            Command::Show(command) => command.run(),
            Command::Text(command) => command.run(),
        }
    }
}

impl Show {
    fn run(&self) -> Result<Box<dyn Answer>, Failure> {
        let envelope = envelope::read(&self.envelope)?;
        let code = QrCode::of(&envelope).map_err(Error::from)?;
        let theme = if self.light { Theme::Light } else { Theme::Dark };
        let (version, width) = (code.version(), code.width());
        let (text, drawn) = (text_of(&envelope)?, code.to_terminal(theme));
        Ok(Box::new(Shown { version, width, text, drawn }))
    }
}

impl Text {
    fn run(&self) -> Result<Box<dyn Answer>, Failure> {
        Ok(Box::new(Written { text: text_of(&envelope::read(&self.envelope)?)? }))
    }
}

fn text_of(envelope: &[u8]) -> Result<String, Failure> {
    encode_text(envelope).map_err(|_| ConsentError::Invalid.into())
}

impl Tell for Shown {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        write!(screen, "{}", self.drawn)
    }
}

impl Tell for Written {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        writeln!(screen, "{}", self.text)
    }
}

//! `wallet clinic erase`

use std::io;
use std::path::PathBuf;

use clap::Args;
use patient_wallet::consent::{ConsentError, ConsentId};
use patient_wallet::{Error, Requester};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::clinic::ids;
use crate::confirm;
use crate::context::Context;
use crate::errors::Failure;
use crate::files;
use crate::patient::statement::{Place, Statement};
use crate::screen::Screen;

/// Erases what was opened under a consent, and signs for the patient what was destroyed
///
/// The files that were written go, the consent, and the key that opens what comes under it. What
/// is not from here stays in its folder and is named. A statement that was lost is signed once more.
#[derive(Args, Debug)]
pub(super) struct Erase {
    /// Id of the consent, or its beginning
    consent: String,
    /// Writes the signed statement for the patient
    #[arg(short, long = "output", value_name = "STATEMENT", value_parser = files::named)]
    output: PathBuf,
}

#[derive(Serialize)]
struct Erased {
    consent: String,
    #[serde(flatten)]
    statement: Statement,
    #[serde(flatten)]
    left: Left,
}

/// What an erasure did not reach.
#[derive(Default, Serialize)]
pub(super) struct Left {
    foreign: Vec<PathBuf>,
    pub(super) missing: Vec<PathBuf>,
    pending: bool,
}

impl Left {
    /// Adds what another erasure did not reach.
    pub(super) fn add(&mut self, other: Self) {
        self.foreign.extend(other.foreign);
        self.missing.extend(other.missing);
        self.pending |= other.pending;
    }
}

impl Erase {
    /// Erases.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = Place::find(Some(&self.output))?;
        let mut clinic = context.requester()?;
        let consent = ids::signed(&mut clinic, &self.consent)?;
        if ids::held(&mut clinic, &consent.to_string()).is_ok() {
            confirm::ask(context, &question(&mut clinic, &[consent])?, "yes")?;
        }
        let (signed, left) = erased(&mut clinic, consent)?;
        let statement = place.put(&signed)?;
        context.lock(clinic);
        Ok(Box::new(Erased { consent: consent.to_string(), statement, left }))
    }
}

/// Erases what was opened under a consent, or signs once more that it is.
pub(super) fn erased(clinic: &mut Requester, consent: ConsentId) -> Result<(Vec<u8>, Left), Error> {
    match clinic.erase_copies(consent) {
        Ok(erased) => {
            let (foreign, missing) = (erased.foreign, erased.missing);
            Ok((erased.statement, Left { foreign, missing, pending: erased.pending }))
        }
        Err(Error::Consent(ConsentError::NotFound)) => {
            Ok((clinic.erasure_statement(consent)?, Left::default()))
        }
        Err(error) => Err(error),
    }
}

/// Asks before what was opened goes.
pub(super) fn question(clinic: &mut Requester, consents: &[ConsentId]) -> Result<String, Failure> {
    let mut folders = Vec::new();
    for consent in consents {
        let copies = clinic.copies(Some(*consent))?;
        folders.extend(copies.iter().map(|copies| files::shown(&copies.folder)));
    }
    let what = match folders.as_slice() {
        [] => "What was received under this consent goes for good.".to_owned(),
        folders => format!("What was opened goes for good: {}.", folders.join(", ")),
    };
    Ok(format!("{what} It cannot be undone."))
}

impl Tell for Left {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let listed = |paths: &[PathBuf]| {
            let shown: Vec<_> = paths.iter().map(|path| files::shown(path)).collect();
            shown.join(", ")
        };
        if !self.foreign.is_empty() {
            let text = format!("Not from here, and left: {}.", listed(&self.foreign));
            screen.paragraph(&text)?;
        }
        if !self.missing.is_empty() {
            screen.paragraph(&format!(
                "Not found where it was written: {}. The statement does not say that these copies \
                 are gone; erase them where they are.",
                listed(&self.missing)
            ))?;
        }
        if self.pending {
            screen.paragraph("A trace of the keys is removed when the home is next opened.")?;
        }
        Ok(())
    }
}

impl Tell for Erased {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.heading("What was opened under this consent is erased.")?;
        self.statement.tell(screen)?;
        self.left.tell(screen)
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.statement.shortfall()
    }
}

/// Names the file of a statement.
pub(super) fn name(consent: ConsentId) -> String {
    let id: String = consent.to_string().chars().take(DIGITS).collect();
    format!("erased-{id}.pmw-es")
}

const DIGITS: usize = 8;

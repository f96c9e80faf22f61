//! `wallet clinic credential`

use std::io;
use std::path::PathBuf;

use clap::Args;
use patient_wallet::consent;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::envelope;
use crate::errors::Failure;
use crate::screen::Screen;

/// Takes in what a directory says of this home; contacts and requests carry it from here on
#[derive(Args, Debug)]
pub(super) struct Credential {
    /// The credential: a file, - or its text
    credential: PathBuf,
}

#[derive(Serialize)]
struct Taken {
    credential: CredentialShape,
}

/// A credential as JSON.
#[derive(Serialize)]
pub(crate) struct CredentialShape {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) class: &'static str,
    pub(crate) did: String,
    pub(crate) expires_at: String,
}

impl Credential {
    /// Keeps the credential.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let envelope = envelope::read(&self.credential)?;
        let mut clinic = context.requester()?;
        clinic.add_credential(&envelope)?;
        context.lock(clinic);
        let credential = CredentialShape::of(&consent::Credential::read(&envelope)?);
        Ok(Box::new(Taken { credential }))
    }
}

impl CredentialShape {
    /// Takes what a credential says.
    pub(crate) fn of(credential: &consent::Credential) -> Self {
        Self {
            id: credential.id().to_string(),
            name: credential.name().to_owned(),
            class: credential.class().word(),
            did: credential.did().to_owned(),
            expires_at: credential.expires_at().to_string(),
        }
    }
}

impl Tell for Taken {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let CredentialShape { name, class, expires_at, .. } = &self.credential;
        screen.paragraph(&format!(
            "A directory vouches for {name}, {class}, until {expires_at}. It counts for patients \
             who believe that directory."
        ))
    }
}

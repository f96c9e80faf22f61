//! `wallet clinic contact`

use clap::Args;
use patient_wallet::requester::Profile;
use serde::Serialize;

use crate::answer::Answer;
use crate::clinic::Made;
use crate::context::Context;
use crate::envelope::Output;
use crate::errors::Failure;

/// Gives the contact that patients share with and directories vouch for; it holds for a year
#[derive(Args, Debug)]
pub(super) struct Contact {
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Facts {
    contact: ContactShape,
}

#[derive(Serialize)]
struct ContactShape {
    name: String,
    class: &'static str,
    did: String,
    has_credential: bool,
}

impl Contact {
    /// Signs the contact.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = self.output.place()?;
        let mut clinic = context.requester()?;
        let contact = clinic.contact()?;
        let profile = clinic.profile()?;
        context.lock(clinic);
        let facts = Facts { contact: ContactShape::of(&profile) };
        let advice = "the contact, for patients and directories";
        Ok(Box::new(Made { facts, put: place.put(&contact)?, advice }))
    }
}

impl ContactShape {
    fn of(profile: &Profile) -> Self {
        Self {
            name: profile.name.as_str().to_owned(),
            class: profile.class.word(),
            did: profile.did.to_string(),
            has_credential: profile.has_credential,
        }
    }
}

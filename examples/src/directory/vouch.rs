//! `wallet directory vouch`

use std::path::PathBuf;

use clap::Args;
use patient_wallet::consent::{Credential, RequesterClass};
use patient_wallet::directory;
use patient_wallet::record::Text;
use serde::Serialize;

use crate::answer::Answer;
use crate::clinic::{self, CredentialShape, Made};
use crate::clock;
use crate::context::Context;
use crate::envelope::{self, Output};
use crate::errors::Failure;

/// Vouches for whoever made a contact: that name, class and key belong together is yours to know
#[derive(Args, Debug)]
pub(super) struct Vouch {
    /// The contact: a file, - or its text
    contact: PathBuf,
    /// What it is: clinician, emergency, insurer, researcher, school, employer, authority, other
    #[arg(long, value_name = "C", value_parser = clinic::class)]
    class: RequesterClass,
    /// Name that is vouched for; else the one in the contact
    #[arg(long, value_name = "N", value_parser = clinic::name)]
    name: Option<String>,
    /// DID that is vouched for; else that of the key
    #[arg(long, value_name = "DID", value_parser = did)]
    did: Option<String>,
    /// For how long; three years at most
    #[arg(long = "for", value_name = "TIME", default_value = "365d", value_parser = clock::duration)]
    span: u64,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Facts {
    credential: CredentialShape,
}

impl Vouch {
    /// Signs the credential.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let contact = envelope::read(&self.contact)?;
        let place = self.output.place()?;
        let text = |text: &Option<String>| text.as_deref().map(Text::from);
        let vouch = directory::Vouch {
            class: self.class,
            name: text(&self.name),
            did: text(&self.did),
            seconds: self.span,
        };
        let mut directory = context.directory()?;
        let credential = directory.vouch(&contact, &vouch)?;
        context.lock(directory);
        let facts = Facts { credential: CredentialShape::of(&Credential::read(&credential)?) };
        let advice = "the credential, for the clinic that it is about";
        Ok(Box::new(Made { facts, put: place.put(&credential)?, advice }))
    }
}

fn did(text: &str) -> Result<String, String> {
    let is_did = text.starts_with("did:") && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_did && text.len() <= LONGEST_DID {
        Ok(text.to_owned())
    } else {
        Err(format!("a DID looks like did:web:example.org and has at most {LONGEST_DID} bytes"))
    }
}

const LONGEST_DID: usize = 64;

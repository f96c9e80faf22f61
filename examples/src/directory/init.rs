//! `wallet directory init` and `wallet directory contact`

use std::io;

use clap::Args;
use patient_wallet::Directory;
use patient_wallet::consent;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::clinic::{self, Made};
use crate::context::Context;
use crate::envelope::Output;
use crate::errors::Failure;
use crate::founding::{Founded, Founding};
use crate::patient::create::VaultShape;
use crate::screen::Screen;

/// Makes a home for a directory
#[derive(Args, Debug)]
pub(super) struct Init {
    /// Name that patients are shown
    #[arg(long, value_name = "N", value_parser = clinic::name)]
    name: String,
    #[command(flatten)]
    founding: Founding,
}

/// Gives the contact that patients believe once and for all; it holds for a year
#[derive(Args, Debug)]
pub(super) struct Contact {
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Begun {
    #[serde(flatten)]
    founded: Founded,
    vault: VaultShape,
    name: String,
    did: String,
}

#[derive(Serialize)]
struct Facts {
    contact: ContactShape,
}

#[derive(Serialize)]
struct ContactShape {
    name: String,
    did: String,
    expires_at: String,
}

impl Init {
    /// Makes the home.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let (mut directory, founded) =
            self.founding.found(context, |wallet, words, passphrase| {
                Directory::create_from(wallet, words, passphrase, &self.name)
            })?;
        let contact = consent::Contact::read(&directory.contact()?)?;
        let vault = VaultShape { id: directory.session().status()?.vault };
        context.lock(directory);
        let (name, did) = (contact.name().to_owned(), contact.did().to_string());
        Ok(Box::new(Begun { founded, vault, name, did }))
    }
}

impl Contact {
    /// Signs the contact.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = self.output.place()?;
        let mut directory = context.directory()?;
        let envelope = directory.contact()?;
        context.lock(directory);
        let contact = consent::Contact::read(&envelope)?;
        let facts = Facts {
            contact: ContactShape {
                name: contact.name().to_owned(),
                did: contact.did().to_string(),
                expires_at: contact.expires_at().to_string(),
            },
        };
        let advice = "the contact, for patients who believe this directory";
        Ok(Box::new(Made { facts, put: place.put(&envelope)?, advice }))
    }
}

impl Tell for Begun {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let home = self.founded.home.display();
        screen.paragraph(&format!("The directory {} has a home in {home}.", self.name))?;
        screen.paragraph(&format!("Its DID is {}.", self.did))?;
        self.founded.tell(screen)
    }
}

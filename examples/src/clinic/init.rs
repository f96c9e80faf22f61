//! `wallet clinic init`

use std::io;

use clap::Args;
use patient_wallet::Requester;
use patient_wallet::consent::RequesterClass;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::clinic::terms;
use crate::context::Context;
use crate::errors::Failure;
use crate::founding::{Founded, Founding};
use crate::patient::create::VaultShape;
use crate::screen::Screen;

/// Makes a home for a clinic, an insurer, a researcher: keys of its own, and what it will hold
#[derive(Args, Debug)]
pub(super) struct Init {
    /// Name that patients are shown
    #[arg(long, value_name = "N", value_parser = terms::name)]
    name: String,
    /// What it is: clinician, emergency, insurer, researcher, school, employer, authority, other
    #[arg(long, value_name = "C", value_parser = terms::class)]
    class: RequesterClass,
    #[command(flatten)]
    founding: Founding,
}

#[derive(Serialize)]
struct Begun {
    #[serde(flatten)]
    founded: Founded,
    vault: VaultShape,
    name: String,
    class: &'static str,
    did: String,
}

impl Init {
    /// Makes the home.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let (mut clinic, founded) = self.founding.found(context, |wallet, words, passphrase| {
            Requester::create_from(wallet, words, passphrase, &self.name, self.class)
        })?;
        let profile = clinic.profile()?;
        let vault = VaultShape { id: clinic.session().status()?.vault };
        context.lock(clinic);
        let (name, class) = (profile.name.as_str().to_owned(), profile.class.word());
        Ok(Box::new(Begun { founded, vault, name, class, did: profile.did.to_string() }))
    }
}

impl Tell for Begun {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let home = self.founded.home.display();
        screen.paragraph(&format!("{}, {}, has a home in {home}.", self.name, self.class))?;
        screen.paragraph(&format!("Its DID is {}.", self.did))?;
        self.founded.tell(screen)
    }
}

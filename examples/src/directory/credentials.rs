//! `wallet directory revoke` and `wallet directory list`

use std::io::{self, Write};

use clap::Args;
use patient_wallet::directory::Vouched;
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::clinic::Made;
use crate::clock::day;
use crate::context::Context;
use crate::envelope::{Output, Put};
use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::screen::{Screen, Table};

/// Takes a credential back, and signs the list of all that were
#[derive(Args, Debug)]
pub(super) struct Revoke {
    /// Id of the credential, or its beginning
    id: String,
    #[command(flatten)]
    output: Output,
}

/// Lists the credentials that were issued, and signs the list of those that were taken back
#[derive(Args, Debug)]
pub(super) struct List {
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Revoked {
    revoked: String,
}

#[derive(Serialize)]
struct Listed {
    credentials: Vec<VouchedShape>,
    #[serde(flatten)]
    put: Put,
    #[serde(skip)]
    ids: ShortIds,
}

#[derive(Serialize)]
struct VouchedShape {
    id: String,
    name: String,
    expires_at: String,
    revoked: Option<String>,
    #[serde(skip)]
    days: [String; 2],
}

impl Revoke {
    /// Takes the credential back.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = self.output.place()?;
        let mut directory = context.directory()?;
        let id = directory.resolve(&self.id.to_ascii_lowercase())?;
        let list = directory.revoke(id)?;
        context.lock(directory);
        let facts = Revoked { revoked: id.to_string() };
        let advice = "the list of what was taken back, for every patient; fresh for a day";
        Ok(Box::new(Made { facts, put: place.put(&list)?, advice }))
    }
}

impl List {
    /// Lists the credentials.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let place = self.output.place()?;
        let mut directory = context.directory()?;
        let vouched = directory.vouched()?;
        let list = directory.list()?;
        context.lock(directory);
        let ids = vouched.iter().map(|vouched| vouched.id.to_string()).collect();
        let credentials = vouched.iter().map(VouchedShape::of).collect();
        let (put, ids) = (place.put(&list)?, ShortIds::telling_apart(ids));
        Ok(Box::new(Listed { credentials, put, ids }))
    }
}

impl VouchedShape {
    fn of(vouched: &Vouched) -> Self {
        Self {
            id: vouched.id.to_string(),
            name: vouched.name.as_str().to_owned(),
            expires_at: vouched.expires_at.to_string(),
            revoked: vouched.revoked.map(|at| at.to_string()),
            days: [day(vouched.expires_at), vouched.revoked.map(day).unwrap_or_default()],
        }
    }
}

impl Tell for Listed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.credentials.is_empty() {
            writeln!(screen, "Nobody is vouched for yet.")?;
        } else {
            let mut table = Table::new(["id", "name", "until", "taken back"], 1);
            for VouchedShape { id, name, days: [until, revoked], .. } in &self.credentials {
                let id = self.ids.beginning(id).to_owned();
                table.push([id, name.clone(), until.clone(), revoked.clone()]);
            }
            table.tell(screen)?;
        }
        match self.put.file() {
            Some(file) => screen.paragraph(&format!(
                "{}: the list of what was taken back, for every patient; fresh for a day",
                file.display()
            )),
            None => {
                writeln!(screen)?;
                self.put.tell(screen)
            }
        }
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.put.shortfall()
    }
}

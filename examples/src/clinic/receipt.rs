//! `wallet clinic receipt`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use patient_wallet::Requester;
use patient_wallet::consent::{Alias, ConsentId, Purpose};
use patient_wallet::receipt::ReceiptId;
use patient_wallet::record::Text;
use patient_wallet::requester::{GivenReceipt, NewAccess, Reading};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::clinic::handed::{self, Handed, Places};
use crate::clinic::{ids, terms};
use crate::context::Context;
use crate::errors::Failure;
use crate::files;
use crate::screen::Screen;

/// Hands out what was signed about reading: the receipts that the patients have not got yet
#[derive(Args, Debug)]
pub(super) struct Receipt {
    /// Id of a consent, or its beginning; else of every one
    consent: Option<String>,
    /// Hands out again what was handed out before
    #[arg(long)]
    again: bool,
    /// Signs first that what was opened under the consent was read again
    #[arg(long, requires = "consent")]
    read: bool,
    #[command(flatten)]
    access: Access,
    /// Writes one receipt to this file, several into this folder; else their texts go to stdout
    #[arg(short, long = "output", value_name = "PLACE", value_parser = files::named)]
    output: Option<PathBuf>,
}

/// What is said of a further reading.
#[derive(Args, Debug)]
struct Access {
    /// The records that were read, by alias; else all that were opened
    #[arg(long, value_name = "A,..", value_delimiter = ',', requires = "read",
        value_parser = alias)]
    records: Vec<Alias>,
    /// A machine read them
    #[arg(long, requires = "read", conflicts_with = "by")]
    machine: bool,
    /// Who read them
    #[arg(long, value_name = "PERSON", requires = "read", value_parser = terms::name)]
    by: Option<String>,
    /// What for, where that is not the purpose of the consent
    #[arg(long, value_name = "P", requires = "read", value_parser = terms::purpose)]
    purpose: Option<Purpose>,
}

#[derive(Serialize)]
struct Given {
    receipts: Vec<Handed<ReceiptShape>>,
}

/// A receipt as JSON.
#[derive(Serialize)]
pub(super) struct ReceiptShape {
    receipt: String,
    consent: String,
    act: &'static str,
    number: u64,
    at: String,
    purpose: &'static str,
    person: Option<String>,
    records: Vec<String>,
}

impl Receipt {
    /// Hands the receipts out.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut clinic = context.requester()?;
        let consent = self.consent.as_deref().map(|typed| ids::signed(&mut clinic, typed));
        let consent = consent.transpose()?;
        if let Some(consent) = consent.filter(|_| self.read) {
            clinic.note_access(&self.access.of(consent))?;
        }
        let given = clinic.receipts(consent, self.again)?;
        let places = Places::find(self.output.as_deref(), given.len())?;
        let receipts = hand_out(&mut clinic, places, given)?;
        context.lock(clinic);
        Ok(Box::new(Given { receipts }))
    }
}

/// Puts receipts in their places; those that found one are handed out.
pub(super) fn hand_out(
    clinic: &mut Requester,
    places: Places,
    given: Vec<GivenReceipt>,
) -> Result<Vec<Handed<ReceiptShape>>, Failure> {
    let ids: Vec<ReceiptId> = given.iter().map(|given| given.receipt.id()).collect();
    let facts: Vec<ReceiptShape> = given.iter().map(ReceiptShape::of).collect();
    let named = given.into_iter().map(|given| (name(&given), given.envelope));
    let put = places.put(named.collect())?;
    clinic.mark_given(&ids)?;
    Ok(Handed::all(facts, put))
}

/// Names the file of a receipt: in their order, and another for each.
fn name(given: &GivenReceipt) -> String {
    let id: String = given.receipt.id().to_string().chars().take(DIGITS).collect();
    format!("receipt-{:04}-{id}.pmw-ar", given.receipt.number())
}

fn alias(text: &str) -> Result<Alias, String> {
    text.parse().map_err(|_| "an alias has 32 digits from 0 to 9 and a to f".to_owned())
}

impl Access {
    fn of(&self, consent: ConsentId) -> NewAccess {
        NewAccess {
            consent,
            records: self.records.clone(),
            reading: if self.machine { Reading::Machine } else { Reading::Person },
            purpose: self.purpose,
            person: self.by.as_deref().map(Text::from),
        }
    }
}

impl ReceiptShape {
    /// Takes what a receipt says.
    pub(super) fn of(given: &GivenReceipt) -> Self {
        let receipt = &given.receipt;
        Self {
            receipt: receipt.id().to_string(),
            consent: receipt.consent().to_string(),
            act: receipt.act().word(),
            number: receipt.number(),
            at: receipt.at().to_string(),
            purpose: receipt.purpose().code(),
            person: receipt.person().map(str::to_owned),
            records: receipt.records().iter().map(ToString::to_string).collect(),
        }
    }
}

impl Tell for Given {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.receipts.is_empty() {
            return writeln!(screen, "No receipt waits; --again gives those from before.");
        }
        handed::tell(&self.receipts, "receipt", screen)
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.receipts.iter_mut().find_map(|one| one.put.shortfall())
    }
}

const DIGITS: usize = 8;

//! `wallet clinic consents`

use std::io::{self, Write};

use clap::Args;
use patient_wallet::requester::{Held, Owed};
use serde::Serialize;

use crate::answer::{Answer, Tell};
use crate::clinic::shapes::{ConsentShape, PatientShape};
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::screen::{Screen, Table};

/// Lists the consents that were received: until when they hold, and by when to erase
#[derive(Args, Debug)]
pub(super) struct Consents {}

#[derive(Serialize)]
struct All {
    consents: Vec<HeldShape>,
}

#[derive(Serialize)]
struct HeldShape {
    consent: ConsentShape,
    patient: PatientShape,
    state: &'static str,
    /// How many disclosures under it were opened.
    opened: usize,
    /// Why what was opened has to be erased by now.
    erase_due: Option<&'static str>,
}

impl Consents {
    /// Lists them, the newest first.
    pub(super) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut clinic = context.requester()?;
        let reader = clinic.profile()?.did.to_string();
        let held = clinic.consents()?;
        context.lock(clinic);
        let consents = held.iter().map(|held| HeldShape::of(held, &reader)).collect();
        Ok(Box::new(All { consents }))
    }
}

impl HeldShape {
    fn of(held: &Held, reader: &str) -> Self {
        Self {
            consent: ConsentShape::of(&held.token, reader),
            patient: PatientShape::of(&held.token, held.patient.as_ref()),
            state: held.state.word(),
            opened: held.opened,
            erase_due: held.owed.map(Owed::word),
        }
    }
}

impl Tell for All {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.consents.is_empty() {
            return writeln!(screen, "No consent was received yet.");
        }
        let ids =
            ShortIds::telling_apart(self.consents.iter().map(|it| it.consent.id.clone()).collect());
        let mut table = Table::new(["id", "patient", "state", "until", "erase by", "opened"], 1);
        for held in &self.consents {
            let patient = held.patient.name.as_ref().unwrap_or(&held.patient.did);
            table.push([
                ids.beginning(&held.consent.id).to_owned(),
                patient.clone(),
                held.state.to_owned(),
                minute(&held.consent.expires_at),
                match held.erase_due {
                    Some("asked") => "now: asked".to_owned(),
                    Some(_) => "now: overdue".to_owned(),
                    None => minute(&held.consent.erase_by),
                },
                if held.opened == 0 { "no".to_owned() } else { held.opened.to_string() },
            ]);
        }
        table.tell(screen)
    }
}

/// Shortens a moment to its minute.
fn minute(moment: &str) -> String {
    moment
        .chars()
        .take("2025-04-02T10:00".len())
        .map(|it| if it == 'T' { ' ' } else { it })
        .collect()
}

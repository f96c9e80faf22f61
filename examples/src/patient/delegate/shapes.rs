//! What acting for a patient answers.

use std::io::{self, Write};
use std::path::PathBuf;

use patient_wallet::record::{RecordDate, Text};
use patient_wallet::session::{EntrustedRecord, ReviewFor};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::answer::Tell;
use crate::envelope::Put;
use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::patient::delegate::list::EntrustedShape;
use crate::patient::terms::Terms;
use crate::screen::{Screen, Table, counted};

#[derive(Serialize)]
pub(super) struct Facts {
    pub(super) name: String,
}

#[derive(Serialize)]
pub(super) struct Accepted {
    pub(super) entrusted: EntrustedShape,
}

#[derive(Serialize)]
pub(super) struct Listed {
    pub(super) records: Vec<RecordShape>,
}

#[derive(Serialize)]
pub(super) struct RecordShape {
    pub(super) id: String,
    pub(super) version: u32,
    pub(super) category: &'static str,
    pub(super) title: String,
    pub(super) date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_sent")]
    pub(super) resource: Option<Text>,
}

#[derive(Serialize)]
pub(super) struct Reviewed {
    pub(super) patient: Option<String>,
    pub(super) audience: String,
    pub(super) standing: &'static str,
    pub(super) sentence: String,
    pub(super) release: Vec<RecordShape>,
    pub(super) withheld: usize,
}

#[derive(Serialize)]
pub(super) struct Given {
    pub(super) consent: String,
    pub(super) released: usize,
    pub(super) token_file: Option<PathBuf>,
    pub(super) disclosure_file: Option<PathBuf>,
    pub(super) token: Option<String>,
    #[serde(skip)]
    pub(super) put: Put,
}

#[derive(Serialize)]
pub(super) struct Reported {
    pub(super) file: PathBuf,
}

impl RecordShape {
    pub(super) fn of(record: &EntrustedRecord) -> Self {
        Self {
            id: record.id.to_string(),
            version: record.version,
            category: record.category.word(),
            title: record.title.as_str().to_owned(),
            date: record.date.map(|date: RecordDate| date.to_string()),
            resource: None,
        }
    }

    pub(super) fn whole(record: &EntrustedRecord) -> Self {
        Self { resource: Some(record.json.clone()), ..Self::of(record) }
    }
}

/// Writes a resource byte for byte.
fn as_sent<S: Serializer>(resource: &Option<Text>, serializer: S) -> Result<S::Ok, S::Error> {
    let json = resource.as_ref().map(|json| serde_json::from_str::<&RawValue>(json.as_str()));
    json.transpose().map_err(S::Error::custom)?.serialize(serializer)
}

impl Reviewed {
    pub(super) fn of(review: &ReviewFor, terms: &Terms) -> Result<Self, Failure> {
        Ok(Self {
            patient: review.patient.as_ref().map(|name| name.as_str().to_owned()),
            audience: review.who.name.as_str().to_owned(),
            standing: review.who.standing.word(),
            sentence: review.sentence(terms.language())?.as_str().to_owned(),
            release: review.release.iter().map(RecordShape::of).collect(),
            withheld: review.withhold.len(),
        })
    }
}

impl Tell for Accepted {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let patient = self.entrusted.patient.as_deref().unwrap_or("somebody");
        let until = &self.entrusted.until;
        screen.paragraph(&format!("You may act for {patient} until {until}."))?;
        screen.fact("id", &self.entrusted.id)
    }
}

impl Tell for Listed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        tell_records(screen, &self.records)
    }
}

impl Tell for Reviewed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let patient = self.patient.as_deref().unwrap_or("somebody");
        screen.title(&format!("In the name of {patient}"))?;
        screen.paragraph(&self.sentence)?;
        screen.fact("standing", self.standing)?;
        tell_records(screen, &self.release)?;
        match u64::try_from(self.withheld).unwrap_or(u64::MAX) {
            0 => Ok(()),
            withheld => screen.paragraph(&format!("{} withheld.", counted(withheld, "record"))),
        }
    }
}

impl Tell for Given {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        // Nothing stands beside the text of a token.
        if self.token.is_none() {
            screen.paragraph("Signed in the patient's name. Report it: wallet delegate report.")?;
            screen.fact("consent", &self.consent)?;
        }
        self.put.tell(screen)
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.put.shortfall()
    }
}

impl Tell for Reported {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.paragraph(&format!("{}: the report, for the patient", self.file.display()))
    }
}

fn tell_records(screen: &mut Screen<'_>, records: &[RecordShape]) -> io::Result<()> {
    if records.is_empty() {
        return writeln!(screen, "No records.");
    }
    let ids = ShortIds::telling_apart(records.iter().map(|record| record.id.clone()).collect());
    let mut table = Table::new(["id", "category", "date", "what"], 3);
    for record in records {
        table.push([
            ids.beginning(&record.id).to_owned(),
            record.category.to_owned(),
            record.date.clone().unwrap_or_default(),
            record.title.clone(),
        ]);
    }
    table.tell(screen)
}

//! `wallet consents`

use std::cmp::Reverse;
use std::io::{self, Write};

use clap::Args;
use patient_wallet::record::RecordDate;
use patient_wallet::session::{Consent, Record};
use serde::{Serialize, Serializer};

use crate::answer::{Answer, Tell};
use crate::context::Context;
use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::patient::review::{minute, tell_records};
use crate::screen::{Screen, Table};
use crate::shapes::consent::{ConsentShape, flags};

/// Lists the consents that were given, the newest first: to whom, until when, for which records
#[derive(Args, Debug)]
pub(crate) struct Consents {
    /// Only this one, with the records that they hold
    consent: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    consents: Vec<Item>,
    #[serde(skip)]
    ids: ShortIds,
    /// What they hold, where one consent was asked for.
    #[serde(skip)]
    held: Option<Vec<Record>>,
    #[serde(skip)]
    records: ShortIds,
}

struct Item(Consent);

#[derive(Serialize)]
struct Fields {
    consent: ConsentShape,
    state: &'static str,
    holds: Vec<String>,
    by: Option<String>,
}

impl Consents {
    /// Lists the consents.
    pub(crate) fn run(&self, context: &Context) -> Result<Box<dyn Answer>, Failure> {
        let mut session = context.look()?;
        let mut consents = session.consents()?;
        let ids = consents.iter().map(|consent| consent.id.to_string()).collect();
        let ids = ShortIds::telling_apart(ids);
        let mut held = None;
        if let Some(typed) = &self.consent {
            let id = session.resolve_consent(&typed.to_ascii_lowercase())?;
            consents.retain(|consent| consent.id == id);
            let holds = consents.iter().flat_map(|consent| &consent.holds);
            // Of a record that was erased since, only its id is left.
            let mut found: Vec<Record> = holds.filter_map(|id| session.record(*id).ok()).collect();
            found.sort_by_key(|record| Reverse(record.date.map(RecordDate::start)));
            held = Some(found);
        }
        let records = ShortIds::of(&mut session)?;
        context.lock(session);
        let consents = consents.into_iter().map(Item).collect();
        Ok(Box::new(Listed { consents, ids, held, records }))
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let consent = &self.0;
        let holds = consent.holds.iter().map(ToString::to_string).collect();
        let state = consent.state.word();
        let by = consent.by.as_ref().map(|by| by.as_str().to_owned());
        Fields { consent: ConsentShape::from(consent), state, holds, by }.serialize(serializer)
    }
}

impl Tell for Listed {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        match (&self.held, self.consents.as_slice()) {
            (Some(held), [Item(consent)]) => self.tell_one(screen, consent, held),
            (_, []) => writeln!(screen, "No consents."),
            (_, consents) => self.tell_all(screen, consents),
        }
    }
}

impl Listed {
    fn tell_all(&self, screen: &mut Screen<'_>, consents: &[Item]) -> io::Result<()> {
        let mut table = Table::new(["id", "state", "to", "what for", "until", "records"], 2);
        for Item(consent) in consents {
            table.push([
                self.ids.beginning(&consent.id.to_string()).to_owned(),
                consent.state.word().to_owned(),
                consent.audience.as_str().to_owned(),
                consent.purpose.word().to_owned(),
                minute(consent.expires_at),
                consent.holds.len().to_string(),
            ]);
        }
        table.tell(screen)
    }

    fn tell_one(
        &self,
        screen: &mut Screen<'_>,
        consent: &Consent,
        held: &[Record],
    ) -> io::Result<()> {
        screen.title(&format!("Consent for {}", consent.audience.as_str()))?;
        screen.fact("id", &consent.id.to_string())?;
        screen.fact("state", consent.state.word())?;
        screen.fact("key", consent.did.as_str())?;
        if let Some(by) = &consent.by {
            screen.fact("signed by", &format!("{}, for you", by.as_str()))?;
        }
        screen.fact("what for", consent.purpose.word())?;
        screen.fact("categories", &consent.categories.to_string())?;
        if !consent.denied.is_empty() {
            screen.fact("denied", &consent.denied.to_string())?;
        }
        let (from, until) = (minute(consent.not_before), minute(consent.expires_at));
        screen.fact("valid", &format!("{from} to {until} UTC"))?;
        screen.fact("erased by", &format!("{} UTC", minute(consent.erase_by)))?;
        let flags = flags(consent.flags);
        if !flags.is_empty() {
            screen.fact("promised", &flags.join(", "))?;
        }
        writeln!(screen)?;
        tell_records(screen, held, &[], self.records)
    }
}

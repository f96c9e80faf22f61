//! Accounting: every disclosure of a time, as this wallet noted it.

use crate::audit::{Actor, AuditEntry, AuditKind};
use crate::error::Error;
use crate::host::Timestamp;
use crate::order;
use crate::record::{RecordId, Text};
use crate::session::consents::Given;
use crate::session::consents::trust::{Believed, Shown};
use crate::session::{Open, Session};
use crate::vault::{Vault, VaultError};
use crate::words::{Accounted, AccountedRecord, Accounting, Recipient};

impl Session {
    /// Lists what was given from a moment until before another, whatever became of the consents.
    /// [`crate::words`] tells it.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`]; [`VaultError::Db`].
    pub fn accounting(&mut self, from: Timestamp, until: Timestamp) -> Result<Accounting, Error> {
        let (made, now) = (self.now(), self.consent_now()?);
        let open = self.open()?;
        let believed = open.believed()?;
        let vault = open.held.vault.as_ref().ok_or(VaultError::NeedsWords)?;
        let mut disclosures = Vec::new();
        for given in open.given()? {
            let inside = |at: Timestamp| at >= from && at < until;
            if !given.kept.disclosures.iter().any(|disclosed| inside(disclosed.at)) {
                continue;
            }
            let recipient = recipient(&given, &believed, now);
            for disclosed in given.kept.disclosures.iter().filter(|one| inside(one.at)) {
                let about = |(id, version): &(RecordId, u32)| about(vault, *id, *version);
                disclosures.push(Accounted {
                    id: disclosed.id,
                    at: disclosed.at,
                    recipient: recipient.clone(),
                    purpose: given.token.scope().purpose(),
                    consent: given.id,
                    by: given.kept.by.clone(),
                    records: disclosed.records.iter().map(about).collect(),
                });
            }
        }
        order::sort_by_key(&mut disclosures, |given| given.at);
        let patient = open.patient_name()?;
        // A damaged wallet writes nothing, and its patient may still hand this on.
        if !open.held.read_only {
            open.note(AuditEntry::new(made, AuditKind::Accounted, Actor::Patient))?;
        }
        Ok(Accounting { patient, from, until, made, disclosures })
    }
}

impl Open {
    /// Gives the patient's name, where a record says it.
    pub(in crate::session) fn patient_name(&self) -> Result<Option<Text>, Error> {
        let vault = self.held.vault.as_ref().ok_or(VaultError::NeedsWords)?;
        let titles = vault.index().patients().iter().filter_map(|id| {
            let version = &vault.index().current(*id)?.version;
            let title = &version.facts.title;
            // A Patient without a name is titled as what it is.
            (*title != version.kind).then(|| title.clone())
        });
        Ok(titles.into_iter().next())
    }
}

fn recipient(given: &Given, believed: &Believed, now: Timestamp) -> Recipient {
    let (name, key) = (&given.kept.name, &given.kept.key);
    let credential = believed.known(key).and_then(|known| known.credential.as_deref());
    let who = believed.who(&Shown { key, name: Some(name.as_str()), credential }, now);
    Recipient {
        name: name.clone(),
        did: who.did,
        standing: who.standing,
        vouched_by: who.vouched_by,
    }
}

/// Says what a record was in a version.
fn about(vault: &Vault, id: RecordId, version: u32) -> AccountedRecord {
    let entry = vault.index().history(id).find(|entry| entry.version.number == version);
    let about = entry.map(|entry| (entry.version.category, entry.version.facts.title.clone()));
    AccountedRecord { id, version, about }
}

#[cfg(test)]
mod tests;

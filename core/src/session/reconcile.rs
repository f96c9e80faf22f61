//! Comparing what readers handed in with what was given: the facts out of this wallet's rows.

use std::collections::{HashMap, HashSet};

use crate::consent::{Alias, AliasKey, ConsentId, NoticeKind, Thumbprint};
use crate::error::Error;
use crate::host::Timestamp;
use crate::order;
use crate::receipt::{
    ConsentFacts, DisclosureFacts, Facts, Flagged, Household, LogLine, NoticeFacts, reconcile,
};
use crate::record::{RecordId, Text};
use crate::session::consents::Given;
use crate::session::notices::NoticeState;
use crate::session::receipts::Told;
use crate::session::{Open, Session};
use crate::vault::VaultError;

/// What came of comparing what readers signed with what was given.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// How many accesses there were.
    pub accesses: usize,
    /// Every access, the latest first: folded where nothing is wrong.
    pub log: Vec<LogLine>,
    /// What the patient should look at, the latest first.
    pub flagged: Vec<Look>,
}

/// Something that the patient should look at.
#[derive(Clone, Debug)]
pub struct Look {
    /// What, and why.
    pub flag: Flagged,
    /// The records, in the order in which it names them; `None` for one that was never given to
    /// this reader.
    pub records: Vec<Option<RecordId>>,
}

impl Session {
    /// Compares what readers handed in with what was given to them.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn reconcile(&mut self) -> Result<Reconciled, Error> {
        let now = self.consent_now()?;
        let notices = self.notices()?;
        let open = self.open()?;
        let assembled = open.facts(notices)?;
        let told = reconcile(&assembled.facts, now);
        let look = |flag: Flagged| {
            let aliases = flag.consent.and_then(|consent| assembled.records.get(&consent));
            let of = |alias| aliases.and_then(|records| records.get(alias)).copied();
            Look { records: flag.records.iter().map(of).collect(), flag }
        };
        let flagged = told.flagged.into_iter().map(look).collect();
        Ok(Reconciled { accesses: told.accesses, log: told.log, flagged })
    }
}

/// The facts, and what the aliases in them stand for.
struct Assembled {
    facts: Facts,
    records: HashMap<ConsentId, HashMap<Alias, RecordId>>,
}

/// A reader, as this wallet knows it.
struct Reader {
    did: Text,
    patient: Thumbprint,
}

impl Open {
    fn facts(&self, notices: Vec<NoticeState>) -> Result<Assembled, Error> {
        let given = self.given()?;
        let mut assembled = Assembled { facts: Facts::default(), records: HashMap::new() };
        assembled.facts.household = self.household()?;
        let mut statements: HashMap<ConsentId, Vec<Timestamp>> = HashMap::new();
        let handed_in = self.handed_in()?;
        let openings = handed_in.iter().filter(|(told, _)| told.is_opening());
        let opened: HashSet<ConsentId> = openings.map(|(told, _)| told.consent()).collect();
        for (told, _) in handed_in {
            match told {
                Told::Access(receipt) => assembled.facts.receipts.push(receipt),
                Told::Erasure(_) => {
                    if told.is_whole_erasure(opened.contains(&told.consent())) {
                        statements.entry(told.consent()).or_default().push(told.at());
                    }
                }
            }
        }
        if given.is_empty() {
            return Ok(assembled);
        }
        let (alias_key, readers) = (AliasKey::new(self.private()?.alias), self.known_readers()?);
        for one in &given {
            let reader = readers.get(&one.kept.key.to_sec1()).ok_or(VaultError::Damaged)?;
            let (mut facts, records) = consent_facts(one, reader, &alias_key);
            facts.statements = statements.remove(&one.id).unwrap_or_default();
            assembled.records.insert(one.id, records);
            assembled.facts.consents.push(facts);
        }
        for notice in notices {
            assembled.take_notice(&notice);
        }
        Ok(assembled)
    }

    /// Gives the names in the record.
    fn household(&self) -> Result<Household, Error> {
        let vault = self.held.vault.as_ref().ok_or(VaultError::NeedsWords)?;
        let mut household = Household::default();
        let kinds = ["Patient", "RelatedPerson"];
        let named = |kind: &str| kinds.contains(&kind);
        for entry in vault.index().currents().filter(|entry| named(entry.version.kind.as_str())) {
            household.take(vault.read(&self.db, entry)?.text()?)?;
        }
        Ok(household)
    }

    /// Gives everybody who was answered, by their key.
    fn known_readers(&self) -> Result<HashMap<[u8; 33], Reader>, Error> {
        let answered = self.answered()?.into_iter();
        let reader = |known: crate::session::consents::kept::KeptRequester| {
            let patient = Thumbprint::of(&self.peer_key(&known.did)?.verifying_key());
            Ok((known.key.to_sec1(), Reader { did: known.did, patient }))
        };
        answered.map(reader).collect()
    }
}

impl Assembled {
    /// Adds a notice: a correction for itself, a wish to the consents that it is about.
    fn take_notice(&mut self, notice: &NoticeState) {
        let consents = &mut self.facts.consents;
        let mut concerned = consents.iter_mut().filter(|one| notice.consents.contains(&one.id));
        if notice.kind == NoticeKind::ErasureWish {
            for consent in concerned {
                let asked = consent.erasure_asked.map_or(notice.at, |asked| asked.min(notice.at));
                consent.erasure_asked = Some(asked);
            }
            return;
        }
        let Some(first) = concerned.next() else { return };
        let mut records: Vec<Alias> = Vec::new();
        for theirs in notice.consents.iter().filter_map(|id| self.records.get(id)) {
            let corrected = theirs.iter().filter(|(_, record)| notice.records.contains(record));
            records.extend(corrected.map(|(alias, _)| *alias));
        }
        order::sort(&mut records);
        records.dedup();
        self.facts.notices.push(NoticeFacts {
            id: notice.id,
            reader: first.reader,
            consents: notice.consents.clone(),
            records,
            at: notice.at,
            answered: notice.answered,
        });
    }
}

/// Gives what is known of a consent, and what the aliases under it stand for.
fn consent_facts(
    given: &Given,
    reader: &Reader,
    alias_key: &AliasKey,
) -> (ConsentFacts, HashMap<Alias, RecordId>) {
    let mut behind = HashMap::new();
    let mut disclosures = Vec::with_capacity(given.kept.disclosures.len());
    for disclosed in &given.kept.disclosures {
        let mut records = Vec::with_capacity(disclosed.records.len());
        for (record, _) in &disclosed.records {
            let alias = Alias::derive(alias_key, reader.did.as_str(), record.as_bytes());
            behind.insert(alias, *record);
            records.push(alias);
        }
        disclosures.push(DisclosureFacts { id: disclosed.id, at: disclosed.at, records });
    }
    let facts = ConsentFacts {
        id: given.id,
        reader: given.kept.key,
        name: given.kept.name.clone(),
        patient: reader.patient,
        purpose: given.token.scope().purpose(),
        not_before: given.token.not_before(),
        expires_at: given.token.expires_at(),
        erase_by: given.token.scope().erase_by(),
        revoked_at: given.kept.revoked,
        erasure_asked: None,
        statements: Vec::new(),
        disclosures,
    };
    (facts, behind)
}

#[cfg(test)]
mod tests;

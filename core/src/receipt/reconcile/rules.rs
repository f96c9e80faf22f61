//! The rules: what an access may be under a consent, and what a reader owes.

use std::collections::{HashMap, HashSet};

use super::{About, Flagged, SKEW, Why};
use crate::consent::Alias;
use crate::disclosure::DisclosureId;
use crate::host::Timestamp;
use crate::receipt::facts::{ConsentFacts, DisclosureFacts, Facts, NoticeFacts};
use crate::receipt::{AccessReceipt, Act};

/// What may be read under one consent.
pub(super) struct Rules<'a> {
    consent: &'a ConsentFacts,
    /// Since when each record may.
    since: HashMap<Alias, Timestamp>,
}

impl<'a> Rules<'a> {
    pub(super) fn of(consent: &'a ConsentFacts) -> Self {
        let mut since = HashMap::new();
        for disclosure in &consent.disclosures {
            for record in &disclosure.records {
                let at = since.entry(*record).or_insert(disclosure.at);
                *at = disclosure.at.min(*at);
            }
        }
        Self { consent, since }
    }

    /// Gives the records of an access that were not given by then.
    pub(super) fn outside(&self, access: &AccessReceipt) -> Vec<Alias> {
        if matches!(access.act(), Act::NoticeApplied(_)) {
            return Vec::new();
        }
        let is_given = |record: &Alias| {
            self.since.get(record).is_some_and(|since| has_begun(*since, access.at()))
        };
        access.records().iter().filter(|record| !is_given(record)).copied().collect()
    }

    /// Adds what is wrong with an access, of which some records may be out of scope.
    pub(super) fn judge(&self, access: &AccessReceipt, is_outside: bool, why: &mut Vec<Why>) {
        let consent = self.consent;
        let at = access.at();
        if access.patient() != consent.patient || !has_begun(consent.not_before, at) {
            why.push(Why::NoConsent);
        }
        if *access.reader() != consent.reader {
            why.push(Why::WrongReader);
        }
        // Marking what was corrected is no reading: it may come late, and it is for the patient.
        if matches!(access.act(), Act::NoticeApplied(_)) {
            return;
        }
        let is_given = match access.act() {
            Act::Opened(id) => consent.disclosures.iter().any(|given| given.id == id),
            _ => true,
        };
        let is_after = |end: Option<Timestamp>| end.is_some_and(|end| at > end);
        let erased = consent.statements.iter().filter(|erased| **erased < at).max();
        let is_erased = |erased: &Timestamp| {
            let given = consent.disclosures.iter().filter(|given| has_begun(given.at, at));
            given.into_iter().all(|given| covers(*erased, given))
        };
        let flags = [
            (is_outside || !is_given, Why::OutOfScope),
            (at >= consent.expires_at, Why::AfterExpiry),
            (is_after(consent.revoked_at), Why::AfterRevocation),
            (access.purpose() != consent.purpose, Why::WrongPurpose),
            (erased.is_some_and(is_erased), Why::AfterErasure),
        ];
        why.extend(flags.into_iter().filter(|(is_so, _)| *is_so).map(|(_, why)| why));
    }
}

/// Adds what readers owe at a time: receipts, statements, answers.
pub(super) fn find_owed(
    facts: &Facts,
    accesses: &[&AccessReceipt],
    now: Timestamp,
    flagged: &mut Vec<Flagged>,
) {
    let opened: HashSet<(DisclosureId, [u8; 33])> = accesses
        .iter()
        .filter_map(|access| match access.act() {
            Act::Opened(id) => Some((id, access.reader().to_sec1())),
            _ => None,
        })
        .collect();
    for consent in &facts.consents {
        let held = || consent.disclosures.iter().filter(|given| !is_erased(consent, given));
        for disclosure in held() {
            let due = receipt_due(consent, disclosure);
            if now >= due && !opened.contains(&(disclosure.id, consent.reader.to_sec1())) {
                let about = About::Disclosure(disclosure.id);
                let records = disclosure.records.clone();
                flagged.push(owed(consent, about, Why::MissingReceipt, due, records));
            }
        }
        let due = erasure_due(consent);
        if now >= due && held().next().is_some() {
            let about = About::Consent(consent.id);
            flagged.push(owed(consent, about, Why::MissingErasure, due, Vec::new()));
        }
    }
    let by_id: HashMap<_, _> = facts.consents.iter().map(|consent| (consent.id, consent)).collect();
    for notice in facts.notices.iter().filter(|notice| notice.answered.is_none()) {
        let due = later(notice.at, ANSWER);
        let mut concerned = notice.consents.iter().filter_map(|id| by_id.get(id));
        // Who has erased everything has nothing left to mark.
        let holder = concerned
            .find(|consent| consent.disclosures.iter().any(|given| !is_erased(consent, given)));
        if let Some(consent) = holder.filter(|_| now >= due) {
            flagged.push(unanswered(notice, consent, due));
        }
    }
}

fn owed(
    consent: &ConsentFacts,
    about: About,
    why: Why,
    at: Timestamp,
    records: Vec<Alias>,
) -> Flagged {
    Flagged {
        about,
        reader: consent.reader,
        name: consent.name.clone(),
        person: None,
        consent: Some(consent.id),
        records,
        at,
        why: vec![why],
    }
}

fn unanswered(notice: &NoticeFacts, consent: &ConsentFacts, due: Timestamp) -> Flagged {
    let about = About::Notice(notice.id);
    let records = notice.records.clone();
    Flagged { reader: notice.reader, ..owed(consent, about, Why::NoticeUnanswered, due, records) }
}

/// Says whether the reader has signed that what was disclosed then was erased.
fn is_erased(consent: &ConsentFacts, disclosure: &DisclosureFacts) -> bool {
    consent.statements.iter().any(|erased| covers(*erased, disclosure))
}

/// Says whether a statement is about a disclosure: one that was signed before.
fn covers(erased: Timestamp, disclosure: &DisclosureFacts) -> bool {
    has_begun(disclosure.at, erased)
}

/// Gives when the reader owes the receipt that says that a disclosure was opened.
fn receipt_due(consent: &ConsentFacts, disclosure: &DisclosureFacts) -> Timestamp {
    let end = consent.revoked_at.map_or(consent.expires_at, |at| at.min(consent.expires_at));
    end.min(later(disclosure.at, OPENING))
}

/// Gives when the reader owes the statement that everything was erased.
fn erasure_due(consent: &ConsentFacts) -> Timestamp {
    let due = consent.erasure_asked.map_or(consent.erase_by, |at| at.min(consent.erase_by));
    later(due, ERASURE)
}

/// Says whether something had begun by the clock of a reader, which may be slow.
fn has_begun(since: Timestamp, at: Timestamp) -> bool {
    at.unix().saturating_add(SKEW) >= since.unix()
}

fn later(at: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_unix(at.unix().saturating_add(seconds))
}

const DAY: u64 = 86_400;

/// How long a disclosure may lie unopened without a word, while the consent holds.
const OPENING: u64 = 30 * DAY;
/// How long a statement may be under way after everything should be erased.
const ERASURE: u64 = 7 * DAY;
/// How long an answer to a notice may take.
const ANSWER: u64 = 7 * DAY;

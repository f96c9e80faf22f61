//! A scene: what one patient gave, what readers did with it, and what is wrong with that.
//!
//! What is wrong is written down as the scene is made, by whoever makes it; nothing here asks the
//! wallet. Receipts are signed at the end, one chain for each reader and patient's key, as a
//! clinic's software signs them.

use std::collections::{BTreeMap, BTreeSet};

use patient_wallet::consent::{Alias, ConsentId, Purpose, Thumbprint};
use patient_wallet::disclosure::DisclosureId;
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{Secret, SigningKey};
use patient_wallet::receipt::{
    About, AccessReceipt, Act, ConsentFacts, DisclosureFacts, Facts, Household, NewReceipt,
    NoticeFacts, ReceiptId,
};

use crate::chance::Chance;
use crate::people::{self, Family, Person};

pub(crate) const MINUTE: u64 = 60;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// One thing that is wrong: whose, what about, and why.
pub(crate) type Label = ([u8; 33], About, &'static str);

/// Somebody who signs receipts.
pub(crate) struct Reader {
    key: SigningKey,
    pub(crate) name: Person,
    /// The patient's key for them.
    pub(crate) patient: Thumbprint,
}

/// An access before it is signed.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) reader: usize,
    pub(crate) at: u64,
    pub(crate) consent: ConsentId,
    pub(crate) patient: Thumbprint,
    pub(crate) act: Act,
    pub(crate) purpose: Purpose,
    pub(crate) records: Vec<Alias>,
    pub(crate) person: Option<Person>,
    /// What is wrong with it, its place in the chain and its names apart.
    pub(crate) wrong: Vec<&'static str>,
    pub(crate) way: Way,
}

/// What became of the receipt of an access.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Handed,
    /// It was kept back.
    KeptBack,
    /// Another one with its number was handed over too.
    Forked,
    /// It names another than the one before it.
    Detached,
    /// It was signed after the next one, in its place.
    Late,
    /// The same, as the clock was set back by less than clocks may differ.
    SetBack,
}

/// What one patient gave, and what was done with it.
pub(crate) struct Scene {
    pub(crate) chance: Chance,
    pub(crate) family: Family,
    pub(crate) now: u64,
    pub(crate) readers: Vec<Reader>,
    pub(crate) consents: Vec<ConsentFacts>,
    pub(crate) notices: Vec<NoticeFacts>,
    plans: Vec<Plan>,
    labels: BTreeSet<Label>,
}

/// A scene that is over: what the wallet is told, and what it should say.
pub(crate) struct Played {
    pub(crate) facts: Facts,
    pub(crate) now: Timestamp,
    pub(crate) labels: BTreeSet<Label>,
}

impl Scene {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let family = Family::draw(&mut chance);
        let now = 1_800_000_000 + chance.between(0, 100 * DAY);
        let (readers, consents, notices) = (Vec::new(), Vec::new(), Vec::new());
        let (plans, labels) = (Vec::new(), BTreeSet::new());
        Self { chance, family, now, readers, consents, notices, plans, labels }
    }

    /// Brings in somebody who reads.
    pub(crate) fn reader(&mut self) -> usize {
        let name = people::reader(&mut self.chance);
        self.reader_named(name)
    }

    pub(crate) fn reader_named(&mut self, name: Person) -> usize {
        let key = self.key();
        let patient = Thumbprint::of(&self.key().verifying_key());
        self.readers.push(Reader { key, name, patient });
        self.readers.len() - 1
    }

    fn key(&mut self) -> SigningKey {
        let (one, other) = (self.chance.id(), self.chance.id());
        let secret = Secret::init_with(|bytes| {
            bytes.iter_mut().zip(one.iter().chain(&other)).for_each(|(to, from)| *to = *from);
        });
        SigningKey::from_secret(&secret).expect("a random number is a key")
    }

    /// Gives some records to a reader, so many seconds ago and for so many days.
    pub(crate) fn give(&mut self, reader: usize, ago: u64, days: u64) -> usize {
        let purpose = self.chance.one(&[
            Purpose::Treatment,
            Purpose::Treatment,
            Purpose::Treatment,
            Purpose::EmergencyTreatment,
            Purpose::Payment,
            Purpose::Research,
        ]);
        let at = self.now - ago;
        let retained = DAY * self.chance.one(&[0, 7, 30]);
        let reader = self.reader_at(reader);
        let (key, name, patient) =
            (reader.key.verifying_key(), reader.name.name.as_str().into(), reader.patient);
        self.consents.push(ConsentFacts {
            id: ConsentId::from_bytes(self.chance.id()),
            reader: key,
            name,
            patient,
            purpose,
            not_before: Timestamp::from_unix(at),
            expires_at: Timestamp::from_unix(at + days * DAY),
            erase_by: Timestamp::from_unix(at + days * DAY + retained),
            revoked_at: None,
            erasure_asked: None,
            statements: Vec::new(),
            disclosures: Vec::new(),
        });
        let consent = self.consents.len() - 1;
        self.disclose(consent, at);
        consent
    }

    /// Gives further records under a consent.
    pub(crate) fn disclose(&mut self, consent: usize, at: u64) -> DisclosureId {
        let id = DisclosureId::from_bytes(self.chance.id());
        let count = self.chance.between(1, 12);
        let records = (0..count).map(|_| Alias::from_bytes(self.chance.id())).collect();
        let disclosure = DisclosureFacts { id, at: Timestamp::from_unix(at), records };
        self.consent(consent).disclosures.push(disclosure);
        id
    }

    pub(crate) fn consent(&mut self, at: usize) -> &mut ConsentFacts {
        self.consents.get_mut(at).expect("a consent of this scene")
    }

    pub(crate) fn reader_at(&self, at: usize) -> &Reader {
        self.readers.get(at).expect("a reader of this scene")
    }

    /// Plans that a reader opens the latest disclosure of a consent.
    pub(crate) fn open(&mut self, reader: usize, consent: usize, at: u64) -> &mut Plan {
        let given = self.consent(consent);
        let latest = given.disclosures.last().cloned().expect("something was given");
        let plan = self.read(reader, consent, at);
        plan.act = Act::Opened(latest.id);
        plan.records = latest.records;
        plan
    }

    /// Plans that a reader reads some of what was given under a consent.
    pub(crate) fn read(&mut self, reader: usize, consent: usize, at: u64) -> &mut Plan {
        let given = self.consent(consent).clone();
        let all: Vec<Alias> = given
            .disclosures
            .iter()
            .filter(|disclosure| disclosure.at.unix() <= at.max(given.not_before.unix()))
            .flat_map(|disclosure| disclosure.records.clone())
            .collect();
        let mut records: Vec<Alias> =
            all.iter().filter(|_| self.chance.once_in(2)).copied().collect();
        if records.is_empty() {
            records.push(self.chance.one(&all));
        }
        let person = (!self.chance.once_in(4)).then(|| people::stranger(&mut self.chance));
        self.plans.push(Plan {
            reader,
            at,
            consent: given.id,
            patient: given.patient,
            act: Act::Read,
            purpose: given.purpose,
            records,
            person,
            wrong: Vec::new(),
            way: Way::Handed,
        });
        self.plans.last_mut().expect("it was just planned")
    }

    /// Has everything that was planned under a consent be for what the consent is for now.
    pub(crate) fn purpose_of_all(&mut self, consent: usize) {
        let ConsentFacts { id, purpose, .. } = *self.consent(consent);
        let planned = self.plans.iter_mut().filter(|plan| plan.consent == id);
        planned.for_each(|plan| plan.purpose = purpose);
    }

    /// Plans what a reader does who keeps every promise: opens soon, reads now and then while it
    /// holds, and says at its end that everything is erased.
    pub(crate) fn behave(&mut self, reader: usize, consent: usize) {
        let given = self.consent(consent).clone();
        let from = given.disclosures.last().map_or(0, |given| given.at.unix()) + MINUTE;
        let revoked = given.revoked_at.map_or(u64::MAX, |at| at.unix().saturating_sub(HOUR));
        let end = given.expires_at.unix().min(revoked).min(self.now);
        let first = self.chance.between(from, (from + HOUR).min(end));
        self.open(reader, consent, first);
        let mut at = first;
        for _ in 0..self.chance.between(0, 8) {
            at += self.chance.between(MINUTE, 3 * DAY);
            if at < end {
                self.read(reader, consent, at);
            }
        }
        self.end(consent);
    }

    /// Has the reader of a consent say that everything is erased, where that is due.
    pub(crate) fn end(&mut self, consent: usize) {
        let (now, late) = (self.now, self.chance.between(0, 3 * DAY));
        let given = self.consent(consent);
        let at = given.erase_by.unix() + late;
        if at < now {
            given.statements.push(Timestamp::from_unix(at));
        }
    }

    /// Notes what is wrong with something that is no access.
    pub(crate) fn wrong(&mut self, reader: usize, about: About, why: &'static str) {
        let key = self.reader_at(reader).key.verifying_key().to_sec1();
        self.labels.insert((key, about, why));
    }

    /// Signs what was planned, and hands it over in some order, some of it twice.
    pub(crate) fn play(mut self) -> Played {
        let mut household = Household::default();
        for resource in self.family.resources() {
            household.take(&resource).expect("the resources are well-formed");
        }
        let mut chains: BTreeMap<_, Vec<Plan>> = BTreeMap::new();
        for plan in std::mem::take(&mut self.plans) {
            chains.entry((plan.reader, *plan.patient.as_bytes())).or_default().push(plan);
        }
        let mut receipts = Vec::new();
        for mut chain in chains.into_values() {
            chain.sort_by_key(|plan| plan.at);
            self.sign(&chain, &mut receipts);
        }
        let again: Vec<AccessReceipt> =
            receipts.iter().filter(|_| self.chance.once_in(9)).cloned().collect();
        receipts.extend(again);
        self.chance.shuffle(&mut receipts);
        let (consents, notices) = (self.consents, self.notices);
        let facts = Facts { consents, receipts, notices, household };
        Played { facts, now: Timestamp::from_unix(self.now), labels: self.labels }
    }

    /// Signs one chain.
    fn sign(&mut self, chain: &[Plan], receipts: &mut Vec<AccessReceipt>) {
        let mut plans: Vec<&Plan> = chain.iter().collect();
        for at in 1..plans.len() {
            if plans.get(at - 1).is_some_and(|plan| matches!(plan.way, Way::Late | Way::SetBack)) {
                plans.swap(at - 1, at);
            }
        }
        let mut previous = None;
        let mut missing = None;
        for (number, plan) in (1..).zip(plans) {
            let named = match plan.way {
                Way::Detached => Some(self.other_id()),
                _ => previous,
            };
            let receipt = self.receipt(plan, number, named, &plan.records);
            previous = Some(receipt.id());
            if plan.way == Way::KeptBack {
                missing = missing.or(Some(number));
                continue;
            }
            if let Some(first) = missing.take() {
                self.wrong(plan.reader, About::Missing(first), "gap");
            }
            let is_out_of_order = matches!(plan.way, Way::Detached | Way::Late);
            self.label(plan, receipt.id(), is_out_of_order.then_some("reordered"));
            if plan.way == Way::Forked {
                self.label(plan, receipt.id(), Some("forked"));
                let other: Vec<Alias> = plan.records.iter().skip(1).copied().collect();
                let other = self.receipt(plan, number, named, &other);
                self.label(plan, other.id(), Some("forked"));
                receipts.push(other);
            }
            receipts.push(receipt);
        }
    }

    fn receipt(
        &self,
        plan: &Plan,
        number: u64,
        previous: Option<ReceiptId>,
        records: &[Alias],
    ) -> AccessReceipt {
        let reader = self.reader_at(plan.reader);
        let new = NewReceipt {
            consent: plan.consent,
            patient: plan.patient,
            act: plan.act,
            purpose: plan.purpose,
            records,
            number,
            previous,
            name: &reader.name.name,
            person: plan.person.as_ref().map(|person| person.name.as_str()),
        };
        let at = Timestamp::from_unix(plan.at);
        let signed = AccessReceipt::sign(&reader.key, &new, at).expect("a receipt as it should be");
        AccessReceipt::read(&signed).expect("it was just signed")
    }

    fn label(&mut self, plan: &Plan, id: ReceiptId, also: Option<&'static str>) {
        let is_family = self.reader_at(plan.reader).name.is_family
            || plan.person.as_ref().is_some_and(|person| person.is_family);
        let family = is_family.then_some("household");
        for why in plan.wrong.iter().copied().chain(also).chain(family) {
            self.wrong(plan.reader, About::Access(id), why);
        }
    }

    fn other_id(&mut self) -> ReceiptId {
        let (one, other) = (self.chance.id(), self.chance.id());
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(one.iter().chain(&other)).for_each(|(to, from)| *to = *from);
        ReceiptId::from_bytes(bytes)
    }
}

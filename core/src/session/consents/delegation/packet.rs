//! The packet: what a patient hands to whoever acts, sealed to them.
//!
//! The delegations, one for each requester; the records that these may get, as they may be
//! disclosed; and for each record the name that each requester knows it by. What is denied is not
//! in it. Bytes: docs/formats.md, delegation.

use crate::codec::{Buffer, Decoder, Encoder, Malformed};
use crate::consent::wire::{read_array, read_key, read_labels, read_time, write_labels};
use crate::consent::{Alias, Candidate, Delegation, DelegationError};
use crate::host::Timestamp;
use crate::keys::{SealingPublicKey, VerifyingKey};
use crate::record::{Category, LabelSet, RecordDate, RecordId, RefKey, Text};

/// What a patient hands to whoever acts.
#[derive(Debug)]
pub(super) struct Packet {
    /// The key of the offer that it answers.
    pub(super) offer: VerifyingKey,
    pub(super) at: Timestamp,
    /// The patient's name, where the record says it.
    pub(super) patient: Option<Text>,
    /// What is reported to the patient is sealed to it.
    pub(super) report_key: SealingPublicKey,
    pub(super) covered: Vec<Covered>,
    /// Names under which records refer to the patient.
    pub(super) names: Vec<RefKey>,
    pub(super) records: Vec<Lent>,
}

/// A requester, and what lets somebody sign for it.
#[derive(Clone, Debug)]
pub(super) struct Covered {
    pub(super) name: Text,
    pub(super) delegation: Delegation,
}

/// A record as whoever acts has it.
#[derive(Debug)]
pub(super) struct Lent {
    /// Its name between the two wallets.
    pub(super) id: RecordId,
    pub(super) version: u32,
    pub(super) category: Category,
    /// The labels in force, and those that the requester is told.
    pub(super) labels: [LabelSet; 2],
    pub(super) is_confirmed: bool,
    pub(super) has_free_text: bool,
    pub(super) date: Option<RecordDate>,
    pub(super) title: Text,
    /// Names under which others refer to it.
    pub(super) names: Vec<RefKey>,
    /// Its resource id.
    pub(super) resource_id: Option<RefKey>,
    /// Its name for each requester, in their order; `None` for one that may not get it.
    pub(super) aliases: Vec<Option<Alias>>,
    pub(super) json: Text,
}

impl Packet {
    /// The largest packet that is made or read, in bytes.
    pub(super) const LARGEST: usize = 32 << 20;

    pub(super) fn encode(&self) -> Buffer {
        let covered: usize = self.covered.iter().map(|one| one.delegation.bytes().len() + 96).sum();
        let records: usize = self.records.iter().map(Lent::room).sum();
        let mut out = Encoder::with_capacity(256 + covered + 9 * self.names.len() + records);
        out.array(8);
        out.uint(VERSION);
        out.bytes(&self.offer.to_sec1());
        out.uint(self.at.unix());
        out.text(self.patient.as_ref().map_or("", Text::as_str));
        out.bytes(&self.report_key.to_bytes());
        write_covered(&mut out, &self.covered);
        write_keys(&mut out, &self.names);
        out.array(self.records.len());
        self.records.iter().for_each(|record| record.encode(&mut out));
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DelegationError> {
        let mut input = Decoder::new(bytes);
        of(&mut input, 8)?;
        if input.uint()? != VERSION {
            return Err(DelegationError::UnknownVersion);
        }
        let offer = read_key(&mut input)?;
        let at = read_time(&mut input)?;
        let patient = Some(input.text()?).filter(|name| !name.is_empty()).map(Text::from);
        let report_key = SealingPublicKey::from_slice(input.bytes()?)?;
        let covered = read_covered(&mut input)?;
        let names = read_keys(&mut input)?;
        let mut records = Vec::new();
        for _ in 0..input.array()? {
            let record = Lent::decode(&mut input)?;
            if record.aliases.len() != covered.len() {
                return Err(DelegationError::Invalid);
            }
            records.push(record);
        }
        input.finish()?;
        Ok(Self { offer, at, patient, report_key, covered, names, records })
    }
}

impl Lent {
    /// Gives what is asked of a record to decide on it.
    pub(super) fn candidate(&self) -> Candidate {
        Candidate {
            id: self.id,
            category: self.category,
            labels: self.labels[0],
            confirmed: self.is_confirmed,
            free_text: self.has_free_text,
            date: self.date,
        }
    }

    /// Gives its name for a requester, by the place of that.
    pub(super) fn alias(&self, place: usize) -> Option<Alias> {
        self.aliases.get(place).copied().flatten()
    }

    fn room(&self) -> usize {
        let names = 9 * self.names.len() + 17 * self.aliases.len();
        self.json.as_str().len() + self.title.as_str().len() + names + 256
    }

    fn encode(&self, out: &mut Encoder) {
        out.array(12);
        out.bytes(self.id.as_bytes());
        out.uint(self.version.into());
        out.uint(self.category.code().into());
        self.labels.iter().for_each(|labels| write_labels(out, *labels));
        out.uint(u64::from(self.is_confirmed) | u64::from(self.has_free_text) << 1);
        out.bytes(&self.date.map_or_else(Vec::new, |date| date.to_bytes().to_vec()));
        out.text(self.title.as_str());
        write_keys(out, &self.names);
        write_keys(out, self.resource_id.as_slice());
        out.array(self.aliases.len());
        for alias in &self.aliases {
            out.bytes(alias.as_ref().map_or(&[], |alias| alias.as_bytes().as_slice()));
        }
        out.text(self.json.as_str());
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        of(input, 12)?;
        let id = RecordId::from_bytes(read_array(input)?);
        let version = input.narrow()?;
        let category = Category::from_code(input.narrow()?).map_err(|_| Malformed)?;
        let labels = [read_labels(input)?, read_labels(input)?];
        let bits: u8 = input.narrow()?;
        let date = match input.bytes()? {
            [] => None,
            bytes => {
                let bytes = bytes.try_into().map_err(|_| Malformed)?;
                Some(RecordDate::from_bytes(bytes).map_err(|_| Malformed)?)
            }
        };
        let title = Text::from(input.text()?);
        let names = read_keys(input)?;
        let resource_id = read_keys(input)?.first().copied();
        let mut aliases = Vec::new();
        for _ in 0..input.array()? {
            aliases.push(match input.bytes()? {
                [] => None,
                bytes => Some(Alias::from_bytes(bytes.try_into().map_err(|_| Malformed)?)),
            });
        }
        let (is_confirmed, has_free_text) = (bits & 1 != 0, bits & 2 != 0);
        let json = Text::from(input.text()?);
        Ok(Self {
            id,
            version,
            category,
            labels,
            is_confirmed,
            has_free_text,
            date,
            title,
            names,
            resource_id,
            aliases,
            json,
        })
    }
}

pub(super) fn write_covered(out: &mut Encoder, covered: &[Covered]) {
    out.array(covered.len());
    for one in covered {
        out.array(2);
        out.text(one.name.as_str());
        out.bytes(one.delegation.bytes());
    }
}

pub(super) fn read_covered(input: &mut Decoder<'_>) -> Result<Vec<Covered>, DelegationError> {
    let mut covered: Vec<Covered> = Vec::new();
    for _ in 0..input.array()? {
        of(input, 2)?;
        let name = Text::from(input.text()?);
        let delegation = Delegation::read(input.bytes()?)?;
        if covered.iter().any(|one| one.delegation.requester() == delegation.requester()) {
            return Err(DelegationError::Invalid);
        }
        covered.push(Covered { name, delegation });
    }
    if covered.is_empty() { Err(DelegationError::Invalid) } else { Ok(covered) }
}

fn write_keys(out: &mut Encoder, keys: &[RefKey]) {
    out.array(keys.len());
    keys.iter().for_each(|key| out.uint(key.0));
}

fn read_keys(input: &mut Decoder<'_>) -> Result<Vec<RefKey>, Malformed> {
    (0..input.array()?).map(|_| input.uint().map(RefKey)).collect()
}

pub(super) fn of(input: &mut Decoder<'_>, items: usize) -> Result<(), Malformed> {
    if input.array()? == items { Ok(()) } else { Err(Malformed) }
}

pub(super) const VERSION: u64 = 1;

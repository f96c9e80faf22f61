//! What a patient's wallet keeps of its dealings with requesters: the content of its own rows.
//!
//! Bytes: docs/formats.md 4. A row that cannot be read is damage: everything here was written by
//! this wallet.

use crate::codec::{Buffer, Decoder, Encoder, Malformed};
use crate::consent::{ConsentId, Opening, RequestId};
use crate::disclosure::DisclosureId;
use crate::host::Timestamp;
use crate::keys::{SealingPublicKey, VerifyingKey};
use crate::record::{RecordId, Text};
use crate::session::own::{begin, versioned};
use crate::vault::attachments::AttachmentId;

/// A request in the inbox: type `pmw:request`.
#[derive(Debug)]
pub(in crate::session) struct KeptRequest {
    pub(in crate::session) bytes: Vec<u8>,
    pub(in crate::session) received: Timestamp,
    pub(in crate::session) denied: Option<Timestamp>,
}

impl KeptRequest {
    pub(in crate::session) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.bytes.len() + 64);
        begin(&mut out, 2 + usize::from(self.denied.is_some()));
        out.uint(1);
        out.bytes(&self.bytes);
        out.uint(2);
        out.uint(self.received.unix());
        if let Some(denied) = self.denied {
            out.uint(3);
            out.uint(denied.unix());
        }
        out.finish()
    }

    pub(in crate::session) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let bytes = map.at(1)?.bytes()?.to_vec();
        let received = time(map.at(2)?)?;
        let denied = map.optional(3)?.map(time).transpose()?;
        map.finish()?;
        Ok(Self { bytes, received, denied })
    }
}

/// A record as a requester holds it, or would: the version, and the files that go with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::session) struct Held {
    pub(in crate::session) record: RecordId,
    pub(in crate::session) version: u32,
    pub(in crate::session) files: Vec<AttachmentId>,
}

/// A consent that was given: type `pmw:consent`.
#[derive(Clone, Debug)]
pub(in crate::session) struct KeptConsent {
    pub(in crate::session) token: Vec<u8>,
    pub(in crate::session) opening: Opening,
    /// The requester's key.
    pub(in crate::session) key: VerifyingKey,
    /// What disclosures under it are sealed to.
    pub(in crate::session) answer: SealingPublicKey,
    /// Their name, as it was shown.
    pub(in crate::session) name: Text,
    /// Single records that it is limited to; empty when it is not.
    pub(in crate::session) only: Vec<RecordId>,
    /// What was disclosed, in the order of the ids.
    pub(in crate::session) holds: Vec<Held>,
    pub(in crate::session) disclosures: Vec<KeptDisclosure>,
    pub(in crate::session) request: Option<RequestId>,
    /// When it was taken back.
    pub(in crate::session) revoked: Option<Timestamp>,
    /// The name of who signed it for the patient, where somebody did.
    pub(in crate::session) by: Option<Text>,
}

/// One disclosure under a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::session) struct KeptDisclosure {
    pub(in crate::session) id: DisclosureId,
    pub(in crate::session) at: Timestamp,
    /// The records that went, each with its version, in the order of the ids.
    pub(in crate::session) records: Vec<(RecordId, u32)>,
}

impl KeptDisclosure {
    /// Notes what goes.
    pub(in crate::session) fn new(id: DisclosureId, at: Timestamp, released: &[Held]) -> Self {
        Self { id, at, records: versions(released) }
    }

    fn encode(&self, out: &mut Encoder) {
        out.array(3);
        out.bytes(self.id.as_bytes());
        out.uint(self.at.unix());
        out.array(self.records.len());
        for (record, version) in &self.records {
            out.array(2);
            out.bytes(record.as_bytes());
            out.uint(u64::from(*version));
        }
    }

    /// Reads one. Rows were once written without the records: of such a disclosure everything
    /// counts that they hold.
    fn decode(item: &mut Decoder<'_>, holds: &[Held]) -> Result<Self, Malformed> {
        let items = item.array()?;
        let (id, at) = (DisclosureId::from_bytes(id(item)?), time(item)?);
        let records = match items {
            2 => versions(holds),
            3 => list(item, |item| {
                of(item, 2)?;
                Ok((RecordId::from_bytes(self::id(item)?), item.narrow()?))
            })?,
            _ => return Err(Malformed),
        };
        Ok(Self { id, at, records })
    }
}

fn versions(held: &[Held]) -> Vec<(RecordId, u32)> {
    held.iter().map(|held| (held.record, held.version)).collect()
}

impl KeptConsent {
    pub(in crate::session) fn encode(&self) -> Buffer {
        let files: usize = self.holds.iter().map(|held| held.files.len()).sum();
        let went: usize = self.disclosures.iter().map(|given| given.records.len()).sum();
        let lists = 40 * self.holds.len() + 17 * files + 40 * self.disclosures.len() + 24 * went;
        let room = self.token.len() + lists + 512;
        let mut out = Encoder::with_capacity(room);
        let there = [self.request.is_some(), self.revoked.is_some(), self.by.is_some()];
        begin(&mut out, 8 + there.into_iter().filter(|is_there| *is_there).count());
        out.uint(1);
        out.bytes(&self.token);
        out.uint(2);
        out.bytes(&self.opening.encode());
        out.uint(3);
        out.bytes(&self.key.to_sec1());
        out.uint(4);
        out.bytes(&self.answer.to_bytes());
        out.uint(5);
        out.text(self.name.as_str());
        out.uint(6);
        out.array(self.only.len());
        self.only.iter().for_each(|id| out.bytes(id.as_bytes()));
        out.uint(7);
        out.array(self.holds.len());
        for held in &self.holds {
            out.array(3);
            out.bytes(held.record.as_bytes());
            out.uint(u64::from(held.version));
            out.array(held.files.len());
            held.files.iter().for_each(|id| out.bytes(id.as_bytes()));
        }
        out.uint(8);
        out.array(self.disclosures.len());
        self.disclosures.iter().for_each(|given| given.encode(&mut out));
        if let Some(request) = &self.request {
            out.uint(9);
            out.bytes(request.as_bytes());
        }
        if let Some(revoked) = self.revoked {
            out.uint(10);
            out.uint(revoked.unix());
        }
        if let Some(by) = &self.by {
            out.uint(11);
            out.text(by.as_str());
        }
        out.finish()
    }

    pub(in crate::session) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let token = map.at(1)?.bytes()?.to_vec();
        let opening = Opening::decode(map.at(2)?.bytes()?).map_err(|_| Malformed)?;
        let key = key(map.at(3)?)?;
        let answer = map.at(4)?.bytes()?;
        let answer = SealingPublicKey::from_slice(answer).map_err(|_| Malformed)?;
        let name = Text::from(map.at(5)?.text()?);
        let only = list(map.at(6)?, |item| Ok(RecordId::from_bytes(id(item)?)))?;
        let holds = list(map.at(7)?, |item| {
            of(item, 3)?;
            let (record, version) = (RecordId::from_bytes(id(item)?), item.narrow()?);
            let files = list(item, |item| Ok(AttachmentId::from_bytes(id(item)?)))?;
            Ok(Held { record, version, files })
        })?;
        let disclosures = list(map.at(8)?, |item| KeptDisclosure::decode(item, &holds))?;
        let request = map.optional(9)?.map(|item| id(item).map(RequestId::from_bytes));
        let request = request.transpose()?;
        let revoked = map.optional(10)?.map(time).transpose()?;
        let by = map.optional(11)?.map(|item| item.text().map(Text::from)).transpose()?;
        map.finish()?;
        Ok(Self {
            token,
            opening,
            key,
            answer,
            name,
            only,
            holds,
            disclosures,
            request,
            revoked,
            by,
        })
    }
}

/// Somebody whom the patient has answered: type `pmw:requester`.
#[derive(Debug)]
pub(in crate::session) struct KeptRequester {
    pub(in crate::session) key: VerifyingKey,
    /// The DID that this wallet's keys for them derive from, chosen at the first answer.
    pub(in crate::session) did: Text,
    pub(in crate::session) name: Text,
    /// Since when something was given to them; `None` while everything was denied.
    pub(in crate::session) since: Option<Timestamp>,
    /// Number of the latest revocation, 0 before the first.
    pub(in crate::session) seq: u64,
    /// Consents that were taken back one by one.
    pub(in crate::session) revoked: Vec<ConsentId>,
    /// Everything issued before was taken back.
    pub(in crate::session) before: Option<Timestamp>,
    /// Who vouches for them, as they last showed.
    pub(in crate::session) credential: Option<Vec<u8>>,
}

impl KeptRequester {
    /// Tells whether a consent was taken back.
    pub(in crate::session) fn has_revoked(&self, id: &ConsentId, issued: Timestamp) -> bool {
        self.revoked.contains(id) || self.before.is_some_and(|before| issued < before)
    }

    pub(in crate::session) fn encode(&self) -> Buffer {
        let room = 17 * self.revoked.len() + self.credential.as_ref().map_or(0, Vec::len) + 512;
        let mut out = Encoder::with_capacity(room);
        let there = [self.since.is_some(), self.before.is_some(), self.credential.is_some()];
        begin(&mut out, 5 + there.into_iter().filter(|is_there| *is_there).count());
        out.uint(1);
        out.bytes(&self.key.to_sec1());
        out.uint(2);
        out.text(self.did.as_str());
        out.uint(3);
        out.text(self.name.as_str());
        if let Some(since) = self.since {
            out.uint(4);
            out.uint(since.unix());
        }
        out.uint(5);
        out.uint(self.seq);
        out.uint(6);
        out.array(self.revoked.len());
        self.revoked.iter().for_each(|id| out.bytes(id.as_bytes()));
        if let Some(before) = self.before {
            out.uint(7);
            out.uint(before.unix());
        }
        if let Some(credential) = &self.credential {
            out.uint(8);
            out.bytes(credential);
        }
        out.finish()
    }

    pub(in crate::session) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let key = key(map.at(1)?)?;
        let did = Text::from(map.at(2)?.text()?);
        let name = Text::from(map.at(3)?.text()?);
        let since = map.optional(4)?.map(time).transpose()?;
        let seq = map.at(5)?.uint()?;
        let revoked = list(map.at(6)?, |item| Ok(ConsentId::from_bytes(id(item)?)))?;
        let before = map.optional(7)?.map(time).transpose()?;
        let credential = map.optional(8)?.map(|item| item.bytes().map(<[u8]>::to_vec));
        let credential = credential.transpose()?;
        map.finish()?;
        Ok(Self { key, did, name, since, seq, revoked, before, credential })
    }
}

/// A directory that the patient believes: type `pmw:directory`.
#[derive(Debug)]
pub(in crate::session) struct KeptDirectory {
    pub(in crate::session) contact: Vec<u8>,
    pub(in crate::session) since: Timestamp,
    /// The latest list of credentials that it has taken back.
    pub(in crate::session) list: Option<Vec<u8>>,
}

impl KeptDirectory {
    pub(in crate::session) fn encode(&self) -> Buffer {
        let list = self.list.as_ref().map_or(0, Vec::len);
        let mut out = Encoder::with_capacity(self.contact.len() + list + 64);
        begin(&mut out, 2 + usize::from(self.list.is_some()));
        out.uint(1);
        out.bytes(&self.contact);
        out.uint(2);
        out.uint(self.since.unix());
        if let Some(list) = &self.list {
            out.uint(3);
            out.bytes(list);
        }
        out.finish()
    }

    pub(in crate::session) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let contact = map.at(1)?.bytes()?.to_vec();
        let since = time(map.at(2)?)?;
        let list = map.optional(3)?.map(|item| item.bytes().map(<[u8]>::to_vec)).transpose()?;
        map.finish()?;
        Ok(Self { contact, since, list })
    }
}

/// The latest list of a directory that is believed no more, for the case that it is again: type
/// `pmw:taken-back`.
#[derive(Debug)]
pub(in crate::session) struct KeptList {
    pub(in crate::session) list: Vec<u8>,
}

impl KeptList {
    pub(in crate::session) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.list.len() + 64);
        begin(&mut out, 1);
        out.uint(1);
        out.bytes(&self.list);
        out.finish()
    }

    pub(in crate::session) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let list = map.at(1)?.bytes()?.to_vec();
        map.finish()?;
        Ok(Self { list })
    }
}

/// Requests that were answered and have given way in a full inbox: type `pmw:cleared`.
#[derive(Debug, Default)]
pub(in crate::session) struct KeptCleared {
    /// Ids, and when each expires: it is refused by itself from then on.
    pub(in crate::session) requests: Vec<(RequestId, Timestamp)>,
}

impl KeptCleared {
    pub(in crate::session) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(32 * self.requests.len() + 64);
        begin(&mut out, 1);
        out.uint(1);
        out.array(self.requests.len());
        for (id, expires) in &self.requests {
            out.array(2);
            out.bytes(id.as_bytes());
            out.uint(expires.unix());
        }
        out.finish()
    }

    pub(in crate::session) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let requests = list(map.at(1)?, |item| {
            of(item, 2)?;
            Ok((RequestId::from_bytes(id(item)?), time(item)?))
        })?;
        map.finish()?;
        Ok(Self { requests })
    }
}

fn time(item: &mut Decoder<'_>) -> Result<Timestamp, Malformed> {
    item.uint().map(Timestamp::from_unix)
}

fn id(item: &mut Decoder<'_>) -> Result<[u8; 16], Malformed> {
    item.bytes()?.try_into().map_err(|_| Malformed)
}

fn key(item: &mut Decoder<'_>) -> Result<VerifyingKey, Malformed> {
    VerifyingKey::from_sec1(item.bytes()?).map_err(|_| Malformed)
}

fn of(item: &mut Decoder<'_>, items: usize) -> Result<(), Malformed> {
    if item.array()? == items { Ok(()) } else { Err(Malformed) }
}

fn list<'a, T>(
    item: &mut Decoder<'a>,
    mut read: impl FnMut(&mut Decoder<'a>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    (0..item.array()?).map(|_| read(item)).collect()
}

#[cfg(test)]
mod tests;

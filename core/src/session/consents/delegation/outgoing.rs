//! What leaves in a patient's name: records out of a packet, for one requester.

use std::collections::HashSet;

use zeroize::Zeroizing;

use crate::disclosure::{Content, DisclosureError, NewPart, Prepared, Sealer};
use crate::error::Error;
use crate::host::CancelToken;
use crate::keys::SigningKey;
use crate::order;
use crate::record::fhir::target;
use crate::record::redact::{Aim, Judge, redact};
use crate::record::{RecordId, RefKey};
use crate::session::consents::delegation::packet::{Lent, Packet};

/// Records of a packet on their way to one requester.
pub(super) struct Outgoing<'a> {
    packet: &'a Packet,
    /// The patient's name for the requester: the DID of the pairwise key.
    patient: String,
    /// With their names for the requester, whose order is theirs.
    released: Vec<&'a Lent>,
    place: usize,
    named: HashSet<RecordId>,
}

impl<'a> Outgoing<'a> {
    /// Takes what is released to the requester of a place.
    pub(super) fn new(packet: &'a Packet, place: usize, patient: String, ids: &[RecordId]) -> Self {
        let named: HashSet<RecordId> = ids.iter().copied().collect();
        let mut released: Vec<&Lent> =
            packet.records.iter().filter(|record| named.contains(&record.id)).collect();
        order::sort_by_key(&mut released, |record| record.alias(place));
        Self { packet, patient, released, place, named }
    }

    /// Seals everything once and signs what will be written.
    pub(super) fn prepare(
        &self,
        mut sealer: Sealer,
        key: &SigningKey,
        cancel: &CancelToken,
    ) -> Result<Prepared, Error> {
        for (index, record) in self.released.iter().enumerate() {
            let new = NewPart {
                alias: record.alias(self.place).ok_or(DisclosureError::NotFound)?,
                category: record.category,
                labels: record.labels[1],
                media_type: "application/fhir+json",
                file: None,
            };
            sealer.add(&new, &mut self.content(index)?, cancel)?;
        }
        Ok(sealer.sign(key)?)
    }

    /// Gives what a part is made of.
    pub(super) fn content(&self, index: usize) -> Result<Content, Error> {
        let record = self.released.get(index).ok_or(DisclosureError::NotFound)?;
        let json: Zeroizing<String> = redact(record.json.as_str(), &self.patient, self)?;
        Ok(Content::Record(json))
    }

    /// Gives the number of records.
    pub(super) const fn released(&self) -> usize {
        self.released.len()
    }
}

/// The patient has judged every reference once: what is left leads to the patient or to a record of
/// the packet, and stays only if that goes along. A name that several have counts for all of them.
impl Judge for Outgoing<'_> {
    fn reference(&self, reference: &str) -> Aim {
        let name = RefKey::of_name(target(reference));
        if self.packet.names.contains(&name) {
            return Aim::Patient;
        }
        let mut bearers = self.packet.records.iter().filter(|one| one.names.contains(&name));
        match bearers.next() {
            Some(first) if std::iter::once(first).chain(bearers).all(|one| self.goes(one)) => {
                Aim::Disclosed
            }
            _ => Aim::Other,
        }
    }

    fn is_withheld_id(&self, id: &str) -> bool {
        let id = Some(RefKey::of_name(id));
        let bears = |one: &&Lent| one.resource_id == id;
        let mut bearers = self.packet.records.iter().filter(bears);
        bearers
            .next()
            .is_some_and(|first| !std::iter::once(first).chain(bearers).any(|one| self.goes(one)))
    }
}

impl Outgoing<'_> {
    fn goes(&self, record: &Lent) -> bool {
        self.named.contains(&record.id)
    }
}

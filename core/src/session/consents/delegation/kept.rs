//! What both sides of a delegation keep: the content of their rows (docs/formats.md 4).

use crate::codec::{Buffer, Decoder, Encoder};
use crate::consent::wire::{read_array, read_key, read_labels, read_time, write_labels};
use crate::consent::{DelegationError, RequestId};
use crate::host::Timestamp;
use crate::keys::{SealingPublicKey, VerifyingKey};
use crate::record::{LabelSet, RecordId, Text};
use crate::session::consents::delegation::packet::{Covered, of, read_covered, write_covered};
use crate::session::consents::delegation::report::{Done, read_done, write_done};
use crate::session::own::{begin, versioned};

/// Somebody who may act for the patient: type `pmw:delegation`, named by the key of the offer.
#[derive(Debug)]
pub(super) struct KeptDelegation {
    /// The contact that offered.
    pub(super) offer: Vec<u8>,
    /// What they never get.
    pub(super) denied: LabelSet,
    /// Keys of requesters, in the order of what covers them.
    pub(super) requesters: Vec<VerifyingKey>,
    pub(super) covered: Vec<Covered>,
    pub(super) at: Timestamp,
    /// When the patient ended it.
    pub(super) ended: Option<Timestamp>,
    /// Requests that were denied in the patient's name, as reported.
    pub(super) refused: Vec<RequestId>,
}

impl KeptDelegation {
    pub(super) fn encode(&self) -> Buffer {
        let covered = self.covered.len() * 700;
        let mut out =
            Encoder::with_capacity(self.offer.len() + covered + 17 * self.refused.len() + 256);
        begin(&mut out, 6 + usize::from(self.ended.is_some()));
        out.uint(1);
        out.bytes(&self.offer);
        out.uint(2);
        write_labels(&mut out, self.denied);
        out.uint(3);
        out.array(self.requesters.len());
        self.requesters.iter().for_each(|key| out.bytes(&key.to_sec1()));
        out.uint(4);
        write_covered(&mut out, &self.covered);
        out.uint(5);
        out.uint(self.at.unix());
        if let Some(ended) = self.ended {
            out.uint(6);
            out.uint(ended.unix());
        }
        out.uint(7);
        out.array(self.refused.len());
        self.refused.iter().for_each(|id| out.bytes(id.as_bytes()));
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DelegationError> {
        let mut map = versioned(bytes)?;
        let offer = map.at(1)?.bytes()?.to_vec();
        let denied = read_labels(map.at(2)?)?;
        let input = map.at(3)?;
        let count = input.array()?;
        let requesters = (0..count).map(|_| read_key(input)).collect::<Result<Vec<_>, _>>()?;
        let covered = read_covered(map.at(4)?)?;
        let at = read_time(map.at(5)?)?;
        let ended = map.optional(6)?.map(read_time).transpose()?;
        let input = map.at(7)?;
        let count = input.array()?;
        let id = |input: &mut Decoder<'_>| read_array(input).map(RequestId::from_bytes);
        let refused = (0..count).map(|_| id(input)).collect::<Result<Vec<_>, _>>()?;
        map.finish()?;
        if requesters.len() != covered.len() {
            return Err(DelegationError::Invalid);
        }
        Ok(Self { offer, denied, requesters, covered, at, ended, refused })
    }
}

/// An offer to act for somebody, and what came of it: type `pmw:entrusted`, named by its key.
#[derive(Debug)]
pub(super) struct KeptEntrusted {
    /// The keys derive from it.
    pub(super) offer: [u8; 16],
    pub(super) key: VerifyingKey,
    pub(super) taken: Option<Taken>,
    /// What was signed in the patient's name.
    pub(super) done: Vec<Done>,
}

/// What is known of a patient, beside the records.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) patient: Option<Text>,
    pub(super) report_key: SealingPublicKey,
    pub(super) at: Timestamp,
    pub(super) covered: Vec<Covered>,
    /// The row of the packet (type `pmw:entrusted-record`), until its time is over.
    pub(super) packet: RecordId,
}

impl KeptEntrusted {
    pub(super) fn encode(&self) -> Buffer {
        let done: usize = self.done.iter().map(Done::room).sum();
        let covered = self.taken.as_ref().map_or(0, |taken| 700 * taken.covered.len() + 256);
        let mut out = Encoder::with_capacity(256 + done + covered);
        begin(&mut out, 3 + usize::from(self.taken.is_some()));
        out.uint(1);
        out.bytes(&self.offer);
        out.uint(2);
        out.bytes(&self.key.to_sec1());
        if let Some(taken) = &self.taken {
            out.uint(3);
            out.array(5);
            out.text(taken.patient.as_ref().map_or("", Text::as_str));
            out.bytes(&taken.report_key.to_bytes());
            out.uint(taken.at.unix());
            write_covered(&mut out, &taken.covered);
            out.bytes(taken.packet.as_bytes());
        }
        out.uint(4);
        write_done(&mut out, &self.done);
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DelegationError> {
        let mut map = versioned(bytes)?;
        let offer = read_array(map.at(1)?)?;
        let key = read_key(map.at(2)?)?;
        let taken = map.optional(3)?.map(Taken::decode).transpose()?;
        let done = read_done(map.at(4)?)?;
        map.finish()?;
        Ok(Self { offer, key, taken, done })
    }
}

impl Taken {
    fn decode(input: &mut Decoder<'_>) -> Result<Self, DelegationError> {
        of(input, 5)?;
        let patient = Some(input.text()?).filter(|name| !name.is_empty()).map(Text::from);
        let report_key = SealingPublicKey::from_slice(input.bytes()?)?;
        let at = read_time(input)?;
        let covered = read_covered(input)?;
        let packet = RecordId::from_bytes(read_array(input)?);
        Ok(Self { patient, report_key, at, covered, packet })
    }
}

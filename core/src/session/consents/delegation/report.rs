//! The report: what was signed in a patient's name, sealed to the patient.
//! Bytes: docs/formats.md, delegation.

use crate::codec::{Buffer, Decoder, Encoder, Malformed};
use crate::consent::wire::{read_array, read_key, read_time};
use crate::consent::{DelegationError, Opening};
use crate::disclosure::DisclosureId;
use crate::host::Timestamp;
use crate::keys::{SealingPublicKey, VerifyingKey};
use crate::record::{RecordId, Text};
use crate::session::consents::delegation::packet::{VERSION, of};

/// Something that was signed in a patient's name.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) at: Timestamp,
    /// The key of the requester, and the name that was shown.
    pub(super) requester: VerifyingKey,
    pub(super) name: Text,
    /// The token or the denial.
    pub(super) envelope: Vec<u8>,
    /// What a consent left; `None` for a denial.
    pub(super) gave: Option<Gave>,
}

/// What a consent left with whoever signed it.
#[derive(Debug)]
pub(super) struct Gave {
    pub(super) opening: Opening,
    pub(super) answer: SealingPublicKey,
    /// Single records that it is limited to.
    pub(super) only: Vec<RecordId>,
    /// What was disclosed, each with its version.
    pub(super) records: Vec<(RecordId, u32)>,
    pub(super) disclosure: DisclosureId,
}

/// Writes what was signed under an offer.
pub(super) fn encode(offer: &VerifyingKey, done: &[Done]) -> Buffer {
    let room: usize = done.iter().map(Done::room).sum();
    let mut out = Encoder::with_capacity(room + 64);
    out.array(3);
    out.uint(VERSION);
    out.bytes(&offer.to_sec1());
    write_done(&mut out, done);
    out.finish()
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<(VerifyingKey, Vec<Done>), DelegationError> {
    let mut input = Decoder::new(bytes);
    of(&mut input, 3)?;
    if input.uint()? != VERSION {
        return Err(DelegationError::UnknownVersion);
    }
    let offer = read_key(&mut input)?;
    let done = read_done(&mut input)?;
    input.finish()?;
    Ok((offer, done))
}

pub(super) fn write_done(out: &mut Encoder, done: &[Done]) {
    out.array(done.len());
    done.iter().for_each(|done| done.encode(out));
}

pub(super) fn read_done(input: &mut Decoder<'_>) -> Result<Vec<Done>, Malformed> {
    (0..input.array()?).map(|_| Done::decode(input)).collect()
}

impl Done {
    pub(super) fn room(&self) -> usize {
        let gave = self.gave.as_ref().map_or(0, |gave| {
            let opening = 17 * gave.opening.withheld().len() + 512;
            opening + 17 * gave.only.len() + 24 * gave.records.len()
        });
        self.envelope.len() + self.name.as_str().len() + gave + 128
    }

    fn encode(&self, out: &mut Encoder) {
        out.array(4 + 5 * usize::from(self.gave.is_some()));
        out.uint(self.at.unix());
        out.bytes(&self.requester.to_sec1());
        out.text(self.name.as_str());
        out.bytes(&self.envelope);
        let Some(gave) = &self.gave else { return };
        out.bytes(&gave.opening.encode());
        out.bytes(&gave.answer.to_bytes());
        out.array(gave.only.len());
        gave.only.iter().for_each(|id| out.bytes(id.as_bytes()));
        out.array(gave.records.len());
        for (id, version) in &gave.records {
            out.array(2);
            out.bytes(id.as_bytes());
            out.uint((*version).into());
        }
        out.bytes(gave.disclosure.as_bytes());
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let items = input.array()?;
        let at = read_time(input)?;
        let requester = read_key(input)?;
        let name = Text::from(input.text()?);
        let envelope = input.bytes()?.to_vec();
        let gave = match items {
            4 => None,
            9 => Some(Gave::decode(input)?),
            _ => return Err(Malformed),
        };
        Ok(Self { at, requester, name, envelope, gave })
    }
}

impl Gave {
    fn decode(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let opening = Opening::decode(input.bytes()?).map_err(|_| Malformed)?;
        let answer = SealingPublicKey::from_slice(input.bytes()?).map_err(|_| Malformed)?;
        let record = |input: &mut Decoder<'_>| read_array(input).map(RecordId::from_bytes);
        let only = (0..input.array()?).map(|_| record(input)).collect::<Result<_, _>>()?;
        let mut records = Vec::new();
        for _ in 0..input.array()? {
            of(input, 2)?;
            records.push((record(input)?, input.narrow()?));
        }
        let disclosure = DisclosureId::from_bytes(read_array(input)?);
        Ok(Self { opening, answer, only, records, disclosure })
    }
}

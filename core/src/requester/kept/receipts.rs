//! What a requester signed for a patient: the content of rows of type `pmw:access` and
//! `pmw:applied`.

use crate::codec::{Buffer, Decoder, Encoder, Malformed};
use crate::host::Timestamp;
use crate::receipt::ReceiptId;
use crate::session::own::{begin, versioned};

/// A receipt that was signed: type `pmw:access`, named by the id of the receipt.
#[derive(Debug)]
pub(crate) struct KeptAccess {
    pub(crate) envelope: Vec<u8>,
    /// When it was handed out first.
    pub(crate) given: Option<Timestamp>,
}

impl KeptAccess {
    pub(crate) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.envelope.len() + 32);
        begin(&mut out, 1 + usize::from(self.given.is_some()));
        out.uint(1);
        out.bytes(&self.envelope);
        if let Some(given) = self.given {
            out.uint(2);
            out.uint(given.unix());
        }
        out.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let envelope = map.at(1)?.bytes()?.to_vec();
        let given = map.optional(2)?.map(Decoder::uint).transpose()?.map(Timestamp::from_unix);
        map.finish()?;
        Ok(Self { envelope, given })
    }
}

/// A notice that was taken in: type `pmw:applied`, named by the id of the notice.
#[derive(Debug)]
pub(crate) struct KeptApplied {
    pub(crate) envelope: Vec<u8>,
    pub(crate) at: Timestamp,
    /// The receipt that answers it; none where an erasure statement does.
    pub(crate) receipt: Option<ReceiptId>,
}

impl KeptApplied {
    pub(crate) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.envelope.len() + 64);
        begin(&mut out, 2 + usize::from(self.receipt.is_some()));
        out.uint(1);
        out.bytes(&self.envelope);
        out.uint(2);
        out.uint(self.at.unix());
        if let Some(receipt) = &self.receipt {
            out.uint(3);
            out.bytes(receipt.as_bytes());
        }
        out.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let envelope = map.at(1)?.bytes()?.to_vec();
        let at = Timestamp::from_unix(map.at(2)?.uint()?);
        let receipt = map.optional(3)?.map(Decoder::bytes).transpose()?;
        let receipt = receipt.map(|id| id.try_into().map_err(|_| Malformed)).transpose()?;
        map.finish()?;
        Ok(Self { envelope, at, receipt: receipt.map(ReceiptId::from_bytes) })
    }
}

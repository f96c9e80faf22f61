//! What a patient's wallet keeps of what readers handed in: the content of its own rows. Bytes:
//! docs/formats.md 4.

use crate::codec::{Buffer, Encoder, Malformed};
use crate::host::Timestamp;
use crate::keys::VerifyingKey;
use crate::session::own::{begin, versioned};

/// A receipt: type `pmw:receipt`.
#[derive(Debug)]
pub(in crate::session) struct KeptReceipt {
    pub(in crate::session) bytes: Vec<u8>,
    pub(in crate::session) received: Timestamp,
    /// Who signed it, to be counted without reading it.
    pub(in crate::session) reader: VerifyingKey,
}

impl KeptReceipt {
    pub(super) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.bytes.len() + 96);
        begin(&mut out, 3);
        out.uint(1);
        out.bytes(&self.bytes);
        out.uint(2);
        out.uint(self.received.unix());
        out.uint(3);
        out.bytes(&self.reader.to_sec1());
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let bytes = map.at(1)?.bytes()?.to_vec();
        let received = Timestamp::from_unix(map.at(2)?.uint()?);
        let reader = VerifyingKey::from_sec1(map.at(3)?.bytes()?).map_err(|_| Malformed)?;
        map.finish()?;
        Ok(Self { bytes, received, reader })
    }
}

/// An erasure statement: type `pmw:statement`.
#[derive(Debug)]
pub(in crate::session) struct KeptStatement {
    pub(in crate::session) bytes: Vec<u8>,
    pub(in crate::session) received: Timestamp,
}

impl KeptStatement {
    pub(super) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.bytes.len() + 64);
        begin(&mut out, 2);
        out.uint(1);
        out.bytes(&self.bytes);
        out.uint(2);
        out.uint(self.received.unix());
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let bytes = map.at(1)?.bytes()?.to_vec();
        let received = Timestamp::from_unix(map.at(2)?.uint()?);
        map.finish()?;
        Ok(Self { bytes, received })
    }
}

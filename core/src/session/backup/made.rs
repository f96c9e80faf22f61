//! What the wallet remembers of a backup.

use crate::codec::{Buffer, Decoder, Encoder};
use crate::host::Timestamp;
use crate::vault::state::Head;

/// What the wallet remembers of a backup: type `pmw:backup`, docs/formats.md 4.
pub(super) struct Made {
    pub(super) made: Timestamp,
    /// The log that it holds, of whichever incarnation.
    pub(super) covered: Head,
    pub(super) has_passphrase: bool,
    /// When it was last rehearsed, with the words and with the export passphrase.
    pub(super) rehearsed: [Option<Timestamp>; 2],
}

impl Made {
    /// Writes it, docs/formats.md 4.
    pub(super) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(128);
        let [words, passphrase] = self.rehearsed.map(|at| at.map_or(0, Timestamp::unix));
        let (made, size) = (self.made.unix(), self.covered.size());
        out.array(6);
        for value in [made, size, u64::from(self.has_passphrase), words, passphrase] {
            out.uint(value);
        }
        out.bytes(self.covered.root());
        out.finish()
    }

    /// Reads it; `None` for any other bytes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut input = Decoder::new(bytes);
        if input.array().ok()? != 6 {
            return None;
        }
        let mut next = || input.uint().ok();
        let (made, size, flag) = (Timestamp::from_unix(next()?), next()?, next()?);
        let time = |value: u64| (value > 0).then(|| Timestamp::from_unix(value));
        let rehearsed = [time(next()?), time(next()?)];
        let root = input.bytes().ok()?.try_into().ok()?;
        input.finish().ok()?;
        let covered = Head::new([0; 8], size, root);
        Some(Self { made, covered, has_passphrase: flag == 1, rehearsed })
    }
}

//! The layout of a sealed file: its header, its chunks, its padding.
//!
//! ```text
//! "PMWA" || version u8 || chunk log2 u8 || nonce prefix 16        the header
//! (ciphertext || tag 16) ...                                     nonce = prefix || counter 7 || last 1
//! ```
//! Every chunk is bound to its number, to the header and to the attachment's id; only the last one
//! says that it is the last. The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015).

use zeroize::Zeroizing;

use crate::codec::Fields;
use crate::keys::{Cipher, Secret};
use crate::vault::attachments::{AttachmentError, AttachmentId};

/// What stands in clear before the chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    chunk_log2: u8,
    prefix: [u8; 16],
}

impl Header {
    /// Draws a nonce prefix for a new file.
    ///
    /// # Errors
    /// [`AttachmentError::Randomness`].
    pub(crate) fn generate(chunk_log2: u8) -> Result<Self, AttachmentError> {
        let mut prefix = [0; 16];
        getrandom::fill(&mut prefix).map_err(|_| AttachmentError::Randomness)?;
        Ok(Self::new(chunk_log2, prefix))
    }

    pub(super) const fn new(chunk_log2: u8, prefix: [u8; 16]) -> Self {
        Self { chunk_log2, prefix }
    }

    pub(super) fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let parts: [&[u8]; 3] = [MAGIC, &[VERSION, self.chunk_log2], &self.prefix];
        for (byte, value) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *byte = *value;
        }
        bytes
    }

    /// Reads a header.
    ///
    /// # Errors
    /// [`AttachmentError::Damaged`] for any other bytes.
    pub(super) fn decode(bytes: &[u8; HEADER]) -> Result<Self, AttachmentError> {
        let mut fields = Fields::new(bytes);
        let known = fields.array()? == *MAGIC && fields.u8()? == VERSION;
        let header = Self { chunk_log2: fields.u8()?, prefix: fields.array()? };
        if known && CHUNK_LOG2S.contains(&header.chunk_log2) {
            Ok(header)
        } else {
            Err(AttachmentError::Damaged)
        }
    }

    /// Gives the bytes of plaintext in a full chunk.
    pub(super) const fn chunk(&self) -> usize {
        1 << self.chunk_log2
    }

    fn nonce(&self, number: u64, last: bool) -> [u8; 24] {
        // A chunk has 512 bytes or more and a file 64 GiB at most: the first byte is always zero.
        let [_, counter @ ..] = number.to_be_bytes();
        let mut nonce = [0; 24];
        let parts: [&[u8]; 3] = [&self.prefix, &counter, &[u8::from(last)]];
        for (byte, value) in nonce.iter_mut().zip(parts.into_iter().flatten()) {
            *byte = *value;
        }
        nonce
    }
}

/// Seals and opens the chunks of one file.
#[derive(Debug)]
pub(super) struct Chunks {
    header: Header,
    cipher: Cipher,
    data: [u8; 16 + HEADER],
}

impl Chunks {
    pub(super) fn new(id: AttachmentId, key: &Secret<32>, header: Header) -> Self {
        let mut data = [0; 16 + HEADER];
        for (byte, value) in data.iter_mut().zip(id.0.into_iter().chain(header.encode())) {
            *byte = value;
        }
        Self { header, cipher: Cipher::new(key), data }
    }

    /// Seals all but the last 16 bytes of `chunk` where they lie; these take the tag.
    ///
    /// # Errors
    /// [`AttachmentError::Damaged`] when `chunk` is shorter than a tag.
    pub(super) fn seal(
        &self,
        number: u64,
        last: bool,
        chunk: &mut [u8],
    ) -> Result<(), AttachmentError> {
        let (text, tag) = chunk.split_last_chunk_mut::<TAG>().ok_or(AttachmentError::Damaged)?;
        *tag = self.cipher.seal_in_place(self.header.nonce(number, last), &self.data, text)?;
        Ok(())
    }

    /// Opens `chunk`, which ends with its tag, where it lies.
    ///
    /// # Errors
    /// [`AttachmentError::Damaged`].
    pub(super) fn open(
        &self,
        number: u64,
        last: bool,
        chunk: &mut [u8],
    ) -> Result<(), AttachmentError> {
        let (text, tag) = chunk.split_last_chunk_mut::<TAG>().ok_or(AttachmentError::Damaged)?;
        let nonce = self.header.nonce(number, last);
        Ok(self.cipher.open_in_place(nonce, &self.data, text, *tag)?)
    }
}

/// Where the chunks of one file lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    chunk: u64,
    padded: u64,
}

impl Layout {
    /// Lays out a file of `size` bytes.
    pub(crate) fn new(header: Header, size: u64) -> Self {
        Self { chunk: 1 << header.chunk_log2, padded: padded(size) }
    }

    /// Gives the number of the last chunk.
    pub(super) const fn last(&self) -> u64 {
        self.padded.saturating_sub(1) / self.chunk
    }

    /// Gives the number of the chunk that holds a byte, and the place of the byte in it.
    pub(super) fn find(&self, at: u64) -> (u64, usize) {
        (at / self.chunk, usize::try_from(at % self.chunk).expect("a chunk fits the memory"))
    }

    /// Gives the place in the plaintext where a chunk begins.
    pub(super) const fn start(&self, number: u64) -> u64 {
        number * self.chunk
    }

    /// Gives the place in the file where a chunk begins.
    pub(super) const fn place(&self, number: u64) -> u64 {
        HEADER as u64 + number * (self.chunk + TAG as u64)
    }

    /// Gives the bytes of plaintext in a chunk that is there.
    pub(super) fn length(&self, number: u64) -> usize {
        let rest = self.padded.saturating_sub(self.start(number));
        usize::try_from(rest.min(self.chunk)).expect("a chunk fits the memory")
    }

    /// Gives the length of the whole file.
    pub(crate) const fn file(&self) -> u64 {
        HEADER as u64 + self.padded + (self.last() + 1) * TAG as u64
    }
}

/// Makes a buffer for one sealed chunk; what passes through it is wiped with it.
pub(super) fn buffer(header: Header) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![0; header.chunk() + TAG])
}

/// Gives the padded size by Padmé (Nikitin and others, PETS 2019): it tells O(log log size) bits of
/// the size and adds 12% at most.
pub(crate) fn padded(size: u64) -> u64 {
    let Some(exponent @ 1..) = size.checked_ilog2() else { return size };
    let mask = (1 << (exponent - exponent.ilog2() - 1)) - 1;
    size.saturating_add(mask) & !mask
}

const MAGIC: &[u8; 4] = b"PMWA";
const VERSION: u8 = 1;
/// Chunks of 512 bytes, for tests, to 64 KiB.
const CHUNK_LOG2S: std::ops::RangeInclusive<u8> = 9..=CHUNK_LOG2;
/// What the product writes: 64 KiB.
pub(crate) const CHUNK_LOG2: u8 = 16;
pub(super) const HEADER: usize = 22;
pub(super) const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padme_known_answers() {
        // By hand from the paper: 9 = 1001b has exponent 3 and keeps 2 bits below the first.
        for (size, expected) in [(0, 0), (1, 1), (2, 2), (3, 3), (8, 8), (9, 10), (10, 10)] {
            assert_eq!(padded(size), expected, "{size}");
        }
        assert_eq!(padded(1_000_000), 1_015_808);
        assert_eq!(padded(512 << 20), 512 << 20);
        assert_eq!(padded((500 << 20) + 1), 504 << 20);
        assert_eq!(padded(64 << 30), 64 << 30);
    }

    #[test]
    fn padding_grows_with_the_size_and_by_an_eighth_at_most() {
        let mut before = 0;
        for size in 0..70_000_u64 {
            let after = padded(size);
            assert!(after >= before && after >= size && after - size <= size / 8, "{size}");
            assert_eq!(padded(after), after);
            before = after;
        }
    }

    #[test]
    fn only_headers_of_this_version_are_read() {
        let good = Header::new(9, [7; 16]).encode();
        assert_eq!(Header::decode(&good), Ok(Header::new(9, [7; 16])));
        for (at, value) in [(0, b'p'), (3, b'B'), (4, 0), (4, 2), (5, 8), (5, 17), (5, 255)] {
            let mut wrong = good;
            wrong[at] = value;
            assert_eq!(Header::decode(&wrong), Err(AttachmentError::Damaged), "{at}");
        }
    }

    #[test]
    fn no_two_chunks_share_a_nonce() {
        let header = Header::new(9, [7; 16]);
        let numbers = [0, 1, 255, 256, (64 << 30 >> 9) - 1];
        let mut nonces: Vec<_> = numbers
            .iter()
            .flat_map(|n| [header.nonce(*n, false), header.nonce(*n, true)])
            .collect();
        assert_eq!(nonces[3][16..], [0, 0, 0, 0, 0, 0, 1, 1]);
        nonces.sort_unstable();
        nonces.dedup();
        assert_eq!(nonces.len(), 2 * numbers.len());
    }
}

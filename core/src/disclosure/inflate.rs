//! Records made smaller (raw deflate, RFC 1951) without leaving any of them behind.
//!
//! What a compressor remembers of a text lies on the heap until it is overwritten: both states are
//! wiped when they are dropped. A text inflates to exactly the length that was stated, so that a
//! bomb fills nothing.

use std::hint::black_box;

use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};
use zeroize::Zeroizing;

use crate::codec::Buffer;
use crate::disclosure::DisclosureError;

/// A compressor for many texts, one after the other; each is deflated as if it were the only one.
pub(super) struct Deflater {
    state: Box<CompressorOxide>,
    window: Zeroizing<Vec<u8>>,
}

impl Deflater {
    pub(super) fn new() -> Self {
        let mut state = Box::<CompressorOxide>::default();
        state.set_format_and_level(DataFormat::Raw, LEVEL);
        Self { state, window: Zeroizing::new(vec![0; WINDOW]) }
    }

    /// Deflates a text; the same text gives the same bytes.
    pub(super) fn deflate(&mut self, text: &[u8]) -> Buffer {
        let mut out = Buffer::with_capacity(text.len() / 4 + 64);
        let mut rest = text;
        loop {
            let (status, read, written) =
                compress(&mut self.state, rest, &mut self.window, TDEFLFlush::Finish);
            rest = rest.get(read..).unwrap_or_default();
            out.extend(self.window.get(..written).unwrap_or_default());
            if status != TDEFLStatus::Okay {
                break;
            }
        }
        self.wipe();
        out
    }

    fn wipe(&mut self) {
        // The barrier keeps the compiler from leaving out stores into memory about to be freed.
        self.state.reset();
        black_box(&self.state);
    }
}

impl Drop for Deflater {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// Inflates a text and gives it piece by piece.
///
/// # Errors
/// [`DisclosureError::Invalid`] unless it has exactly `length` bytes and ends where `deflated` does;
/// those of `give`.
pub(super) fn inflate_into(
    deflated: &[u8],
    length: u64,
    give: &mut dyn FnMut(&[u8]) -> Result<(), DisclosureError>,
) -> Result<(), DisclosureError> {
    let mut state = Inflater(InflateState::new_boxed(DataFormat::Raw));
    // What is wiped afterwards takes time: a short text needs no more room than itself.
    let room = usize::try_from(length).unwrap_or(WINDOW).clamp(1, WINDOW);
    let mut window = Zeroizing::new(vec![0; room]);
    let (mut rest, mut left) = (deflated, length);
    loop {
        let result = inflate(&mut state.0, rest, &mut window, MZFlush::None);
        rest = rest.get(result.bytes_consumed..).unwrap_or_default();
        let piece = window.get(..result.bytes_written).unwrap_or_default();
        let given = u64::try_from(piece.len()).map_err(|_| DisclosureError::Invalid)?;
        left = left.checked_sub(given).ok_or(DisclosureError::Invalid)?;
        give(piece)?;
        match result.status {
            Ok(MZStatus::StreamEnd) => break,
            Ok(_) if result.bytes_consumed > 0 || given > 0 => {}
            _ => return Err(DisclosureError::Invalid),
        }
    }
    if left == 0 && rest.is_empty() { Ok(()) } else { Err(DisclosureError::Invalid) }
}

/// A state that is wiped when it is dropped: it holds the last 32 KiB of text.
struct Inflater(Box<InflateState>);

impl Drop for Inflater {
    fn drop(&mut self) {
        self.0.reset(DataFormat::Raw);
        black_box(&self.0);
    }
}

/// The default of zlib.
const LEVEL: u8 = 6;
const WINDOW: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn inflated(deflated: &[u8], length: u64) -> Result<Vec<u8>, DisclosureError> {
        let mut out = Vec::new();
        inflate_into(deflated, length, &mut |piece| {
            out.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn a_text_comes_back_and_is_deflated_the_same_way_after_any_other() {
        let texts = [
            Vec::new(),
            b"{}".to_vec(),
            b"{\"resourceType\":\"Patient\"}".repeat(1000),
            (0..300_000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect(),
        ];
        let mut used = Deflater::new();
        for text in &texts {
            let deflated = used.deflate(text);
            assert_eq!(*deflated, *Deflater::new().deflate(text));
            assert_eq!(&inflated(&deflated, text.len().try_into().unwrap()).unwrap(), text);
            assert!(deflated.len() <= text.len() + text.len() / 8 + 64);
        }
    }

    #[test]
    fn another_length_than_stated_is_refused() {
        let deflated = Deflater::new().deflate(&[b'x'; 1000]);
        assert!(inflated(&deflated, 1000).is_ok());
        for length in [0, 999, 1001, u64::MAX] {
            assert_eq!(inflated(&deflated, length), Err(DisclosureError::Invalid), "{length}");
        }
        for end in 0..deflated.len() {
            assert_eq!(inflated(&deflated[..end], 1000), Err(DisclosureError::Invalid), "{end}");
        }
        let trailing = [&*deflated, &[0]].concat();
        assert_eq!(inflated(&trailing, 1000), Err(DisclosureError::Invalid));
    }

    #[test]
    fn a_bomb_is_given_up_at_the_first_piece_too_many() {
        let deflated = Deflater::new().deflate(&vec![0; 64 << 20]);
        let mut given = 0;
        let stopped = inflate_into(&deflated, 100_000, &mut |piece| {
            given += piece.len();
            Ok(())
        });
        assert_eq!(stopped, Err(DisclosureError::Invalid));
        assert!(given <= 100_000);
    }
}

//! gzip members (RFC 1952) around deflate, inflated as a stream into a wiped window.
//!
//! Every member's checksum and length are verified, several members follow one another, and the
//! ratio is watched while inflating, so a bomb is refused before it has filled anything.

use std::{fmt, hint::black_box, io::Read};

use crc32fast::Hasher;
use miniz_oxide::{
    DataFormat, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

use super::{
    RecordError,
    input::{RawInput, Window},
    limits::Limits,
};

/// Inflates what a [`RawInput`] delivers.
pub(crate) struct GzipInput<R> {
    raw: RawInput<R>,
    limits: Limits,
    state: Box<InflateState>,
    window: Window,
    stage: Stage,
    check: Hasher,
    member_size: u32,
    inflated: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    Body,
    Next,
    End,
}

impl<R: Read> GzipInput<R> {
    pub(crate) fn new(raw: RawInput<R>, limits: Limits) -> Self {
        Self {
            raw,
            limits,
            state: InflateState::new_boxed(DataFormat::Raw),
            window: Window::new(),
            stage: Stage::First,
            check: Hasher::new(),
            member_size: 0,
            inflated: 0,
        }
    }

    /// Returns the bytes inflated and not yet consumed.
    pub(crate) fn rest(&self) -> &[u8] {
        self.window.rest()
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.window.consume(count);
    }

    /// Returns how many compressed bytes were read.
    pub(crate) const fn bytes_read(&self) -> u64 {
        self.raw.bytes_read()
    }

    /// Inflates the next bytes once the last ones are consumed; false at the end.
    pub(crate) fn fill(&mut self) -> Result<bool, RecordError> {
        while self.window.rest().is_empty() {
            match self.stage {
                Stage::First => self.header()?,
                Stage::Body => self.body()?,
                Stage::Next => self.next_member()?,
                Stage::End => return Ok(false),
            }
        }
        Ok(true)
    }

    fn body(&mut self) -> Result<(), RecordError> {
        let more = self.raw.fill()?;
        let result = inflate(&mut self.state, self.raw.rest(), self.window.space(), MZFlush::None);
        self.raw.consume(result.bytes_consumed);
        self.window.filled(result.bytes_written);
        self.check.update(self.window.rest());
        let written = u32::try_from(result.bytes_written).map_err(|_| RecordError::GzipDamaged)?;
        self.member_size = self.member_size.wrapping_add(written);
        self.inflated = self.inflated.saturating_add(u64::from(written));
        let honest = self.raw.consumed().saturating_mul(self.limits.ratio).max(Limits::RATIO_FREE);
        if self.inflated > self.limits.file {
            return Err(RecordError::FileTooLarge { limit: self.limits.file });
        }
        if self.inflated > honest {
            return Err(RecordError::GzipRatio { limit: self.limits.ratio });
        }
        match result.status {
            Ok(MZStatus::StreamEnd) => self.trailer(),
            Ok(_) if more || written > 0 => Ok(()),
            _ => Err(RecordError::GzipDamaged),
        }
    }

    fn header(&mut self) -> Result<(), RecordError> {
        let mut header = HeaderReader { raw: &mut self.raw, check: Hasher::new(), length: 0 };
        if header.bytes()? != [0x1f, 0x8b] {
            let first = self.stage == Stage::First;
            return Err(if first { RecordError::NotFhir } else { RecordError::GzipDamaged });
        }
        let [method, flags] = header.bytes()?;
        let _time_level_system: [u8; 6] = header.bytes()?;
        if method != DEFLATE || flags & FLAGS_RESERVED != 0 {
            return Err(RecordError::GzipDamaged);
        }
        if flags & FLAG_EXTRA != 0 {
            for _ in 0..u16::from_le_bytes(header.bytes()?) {
                header.byte()?;
            }
        }
        for text in [FLAG_NAME, FLAG_COMMENT] {
            while flags & text != 0 && header.byte()? != 0 {}
        }
        if flags & FLAG_CHECK != 0 {
            let [low, high, ..] = header.check.clone().finalize().to_le_bytes();
            if header.bytes()? != [low, high] {
                return Err(RecordError::GzipDamaged);
            }
        }
        self.state.reset(DataFormat::Raw);
        self.check = Hasher::new();
        self.member_size = 0;
        self.stage = Stage::Body;
        Ok(())
    }

    fn trailer(&mut self) -> Result<(), RecordError> {
        let mut trailer = HeaderReader { raw: &mut self.raw, check: Hasher::new(), length: 0 };
        let check = u32::from_le_bytes(trailer.bytes()?);
        let size = u32::from_le_bytes(trailer.bytes()?);
        if check != self.check.clone().finalize() || size != self.member_size {
            return Err(RecordError::GzipDamaged);
        }
        self.stage = Stage::Next;
        Ok(())
    }

    /// Goes on to another member; a padding of zeros may end the file, as tapes left it.
    fn next_member(&mut self) -> Result<(), RecordError> {
        loop {
            if !self.raw.fill()? {
                self.stage = Stage::End;
                return Ok(());
            }
            match self.raw.rest().first() {
                Some(0) => self.raw.consume(1),
                _ => return self.header(),
            }
        }
    }
}

impl<R> Drop for GzipInput<R> {
    fn drop(&mut self) {
        // The dictionary holds the last 32 KiB of text. The barrier keeps the compiler from
        // leaving out stores into memory that is about to be freed.
        self.state.reset(DataFormat::Raw);
        black_box(&self.state);
    }
}

impl<R> fmt::Debug for GzipInput<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GzipInput(..)")
    }
}

struct HeaderReader<'a, R> {
    raw: &'a mut RawInput<R>,
    check: Hasher,
    length: usize,
}

impl<R: Read> HeaderReader<'_, R> {
    fn byte(&mut self) -> Result<u8, RecordError> {
        if self.length == HEADER_MAX || !self.raw.fill()? {
            return Err(RecordError::GzipDamaged);
        }
        let byte = *self.raw.rest().first().ok_or(RecordError::GzipDamaged)?;
        self.raw.consume(1);
        self.check.update(&[byte]);
        self.length += 1;
        Ok(byte)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }
}

const DEFLATE: u8 = 8;
const FLAG_CHECK: u8 = 1 << 1;
const FLAG_EXTRA: u8 = 1 << 2;
const FLAG_NAME: u8 = 1 << 3;
const FLAG_COMMENT: u8 = 1 << 4;
const FLAGS_RESERVED: u8 = 0b1110_0000;

/// The extra field takes at most 64 KiB; names and comments have no bound of their own.
const HEADER_MAX: usize = 128 << 10;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn compress(bytes: &[u8]) -> Vec<u8> {
        member(bytes, &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
    }

    fn member(bytes: &[u8], header: &[u8]) -> Vec<u8> {
        let mut out = header.to_vec();
        out.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
        out.extend(crc32fast::hash(bytes).to_le_bytes());
        out.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        out
    }

    fn inflate_all(file: &[u8], limits: Limits) -> Result<Vec<u8>, RecordError> {
        let mut input = GzipInput::new(RawInput::new(file, u64::MAX), limits);
        let mut out = Vec::new();
        while input.fill()? {
            out.extend_from_slice(input.rest());
            input.consume(input.rest().len());
        }
        Ok(out)
    }

    #[test]
    fn members_follow_one_another_and_padding_may_end_the_file() {
        let mut file = compress(b"ab");
        file.extend(compress(b""));
        file.extend(compress(&b"cd".repeat(100_000)));
        file.extend([0; 512]);
        let text = inflate_all(&file, Limits::default()).unwrap();
        assert_eq!(text.len(), 200_002);
        assert!(text.starts_with(b"abcdcd"));
    }

    #[test]
    fn every_header_field_is_read() {
        let mut header = vec![0x1f, 0x8b, 8, 0b1_1110, 1, 2, 3, 4, 0, 3];
        header.extend(b"\x03\x00xyzname\0comment\0");
        let check = crc32fast::hash(&header);
        header.extend(&check.to_le_bytes()[..2]);
        assert_eq!(inflate_all(&member(b"text", &header), Limits::default()).unwrap(), b"text");
        *header.last_mut().unwrap() ^= 1;
        let damaged = inflate_all(&member(b"text", &header), Limits::default());
        assert_eq!(damaged, Err(RecordError::GzipDamaged));
    }

    #[test]
    fn a_file_cut_anywhere_is_damaged() {
        let file = compress(b"{\"resourceType\":\"Patient\"}");
        for length in 2..file.len() {
            let cut = inflate_all(&file[..length], Limits::default());
            assert_eq!(cut, Err(RecordError::GzipDamaged), "cut at {length}");
        }
    }

    #[test]
    fn a_wrong_checksum_length_flag_or_follower_is_damaged() {
        let file = compress(b"some text");
        for at in [3, file.len() - 8, file.len() - 1] {
            let mut wrong = file.clone();
            wrong[at] ^= 0x80;
            assert_eq!(inflate_all(&wrong, Limits::default()), Err(RecordError::GzipDamaged));
        }
        let mut followed = file;
        followed.extend(b"not gzip");
        assert_eq!(inflate_all(&followed, Limits::default()), Err(RecordError::GzipDamaged));
    }

    #[test]
    fn a_header_without_end_is_damaged() {
        let mut header = vec![0x1f, 0x8b, 8, FLAG_NAME, 0, 0, 0, 0, 0, 3];
        header.extend(vec![b'n'; 1 << 20]);
        assert_eq!(inflate_all(&header, Limits::default()), Err(RecordError::GzipDamaged));
    }

    #[test]
    fn a_bomb_is_refused_and_a_short_run_of_blanks_is_not() {
        let limits = Limits { ratio: 200, ..Limits::default() };
        assert!(inflate_all(&compress(&vec![b' '; 1 << 20]), limits).is_ok());
        let bomb = compress(&vec![b' '; 8 << 20]);
        assert_eq!(inflate_all(&bomb, limits), Err(RecordError::GzipRatio { limit: 200 }));
        assert!(inflate_all(&bomb, Limits { ratio: 2_000, ..limits }).is_ok());
    }
}

//! A code as PNG (ISO/IEC 15948): one bit of grey a pixel, no chunk that is not needed.
//!
//! A picture of two colours is a header and one zlib stream. The crates for images bring decoders,
//! colour types and a second deflate with them; everything used here is in the core already.

use crc32fast::Hasher;
use miniz_oxide::deflate::compress_to_vec_zlib;

use super::QrCode;

impl QrCode {
    /// Draws the code as PNG with `scale` pixels a module: 1 to 32, anything else counts as the
    /// nearer of the two.
    #[must_use]
    pub fn to_png(&self, scale: u8) -> Vec<u8> {
        let scale = usize::from(scale.clamp(1, LARGEST_SCALE));
        let pixels = self.side() * scale;
        let mut rows = Vec::with_capacity((pixels.div_ceil(8) + 1) * pixels);
        for y in 0..self.side() {
            let row = self.row(y, scale);
            (0..scale).for_each(|_| rows.extend_from_slice(&row));
        }
        let side = number(pixels);
        let mut png = SIGNATURE.to_vec();
        chunk(b"IHDR", &[&side, &side, ONE_BIT_OF_GREY.as_slice()].concat(), &mut png);
        chunk(b"IDAT", &compress_to_vec_zlib(&rows, BEST), &mut png);
        chunk(b"IEND", &[], &mut png);
        png
    }

    /// Gives one row of pixels: the filter (none), then eight pixels a byte, light is 1. The bits
    /// that fill the last byte are no pixels.
    fn row(&self, y: usize, scale: usize) -> Vec<u8> {
        let mut row = vec![0];
        let pixels: Vec<bool> =
            (0..self.side()).flat_map(|x| std::iter::repeat_n(self.dark(x, y), scale)).collect();
        row.extend(pixels.chunks(8).map(|eight| {
            let bits = eight.iter().zip([0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1]);
            bits.filter(|(dark, _)| !**dark).map(|(_, bit)| bit).sum::<u8>()
        }));
        row
    }
}

/// Appends a chunk: length, type, data, checksum.
fn chunk(kind: &[u8; 4], data: &[u8], out: &mut Vec<u8>) {
    let mut check = Hasher::new();
    check.update(kind);
    check.update(data);
    out.extend_from_slice(&number(data.len()));
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&check.finalize().to_be_bytes());
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).expect("a code has few pixels and few bytes").to_be_bytes()
}

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// Bit depth 1, greyscale, deflate, the usual filters, not interlaced.
const ONE_BIT_OF_GREY: [u8; 5] = [1, 0, 0, 0, 0];
const LARGEST_SCALE: u8 = 32;
const BEST: u8 = 9;

#[cfg(test)]
mod tests {
    use miniz_oxide::inflate::decompress_to_vec_zlib;

    use super::*;

    /// Takes a file apart into its chunks; every checksum is computed bit by bit (PNG, annex D).
    fn chunks(png: &[u8]) -> Vec<(String, Vec<u8>)> {
        let (mut rest, mut found) = (png.strip_prefix(SIGNATURE).unwrap(), Vec::new());
        while !rest.is_empty() {
            let (length, checked) = rest.split_first_chunk().unwrap();
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
            let (checked, after) = checked.split_at(4 + length);
            let crc = !checked.iter().fold(u32::MAX, |crc, byte| {
                (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                    if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 }
                })
            });
            assert_eq!(after[..4], crc.to_be_bytes());
            let (kind, data) = checked.split_at(4);
            found.push((String::from_utf8(kind.to_vec()).unwrap(), data.to_vec()));
            rest = &after[4..];
        }
        found
    }

    #[test]
    fn every_pixel_is_its_module() {
        let code = QrCode::of(&[&[0xd2, 0x84], [7; 40].as_slice()].concat()).unwrap();
        for (scale, pixels) in [(0, 1), (1, 1), (3, 3), (8, 8), (32, 32), (255, 32)] {
            let chunks = chunks(&code.to_png(scale));
            let kinds: Vec<_> = chunks.iter().map(|(kind, _)| kind.as_str()).collect();
            assert_eq!(kinds, ["IHDR", "IDAT", "IEND"]);
            let side = (code.width() + 8) * pixels;
            let number = u32::try_from(side).unwrap().to_be_bytes();
            assert_eq!(chunks[0].1, [&number[..], &number, &[1, 0, 0, 0, 0]].concat());
            let rows = decompress_to_vec_zlib(&chunks[1].1).unwrap();
            let length = 1 + side.div_ceil(8);
            assert_eq!(rows.len(), side * length);
            for (y, row) in rows.chunks(length).enumerate() {
                assert_eq!(row[0], 0, "no filter");
                for x in 0..side {
                    let light = row[1 + x / 8] >> (7 - x % 8) & 1 == 1;
                    let inside = (4 * pixels <= x).then(|| x / pixels - 4);
                    let module = inside.zip((4 * pixels <= y).then(|| y / pixels - 4));
                    assert_eq!(light, !module.is_some_and(|(x, y)| code.is_dark(x, y)), "{x} {y}");
                }
            }
        }
    }
}

//! An envelope as one QR code: its modules, and the pictures that show them.
//!
//! The code holds the text of [`encode_text`] in alphanumeric mode at level M, in the smallest
//! version that has room, never above 25: denser codes fail on the cameras of cheap phones. Equal
//! envelopes give equal pictures, byte for byte. Around every picture stands the margin of four
//! light modules that ISO/IEC 18004 demands.

mod picture;
mod png;

use std::fmt;

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, Version};

use crate::codec::encode_text;

pub use picture::Theme;

/// Why an envelope has no QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QrError {
    /// One code cannot hold it.
    #[error("this is too large for one QR code")]
    TooLarge,
    /// The bytes are no envelope.
    #[error("this is not what a QR code of the wallet holds")]
    Invalid,
}

impl QrError {
    /// Every error.
    pub const ALL: &[Self] = &[Self::TooLarge, Self::Invalid];

    /// Gives the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "qr.too-large",
            Self::Invalid => "qr.invalid",
        }
    }
}

/// The QR code of an envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct QrCode {
    version: u8,
    width: usize,
    /// Row by row, true where a module is dark.
    modules: Vec<bool>,
}

impl QrCode {
    /// Makes the code of an envelope.
    ///
    /// # Errors
    /// [`QrError::TooLarge`] when version 25 has no room for it, [`QrError::Invalid`] when the
    /// bytes are no envelope.
    pub fn of(envelope: &[u8]) -> Result<Self, QrError> {
        if envelope.len() > LARGEST {
            return Err(QrError::TooLarge);
        }
        let text = encode_text(envelope).map_err(|_| QrError::Invalid)?;
        let fits = |version| Some((version, bits(version, &text)?));
        let (version, bits) = (1..=HIGHEST_VERSION).find_map(fits).ok_or(QrError::TooLarge)?;
        let code = qrcode::QrCode::with_bits(bits, LEVEL).map_err(|_| QrError::TooLarge)?;
        let width = code.width();
        let modules = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
        Ok(Self { version, width, modules })
    }

    /// Returns the version, 1 to 25.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// Returns the number of modules of a side, without the margin.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Tells whether the module in column `x` and row `y` is dark; outside of the code all is light.
    #[must_use]
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        let row = self.modules.chunks(self.width).nth(y);
        row.and_then(|row| row.get(x)).copied().unwrap_or_default()
    }
}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QrCode(version {})", self.version)
    }
}

/// Gives the data bits of a code of this version, if it has room.
fn bits(version: u8, text: &str) -> Option<Bits> {
    let mut bits = Bits::new(Version::Normal(version.into()));
    bits.push_alphanumeric_data(text.as_bytes()).ok()?;
    bits.push_terminator(LEVEL).ok()?;
    Some(bits)
}

const LEVEL: EcLevel = EcLevel::M;
const HIGHEST_VERSION: u8 = 25;
/// More bytes than one code holds, however well they deflate.
const LARGEST: usize = 16 * 1024;
/// Light modules around the code (ISO/IEC 18004, 9.1).
const MARGIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    /// A signed object of so many bytes without its tag, which no deflate makes shorter.
    fn envelope(length: usize) -> Vec<u8> {
        let mut state = 0x9e37_79b9_u32;
        let noise = (1..length).map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_be_bytes()[0]
        });
        [0xd2, 0x84].into_iter().chain(noise).collect()
    }

    fn version(length: usize) -> Result<u8, QrError> {
        QrCode::of(&envelope(length)).map(|code| code.version())
    }

    #[test]
    fn versions_grow_at_the_edges_of_the_standard() {
        // ISO/IEC 18004, table 7: the letters that level M holds from version 1 on.
        let letters = [
            20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600, 656, 734, 816,
            909, 970, 1035, 1134, 1248, 1326,
        ];
        for (holds, letters) in (1..).zip(letters) {
            let base45 = letters - "PMW1:".len();
            let length = base45 / 3 * 2 + usize::from(base45 % 3 == 2);
            assert_eq!(version(length), Ok(holds), "{length} bytes");
            assert_eq!(version(length + 1), Ok(holds + 1), "{length} bytes and one");
        }
    }

    #[test]
    fn nine_hundred_and_sixty_four_bytes_are_the_most() {
        assert_eq!(version(964), Ok(25));
        assert_eq!(version(965), Err(QrError::TooLarge));
        for length in [1 << 13, (1 << 13) + 1, 1 << 14, 1 << 20, 5 << 20] {
            assert_eq!(version(length), Err(QrError::TooLarge), "{length}");
        }
        let deflates = [&[0xd2, 0x84], [0; 8000].as_slice()].concat();
        assert!(QrCode::of(&deflates).unwrap().version() < 5);
    }

    #[test]
    fn a_typical_token_is_at_most_version_12() {
        assert!(version(247).unwrap() <= 12);
        assert!(version(314).unwrap() <= 13, "a request");
    }

    #[test]
    fn bytes_that_are_no_envelope_have_no_code() {
        assert_eq!(QrCode::of(b"").err(), Some(QrError::Invalid));
        assert_eq!(QrCode::of(b"{\"resourceType\":\"Patient\"}").err(), Some(QrError::Invalid));
    }

    #[test]
    fn modules_are_a_square_with_its_three_corners() {
        let code = QrCode::of(&envelope(247)).unwrap();
        let side = code.width();
        assert_eq!(side, 17 + 4 * usize::from(code.version()));
        // Finder patterns: dark ring, light ring, dark centre.
        for (left, top) in [(0, 0), (side - 7, 0), (0, side - 7)] {
            for (x, y) in (0..49).map(|at| (at % 7, at / 7)) {
                let ring = [x, y, 6 - x, 6 - y].into_iter().min().unwrap();
                assert_eq!(code.is_dark(left + x, top + y), ring != 1, "{x} {y}");
            }
        }
        let outside = [(side, 0), (0, side), (usize::MAX, usize::MAX)];
        assert!(outside.into_iter().all(|(x, y)| !code.is_dark(x, y)));
    }

    #[test]
    fn equal_envelopes_give_equal_pictures() {
        let [one, two] = [(); 2].map(|()| QrCode::of(&envelope(300)).unwrap());
        assert_eq!(one, two);
        assert_eq!(one.to_png(4), two.to_png(4));
        assert_eq!(one.to_svg(), two.to_svg());
        assert_eq!(one.to_terminal(Theme::Dark), two.to_terminal(Theme::Dark));
        let other = QrCode::of(&envelope(301)).unwrap();
        assert_ne!(one.to_png(4), other.to_png(4));
        assert_eq!(format!("{one:?}"), format!("QrCode(version {})", one.version()));
    }

    #[test]
    fn codes_name_their_part() {
        assert!(QrError::ALL.iter().all(|error| error.code().starts_with("qr.")));
    }
}

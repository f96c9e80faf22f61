//! From a passphrase to a key: Argon2id (RFC 9106), version 1.3, one lane.
//!
//! One lane because lanes run one after another here: more would help only an attacker. Parameters
//! come out of files, so their bounds are checked before a byte is allocated (`docs/formats.md` 3).

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use bip39::Language;
use subtle::ConstantTimeEq;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkd_quick};
use zeroize::Zeroizing;

use super::{KeyError, Secret};

/// A passphrase, in compatibility form (NFKD) so that every keyboard types the same bytes.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Reads a passphrase, in UTF-8; the caller wipes its own copy.
    ///
    /// # Errors
    /// [`KeyError::PassphraseLength`] unless it has 1 to 1024 bytes after normalisation,
    /// [`KeyError::Invalid`] if it is not UTF-8.
    pub fn new(typed: &[u8]) -> Result<Self, KeyError> {
        // No normal form is shorter than a quarter of what it came from.
        if typed.len() > 4 * MAX_LEN {
            return Err(KeyError::PassphraseLength);
        }
        let typed = str::from_utf8(typed).map_err(|_| KeyError::Invalid)?;
        let mut normal = Zeroizing::new(Vec::with_capacity(MAX_LEN));
        let mut push = |bytes: &[u8]| {
            // The buffer never grows: growing would leave a copy behind.
            let fits = normal.len() + bytes.len() <= MAX_LEN;
            fits.then(|| normal.extend_from_slice(bytes)).ok_or(KeyError::PassphraseLength)
        };
        if is_nfkd_quick(typed.chars()) == IsNormalized::Yes {
            push(typed.as_bytes())?;
        } else {
            typed.nfkd().try_for_each(|c| push(c.encode_utf8(&mut [0; 4]).as_bytes()))?;
        }
        if normal.is_empty() { Err(KeyError::PassphraseLength) } else { Ok(Self(normal)) }
    }

    /// Draws seven words of the English list of BIP39, joined by blanks: 77 bits.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] if the operating system has none to give.
    ///
    /// # Panics
    /// Never: every number drawn is the place of a word.
    pub fn generate() -> Result<Self, KeyError> {
        let mut drawn = Zeroizing::new([0; 2 * GENERATED_WORDS]);
        getrandom::fill(drawn.as_mut_slice())?;
        let mut words = Zeroizing::new(Vec::with_capacity(MAX_LEN));
        for pair in drawn.as_chunks().0 {
            if !words.is_empty() {
                words.push(b' ');
            }
            // The list has 2^11 words: the remainder favours none.
            let list = Language::English.word_list();
            let place = usize::from(u16::from_be_bytes(*pair)) % list.len();
            let word = list.get(place).expect("a remainder is a place of the list");
            words.extend_from_slice(word.as_bytes());
        }
        Ok(Self(words))
    }

    /// Returns the text, for a generated passphrase to be shown to the patient once.
    ///
    /// # Security
    /// Whoever reads it opens what it protects. Keep it out of logs, clipboards and screenshots.
    ///
    /// # Panics
    /// Never: a passphrase is made of text.
    #[must_use]
    pub fn dangerous_text(&self) -> &str {
        str::from_utf8(&self.0).expect("a passphrase is made of text")
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for Passphrase {}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// How much memory and how many passes a passphrase is stretched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParams {
    m_kib: u32,
    t: u32,
}

impl KdfParams {
    /// What the app uses: 64 MiB, 3 passes.
    pub const APP: Self = Self { m_kib: 64 * MIB, t: 3 };
    /// What a backup file uses, which anybody may guess at for years: 128 MiB, 4 passes.
    pub const EXPORT: Self = Self { m_kib: 128 * MIB, t: 4 };
    /// The weakest that is accepted: 19 MiB, 2 passes.
    pub const FLOOR: Self = Self { m_kib: 19 * MIB, t: 2 };

    /// Reads parameters: memory in KiB, and passes.
    ///
    /// # Errors
    /// [`KeyError::KdfOutOfBounds`] unless memory is 19 to 256 MiB, passes are 2 to 16, and their
    /// product is at most 1 GiB.
    pub const fn new(m_kib: u32, t: u32) -> Result<Self, KeyError> {
        let params = Self { m_kib, t };
        let memory = m_kib >= Self::FLOOR.m_kib && m_kib <= 256 * MIB;
        let passes = t >= Self::FLOOR.t && t <= 16;
        if memory && passes && params.cost() <= MAX_COST {
            Ok(params)
        } else {
            Err(KeyError::KdfOutOfBounds)
        }
    }

    /// Chooses parameters for a device on which one pass over 64 MiB takes `pass_ms` milliseconds,
    /// a third of what [`stretch`] takes at [`KdfParams::APP`]: about 0.7 s a guess.
    #[must_use]
    pub fn calibrated(pass_ms: u64) -> Self {
        if pass_ms > SLOW_PASS_MS {
            // Half the memory and twice the passes: a small device that must not be killed for it.
            return Self { m_kib: 32 * MIB, t: 6 };
        }
        let fits = |t: &u32| u64::from(*t) * pass_ms <= TARGET_MS;
        Self { m_kib: 64 * MIB, t: (3..=12).rev().find(fits).unwrap_or(3) }
    }

    /// Returns the memory in KiB.
    #[must_use]
    pub const fn m_kib(self) -> u32 {
        self.m_kib
    }

    /// Returns the number of passes.
    #[must_use]
    pub const fn t(self) -> u32 {
        self.t
    }

    /// Returns KiB written in all passes: the more, the dearer a guess.
    #[must_use]
    pub const fn cost(self) -> u64 {
        // Widening: `From` is not const.
        self.m_kib as u64 * self.t as u64
    }
}

/// Stretches a passphrase into a secret.
///
/// # Errors
/// [`KeyError::OutOfMemory`] if the memory that `params` ask for cannot be had.
pub fn stretch(
    passphrase: &Passphrase,
    salt: &[u8; 16],
    params: KdfParams,
) -> Result<Secret<32>, KeyError> {
    let params = Params::new(params.m_kib, params.t, LANES, Some(32))
        .map_err(|_| KeyError::KdfOutOfBounds)?;
    let mut memory = Zeroizing::new(Vec::<Block>::new());
    memory.try_reserve_exact(params.block_count()).map_err(|_| KeyError::OutOfMemory)?;
    memory.resize(params.block_count(), Block::new());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Secret::try_init_with(|out| {
        argon2
            .hash_password_into_with_memory(&passphrase.0, salt, out, memory.as_mut_slice())
            .map_err(|_| KeyError::KdfOutOfBounds)
    })
}

const MAX_LEN: usize = 1024;
const GENERATED_WORDS: usize = 7;
const MIB: u32 = 1024;
const MAX_COST: u64 = 1024 * 1024;
const LANES: u32 = 1;
const TARGET_MS: u64 = 700;
const SLOW_PASS_MS: u64 = 350;

#[cfg(test)]
mod tests;

//! The words, and the seed they stand for: BIP39, English list, no passphrase.
//!
//! The words are the one thing a patient writes down, so they are read generously (case, spacing,
//! compatibility forms) and a mistake names its place. Entropy, words and seed all bring back every
//! key: whoever holds one of them holds the wallet.

use std::cmp::Reverse;
use std::fmt;

use bip39::Language;
use pbkdf2::pbkdf2_hmac;
use sha2::Sha512;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use super::{Domain, IdentityNode, KeyError, SealingKey, Secret, derive_secret};
use crate::order;

/// How many words a new wallet gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WordCount {
    /// 12 words, 128 bits of entropy.
    Twelve,
    /// 24 words, 256 bits of entropy.
    #[default]
    TwentyFour,
}

/// A recovery phrase: words that BIP39 accepts.
///
/// # Examples
///
/// ```
/// use patient_wallet::keys::{DidKey, Mnemonic, WordCount};
///
/// let words = Mnemonic::generate(WordCount::TwentyFour)?;
/// let node = words.to_seed().derive_identity_node()?;
/// let identity = node.derive_signing_key("pmw://identity", 0)?;
/// assert!(DidKey::from(&identity.verifying_key()).to_string().starts_with("did:key:zQ3s"));
/// # Ok::<(), patient_wallet::keys::KeyError>(())
/// ```
pub struct Mnemonic(Box<bip39::Mnemonic>);

impl Mnemonic {
    /// Draws new words from the operating system's generator.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] if the operating system has none to give.
    pub fn generate(count: WordCount) -> Result<Self, KeyError> {
        // EXPOSE: the words are made of the entropy.
        match count {
            WordCount::Twelve => Self::from_entropy(Secret::<16>::generate()?.expose()),
            WordCount::TwentyFour => Self::from_entropy(Secret::<32>::generate()?.expose()),
        }
    }

    /// Reads words as a person types them: 12, 15, 18, 21 or 24, in any case and spacing.
    ///
    /// # Errors
    /// [`KeyError::WordCount`], [`KeyError::UnknownWord`] for the first word that is not in the
    /// list, [`KeyError::Checksum`] if the words do not belong together.
    pub fn parse(typed: &str) -> Result<Self, KeyError> {
        let count = typed.split_whitespace().count();
        if !matches!(count, 12 | 15 | 18 | 21 | 24) {
            return Err(KeyError::WordCount { count });
        }
        let mut phrase = Zeroizing::new(String::with_capacity(MAX_WORDS * (MAX_WORD_LEN + 1)));
        for (position, word) in (1..).zip(typed.split_whitespace()) {
            phrase.push_str(word_of_list(word).ok_or(KeyError::UnknownWord { position })?);
            phrase.push(' ');
        }
        match bip39::Mnemonic::parse_in_normalized(Language::English, &phrase) {
            Ok(words) => Ok(Self(Box::new(words))),
            Err(_) => Err(KeyError::Checksum),
        }
    }

    /// Makes the words that stand for `entropy`.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] unless there are 16, 20, 24, 28 or 32 bytes.
    pub fn from_entropy(entropy: &[u8]) -> Result<Self, KeyError> {
        let words = bip39::Mnemonic::from_entropy_in(Language::English, entropy);
        Ok(Self(Box::new(words.map_err(|_| KeyError::Invalid)?)))
    }

    /// Returns the entropy that the words stand for, to be sealed.
    #[must_use]
    pub fn entropy(&self) -> Zeroizing<Vec<u8>> {
        let (mut bytes, length) = self.0.to_entropy_array();
        let entropy = bytes.iter().take(length).copied().collect();
        bytes.zeroize();
        Zeroizing::new(entropy)
    }

    /// Returns the words, to be shown to the patient and to nobody else.
    ///
    /// # Security
    /// Whoever reads them holds the wallet. Show them once, after fresh authentication, and keep
    /// them out of logs, clipboards and screenshots.
    pub fn dangerous_words(&self) -> impl Iterator<Item = &'static str> {
        self.0.words()
    }

    /// Derives the seed.
    #[must_use]
    pub fn to_seed(&self) -> Seed {
        let mut phrase = Zeroizing::new(String::with_capacity(MAX_WORDS * (MAX_WORD_LEN + 1)));
        for word in self.dangerous_words() {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(word);
        }
        Seed(Secret::init_with(|seed| {
            pbkdf2_hmac::<Sha512>(phrase.as_bytes(), b"mnemonic", ROUNDS, seed);
        }))
    }
}

impl fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mnemonic(..)")
    }
}

/// The root of every key that the words bring back.
pub struct Seed(Secret<64>);

impl Seed {
    /// Derives a symmetric key.
    #[must_use]
    pub fn derive_secret(&self, domain: Domain) -> Secret<32> {
        // EXPOSE: the seed is the input of the derivation.
        derive_secret(SEED_SALT, self.0.expose(), domain, &[])
    }

    /// Derives the sealing key for `domain` (`DeriveKeyPair` of RFC 9180).
    #[must_use]
    pub fn derive_sealing_key(&self, domain: Domain) -> SealingKey {
        SealingKey::derive(&self.derive_secret(domain))
    }

    /// Derives the node that holds every signing key.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] where BIP32 has no key for this seed, once in 2^127.
    pub fn derive_identity_node(&self) -> Result<IdentityNode, KeyError> {
        // EXPOSE: the seed is the input of the derivation.
        IdentityNode::from_seed(self.0.expose())
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// Returns up to five words of the list that `typed` may have been meant for, the likeliest first:
/// words it begins, then words at most two letters away.
#[must_use]
pub fn suggestions(typed: &str) -> Vec<&'static str> {
    let Some(typed) = normalized(typed).filter(|typed| !typed.is_empty()) else { return vec![] };
    let mut near: Vec<_> = Language::English
        .word_list()
        .iter()
        .map(|word| {
            let begun = word.starts_with(typed.as_str());
            let shared = word.bytes().zip(typed.bytes()).take_while(|(a, b)| a == b).count();
            (if begun { 0 } else { distance(&typed, word) }, Reverse(shared), *word)
        })
        .filter(|(distance, ..)| *distance <= MAX_DISTANCE)
        .collect();
    order::sort(&mut near);
    near.into_iter().take(MAX_SUGGESTIONS).map(|(.., word)| word).collect()
}

fn word_of_list(typed: &str) -> Option<&'static str> {
    let words = Language::English.word_list();
    let typed = normalized(typed)?;
    words.binary_search(&typed.as_str()).ok().and_then(|at| words.get(at)).copied()
}

/// Lower case of the compatibility form (NFKD), or none if it is too long for a mistyped word.
fn normalized(typed: &str) -> Option<Zeroizing<String>> {
    if typed.len() > 4 * MAX_TYPED_LEN {
        return None;
    }
    let mut word = Zeroizing::new(String::with_capacity(MAX_TYPED_LEN));
    for letter in typed.trim().nfkd().flat_map(char::to_lowercase) {
        if word.len() + letter.len_utf8() > MAX_TYPED_LEN {
            return None;
        }
        word.push(letter);
    }
    Some(word)
}

/// Levenshtein's distance. `row` holds that of the letters of `typed` seen so far from each
/// beginning of `word`.
fn distance(typed: &str, word: &str) -> usize {
    let mut row: [usize; MAX_WORD_LEN] = std::array::from_fn(|at| at + 1);
    let mut last = word.len();
    for (before, typed_letter) in typed.bytes().enumerate() {
        let (mut diagonal, mut left) = (before, before + 1);
        for (cell, letter) in row.iter_mut().zip(word.bytes()) {
            let changed = diagonal + usize::from(letter != typed_letter);
            diagonal = *cell;
            left = changed.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        last = left;
    }
    last
}

const SEED_SALT: &[u8] = b"pmw/v1/seed";
/// Rounds of BIP39.
const ROUNDS: u32 = 2048;
const MAX_WORDS: usize = 24;
/// The longest word of the English list.
const MAX_WORD_LEN: usize = 8;
const MAX_TYPED_LEN: usize = 16;
const MAX_DISTANCE: usize = 2;
const MAX_SUGGESTIONS: usize = 5;

#[cfg(test)]
mod tests;

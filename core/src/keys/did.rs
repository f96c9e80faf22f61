//! Identifiers: `did:key` of a secp256k1 key.
//!
//! `did:key:z` and, in base58btc, the multicodec e7 01 and the compressed point (W3C CCG did:key).
//! One key has exactly one such text.

use std::fmt;

use super::{KeyError, VerifyingKey};

/// The `did:key` of a secp256k1 public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DidKey(VerifyingKey);

impl DidKey {
    /// Reads a DID.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] if it is of another method, encoding or kind of key, or no point of
    /// the curve.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(KeyError::Invalid)?;
        let mut bytes = [0; 35];
        // Decoding stops with an error where the buffer ends, so a long text costs nothing.
        let length = bs58::decode(encoded).onto(&mut bytes).map_err(|_| KeyError::Invalid)?;
        match bytes.strip_prefix(&SECP256K1) {
            Some(point) if length == bytes.len() => VerifyingKey::from_sec1(point).map(Self),
            _ => Err(KeyError::Invalid),
        }
    }

    /// Returns the key that this DID names.
    #[must_use]
    pub const fn verifying_key(&self) -> VerifyingKey {
        self.0
    }
}

impl From<&VerifyingKey> for DidKey {
    fn from(key: &VerifyingKey) -> Self {
        Self(*key)
    }
}

impl fmt::Display for DidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [SECP256K1.as_slice(), &self.0.to_sec1()].concat();
        write!(f, "{PREFIX}{}", bs58::encode(bytes).into_string())
    }
}

impl fmt::Debug for DidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DidKey({self})")
    }
}

const PREFIX: &str = "did:key:z";
/// Multicodec secp256k1-pub, 0xe7, as a varint.
const SECP256K1: [u8; 2] = [0xe7, 0x01];

#[cfg(test)]
mod tests {
    use super::*;

    // W3C CCG did:key, first secp256k1 example; the whole set is in `tests/shared_vectors.rs`.
    const DID: &str = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";

    #[test]
    fn text_and_key_name_each_other() {
        let did = DidKey::parse(DID).unwrap();
        assert_eq!(did.to_string(), DID);
        assert_eq!(DidKey::from(&did.verifying_key()), did);
    }

    #[test]
    fn no_other_text_names_the_key() {
        let encoded = DID.strip_prefix(PREFIX).unwrap();
        let with = |bytes: &[u8]| format!("{PREFIX}{}", bs58::encode(bytes).into_string());
        let bytes = bs58::decode(encoded).into_vec().unwrap();
        let point = &bytes[2..];
        let refused = [
            String::new(),
            "did:key:".to_owned(),
            "did:key:z".to_owned(),
            format!("did:web:{encoded}"),
            DID.to_uppercase(),
            format!(" {DID}"),
            format!("{DID} "),
            format!("{DID}#{encoded}"),
            format!("did:key:z1{encoded}"),
            format!("did:key:f{}", hex::encode(&bytes)),
            DID.strip_suffix('e').unwrap().to_owned(),
            format!("{DID}1"),
            DID.replace('Q', "0"),
            with(&[&[0xed, 0x01], point].concat()),
            with(&[&[0xe7, 0x02], point].concat()),
            with(&[&SECP256K1, &point[1..]].concat()),
            with(&[&SECP256K1, [5_u8].as_slice(), &point[1..]].concat()),
            with(&[SECP256K1.as_slice(), &[2], &[0xff; 32]].concat()),
            format!("{DID}{}", "z".repeat(1_000_000)),
        ];
        for text in refused {
            assert_eq!(DidKey::parse(&text), Err(KeyError::Invalid), "{:.80}", text);
        }
    }
}

//! Signed objects: COSE_Sign1 with ES256K, the one signed shape of the wallet.
//!
//! Reading goes in one order: size, frame, typ, then the claims, then the signature. The key comes
//! out of the claims or from a pin; the kid must be its hash and finds nothing. An object is known
//! by the hash of what was signed, never by its signature. Bytes: docs/formats.md, signed objects.

use sha2::{Digest, Sha256};

use super::{KeyError, Signature, SigningKey, VerifyingKey};
use crate::codec::{Buffer, Kid, Sign1};

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident = $typ:literal,)+) => {
        /// What is signed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum SignedKind {
            $($(#[$doc])+ $name,)+
        }

        impl SignedKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the typ in the protected header.
            #[must_use]
            pub const fn typ(self) -> &'static str {
                match self { $(Self::$name => $typ),+ }
            }
        }
    };
}

kinds! {
    /// A checkpoint of the audit log.
    Checkpoint = "pmw-cp",
    /// An erasure statement.
    Erasure = "pmw-es",
    /// What a requester asks for.
    Request = "pmw-rq",
    /// A consent token.
    Consent = "pmw-ct",
    /// What the patient answers who does not consent.
    Denial = "pmw-dn",
    /// Consents taken back.
    Revocation = "pmw-rv",
    /// What is disclosed under a consent.
    Disclosure = "pmw-pk",
    /// Who somebody is, as they say.
    Contact = "pmw-cc",
    /// Who somebody is, as a directory says.
    Credential = "pmw-cr",
    /// Credentials that a directory has taken back.
    CredentialList = "pmw-cl",
    /// What a reader signs about an access.
    Receipt = "pmw-ar",
    /// What the patient tells everybody who holds a record.
    Notice = "pmw-no",
    /// Who may act for the patient.
    Delegation = "pmw-dl",
}

impl SignedKind {
    /// Tells which kind some bytes claim to be; `None` when they are no signed object.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > LARGEST_OF_ALL {
            return None;
        }
        let typ = Sign1::decode(bytes).ok()?.typ;
        Self::ALL.iter().copied().find(|kind| kind.typ() == typ)
    }

    /// Returns the bytes of the largest object of this kind.
    #[must_use]
    pub const fn largest(self) -> usize {
        match self {
            Self::Disclosure => LARGEST_OF_ALL,
            Self::CredentialList | Self::Receipt | Self::Notice => 1024 * 1024,
            _ => LARGEST,
        }
    }
}

/// Signs claims.
///
/// # Errors
/// [`KeyError::Invalid`] when the object would be larger than [`SignedKind::largest`].
pub fn sign(kind: SignedKind, key: &SigningKey, claims: &[u8]) -> Result<Buffer, KeyError> {
    let kid = kid(&key.verifying_key());
    let unsigned = Sign1 { kid: &kid, typ: kind.typ(), payload: claims, signature: &UNSIGNED };
    let signature = key.sign(&unsigned.sig_structure()).to_bytes();
    let bytes = Sign1 { signature: &signature, ..unsigned }.encode();
    if bytes.len() > kind.largest() { Err(KeyError::Invalid) } else { Ok(bytes) }
}

/// A signed object of the right kind, of which nothing is verified.
#[derive(Debug, Clone, Copy)]
pub struct Unverified<'a>(Sign1<'a>);

impl<'a> Unverified<'a> {
    /// Takes an object apart and demands its kind.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] for another kind, more than [`SignedKind::largest`] bytes, or any
    /// other bytes.
    pub fn decode(kind: SignedKind, bytes: &'a [u8]) -> Result<Self, KeyError> {
        if bytes.len() > kind.largest() {
            return Err(KeyError::Invalid);
        }
        let frame = Sign1::decode(bytes).map_err(|_| KeyError::Invalid)?;
        if frame.typ == kind.typ() { Ok(Self(frame)) } else { Err(KeyError::Invalid) }
    }

    /// Returns the claims, to look for the key in: anybody can have written them.
    #[must_use]
    pub const fn dangerous_claims(&self) -> &'a [u8] {
        self.0.payload
    }

    /// Verifies that `key` signed the claims.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] if it did not, or the object names another key.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Signed<'a>, KeyError> {
        if *self.0.kid != kid(key) {
            return Err(KeyError::Invalid);
        }
        let signed = self.0.sig_structure();
        key.verify(&signed, &Signature::from_slice(self.0.signature)?)?;
        Ok(Signed { claims: self.0.payload, id: Sha256::digest(&*signed).into() })
    }
}

/// Claims whose signature was verified.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    claims: &'a [u8],
    id: [u8; 32],
}

impl<'a> Signed<'a> {
    /// Returns the claims.
    #[must_use]
    pub const fn claims(&self) -> &'a [u8] {
        self.claims
    }

    /// Returns the id of the object: SHA-256 of what was signed.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
    }
}

fn kid(key: &VerifyingKey) -> Kid {
    let hash: [u8; 32] = Sha256::digest(key.to_sec1()).into();
    let ([kid, ..], _) = hash.as_chunks() else { unreachable!("32 is four times 8") };
    *kid
}

/// Bytes of the largest object of most kinds.
const LARGEST: usize = 16 * 1024;
const LARGEST_OF_ALL: usize = 4 * 1024 * 1024;
const UNSIGNED: [u8; 64] = [0; 64];

#[cfg(test)]
mod tests {
    use k256::elliptic_curve::PrimeField;

    use super::*;
    use crate::keys::Secret;

    const KIND: SignedKind = SignedKind::Checkpoint;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(byte))).unwrap()
    }

    fn verify(bytes: &[u8], key: &SigningKey) -> Result<[u8; 32], KeyError> {
        let signed = Unverified::decode(KIND, bytes)?.verify(&key.verifying_key())?;
        assert_eq!(signed.claims(), b"claims");
        Ok(*signed.id())
    }

    #[test]
    fn signed_claims_verify_in_one_encoding() {
        let bytes = sign(KIND, &key(1), b"claims").unwrap();
        assert_eq!(*bytes, *sign(KIND, &key(1), b"claims").unwrap(), "one key, one signature");
        let id = verify(&bytes, &key(1)).unwrap();
        let signed = Sign1::decode(&bytes).unwrap().sig_structure();
        assert_eq!(id, *Sha256::digest(&*signed));
        assert_eq!(SignedKind::of(&bytes), Some(KIND));
        assert_eq!(verify(&bytes, &key(2)), Err(KeyError::Invalid), "another key");
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let bytes = sign(KIND, &key(1), b"claims").unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&flipped, &key(1)), Err(KeyError::Invalid), "bit {bit}");
        }
    }

    #[test]
    fn another_kind_is_refused_before_its_claims_are_read() {
        let bytes = sign(SignedKind::Erasure, &key(1), b"claims").unwrap();
        assert_eq!(Unverified::decode(KIND, &bytes).err(), Some(KeyError::Invalid));
        assert_eq!(SignedKind::of(&bytes), Some(SignedKind::Erasure));
        // An unknown typ is no kind, although key and signature are good.
        let kid = kid(&key(1).verifying_key());
        let frame = Sign1 { kid: &kid, typ: "pmw-xx", payload: b"claims", signature: &UNSIGNED };
        let signature = key(1).sign(&frame.sig_structure()).to_bytes();
        let bytes = Sign1 { signature: &signature, ..frame }.encode();
        assert_eq!(SignedKind::of(&bytes), None);
    }

    #[test]
    fn kid_must_be_the_hash_of_the_key() {
        let frame =
            Sign1 { kid: &[7; 8], typ: KIND.typ(), payload: b"claims", signature: &UNSIGNED };
        let signature = key(1).sign(&frame.sig_structure()).to_bytes();
        let bytes = Sign1 { signature: &signature, ..frame }.encode();
        assert_eq!(verify(&bytes, &key(1)), Err(KeyError::Invalid));
    }

    #[test]
    fn foreign_high_s_verifies_under_the_same_id() {
        let bytes = sign(KIND, &key(1), b"claims").unwrap();
        let (head, low) = bytes.split_last_chunk::<32>().unwrap();
        let s = k256::Scalar::from_repr((*low).into()).unwrap();
        let high = [head, (-s).to_repr().as_slice()].concat();
        assert_ne!(high, *bytes);
        assert_eq!(verify(&high, &key(1)), verify(&bytes, &key(1)));
    }

    #[test]
    fn sixteen_kibibytes_are_the_most() {
        let overhead = sign(KIND, &key(1), &[0; 1024]).unwrap().len() - 1024;
        let most = LARGEST - overhead;
        let largest = sign(KIND, &key(1), &vec![0; most]).unwrap();
        assert_eq!(largest.len(), LARGEST);
        assert!(Unverified::decode(KIND, &largest).is_ok());
        assert_eq!(sign(KIND, &key(1), &vec![0; most + 1]).err(), Some(KeyError::Invalid));
        let kid = kid(&key(1).verifying_key());
        let payload = vec![0; most + 1];
        let larger = Sign1 { kid: &kid, typ: KIND.typ(), payload: &payload, signature: &UNSIGNED };
        let larger = larger.encode();
        assert_eq!(larger.len(), LARGEST + 1);
        assert!(Sign1::decode(&larger).is_ok(), "only its size is wrong");
        assert_eq!(Unverified::decode(KIND, &larger).err(), Some(KeyError::Invalid));
    }

    #[test]
    fn kinds_have_a_typ_of_their_own() {
        let mut typs: Vec<_> = SignedKind::ALL.iter().map(|kind| kind.typ()).collect();
        assert!(typs.iter().all(|typ| typ.len() == 6 && typ.starts_with("pmw-")));
        typs.sort_unstable();
        typs.dedup();
        assert_eq!(typs.len(), SignedKind::ALL.len());
    }
}

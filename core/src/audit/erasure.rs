//! Erasure statement: what was destroyed, signed by whoever destroyed it (`pmw-es`): a wallet,
//! or a reader.
//!
//! It names the erased by id, and the state of the log that holds the erasure. It also says what no
//! wallet can destroy, because it lies elsewhere. Bytes: docs/formats.md 6 and 7.

use crate::audit::AuditError;
use crate::audit::checkpoint::{STAMP_CLAIMS, Stamp};
use crate::codec::{Decoder, Encoder, Malformed, Map};
use crate::keys::{SignedKind, SigningKey, Unverified, VerifyingKey, sign};
use crate::order;

macro_rules! coded {
    ($(#[$type_doc:meta])+ $type:ident: $($(#[$doc:meta])+ $name:ident = $code:literal,)+) => {
        $(#[$type_doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$doc])+ $name,)+
        }

        impl $type {
            /// Every one, by ascending code.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the code that stands in a statement.
            #[must_use]
            pub const fn code(self) -> u64 {
                match self { $(Self::$name => $code),+ }
            }

            fn from_code(code: u64) -> Result<Self, Malformed> {
                Self::ALL.iter().copied().find(|one| one.code() == code).ok_or(Malformed)
            }
        }
    };
}

coded! {
    /// What was destroyed.
    Destroyed:
    /// The keys in the wallet file under which the content lay.
    Keys = 1,
    /// The key in the keystore of the device without which those keys cannot be opened.
    ShredKey = 2,
    /// The rows of the wallet file.
    Rows = 3,
    /// The files of the attachments.
    Attachments = 4,
    /// The secrets of the device that open the wallet.
    DeviceSecrets = 5,
    /// The log.
    Log = 6,
    /// The copies that a reader opened.
    Copies = 7,
}

impl Destroyed {
    /// What the erasure of a whole wallet destroys.
    pub const OF_WALLET: &[Self] = &[
        Self::Keys,
        Self::ShredKey,
        Self::Rows,
        Self::Attachments,
        Self::DeviceSecrets,
        Self::Log,
    ];
}

coded! {
    /// What may remain where the wallet does not reach.
    MayRemain:
    /// What was disclosed earlier.
    Disclosures = 1,
    /// Backup files that were written earlier.
    Backups = 2,
    /// Cards that were printed.
    PrintedCards = 3,
    /// An older copy of the wallet file, for whoever has the words.
    OlderCopyWithWords = 4,
    /// Traces on storage that does not truly delete.
    StorageTraces = 5,
    /// Copies that others made of what a reader opened.
    Copies = 6,
}

impl MayRemain {
    /// What may remain of what a wallet erased.
    pub const OF_WALLET: &[Self] = &[
        Self::Disclosures,
        Self::Backups,
        Self::PrintedCards,
        Self::OlderCopyWithWords,
        Self::StorageTraces,
    ];
}

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One record with all its versions and attachments, by its id.
    Record([u8; 16]),
    /// The whole wallet, by the id of its vault.
    Wallet([u8; 16]),
    /// What a reader opened under a consent, by the id of the consent.
    Consent([u8; 16]),
}

impl Subject {
    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> &[u8; 16] {
        match self {
            Self::Record(id) | Self::Wallet(id) | Self::Consent(id) => id,
        }
    }

    const fn code(&self) -> u64 {
        match self {
            Self::Record(_) => 0,
            Self::Wallet(_) => 1,
            Self::Consent(_) => 2,
        }
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, Malformed> {
        if input.array()? != 2 {
            return Err(Malformed);
        }
        let code = input.uint()?;
        let id = input.bytes()?.try_into().map_err(|_| Malformed)?;
        match code {
            0 => Ok(Self::Record(id)),
            1 => Ok(Self::Wallet(id)),
            2 => Ok(Self::Consent(id)),
            _ => Err(Malformed),
        }
    }
}

/// A signed statement that something was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureStatement {
    id: [u8; 32],
    signer: VerifyingKey,
    stamp: Stamp,
    subject: Subject,
    destroyed: Vec<Destroyed>,
    may_remain: Vec<MayRemain>,
}

impl ErasureStatement {
    /// Signs a statement; `stamp` is the log with the erasure in it.
    ///
    /// # Errors
    /// [`AuditError::Invalid`] when nothing was destroyed, or no log can be in that state.
    pub fn sign(
        key: &SigningKey,
        stamp: &Stamp,
        subject: Subject,
        destroyed: &[Destroyed],
        may_remain: &[MayRemain],
    ) -> Result<Vec<u8>, AuditError> {
        let mut claims = Encoder::with_capacity(ROOM);
        claims.map(STAMP_CLAIMS + 3);
        stamp.encode(&key.verifying_key(), &mut claims);
        claims.int(SUBJECT);
        claims.array(2);
        claims.uint(subject.code());
        claims.bytes(subject.id());
        claims.int(DESTROYED);
        encode_codes(destroyed.iter().map(|one| one.code()), &mut claims);
        claims.int(MAY_REMAIN);
        encode_codes(may_remain.iter().map(|one| one.code()), &mut claims);
        let signed = sign(SignedKind::Erasure, key, &claims.finish())?.to_vec();
        Self::verify(&signed).map(|_| signed)
    }

    /// Verifies a statement with the key that it names; whose key that is, it cannot tell.
    ///
    /// # Errors
    /// [`AuditError::Invalid`].
    pub fn verify(bytes: &[u8]) -> Result<Self, AuditError> {
        let unverified = Unverified::decode(SignedKind::Erasure, bytes)?;
        let mut claims = Map::new(Decoder::new(unverified.dangerous_claims()))?;
        let (signer, stamp) = Stamp::decode(&mut claims)?;
        let subject = Subject::decode(claims.at(SUBJECT)?)?;
        let destroyed = decode_codes(claims.at(DESTROYED)?, Destroyed::from_code)?;
        let may_remain = decode_codes(claims.at(MAY_REMAIN)?, MayRemain::from_code)?;
        claims.finish()?;
        if destroyed.is_empty() || stamp.head().size() == 0 {
            return Err(AuditError::Invalid);
        }
        let id = *unverified.verify(&signer)?.id();
        Ok(Self { id, signer, stamp, subject, destroyed, may_remain })
    }

    /// Returns the id of the statement: SHA-256 of what was signed.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// Returns the key that signed.
    #[must_use]
    pub const fn signer(&self) -> &VerifyingKey {
        &self.signer
    }

    /// Returns the log with the erasure in it, and when that was.
    #[must_use]
    pub const fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// Returns what was erased.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Returns what was destroyed, in ascending order.
    #[must_use]
    pub fn destroyed(&self) -> &[Destroyed] {
        &self.destroyed
    }

    /// Returns what may remain elsewhere, in ascending order.
    #[must_use]
    pub fn may_remain(&self) -> &[MayRemain] {
        &self.may_remain
    }
}

fn encode_codes(codes: impl Iterator<Item = u64>, out: &mut Encoder) {
    let mut codes: Vec<u64> = codes.collect();
    order::sort(&mut codes);
    codes.dedup();
    out.array(codes.len());
    codes.into_iter().for_each(|code| out.uint(code));
}

fn decode_codes<T: PartialOrd>(
    input: &mut Decoder<'_>,
    from_code: impl Fn(u64) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let codes: Vec<T> =
        (0..input.array()?).map(|_| from_code(input.uint()?)).collect::<Result<_, _>>()?;
    let ascending = codes.is_sorted_by(|one, next| one < next);
    if ascending { Ok(codes) } else { Err(Malformed) }
}

// Private claims.
const SUBJECT: i64 = -70_016;
const DESTROYED: i64 = -70_017;
const MAY_REMAIN: i64 = -70_018;
const ROOM: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Head, LogId, empty_root};
    use crate::host::Timestamp;
    use crate::keys::Secret;

    fn key() -> SigningKey {
        SigningKey::from_secret(&Secret::init_with(|bytes| bytes.fill(1))).unwrap()
    }

    fn stamp() -> Stamp {
        let head = Head::new([1; 8], 5, [4; 32]);
        Stamp::new(LogId::derive(&[2; 16]), head, Timestamp::from_unix(1_800_000_000))
    }

    #[test]
    fn statement_says_what_was_signed() {
        let subjects =
            [Subject::Record([7; 16]), Subject::Wallet([7; 16]), Subject::Consent([7; 16])];
        for subject in subjects {
            let bytes = ErasureStatement::sign(
                &key(),
                &stamp(),
                subject,
                &[Destroyed::Rows, Destroyed::Keys, Destroyed::Rows],
                MayRemain::ALL,
            )
            .unwrap();
            let read = ErasureStatement::verify(&bytes).unwrap();
            assert_eq!((read.stamp(), read.subject()), (&stamp(), &subject));
            assert_eq!(read.destroyed(), [Destroyed::Keys, Destroyed::Rows]);
            assert_eq!(read.may_remain(), MayRemain::ALL);
            assert_eq!(*read.signer(), key().verifying_key());
        }
    }

    #[test]
    fn codes_ascend_and_are_known() {
        let verify = |subject: u64, destroyed: &[u64], may_remain: &[u64]| {
            let mut claims = Encoder::default();
            claims.map(9);
            stamp().encode(&key().verifying_key(), &mut claims);
            claims.int(SUBJECT);
            claims.array(2);
            claims.uint(subject);
            claims.bytes(&[7; 16]);
            for (name, codes) in [(DESTROYED, destroyed), (MAY_REMAIN, may_remain)] {
                claims.int(name);
                claims.array(codes.len());
                codes.iter().for_each(|code| claims.uint(*code));
            }
            let bytes = sign(SignedKind::Erasure, &key(), &claims.finish()).unwrap();
            ErasureStatement::verify(&bytes).err()
        };
        let refused = Some(AuditError::Invalid);
        assert_eq!(verify(0, &[1, 2, 6], &[]), None);
        assert_eq!(verify(2, &[3, 7], &[6]), None);
        assert_eq!(verify(3, &[1], &[]), refused, "an unknown subject");
        assert_eq!(verify(0, &[], &[1]), refused, "nothing destroyed");
        assert_eq!(verify(0, &[2, 1], &[]), refused, "out of order");
        assert_eq!(verify(0, &[1, 1], &[]), refused, "twice");
        assert_eq!(verify(0, &[8], &[]), refused, "unknown");
        assert_eq!(verify(0, &[1], &[0]), refused, "unknown");
    }

    #[test]
    fn an_empty_log_holds_no_erasure() {
        let head = Head::new([1; 8], 0, empty_root());
        let stamp = Stamp::new(LogId::derive(&[2; 16]), head, Timestamp::from_unix(1));
        let subject = Subject::Record([7; 16]);
        let refused = ErasureStatement::sign(&key(), &stamp, subject, &[Destroyed::Keys], &[]);
        assert_eq!(refused, Err(AuditError::Invalid));
    }
}

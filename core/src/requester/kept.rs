//! What a requester keeps: the content of its own rows (docs/formats.md 4).

mod copies;
mod receipts;

use crate::audit::AuditKind;
use crate::codec::{Buffer, Decoder, Encoder, Malformed};
use crate::consent::{ConsentError, RequestId, RequesterClass, Role, without_hidden};
use crate::disclosure::DisclosureId;
use crate::error::{Error, WalletError};
use crate::host::Timestamp;
use crate::keys::{Mnemonic, Passphrase, Secret, VerifyingKey, WordCount};
use crate::receipt::ReceiptId;
use crate::record::Text;
use crate::session::own::{Kind, Memo, begin, versioned};
use crate::session::{LogEntry, LogQuery, Session};
use crate::vault::VaultError;
use crate::wallet::Wallet;

pub use copies::{CopiedPart, Copies};
pub(super) use receipts::{KeptAccess, KeptApplied};

/// Who a home is: type `pmw:profile`, one row.
#[derive(Debug)]
pub(crate) struct KeptProfile {
    pub(crate) role: Role,
    pub(crate) name: Text,
    pub(crate) class: Option<RequesterClass>,
    pub(crate) credential: Option<Vec<u8>>,
}

impl KeptProfile {
    /// Takes a role and a name.
    ///
    /// # Errors
    /// [`ConsentError::Invalid`] for a name of no or more than 64 bytes, or with hidden characters.
    pub(crate) fn new(
        role: Role,
        name: &str,
        class: Option<RequesterClass>,
    ) -> Result<Self, ConsentError> {
        let is_plain = without_hidden(name).as_str() == name;
        if name.trim().is_empty() || name.len() > LONGEST_NAME || !is_plain {
            return Err(ConsentError::Invalid);
        }
        Ok(Self { role, name: Text::from(name), class, credential: None })
    }

    /// Makes a home of this role, with these words or with fresh ones: in an empty place, or from
    /// what is there when the making of a home was cut short before it had a role.
    ///
    /// # Errors
    /// As [`Wallet::create_from`]; as [`Wallet::unlock`] for a place that is not empty.
    pub(crate) fn found(
        &self,
        wallet: &Wallet,
        words: Option<&Mnemonic>,
        passphrase: &Passphrase,
    ) -> Result<Session, Error> {
        let mut session = match (wallet.exists(), words) {
            (true, words) => begun(wallet, words, passphrase)?,
            (false, Some(words)) => wallet.create_from(words, passphrase)?,
            (false, None) => wallet.create(passphrase, WordCount::TwentyFour)?,
        };
        self.keep(&mut session)?;
        Ok(session)
    }

    /// Reads the profile of a home.
    ///
    /// # Errors
    /// [`WalletError::AnotherRole`] when it has none, or one of another role.
    pub(crate) fn of(session: &mut Session, role: Role) -> Result<Self, Error> {
        let memo = session.memo(Kind::Profile, Kind::Profile.id(b""))?;
        let profile = memo.map(|memo| Self::decode(&memo).map_err(|_| VaultError::Damaged));
        let profile = profile.transpose()?.filter(|profile| profile.role == role);
        Ok(profile.ok_or(WalletError::AnotherRole)?)
    }

    /// Keeps the profile of a home.
    ///
    /// # Errors
    /// [`VaultError::Db`].
    pub(crate) fn keep(&self, session: &mut Session) -> Result<(), Error> {
        let at = session.now();
        let id = Kind::Profile.id(b"");
        let memo = Memo::new(Kind::Profile, id, self.encode(), AuditKind::Remembered);
        session.remember(at, vec![memo])
    }

    fn encode(&self) -> Buffer {
        let credential = self.credential.as_deref();
        let mut out = Encoder::with_capacity(credential.map_or(0, <[u8]>::len) + 128);
        begin(&mut out, 2 + usize::from(self.class.is_some()) + usize::from(credential.is_some()));
        out.uint(1);
        out.uint(u64::from(self.role.code()));
        out.uint(2);
        out.text(self.name.as_str());
        if let Some(class) = self.class {
            out.uint(3);
            out.uint(u64::from(class.code()));
        }
        if let Some(credential) = credential {
            out.uint(4);
            out.bytes(credential);
        }
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let role = Role::from_code(map.at(1)?.narrow()?).ok_or(Malformed)?;
        let name = Text::from(map.at(2)?.text()?);
        let class = match map.optional(3)? {
            Some(item) => Some(RequesterClass::from_code(item.narrow()?).ok_or(Malformed)?),
            None => None,
        };
        let credential = map.optional(4)?.map(|item| item.bytes().map(<[u8]>::to_vec));
        let credential = credential.transpose()?;
        map.finish()?;
        Ok(Self { role, name, class, credential })
    }
}

/// Opens a home that was made and nothing else: no row and no role stands in its log.
///
/// # Errors
/// [`WalletError::Exists`] for any other, and for one of other words.
fn begun(
    wallet: &Wallet,
    words: Option<&Mnemonic>,
    passphrase: &Passphrase,
) -> Result<Session, Error> {
    let mut session = wallet.unlock(passphrase)?;
    let log = session.log(&LogQuery { limit: Some(usize::MAX), ..LogQuery::default() })?;
    let is_of_founding =
        |entry: &LogEntry| matches!(entry.entry.kind(), AuditKind::Created | AuditKind::Passphrase);
    if !log.entries.iter().all(is_of_founding) {
        return Err(WalletError::Exists.into());
    }
    let Some(words) = words else { return Ok(session) };
    session.lock()?;
    // It opens with its own words only.
    wallet.restore(words, passphrase).map_err(|error| match error {
        Error::Vault(VaultError::OtherWords) => WalletError::Exists.into(),
        other => other,
    })
}

/// A request that was made, with the key that opens the answer: type `pmw:asked`.
#[derive(Debug)]
pub(super) struct KeptAsked {
    pub(super) id: RequestId,
    pub(super) answer: Secret<32>,
    /// When the request, or the consent it led to, ends: then the row is destroyed.
    pub(super) ends: Timestamp,
    /// The key that has answered, or that alone may.
    pub(super) patient: Option<VerifyingKey>,
    /// When a key that is not known for it has denied it.
    pub(super) denied: Option<Timestamp>,
}

impl KeptAsked {
    pub(super) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(160);
        let pairs = 3 + usize::from(self.patient.is_some()) + usize::from(self.denied.is_some());
        begin(&mut out, pairs);
        out.uint(1);
        out.bytes(self.id.as_bytes());
        out.uint(2);
        // EXPOSE: the row is sealed.
        out.bytes(self.answer.expose());
        out.uint(3);
        out.uint(self.ends.unix());
        if let Some(patient) = &self.patient {
            out.uint(4);
            out.bytes(&patient.to_sec1());
        }
        if let Some(denied) = self.denied {
            out.uint(5);
            out.uint(denied.unix());
        }
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let id = map.at(1)?.bytes()?.try_into().map_err(|_| Malformed)?;
        let id = RequestId::from_bytes(id);
        let answer = Secret::from_slice(map.at(2)?.bytes()?).map_err(|_| Malformed)?;
        let ends = Timestamp::from_unix(map.at(3)?.uint()?);
        let patient = match map.optional(4)? {
            Some(item) => Some(VerifyingKey::from_sec1(item.bytes()?).map_err(|_| Malformed)?),
            None => None,
        };
        let denied = map.optional(5)?.map(|item| item.uint().map(Timestamp::from_unix));
        let denied = denied.transpose()?;
        map.finish()?;
        Ok(Self { id, answer, ends, patient, denied })
    }
}

/// A patient's key as it was first seen, with a consent that held: type `pmw:patient`.
#[derive(Debug)]
pub(super) struct KeptPatient {
    pub(super) key: VerifyingKey,
    /// This requester's own name for the patient.
    pub(super) name: Option<Text>,
    /// When the first consent under the key was verified.
    pub(super) since: Timestamp,
    /// Number and id of the last receipt about this patient.
    pub(super) last: Option<(u64, ReceiptId)>,
}

impl KeptPatient {
    pub(super) fn memo(&self, entry: AuditKind) -> Memo {
        let key = self.key.to_sec1();
        let id = Kind::Patient.id(&key);
        let mut out = Encoder::with_capacity(160);
        begin(&mut out, 2 + usize::from(self.name.is_some()) + usize::from(self.last.is_some()));
        out.uint(1);
        out.bytes(&key);
        if let Some(name) = &self.name {
            out.uint(2);
            out.text(name.as_str());
        }
        out.uint(3);
        out.uint(self.since.unix());
        if let Some((number, receipt)) = &self.last {
            out.uint(4);
            out.array(2);
            out.uint(*number);
            out.bytes(receipt.as_bytes());
        }
        Memo::new(Kind::Patient, id, out.finish(), entry)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let key = VerifyingKey::from_sec1(map.at(1)?.bytes()?).map_err(|_| Malformed)?;
        let name = map.optional(2)?.map(|item| item.text().map(Text::from)).transpose()?;
        let since = Timestamp::from_unix(map.at(3)?.uint()?);
        let last = map.optional(4)?.map(read_last).transpose()?;
        map.finish()?;
        Ok(Self { key, name, since, last })
    }
}

fn read_last(input: &mut Decoder<'_>) -> Result<(u64, ReceiptId), Malformed> {
    if input.array()? != 2 {
        return Err(Malformed);
    }
    let number = input.uint()?;
    let id = input.bytes()?.try_into().map_err(|_| Malformed)?;
    Ok((number, ReceiptId::from_bytes(id)))
}

/// A consent that was received: type `pmw:received`.
#[derive(Debug)]
pub(super) struct KeptReceived {
    pub(super) token: Vec<u8>,
    /// The disclosures under it that were opened.
    pub(super) opened: Vec<DisclosureId>,
}

impl KeptReceived {
    pub(super) fn encode(&self) -> Buffer {
        let mut out = Encoder::with_capacity(self.token.len() + 17 * self.opened.len() + 32);
        begin(&mut out, 2);
        out.uint(1);
        out.bytes(&self.token);
        out.uint(2);
        out.array(self.opened.len());
        self.opened.iter().for_each(|id| out.bytes(id.as_bytes()));
        out.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut map = versioned(bytes)?;
        let token = map.at(1)?.bytes()?.to_vec();
        let item = map.at(2)?;
        let mut opened = Vec::new();
        for _ in 0..item.array()? {
            let id = item.bytes()?.try_into().map_err(|_| Malformed)?;
            opened.push(DisclosureId::from_bytes(id));
        }
        map.finish()?;
        Ok(Self { token, opened })
    }
}

const LONGEST_NAME: usize = 64;

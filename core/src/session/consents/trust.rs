//! Whom the patient believes: directories, and what follows from them about a requester.

use crate::audit::AuditKind;
use crate::consent::{
    ConsentError, Contact, Credential, CredentialList, RequesterClass, Role, Standing, looks_like,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{DidKey, SignedKind, VerifyingKey};
use crate::record::{RecordId, Text};
use crate::session::consents::kept::{KeptDirectory, KeptRequester};
use crate::session::own::{Kind, Memo};
use crate::session::{Open, Session};
use crate::vault::VaultError;

/// A directory that the patient believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedDirectory {
    /// Names it in this wallet.
    pub id: RecordId,
    /// Its name, as it says.
    pub name: Text,
    /// Its key.
    pub key: VerifyingKey,
    /// Since when its contact is here.
    pub since: Timestamp,
    /// When its own contact expires.
    pub expires: Timestamp,
    /// From when the latest list of credentials is that it took back; `None` without one.
    pub list: Option<Timestamp>,
    /// Whether that list is missing or older than a day.
    pub is_stale: bool,
}

/// Who asks, as far as this wallet can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The name: as a directory says it where one vouches, else as they say it.
    pub name: Text,
    /// What they say of themselves.
    pub says: Text,
    /// Their key.
    pub key: VerifyingKey,
    /// The DID that the patient's keys for them derive from.
    pub did: Text,
    /// What they are; only a directory's word counts.
    pub class: Option<RequesterClass>,
    /// How far this is proven.
    pub standing: Standing,
    /// Since when this wallet has known the key; `None` at first contact.
    pub known_since: Option<Timestamp>,
    /// The directory that vouches.
    pub vouched_by: Option<Text>,
    /// Why a credential that they showed does not count.
    pub refused: Option<ConsentError>,
    /// Whether the directory's list of credentials taken back is missing or older than a day.
    pub is_stale: bool,
    /// Names of others that theirs could be taken for.
    pub looks_like: Vec<Text>,
}

impl Session {
    /// Believes a directory from here on (its contact, `pmw-cc`), or takes in the list of
    /// credentials that a believed one has taken back (`pmw-cl`).
    ///
    /// # Errors
    /// [`ConsentError::NotTrusted`] for a list of nobody who is believed; [`ConsentError::Replayed`]
    /// for one older than the one that is here; [`ConsentError::WrongType`] for a contact that is
    /// no directory's; [`ConsentError`] for any other envelope.
    pub fn trust(&mut self, envelope: &[u8]) -> Result<TrustedDirectory, Error> {
        let now = self.consent_now()?;
        let open = self.writable()?;
        let (id, kept) = match SignedKind::of(envelope) {
            Some(SignedKind::CredentialList) => open.listed(envelope, now)?,
            Some(SignedKind::Contact) => {
                let contact = Contact::verify(envelope, now)?;
                if contact.role() != Role::Directory {
                    return Err(ConsentError::WrongType.into());
                }
                let id = Kind::Directory.id(&contact.key().to_sec1());
                let before = open.memo(Kind::Directory, id)?;
                let before = before.map(|memo| KeptDirectory::decode(&memo)).transpose();
                let list = before.map_err(|_| VaultError::Damaged)?.and_then(|kept| kept.list);
                (id, KeptDirectory { contact: envelope.to_vec(), since: now, list })
            }
            Some(_) => return Err(ConsentError::WrongType.into()),
            None => return Err(ConsentError::Invalid.into()),
        };
        let memo = Memo::new(Kind::Directory, id, kept.encode(), AuditKind::Trusted);
        open.remember(now, vec![memo])?;
        Directory::of(id, &kept).map(|directory| directory.shown(now))
    }

    /// Gives the directories that the patient believes.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn trusted(&mut self) -> Result<Vec<TrustedDirectory>, Error> {
        let now = self.consent_now()?;
        Ok(self.open()?.directories()?.iter().map(|directory| directory.shown(now)).collect())
    }

    /// Believes a directory no more; whom it vouched for is not vouched for any more.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; as [`Session::erase`].
    pub fn distrust(&mut self, id: RecordId) -> Result<(), Error> {
        if self.memo(Kind::Directory, id)?.is_none() {
            return Err(ConsentError::NotFound.into());
        }
        self.forget(&[id], (AuditKind::Distrusted, crate::audit::Actor::Patient))
    }
}

/// A directory, read.
pub(super) struct Directory {
    id: RecordId,
    contact: Contact,
    since: Timestamp,
    list: Option<CredentialList>,
}

impl Directory {
    fn of(id: RecordId, kept: &KeptDirectory) -> Result<Self, Error> {
        // It was valid when it was taken in; whether it has expired is asked where it is used.
        let contact = Contact::verify(&kept.contact, kept.since)?;
        let list = kept.list.as_deref();
        let list = list.map(|list| CredentialList::verify(list, contact.key(), FOREVER));
        let list = list.transpose()?;
        Ok(Self { id, contact, since: kept.since, list })
    }

    fn is_stale(&self, now: Timestamp) -> bool {
        self.list.as_ref().is_none_or(|list| list.is_stale(now))
    }

    fn shown(&self, now: Timestamp) -> TrustedDirectory {
        TrustedDirectory {
            id: self.id,
            name: Text::from(self.contact.name()),
            key: *self.contact.key(),
            since: self.since,
            expires: self.contact.expires_at(),
            list: self.list.as_ref().map(CredentialList::issued_at),
            is_stale: self.is_stale(now),
        }
    }
}

/// What a requester shows of itself.
pub(super) struct Shown<'a> {
    pub(super) key: &'a VerifyingKey,
    pub(super) name: Option<&'a str>,
    pub(super) credential: Option<&'a [u8]>,
}

/// Everything needed to say who somebody is.
pub(super) struct Believed {
    directories: Vec<Directory>,
    known: Vec<KeptRequester>,
}

impl Believed {
    /// Gives what is known of a key.
    pub(super) fn known(&self, key: &VerifyingKey) -> Option<&KeptRequester> {
        self.known.iter().find(|known| known.key == *key)
    }

    /// Gives everybody whom the wallet has answered.
    pub(super) fn into_known(self) -> Vec<KeptRequester> {
        self.known
    }

    /// Says who somebody is.
    pub(super) fn who(&self, shown: &Shown<'_>, now: Timestamp) -> Who {
        let known = self.known(shown.key);
        let vouched = shown.credential.map(|credential| self.judge(credential, shown.key, now));
        let (vouched, refused) = match vouched {
            Some(Ok(vouched)) => (Some(vouched), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        let (credential, directory) = vouched.unzip();
        let standing = match (&credential, known) {
            (Some(_), _) => Standing::Vouched,
            (None, Some(_)) => Standing::Known,
            (None, None) => Standing::FirstContact,
        };
        let says = shown.name.unwrap_or_default();
        let name = Text::from(credential.as_ref().map_or(says, Credential::name));
        let did = match (known, &credential) {
            // The one chosen at the first answer stays: the patient's key for them hangs on it.
            (Some(known), _) => known.did.clone(),
            (None, Some(credential)) => Text::from(credential.did()),
            (None, None) => Text::from(DidKey::from(shown.key).to_string().as_str()),
        };
        Who {
            looks_like: self.look_alikes(&name, shown.key, directory.is_some()),
            name,
            says: Text::from(says),
            key: *shown.key,
            did,
            class: credential.as_ref().map(Credential::class),
            standing,
            known_since: known.map(|known| known.since),
            is_stale: directory.is_some_and(|directory| directory.is_stale(now)),
            vouched_by: directory.map(|directory| Text::from(directory.contact.name())),
            refused,
        }
    }

    /// Finds the directory behind a credential.
    fn judge(
        &self,
        bytes: &[u8],
        key: &VerifyingKey,
        now: Timestamp,
    ) -> Result<(Credential, &Directory), ConsentError> {
        let mut last = ConsentError::NotTrusted;
        for directory in &self.directories {
            let credential = match Credential::verify(bytes, directory.contact.key(), now) {
                // Not signed by this one.
                Err(ConsentError::Invalid) => continue,
                Err(error) => {
                    last = error;
                    continue;
                }
                Ok(credential) => credential,
            };
            if directory.contact.expires_at() <= now {
                last = ConsentError::CredentialExpired;
            } else if credential.key() != key || credential.role() != Role::Requester {
                last = ConsentError::Invalid;
            } else if directory.list.as_ref().is_some_and(|list| list.covers(credential.id())) {
                last = ConsentError::CredentialRevoked;
            } else {
                return Ok((credential, directory));
            }
        }
        Err(last)
    }

    /// Names those that a name could be taken for: others whom the wallet knows, and directories.
    /// Somebody vouched for may share a name with somebody who only says so, not the reverse.
    fn look_alikes(&self, name: &Text, key: &VerifyingKey, is_vouched: bool) -> Vec<Text> {
        let others = self.known.iter().filter(|known| known.key != *key);
        let others = others.map(|known| known.name.as_str());
        let directories = self.directories.iter().map(|directory| directory.contact.name());
        let name = name.as_str();
        let mut found: Vec<Text> = Vec::new();
        for other in others.chain(directories) {
            let same = other == name && !is_vouched;
            let is_new = !found.iter().any(|found| found.as_str() == other);
            if (same || looks_like(name, other)) && is_new {
                found.push(Text::from(other));
            }
        }
        found
    }
}

impl Open {
    /// Reads what is needed to say who somebody is.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub(super) fn believed(&self) -> Result<Believed, Error> {
        let known = self.memos(Kind::Requester)?;
        let known = known.iter().map(|(_, memo)| KeptRequester::decode(memo));
        let known = known.collect::<Result<_, _>>().map_err(|_| VaultError::Damaged)?;
        Ok(Believed { directories: self.directories()?, known })
    }

    fn directories(&self) -> Result<Vec<Directory>, Error> {
        let read = |(id, memo): &(RecordId, crate::codec::Buffer)| {
            let kept = KeptDirectory::decode(memo).map_err(|_| VaultError::Damaged)?;
            Directory::of(*id, &kept)
        };
        self.memos(Kind::Directory)?.iter().map(read).collect()
    }

    /// Takes a list of credentials taken back into the directory that signed it.
    fn listed(&self, bytes: &[u8], now: Timestamp) -> Result<(RecordId, KeptDirectory), Error> {
        for directory in self.directories()? {
            let list = match CredentialList::verify(bytes, directory.contact.key(), now) {
                Err(ConsentError::Invalid) => continue,
                other => other?,
            };
            if directory.list.as_ref().is_some_and(|older| older.issued_at() > list.issued_at()) {
                return Err(ConsentError::Replayed.into());
            }
            let memo = self.memo(Kind::Directory, directory.id)?.ok_or(VaultError::Damaged)?;
            let mut kept = KeptDirectory::decode(&memo).map_err(|_| VaultError::Damaged)?;
            kept.list = Some(bytes.to_vec());
            return Ok((directory.id, kept));
        }
        Err(ConsentError::NotTrusted.into())
    }
}

/// What was taken in has been judged by the clock then.
const FOREVER: Timestamp = Timestamp::from_unix(u64::MAX);

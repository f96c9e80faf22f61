//! Whom the patient believes: directories, and the lists of what they have taken back.

mod believed;

use crate::audit::{Actor, AuditKind};
use crate::consent::{ConsentError, Contact, CredentialList, Names, Role};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{SignedKind, VerifyingKey};
use crate::record::{RecordId, Text};
use crate::session::consents::kept::{KeptDirectory, KeptList};
use crate::session::own::{Kind, Memo};
use crate::session::{Open, Session};
use crate::vault::VaultError;

pub(in crate::session) use believed::{Believed, Shown};
pub use believed::{KnownRequester, Who};

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
    /// Names of other directories that the patient believes, which are its own or look like it.
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
                let list = match open.kept_directory(id)? {
                    Some(kept) => kept.list,
                    None => open.taken_back(id)?,
                };
                (id, KeptDirectory { contact: envelope.to_vec(), since: now, list })
            }
            Some(_) => return Err(ConsentError::WrongType.into()),
            None => return Err(ConsentError::Invalid.into()),
        };
        let memo = Memo::new(Kind::Directory, id, kept.encode(), AuditKind::Trusted);
        open.remember(now, vec![memo])?;
        let trusted = self.trusted()?.into_iter().find(|directory| directory.id == id);
        Ok(trusted.ok_or(VaultError::Damaged)?)
    }

    /// Gives the directories that the patient believes.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn trusted(&mut self) -> Result<Vec<TrustedDirectory>, Error> {
        let now = self.consent_now()?;
        let directories = self.open()?.directories()?;
        let names = |directory: &Directory| (directory.name().to_owned(), directory.id);
        let names = Names::new(directories.iter().map(names));
        Ok(directories.iter().map(|directory| directory.shown(&names, now)).collect())
    }

    /// Believes a directory no more; whom it vouched for is not vouched for any more. What it has
    /// taken back stays noted, for the case that it is believed again.
    ///
    /// # Errors
    /// [`ConsentError::NotFound`]; as [`Session::erase`].
    pub fn distrust(&mut self, id: RecordId) -> Result<(), Error> {
        let now = self.consent_now()?;
        let open = self.writable()?;
        let kept = open.kept_directory(id)?.ok_or(ConsentError::NotFound)?;
        if let Some(list) = kept.list {
            let (row, list) = (Kind::TakenBack.id(id.as_bytes()), KeptList { list }.encode());
            let memo = Memo::new(Kind::TakenBack, row, list, AuditKind::Remembered);
            open.remember(now, vec![memo.by_device()])?;
        }
        self.forget(&[id], (AuditKind::Distrusted, Actor::Patient))
    }
}

/// A directory, read.
pub(in crate::session) struct Directory {
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

    fn name(&self) -> &str {
        self.contact.name()
    }

    fn shown(&self, names: &Names<RecordId>, now: Timestamp) -> TrustedDirectory {
        let others = names.like(self.name()).filter(|(_, id)| **id != self.id);
        TrustedDirectory {
            id: self.id,
            name: Text::from(self.name()),
            key: *self.contact.key(),
            since: self.since,
            expires: self.contact.expires_at(),
            list: self.list.as_ref().map(CredentialList::issued_at),
            is_stale: self.is_stale(now),
            looks_like: others.map(|(name, _)| Text::from(name)).collect(),
        }
    }
}

impl Open {
    /// Gives the directories that the patient believes.
    fn directories(&self) -> Result<Vec<Directory>, Error> {
        let read = |(id, memo): &(RecordId, crate::codec::Buffer)| {
            let kept = KeptDirectory::decode(memo).map_err(|_| VaultError::Damaged)?;
            Directory::of(*id, &kept)
        };
        self.memos(Kind::Directory)?.iter().map(read).collect()
    }

    /// Gives what a directory had taken back when the patient ceased to believe it.
    fn taken_back(&self, id: RecordId) -> Result<Option<Vec<u8>>, Error> {
        let memo = self.memo(Kind::TakenBack, Kind::TakenBack.id(id.as_bytes()))?;
        let kept = memo.map(|memo| KeptList::decode(&memo)).transpose();
        Ok(kept.map_err(|_| VaultError::Damaged)?.map(|kept| kept.list))
    }

    /// Gives what is kept of a directory that the patient believes.
    fn kept_directory(&self, id: RecordId) -> Result<Option<KeptDirectory>, Error> {
        let memo = self.memo(Kind::Directory, id)?;
        let kept = memo.map(|memo| KeptDirectory::decode(&memo)).transpose();
        Ok(kept.map_err(|_| VaultError::Damaged)?)
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
            let mut kept = self.kept_directory(directory.id)?.ok_or(VaultError::Damaged)?;
            kept.list = Some(bytes.to_vec());
            return Ok((directory.id, kept));
        }
        Err(ConsentError::NotTrusted.into())
    }
}

/// What was taken in has been judged by the clock then.
const FOREVER: Timestamp = Timestamp::from_unix(u64::MAX);

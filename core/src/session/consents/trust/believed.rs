//! Who somebody is: what directories say, whom the wallet has answered, and whose names look alike.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use crate::consent::{
    AccessRequest, ConsentError, Credential, Names, RequesterClass, Role, Standing,
};
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::{DidKey, VerifyingKey};
use crate::record::{RecordId, Text};
use crate::session::consents::inbox::shown;
use crate::session::consents::kept::{KeptRequest, KeptRequester};
use crate::session::consents::trust::{Directory, FOREVER};
use crate::session::own::Kind;
use crate::session::{Open, Session};
use crate::vault::VaultError;

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
    /// Since when something was given to the key; `None` when nothing was.
    pub known_since: Option<Timestamp>,
    /// The name under which the key was answered before, where it is another than now.
    pub known_as: Option<Text>,
    /// The directory that vouches.
    pub vouched_by: Option<Text>,
    /// Why a credential that they showed does not count.
    pub refused: Option<ConsentError>,
    /// Whoever was answered before under the DID that the credential gives them, and whom another
    /// directory vouched for: these get a DID of their own key, so that the two share nothing.
    pub shares_did_with: Option<Text>,
    /// Whether the directory's list of credentials taken back is missing or older than a day.
    pub is_stale: bool,
    /// Names of others that theirs could be taken for.
    pub looks_like: Vec<Text>,
}

/// Somebody whom the wallet has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRequester {
    /// The name, as it was shown.
    pub name: Text,
    /// The DID that the patient's keys for them derive from.
    pub did: Text,
    /// Since when something was given to them; `None` for whom everything was denied.
    pub since: Option<Timestamp>,
}

impl Session {
    /// Gives everybody whom the wallet has answered: whom [`Session::revoke_everything`] concerns.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub fn known_requesters(&mut self) -> Result<Vec<KnownRequester>, Error> {
        let known = self.open()?.answered()?.into_iter();
        let shown = |KeptRequester { name, did, since, .. }| KnownRequester { name, did, since };
        Ok(known.map(shown).collect())
    }
}

/// What a requester shows of itself.
pub(in crate::session) struct Shown<'a> {
    pub(in crate::session) key: &'a VerifyingKey,
    pub(in crate::session) name: Option<&'a str>,
    pub(in crate::session) credential: Option<&'a [u8]>,
}

/// Everything needed to say who somebody is, at one moment.
pub(in crate::session) struct Believed {
    directories: Vec<Directory>,
    known: Vec<KeptRequester>,
    /// Places in `known`, by key.
    by_key: HashMap<[u8; 33], usize>,
    /// Requests in the inbox: the names of those that are vouched for count.
    asking: Vec<AccessRequest>,
    /// Names of others, and the key behind each; a directory has none to compare.
    names: OnceCell<Names<Option<VerifyingKey>>>,
    /// What became of each credential, so that a flood of one is judged once.
    judged: RefCell<HashMap<Vec<u8>, Judgement>>,
}

/// A credential that counts, with the place of the directory that gave it.
type Judgement = Result<(Credential, usize), ConsentError>;

impl Believed {
    /// Gives what is known of a key.
    pub(in crate::session) fn known(&self, key: &VerifyingKey) -> Option<&KeptRequester> {
        self.known.get(*self.by_key.get(&key.to_sec1())?)
    }

    /// Gives what is known of whoever was answered under a DID.
    pub(in crate::session) fn known_as(&self, did: &Text) -> Option<&KeptRequester> {
        self.known.iter().find(|known| known.did == *did)
    }

    /// Gives everybody whom the wallet has answered.
    pub(in crate::session) fn into_known(self) -> Vec<KeptRequester> {
        self.known
    }

    /// Gives the rows that go when somebody else is denied for the first time: those who were only
    /// ever denied are kept for the DID that their answer hung on, and no more of them than that is
    /// worth.
    pub(in crate::session) fn spare(&self, key: &VerifyingKey) -> Vec<RecordId> {
        let is_spare = |known: &&KeptRequester| {
            // Who got a revocation counts on its number.
            known.since.is_none() && known.seq == 0 && known.key != *key
        };
        let denied: Vec<_> = self.known.iter().filter(is_spare).collect();
        let more = (denied.len() + 1).saturating_sub(DENIED);
        let oldest = denied.into_iter().take(more);
        oldest.map(|known| Kind::Requester.id(&known.key.to_sec1())).collect()
    }

    /// Says who somebody is.
    pub(in crate::session) fn who(&self, shown: &Shown<'_>, now: Timestamp) -> Who {
        let known = self.known(shown.key);
        let (vouched, refused) = match self.vouched(shown, now).transpose() {
            Ok(vouched) => (vouched, None),
            Err(error) => (None, Some(error)),
        };
        let (credential, directory) = vouched.unzip();
        let known_since = known.and_then(|known| known.since);
        let standing = match (&credential, known_since) {
            (Some(_), _) => Standing::Vouched,
            (None, Some(_)) => Standing::Known,
            (None, None) => Standing::FirstContact,
        };
        let says = shown.name.unwrap_or_default();
        let name = Text::from(credential.as_ref().map_or(says, Credential::name));
        let taken = credential.as_ref().zip(directory);
        let taken = taken.and_then(|(credential, by)| self.holder(credential, by));
        let did = match (known, &credential) {
            // The one chosen at the first answer stays: the patient's key for them hangs on it.
            (Some(known), _) => known.did.clone(),
            (None, Some(credential)) if taken.is_none() => Text::from(credential.did()),
            (None, _) => Text::from(DidKey::from(shown.key).to_string().as_str()),
        };
        let before = known.map(|known| &known.name);
        Who {
            looks_like: self.look_alikes(&name, shown.key, directory.is_some(), now),
            known_as: before.filter(|it| !it.as_str().is_empty() && **it != name).cloned(),
            name,
            says: Text::from(says),
            key: *shown.key,
            did,
            class: credential.as_ref().map(Credential::class),
            standing,
            known_since,
            is_stale: directory.is_some_and(|directory| directory.is_stale(now)),
            vouched_by: directory.map(|directory| Text::from(directory.name())),
            refused,
            shares_did_with: taken.map(|taken| taken.name.clone()),
        }
    }

    /// Judges the credential that somebody shows.
    fn vouched(
        &self,
        shown: &Shown<'_>,
        now: Timestamp,
    ) -> Option<Result<(Credential, &Directory), ConsentError>> {
        let bytes = shown.credential?;
        let before = self.judged.borrow().get(bytes).cloned();
        let judged = before.unwrap_or_else(|| {
            let judged = self.judge(bytes, now);
            self.judged.borrow_mut().insert(bytes.to_vec(), judged.clone());
            judged
        });
        Some(judged.and_then(|(credential, at)| {
            let is_theirs = credential.key() == shown.key;
            let directory = self.directories.get(at).filter(|_| is_theirs);
            Ok((credential, directory.ok_or(ConsentError::Invalid)?))
        }))
    }

    /// Finds the directory behind a credential.
    fn judge(&self, bytes: &[u8], now: Timestamp) -> Judgement {
        for (at, directory) in self.directories.iter().enumerate() {
            let credential = match Credential::verify(bytes, directory.contact.key(), now) {
                // Not signed by this one.
                Err(ConsentError::Invalid) => continue,
                other => other?,
            };
            return if directory.contact.expires_at() <= now {
                Err(ConsentError::CredentialExpired)
            } else if credential.role() != Role::Requester {
                Err(ConsentError::Invalid)
            } else if directory.list.as_ref().is_some_and(|list| list.covers(credential.id())) {
                Err(ConsentError::CredentialRevoked)
            } else {
                Ok((credential, at))
            };
        }
        Err(ConsentError::NotTrusted)
    }

    /// Gives whoever was answered under the DID of a credential with another key, unless the same
    /// directory gave it to both: who renews a key stays the same reader.
    fn holder(&self, credential: &Credential, by: &Directory) -> Option<&KeptRequester> {
        let holds = |known: &&KeptRequester| {
            known.key != *credential.key() && known.did.as_str() == credential.did()
        };
        let is_renewed = |known: &KeptRequester| {
            let before = known.credential.as_deref();
            before.is_some_and(|before| by.has_given(before, credential.did()))
        };
        self.known.iter().filter(holds).find(|known| !is_renewed(known))
    }

    /// Names those that a name could be taken for: others whom the wallet knows, who are vouched
    /// for in the inbox, and directories. Somebody vouched for may share a name with somebody who
    /// only says so, not the reverse.
    fn look_alikes(
        &self,
        name: &Text,
        key: &VerifyingKey,
        is_vouched: bool,
        now: Timestamp,
    ) -> Vec<Text> {
        let names = self.names.get_or_init(|| self.others(now));
        let mut found: Vec<Text> = Vec::new();
        for (other, whose) in names.like(name.as_str()) {
            let is_other = whose.is_none_or(|whose| whose != *key);
            let is_allowed = is_vouched && other == name.as_str();
            if is_other && !is_allowed && !found.iter().any(|found| found.as_str() == other) {
                found.push(Text::from(other));
            }
        }
        found
    }

    fn others(&self, now: Timestamp) -> Names<Option<VerifyingKey>> {
        let known = self.known.iter().filter(|known| known.since.is_some());
        let known = known.map(|known| (known.name.as_str().to_owned(), Some(known.key)));
        let directories = self.directories.iter();
        let directories = directories.map(|directory| (directory.name().to_owned(), None));
        let vouched = self.asking.iter().filter_map(|request| {
            let (credential, _) = self.vouched(&shown(request), now)?.ok()?;
            Some((credential.name().to_owned(), Some(*request.key())))
        });
        Names::new(known.chain(directories).chain(vouched))
    }
}

impl Directory {
    /// Tells whether this directory gave a credential, expired or not, that names a DID.
    fn has_given(&self, credential: &[u8], did: &str) -> bool {
        let verified = Credential::verify(credential, self.contact.key(), FOREVER);
        let is_signed = matches!(verified, Ok(_) | Err(ConsentError::CredentialExpired));
        is_signed && Credential::read(credential).is_ok_and(|credential| credential.did() == did)
    }
}

impl Open {
    /// Reads what is needed to say who somebody is.
    ///
    /// # Errors
    /// [`VaultError::Damaged`]; [`VaultError::NeedsWords`].
    pub(in crate::session) fn believed(&self) -> Result<Believed, Error> {
        let directories = self.directories()?;
        let known = self.answered()?;
        let by_key = known.iter().enumerate().map(|(at, known)| (known.key.to_sec1(), at));
        let by_key = by_key.collect();
        // Without a directory nobody in the inbox is vouched for.
        let asking = if directories.is_empty() { Vec::new() } else { self.asking()? };
        let (names, judged) = (OnceCell::new(), RefCell::default());
        Ok(Believed { directories, known, by_key, asking, names, judged })
    }

    /// Gives everybody whom the wallet has answered.
    pub(in crate::session) fn answered(&self) -> Result<Vec<KeptRequester>, Error> {
        let known = self.memos(Kind::Requester)?;
        let known = known.iter().map(|(_, memo)| KeptRequester::decode(memo));
        Ok(known.collect::<Result<_, _>>().map_err(|_| VaultError::Damaged)?)
    }

    /// Gives the requests that show a credential.
    fn asking(&self) -> Result<Vec<AccessRequest>, Error> {
        let mut asking = Vec::new();
        for (_, memo) in self.memos(Kind::Request)? {
            let kept = KeptRequest::decode(&memo).map_err(|_| VaultError::Damaged)?;
            let request = AccessRequest::read(&kept.bytes).map_err(|_| VaultError::Damaged)?;
            if request.credential().is_some() {
                asking.push(request);
            }
        }
        Ok(asking)
    }
}

/// Requesters who were only ever denied that are kept at most.
const DENIED: usize = 200;

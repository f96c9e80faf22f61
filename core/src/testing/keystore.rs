//! A keystore in memory that can be made to fail, and the contract that every keystore must keep.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::host::{Keystore, KeystoreError, Policy};

/// What a keystore can be made to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Answer this to every read of the item.
    Reading(KeystoreError),
    /// Answer this to every write and deletion of the item.
    Writing(KeystoreError),
}

/// A keystore in memory: each put seals under a key of its own, as hardware does.
#[derive(Debug, Default)]
pub struct FakeKeystore(Mutex<Inner>);

#[derive(Clone, Debug, Default)]
struct Inner {
    /// What an attacker can copy: name to number of the hardware key, and blob.
    blobs: HashMap<String, (u64, Zeroizing<Vec<u8>>, Policy)>,
    /// Hardware keys that are alive.
    keys: Vec<u64>,
    drawn: u64,
    troubles: Vec<(String, Trouble)>,
}

/// A copy of the blobs, as an attacker or a device backup takes it.
#[derive(Debug, Clone)]
pub struct Blobs(HashMap<String, (u64, Zeroizing<Vec<u8>>, Policy)>);

impl FakeKeystore {
    /// Makes every call for items whose name starts so answer a trouble.
    pub fn trouble(&self, prefix: &str, trouble: Trouble) {
        self.inner().troubles.push((prefix.to_owned(), trouble));
    }

    /// Ends all troubles.
    pub fn calm(&self) {
        self.inner().troubles.clear();
    }

    /// Loses the items whose name starts so.
    pub fn lose(&self, prefix: &str) {
        self.inner().blobs.retain(|name, _| !name.starts_with(prefix));
    }

    /// Enrols new biometrics: items that want the patient's presence are gone.
    pub fn enrol_biometrics(&self) {
        let mut inner = self.inner();
        let gone = inner.blobs.iter().filter(|(_, item)| item.2 == Policy::UserPresence);
        let gone: Vec<u64> = gone.map(|(_, item)| item.0).collect();
        inner.keys.retain(|key| !gone.contains(key));
    }

    /// Gives the names of the items.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.inner().blobs.keys().cloned().collect();
        names.sort();
        names
    }

    /// Copies the blobs.
    #[must_use]
    pub fn copy(&self) -> Blobs {
        Blobs(self.inner().blobs.clone())
    }

    /// Puts copied blobs back; the hardware keys stay as they are.
    pub fn put_back(&self, blobs: &Blobs) {
        self.inner().blobs.clone_from(&blobs.0);
    }

    /// Changes the bytes of an item behind the wallet's back; its hardware key stays as it is.
    ///
    /// # Panics
    /// When there is no such item.
    pub fn edit(&self, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut inner = self.inner();
        let item = inner.blobs.get_mut(name).expect("there is an item of this name");
        edit(&mut item.1);
    }

    /// Makes a keystore with the same items and the hardware keys as they are now: what a keystore
    /// without hardware is when its files are copied.
    #[must_use]
    pub fn twin(&self) -> Self {
        Self(Mutex::new(self.inner().clone()))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn writing(&self, name: &str) -> Result<(), KeystoreError> {
        match self.troubles.iter().find(|(prefix, trouble)| {
            name.starts_with(prefix.as_str()) && matches!(trouble, Trouble::Writing(_))
        }) {
            Some((_, Trouble::Writing(error))) => Err(*error),
            _ => Ok(()),
        }
    }

    fn reading(&self, name: &str) -> Result<(), KeystoreError> {
        match self.troubles.iter().find(|(prefix, trouble)| {
            name.starts_with(prefix.as_str()) && matches!(trouble, Trouble::Reading(_))
        }) {
            Some((_, Trouble::Reading(error))) => Err(*error),
            _ => Ok(()),
        }
    }
}

impl Keystore for FakeKeystore {
    fn put(&self, name: &str, secret: &[u8], policy: Policy) -> Result<(), KeystoreError> {
        let mut inner = self.inner();
        inner.writing(name)?;
        inner.drawn += 1;
        let key = inner.drawn;
        inner.keys.push(key);
        let item = (key, Zeroizing::new(secret.to_vec()), policy);
        if let Some((old, ..)) = inner.blobs.insert(name.to_owned(), item) {
            inner.keys.retain(|key| *key != old);
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        let inner = self.inner();
        inner.reading(name)?;
        let (key, secret, policy) = inner.blobs.get(name).ok_or(KeystoreError::Missing)?;
        match (inner.keys.contains(key), policy) {
            (true, _) => Ok(secret.clone()),
            (false, Policy::Silent) => Err(KeystoreError::Missing),
            (false, Policy::UserPresence) => Err(KeystoreError::Invalidated),
        }
    }

    fn delete(&self, name: &str) -> Result<(), KeystoreError> {
        let mut inner = self.inner();
        inner.writing(name)?;
        if let Some((old, ..)) = inner.blobs.remove(name) {
            inner.keys.retain(|key| *key != old);
        }
        Ok(())
    }
}

/// Checks what every keystore must do, on one that is empty.
///
/// # Panics
/// When it does not.
pub fn contract(keystore: &dyn Keystore) {
    let silent = |name, secret: &[u8]| keystore.put(name, secret, Policy::Silent);
    let get = |name| keystore.get(name).map(|secret| secret.to_vec());
    assert_eq!(get("dsk/1"), Err(KeystoreError::Missing), "nothing is there at first");
    assert_eq!(keystore.delete("dsk/1"), Ok(()), "deleting what is not there succeeds");
    assert_eq!(silent("dsk/1", b"first"), Ok(()));
    assert_eq!(silent("shred/0", &[0; 32]), Ok(()), "names have a slash");
    assert_eq!(get("dsk/1").as_deref(), Ok(b"first".as_slice()));
    assert_eq!(silent("dsk/1", b"second, and longer"), Ok(()));
    assert_eq!(get("dsk/1").as_deref(), Ok(b"second, and longer".as_slice()), "replaced");
    assert_eq!(get("shred/0").as_deref(), Ok([0; 32].as_slice()), "the others are untouched");
    assert_eq!(silent("head", b""), Ok(()), "an empty secret is a secret");
    assert_eq!(get("head").as_deref(), Ok(b"".as_slice()));
    assert_eq!(keystore.delete("dsk/1"), Ok(()));
    assert_eq!(get("dsk/1"), Err(KeystoreError::Missing), "deleted");
    assert_eq!(get("dsk"), Err(KeystoreError::Missing), "a prefix is no name");
    let presence = keystore.put("bsk/1", b"secret", Policy::UserPresence);
    match presence {
        Ok(()) => assert_eq!(keystore.delete("bsk/1"), Ok(())),
        Err(refused) => {
            assert_eq!(refused, KeystoreError::Unavailable, "refused by that name");
            assert_eq!(get("bsk/1"), Err(KeystoreError::Missing), "and not kept silently");
        }
    }
}

/// Checks what a keystore backed by hardware must do besides: `put_back` restores a copy of its
/// blobs that was taken when it last held `dsk/1`.
///
/// # Panics
/// When it does not.
pub fn hardware_contract(keystore: &dyn Keystore, copy: impl FnOnce(), put_back: impl FnOnce()) {
    assert_eq!(keystore.put("dsk/1", b"first", Policy::Silent), Ok(()));
    copy();
    assert_eq!(keystore.delete("dsk/1"), Ok(()));
    put_back();
    assert_eq!(
        keystore.get("dsk/1").map(|_| ()),
        Err(KeystoreError::Missing),
        "a blob put back after its key was destroyed opens nothing"
    );
    assert_eq!(keystore.put("bsk/1", b"secret", Policy::UserPresence), Ok(()));
    assert_eq!(keystore.delete("bsk/1"), Ok(()));
}

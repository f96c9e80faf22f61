//! A keystore made of files, for a computer that has none: one file an item in `HOME/keystore`.
//!
//! **A copied home is a copied phone.** Whoever has the folder has the device secret, and a deleted
//! item may live on in a copy or on the disk. So it promises no deletion, and it refuses items that
//! ask for the patient's presence. What it does promise: an item is there whole or not at all, and
//! what was put is durable.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use patient_wallet::file;
use patient_wallet::host::{Keystore, KeystoreError, Policy};
use zeroize::Zeroizing;

/// Small secrets in the files of a folder.
#[derive(Debug)]
pub(crate) struct FileKeystore(PathBuf);

impl FileKeystore {
    /// Takes a folder, made when the first item is put.
    pub(crate) const fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(file_name(name))
    }

    fn write(&self, name: &str, secret: &[u8]) -> io::Result<()> {
        make_folder(&self.0)?;
        let path = self.path(name);
        let fresh = path.with_extension("new");
        // Left over from a crash: it was never an item.
        remove(&fresh)?;
        let mut file = file::create_private(&fresh)?;
        file.write_all(secret)?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        file::sync_folder(&self.0)
    }
}

impl Keystore for FileKeystore {
    fn put(&self, name: &str, secret: &[u8], policy: Policy) -> Result<(), KeystoreError> {
        if policy != Policy::Silent || secret.len() > LARGEST {
            return Err(KeystoreError::Unavailable);
        }
        self.write(name, secret).map_err(|_| KeystoreError::Unavailable)
    }

    fn get(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        let file = File::open(self.path(name)).map_err(|error| match error.kind() {
            ErrorKind::NotFound => KeystoreError::Missing,
            _ => KeystoreError::Unavailable,
        })?;
        let mut secret = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
        let most = u64::try_from(LARGEST + 1).unwrap_or(u64::MAX);
        match file.take(most).read_to_end(&mut secret) {
            Ok(length) if length <= LARGEST => Ok(secret),
            _ => Err(KeystoreError::Unavailable),
        }
    }

    fn delete(&self, name: &str) -> Result<(), KeystoreError> {
        let deleted = match remove(&self.path(name)) {
            Ok(true) => file::sync_folder(&self.0),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        deleted.map_err(|_| KeystoreError::Unavailable)
    }
}

/// Makes a name safe for every file system; two names never share a file.
fn file_name(name: &str) -> String {
    let mut safe = String::with_capacity(name.len() + 5);
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => safe.push(char::from(byte)),
            b'/' => safe.push('_'),
            other => safe.push_str(&format!("%{other:02x}")),
        }
    }
    safe.push_str(".item");
    safe
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes a file and tells whether there was one.
fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Secrets are small; a larger file is no item of ours.
const LARGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn keystore() -> (tempfile::TempDir, FileKeystore) {
        let folder = tempfile::tempdir().unwrap();
        let keystore = FileKeystore::in_folder(folder.path().join("keystore"));
        (folder, keystore)
    }

    #[test]
    fn it_keeps_the_contract_of_every_keystore() {
        let (_folder, keystore) = keystore();
        patient_wallet::testing::keystore::contract(&keystore);
    }

    #[test]
    fn it_refuses_what_it_cannot_keep_its_word_for() {
        let (_folder, keystore) = keystore();
        assert_eq!(
            keystore.put("bsk/1", b"one", Policy::UserPresence),
            Err(KeystoreError::Unavailable)
        );
        let large = [0; LARGEST + 1];
        assert_eq!(keystore.put("x", &large, Policy::Silent), Err(KeystoreError::Unavailable));
        assert_eq!(keystore.get("bsk/1"), Err(KeystoreError::Missing));
    }

    #[test]
    fn unreadable_is_not_gone() {
        let (_folder, keystore) = keystore();
        keystore.put("head", b"one", Policy::Silent).unwrap();
        fs::remove_file(keystore.path("head")).unwrap();
        fs::create_dir(keystore.path("head")).unwrap();
        assert_eq!(keystore.get("head"), Err(KeystoreError::Unavailable));
        assert_eq!(keystore.delete("head"), Err(KeystoreError::Unavailable));
    }

    #[test]
    fn no_two_names_share_a_file() {
        let names = ["a/b", "a_b", "a%b", "a%2fb", "A/b", "a.b", "..", "a/b.item"];
        let files: std::collections::HashSet<_> =
            names.iter().map(|name| file_name(name).to_lowercase()).collect();
        assert_eq!(files.len(), names.len());
        assert!(files.iter().all(|file| !file.contains(['/', '\\', ':'])), "{files:?}");
    }

    #[cfg(unix)]
    #[test]
    fn files_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, keystore) = keystore();
        keystore.put("dsk/1", b"one", Policy::Silent).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&keystore.0), 0o700);
        assert_eq!(mode(&keystore.path("dsk/1")), 0o600);
    }
}

//! Domain labels and the one derivation that takes them.
//!
//! Every derived key names its [`Domain`], so that no two uses can meet in one key. Context (an
//! epoch, a card's id) follows the label without a separator: it is unambiguous because no label is
//! a prefix of another and each label's context has one width (`docs/formats.md` 2 and 3).

use hkdf::Hkdf;
use sha2::Sha256;

use super::Secret;

macro_rules! domains {
    ($($(#[$doc:meta])+ $name:ident = $label:literal,)+) => {
        /// What a key is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Domain {
            $($(#[$doc])+ $name,)+
        }

        impl Domain {
            /// Every domain.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the label that stands for this domain in a derivation.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label),+ }
            }
        }
    };
}

domains! {
    /// From the seed: opens the vault slot of the words.
    SeedSlot = "pmw/v1/vault/seed-slot",
    /// From the seed: the sealing key that shred keys are escrowed to.
    Escrow = "pmw/v1/vault/escrow",
    /// From the seed: the patient's sealing key for contacts.
    Hpke = "pmw/v1/hpke/x25519",
    /// From the seed: names records outside the vault.
    RecordAlias = "pmw/v1/record-alias",
    /// From the seed: names the patient's backup files.
    BackupId = "pmw/v1/backup-id",
    /// From the vault root key: seals the entropy.
    VaultRoot = "pmw/v1/vault/root",
    /// From the vault root key: seals the identity node, the alias key and the sealing key.
    VaultNode = "pmw/v1/vault/node",
    /// From the vault root key: seals the state row.
    VaultState = "pmw/v1/vault/state",
    /// From the vault root key: authenticates the set of live rows.
    VaultRows = "pmw/v1/vault/rows",
    /// From the vault root key: seals audit entries.
    VaultAudit = "pmw/v1/vault/audit",
    /// From the vault root key: authenticates the header.
    VaultHeaderMac = "pmw/v1/vault/header-mac",
    /// From the vault root key: half of what seals the table of bucket keys.
    VaultTable = "pmw/v1/vault/table",
    /// From that half and a shred key: seals the table of bucket keys.
    VaultBuckets = "pmw/v1/vault/buckets",
    /// Slot opened by passphrase and device secret.
    SlotPassphrase = "pmw/v1/slot/passphrase",
    /// Slot opened by passphrase alone, in backup files.
    SlotExport = "pmw/v1/slot/export",
    /// Slot opened by the biometric secret of the device.
    SlotBiometric = "pmw/v1/slot/biometric",
    /// Slot opened by the words.
    SlotSeed = "pmw/v1/slot/seed",
    /// From the key of a backup file: seals the vault root key.
    BackupWrap = "pmw/v1/backup/wrap",
    /// From the key of a backup file: seals the table of bucket keys.
    BackupTable = "pmw/v1/backup/table",
    /// From the key of a backup file: authenticates the whole file.
    BackupMac = "pmw/v1/backup/mac",
    /// Sealed to the escrow key: a shred key.
    ShredEscrow = "pmw/v1/shred-escrow",
    /// Sealed to a requester: the key box of a disclosure.
    Disclosure = "pmw/v1/disclosure",
    /// Sealed to a guardian: their share.
    GuardianShare = "pmw/v1/guardian-share",
    /// Sealed to a recovering patient: a share given back.
    ShareRelease = "pmw/v1/share-release",
    /// Sealed to responders: the inner layer of an emergency card.
    Emergency = "pmw/v1/emergency",
}

impl Domain {
    /// Returns the label followed by `context`: the `info` of an HPKE message.
    #[must_use]
    pub fn info(self, context: &[&[u8]]) -> Vec<u8> {
        let mut parts = vec![self.label().as_bytes()];
        parts.extend_from_slice(context);
        parts.concat()
    }
}

/// Derives a secret by HKDF-SHA256 (RFC 5869), `info` being the label followed by `context`.
#[must_use]
pub fn derive_secret<const N: usize>(
    salt: &[u8],
    ikm: &[u8],
    domain: Domain,
    context: &[&[u8]],
) -> Secret<N> {
    const { assert!(N <= 255 * 32, "HKDF-SHA256 yields at most 8160 bytes") };
    let info = domain.info(context);
    Secret::init_with(|okm| {
        let Ok(()) = Hkdf::<Sha256>::new(Some(salt), ikm).expand(&info, okm) else {
            unreachable!("the length was checked when this was compiled");
        };
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_label_is_another_or_begins_another() {
        for (at, one) in Domain::ALL.iter().enumerate() {
            for (other_at, other) in Domain::ALL.iter().enumerate() {
                assert!(at == other_at || !other.label().starts_with(one.label()), "{one:?}");
            }
        }
    }

    #[test]
    fn every_label_is_ascii_of_version_one() {
        for domain in Domain::ALL {
            let label = domain.label();
            assert!(label.starts_with("pmw/v1/") && label.bytes().all(|b| b.is_ascii_graphic()));
        }
    }

    #[test]
    fn domain_salt_ikm_and_context_each_change_the_key() {
        let key = |salt: &[u8], ikm: &[u8], domain, context: &[&[u8]]| {
            derive_secret::<32>(salt, ikm, domain, context).expose().to_owned()
        };
        let mut keys: HashSet<_> =
            Domain::ALL.iter().map(|&domain| key(b"salt", b"ikm", domain, &[])).collect();
        keys.insert(key(b"salt", b"ikm", Domain::VaultRows, &[&[0]]));
        keys.insert(key(b"salt", b"ikm", Domain::VaultRows, &[&[1]]));
        keys.insert(key(b"salu", b"ikm", Domain::VaultRows, &[]));
        keys.insert(key(b"salt", b"ikn", Domain::VaultRows, &[]));
        assert_eq!(keys.len(), Domain::ALL.len() + 4);
    }

    #[test]
    fn context_follows_the_label_in_order() {
        assert_eq!(
            Domain::VaultRows.info(&[&[1, 2], &[3]]),
            [b"pmw/v1/vault/rows".as_slice(), &[1, 2, 3]].concat()
        );
    }

    #[test]
    fn a_short_secret_begins_a_long_one() {
        let long: Secret<64> = derive_secret(b"s", b"k", Domain::SlotSeed, &[]);
        let short: Secret<32> = derive_secret(b"s", b"k", Domain::SlotSeed, &[]);
        assert_eq!(long.expose_halves().0, short.expose());
    }
}

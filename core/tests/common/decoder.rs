//! A second decoder of a vault, written from docs/formats.md alone: words in, records out.
#![allow(dead_code, clippy::too_many_lines, reason = "each test binary uses a part")]

use std::path::Path;

use ciborium::Value;
use patient_wallet::host::{Keystore, WalletClock as _};
use patient_wallet::keys::{Cipher, Domain, Mnemonic, Secret, derive_secret};
use patient_wallet::testing::TestWallet;

/// Everything secret that a vault holds, and its records.
pub(crate) struct Decoded {
    /// Root key, subkeys, shred key, bucket keys, version keys, seed and entropy.
    pub(crate) keys: Vec<Vec<u8>>,
    /// Versions in order of writing.
    pub(crate) versions: Vec<Version>,
}

/// One row of `ver`.
pub(crate) struct Version {
    /// The header map.
    pub(crate) header: Vec<(u64, Value)>,
    /// The facts map.
    pub(crate) facts: Vec<(u64, Value)>,
    /// The resource without what was cut out.
    pub(crate) resource: Vec<u8>,
    /// Where something was cut out, and what.
    pub(crate) cuts: Vec<(usize, [u8; 16])>,
}

/// Opens a locked vault with its words, its files and its keystore.
pub(crate) fn decode(test: &TestWallet, words: &Mnemonic) -> Decoded {
    let _ = test.clock.now();
    let db = rusqlite::Connection::open(Path::new(test.folder()).join("vault.db")).unwrap();
    let meta = |name: &str| -> Vec<u8> {
        db.query_row("SELECT v FROM meta WHERE k = ?1", [name], |row| row.get(0)).unwrap()
    };
    let header = meta("header");
    assert_eq!(&header[..6], b"PMWV\x01\x01");
    let (vault, epoch) = (&header[6..22], &header[22..26]);
    let seed = words.to_seed();
    let seed_slot = seed.derive_secret(Domain::SeedSlot);
    let root = root(&header, vault, seed_slot.expose());

    let key = |domain| -> Secret<32> { derive_secret(vault, root.expose(), domain, &[epoch]) };
    let aad = |name: &str| [b"\x00\x01", vault, name.as_bytes()].concat();
    let entropy = Cipher::new(&key(Domain::VaultRoot)).open(&aad("root"), &meta("root")).unwrap();
    assert_eq!(entropy, words.entropy());
    let node = Cipher::new(&key(Domain::VaultNode)).open(&aad("node"), &meta("node")).unwrap();
    assert_eq!(node.len(), 128);

    let buckets = meta("buckets");
    let number = u32::from_be_bytes(buckets[..4].try_into().unwrap());
    let shred = test.keystore.get(&format!("shred/{number}")).unwrap();
    let escrow = seed.derive_sealing_key(Domain::Escrow);
    let info = [b"pmw/v1/shred-escrow", vault].concat();
    assert_eq!(escrow.open(&info, &[], &meta("escrow")).unwrap(), shred);
    assert_eq!(escrow.public_key().to_bytes().as_slice(), meta("escrow-key"));
    let base = key(Domain::VaultTable);
    let both = [base.expose().as_slice(), &shred].concat();
    let table_key: Secret<32> = derive_secret(vault, &both, Domain::VaultBuckets, &[epoch]);
    let table_aad = [b"\x00\x01", vault, b"buckets", &buckets[..4]].concat();
    let table = Cipher::new(&table_key).open(&table_aad, &buckets[4..]).unwrap();
    assert_eq!(table.len(), 64 * 36);

    let mut keys = vec![root.expose().to_vec(), shred.to_vec(), entropy.to_vec(), node.to_vec()];
    keys.extend(table.chunks(36).map(|entry| entry[4..].to_vec()));
    for domain in [
        Domain::VaultState,
        Domain::VaultNode,
        Domain::VaultRows,
        Domain::VaultRoot,
        Domain::VaultTable,
        Domain::VaultAudit,
    ] {
        keys.push(key(domain).expose().to_vec());
    }
    let mut statement = db.prepare("SELECT seq, b, e, hdr, body FROM ver ORDER BY seq").unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut versions = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let (seq, b, e): (i64, u8, u32) =
            (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
        let (hdr, body): (Vec<u8>, Vec<u8>) = (row.get(3).unwrap(), row.get(4).unwrap());
        let key = Secret::from_slice(&table[usize::from(b) * 36 + 4..][..32]).unwrap();
        let place = [seq.to_be_bytes().as_slice(), &[b], &e.to_be_bytes()].concat();
        let header_aad = [b"\x00\x01", vault, b"hdr", &place].concat();
        let header = map(unpad(&Cipher::new(&key).open(&header_aad, &hdr).unwrap()));
        let field = |key| &header.iter().find(|(found, _)| *found == key).unwrap().1;
        let version_key = field(12).as_bytes().unwrap().clone();
        let kind = field(10).as_text().unwrap();
        let number = u32::try_from(field(1).as_integer().unwrap()).unwrap().to_be_bytes();
        let length = [u8::try_from(kind.len()).unwrap()];
        let record = field(9).as_bytes().unwrap();
        let body_aad =
            [b"\x00\x01", vault, b"body", record, &number, &length, kind.as_bytes()].concat();
        let secret = Secret::from_slice(&version_key).unwrap();
        let plain = Cipher::new(&secret).open(&body_aad, &body).unwrap();
        let body = map(unpad(&plain));
        let in_body = body.iter().find(|(key, _)| *key == 0).map(|(_, facts)| facts);
        let facts = in_body.unwrap_or_else(|| field(13)).as_bytes().unwrap().clone();
        let resource =
            body.iter().find(|(key, _)| *key == 3).unwrap().1.as_bytes().unwrap().clone();
        let cuts = body.iter().find(|(key, _)| *key == 4).map(|(_, cuts)| cuts.as_array().unwrap());
        let cuts = cuts.into_iter().flatten().map(cut).collect();
        keys.push(version_key);
        versions.push(Version { header: header.clone(), facts: map(&facts), resource, cuts });
    }
    Decoded { keys, versions }
}

fn cut(value: &Value) -> (usize, [u8; 16]) {
    let [place, id] = &value.as_array().unwrap()[..] else { unreachable!("a cut is a pair") };
    let place = place.as_integer().unwrap().try_into().unwrap();
    (place, id.as_bytes().unwrap().as_slice().try_into().unwrap())
}

fn root(header: &[u8], vault: &[u8], seed_slot: &[u8; 32]) -> Secret<32> {
    let mut rest = &header[27..];
    for _ in 0..header[26] {
        let length = usize::from(u16::from_be_bytes([rest[17], rest[18]]));
        let (before, after) = rest.split_at(19 + length);
        let (commitment, sealed) = (&after[..32], &after[32..104]);
        if before[0] == 4 {
            let salt = [vault, &before[1..9]].concat();
            let both: Secret<64> = derive_secret(&salt, seed_slot, Domain::SlotSeed, &[]);
            assert_eq!(&both.expose()[32..], commitment);
            let key = Secret::from_slice(&both.expose()[..32]).unwrap();
            let aad = [&header[..26], before].concat();
            return Secret::from_slice(&Cipher::new(&key).open(&aad, sealed).unwrap()).unwrap();
        }
        rest = &after[104..];
    }
    panic!("there is a slot for the words");
}

fn unpad(padded: &[u8]) -> &[u8] {
    let length = u32::from_be_bytes(padded[..4].try_into().unwrap());
    let (data, zeros) = padded[4..].split_at(usize::try_from(length).unwrap());
    assert!(zeros.iter().all(|byte| *byte == 0));
    assert_eq!(padded.len() % 256, 0);
    data
}

fn map(bytes: &[u8]) -> Vec<(u64, Value)> {
    let value: Value = ciborium::from_reader(bytes).unwrap();
    let mut again = Vec::new();
    ciborium::into_writer(&value, &mut again).unwrap();
    assert_eq!(again, bytes, "deterministic");
    let pairs = value.into_map().unwrap().into_iter();
    pairs.map(|(key, value)| (key.as_integer().unwrap().try_into().unwrap(), value)).collect()
}

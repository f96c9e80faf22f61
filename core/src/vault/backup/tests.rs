use std::cell::Cell;
use std::io::Cursor;
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::Digest;

use super::header::LONGEST_HEADER;
use super::reader::{AttachmentReader, Reader};
use super::writer::Writer;
use super::*;
use crate::keys::{Cipher, Domain, KdfParams, derive_secret};
use crate::vault::slots::keyed_hash;

const ABOUT: About = About {
    vault: VaultEpoch { id: [3; 16], epoch: 2 },
    id: [4; 16],
    created: Timestamp::from_unix(1_795_257_600),
};
const DATABASE: &[u8] = b"the database of the wallet";
/// Bytes before the slots, their number included.
const SLOTS: usize = 4 + 2 + 16 + 4 + 16 + 8 + 1;
const WORDS_SLOT: usize = 19 + 32 + 72;
const EXPORT_SLOT: usize = WORDS_SLOT + 26;
const KEYS: usize = 72 + TABLE + 40;

/// What a file gave when it was read to its end.
#[derive(Debug, PartialEq, Eq)]
struct Content {
    about: About,
    root: RootKey,
    table: Secret<TABLE>,
    database: Vec<u8>,
    attachments: Vec<(AttachmentAt, Vec<u8>)>,
}

/// The secrets of a wallet whose backups are made here.
struct Wallet {
    words: Mnemonic,
    seed_secret: Secret<32>,
    passphrase: Passphrase,
    root: RootKey,
    table: Secret<TABLE>,
}

impl Wallet {
    fn new() -> Self {
        let words = Mnemonic::from_entropy(&[0x11; 32]).unwrap();
        Self {
            seed_secret: words.to_seed().derive_secret(Domain::SeedSlot),
            words,
            passphrase: Passphrase::new(b"for the stick").unwrap(),
            root: Secret::generate().unwrap(),
            table: Secret::generate().unwrap(),
        }
    }

    fn parts(&self, with_passphrase: bool) -> Parts<'_> {
        Parts {
            about: ABOUT,
            seed_secret: &self.seed_secret,
            export: with_passphrase.then_some((&self.passphrase, KdfParams::FLOOR)),
            root: &self.root,
            table: &self.table,
        }
    }

    /// Writes a file with a database and attachments of these contents.
    fn file(&self, with_passphrase: bool, attachments: &[&[u8]]) -> Vec<u8> {
        let mut file = Vec::new();
        let cancel = CancelToken::new();
        let writer = Writer::begin(&mut file, &self.parts(with_passphrase), watch(&cancel));
        let writer = writer.unwrap();
        let count = u32::try_from(attachments.len()).unwrap();
        let mut writer =
            writer.database(DATABASE.len() as u64, &mut Cursor::new(DATABASE), count).unwrap();
        for (number, &sealed) in (1..).zip(attachments) {
            let at = AttachmentAt { id: [number; 16], length: sealed.len() as u64 };
            writer.attachment(at, &mut &*sealed).unwrap();
        }
        writer.finish().unwrap();
        file
    }

    fn by_words(&self) -> BackupKey<'_> {
        BackupKey::Words(&self.words)
    }

    /// Reads a file with the words.
    fn read(&self, file: &[u8]) -> Result<Content, BackupError> {
        read(&mut &*file, &self.by_words())
    }

    /// Gives the file's own key, as somebody who has the words can.
    fn file_key(&self, file: &[u8]) -> Secret<32> {
        let slot = &file[SLOTS..SLOTS + WORDS_SLOT];
        let salt = [ABOUT.vault.id.as_slice(), &slot[1..9]].concat();
        let both: Secret<64> =
            derive_secret(&salt, self.seed_secret.expose(), Domain::SlotSeed, &[]);
        let key = Secret::from_slice(both.expose_halves().0).unwrap();
        let aad = [&file[..SLOTS - 9], &slot[..19]].concat();
        let opened = Cipher::new(&key).open(&aad, &slot[19 + 32..]).unwrap();
        Secret::from_slice(&opened).unwrap()
    }

    /// Puts the right MAC in the place of the last bytes.
    fn authenticate(&self, file: &mut Vec<u8>, key: &Secret<32>) {
        file.truncate(file.len() - MAC);
        let salt = [ABOUT.vault.id, ABOUT.id].concat();
        let key = derive_secret(&salt, key.expose(), Domain::BackupMac, &[]);
        let mut mac = keyed_hash(&key);
        mac.update(file);
        file.extend_from_slice(&mac.finalize().into_bytes());
    }
}

fn watch(cancel: &CancelToken) -> Watch<'_> {
    Watch { progress: &|_, _| (), cancel, total: None }
}

fn read(file: &mut dyn Read, key: &BackupKey<'_>) -> Result<Content, BackupError> {
    let cancel = CancelToken::new();
    let reader = Reader::open(file, key, watch(&cancel))?;
    let mut database = Vec::new();
    let mut reader = reader.database(&mut database)?;
    let mut attachments = Vec::new();
    while let Some(at) = reader.next_attachment()? {
        let mut sealed = Vec::new();
        reader.attachment(&mut sealed)?;
        attachments.push((at, sealed));
    }
    let Proven { about, root, table } = reader.finish()?;
    Ok(Content { about, root, table, database, attachments })
}

/// Counts what is read from it.
struct Counted<R> {
    inner: R,
    count: u64,
    /// The longest that was asked for at once.
    most: usize,
}

impl<R> Counted<R> {
    const fn new(inner: R) -> Self {
        Self { inner, count: 0, most: 0 }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.most = self.most.max(room.len());
        let read = self.inner.read(room)?;
        self.count += read as u64;
        Ok(read)
    }
}

/// Fails with an error, when it is read or written.
struct Failing(ErrorKind);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(self.0.into())
    }
}

#[test]
fn what_was_written_comes_back_by_words_and_by_passphrase() {
    let wallet = Wallet::new();
    let file = wallet.file(true, &[b"one", b"", &[7; CHUNK + 1]]);
    let content = wallet.read(&file).unwrap();
    assert_eq!(content.about, ABOUT);
    assert_eq!((&content.root, &content.table), (&wallet.root, &wallet.table));
    assert_eq!(content.database, DATABASE);
    let sealed: Vec<_> =
        content.attachments.iter().map(|(at, sealed)| (at.id[0], sealed)).collect();
    assert_eq!(sealed, [(1, &b"one".to_vec()), (2, &vec![]), (3, &vec![7; CHUNK + 1])]);
    let again = read(&mut file.as_slice(), &BackupKey::Passphrase(&wallet.passphrase));
    assert_eq!(again, Ok(content));
}

#[test]
fn golden_vector_of_another_writer_opens() {
    let text = include_str!("../../../tests/vectors/backup.json");
    let vector: Value = serde_json::from_str(text).unwrap();
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let file = bytes(&vector["file"]);
    let words = Mnemonic::from_entropy(&[0x11; 32]).unwrap();
    let passphrase = Passphrase::new(vector["passphrase"].as_str().unwrap().as_bytes()).unwrap();
    for key in [BackupKey::Words(&words), BackupKey::Passphrase(&passphrase)] {
        let content = read(&mut file.as_slice(), &key).unwrap();
        assert_eq!(content.about.vault.id.as_slice(), bytes(&vector["vault"]));
        assert_eq!(u64::from(content.about.vault.epoch), vector["epoch"].as_u64().unwrap());
        assert_eq!(content.about.id.as_slice(), bytes(&vector["backup"]));
        assert_eq!(content.about.created.unix(), vector["created"].as_u64().unwrap());
        assert_eq!(content.root.expose().as_slice(), bytes(&vector["root"]));
        let table = Sha256::digest(content.table.expose());
        assert_eq!(table.as_slice(), bytes(&vector["table_sha256"]));
        assert_eq!(content.database, bytes(&vector["database"]));
        let wanted = vector["attachments"].as_array().unwrap();
        assert_eq!(content.attachments.len(), wanted.len());
        for ((at, sealed), wanted) in content.attachments.iter().zip(wanted) {
            assert_eq!(at.id.as_slice(), bytes(&wanted[0]));
            assert_eq!((at.length, sealed), (sealed.len() as u64, &bytes(&wanted[1])));
        }
    }
}

#[test]
fn our_files_have_the_layout_of_the_page() {
    let wallet = Wallet::new();
    let file = wallet.file(true, &[b"one"]);
    assert_eq!(&file[..6], b"PMWB\x01\x01");
    assert_eq!(file[6..22], ABOUT.vault.id);
    assert_eq!(file[22..26], 2_u32.to_be_bytes());
    assert_eq!(file[26..42], ABOUT.id);
    assert_eq!(file[42..50], ABOUT.created.unix().to_be_bytes());
    assert_eq!((file[50], file[SLOTS], file[SLOTS + WORDS_SLOT]), (2, 4, 2));
    let capsules = SLOTS + WORDS_SLOT + EXPORT_SLOT + KEYS;
    let rest = [
        &[0, 0],
        (DATABASE.len() as u64).to_be_bytes().as_slice(),
        DATABASE,
        &1_u32.to_be_bytes(),
        &[1; 16],
        &3_u64.to_be_bytes(),
        b"one",
    ]
    .concat();
    assert_eq!(file[capsules..file.len() - MAC], rest);
    let mut again = file.clone();
    wallet.authenticate(&mut again, &wallet.file_key(&file));
    assert_eq!(again, file, "the MAC is over everything before it");
}

#[test]
fn two_backups_of_one_wallet_share_no_key_and_no_sealed_byte() {
    let wallet = Wallet::new();
    let (one, two) = (wallet.file(false, &[]), wallet.file(false, &[]));
    assert_ne!(wallet.file_key(&one), wallet.file_key(&two));
    let keys = SLOTS + WORDS_SLOT;
    assert_ne!(one[keys..keys + KEYS], two[keys..keys + KEYS]);
}

#[test]
fn every_flipped_byte_is_refused_before_anything_counts() {
    let wallet = Wallet::new();
    let file = wallet.file(true, &[b"one", b"three"]);
    for place in 0..file.len() {
        let mut flipped = file.clone();
        flipped[place] ^= 1 << (place % 8);
        assert!(wallet.read(&flipped).is_err(), "byte {place}");
    }
}

#[test]
fn every_flipped_byte_of_the_passphrase_slot_is_refused_with_the_passphrase() {
    let wallet = Wallet::new();
    let file = wallet.file(true, &[]);
    let key = BackupKey::Passphrase(&wallet.passphrase);
    let slot = SLOTS + WORDS_SLOT;
    for place in slot..slot + EXPORT_SLOT {
        let mut flipped = file.clone();
        flipped[place] ^= 1;
        assert!(read(&mut flipped.as_slice(), &key).is_err(), "byte {place}");
    }
}

#[test]
fn truncated_at_every_length_it_is_refused() {
    let wallet = Wallet::new();
    let file = wallet.file(true, &[b"one", b"three"]);
    for end in 0..file.len() {
        let error = wallet.read(&file[..end]).unwrap_err();
        let wanted = if end < 4 { BackupError::NotABackup } else { BackupError::Damaged };
        assert_eq!(error, wanted, "{end} bytes");
    }
}

#[test]
fn bytes_behind_the_end_are_refused() {
    let wallet = Wallet::new();
    let mut file = wallet.file(false, &[b"one"]);
    let key = wallet.file_key(&file);
    file.push(0);
    assert_eq!(wallet.read(&file), Err(BackupError::Damaged));
    file.extend_from_slice(&[0; MAC - 1]);
    wallet.authenticate(&mut file, &key);
    assert_eq!(wallet.read(&file), Err(BackupError::Damaged), "though the MAC is right");
}

#[test]
fn database_and_attachment_do_not_change_places() {
    let wallet = Wallet::new();
    let other = vec![b'x'; DATABASE.len()];
    let mut file = wallet.file(false, &[&other]);
    let body = SLOTS + WORDS_SLOT + KEYS + 2 + 8;
    let attachment = body + DATABASE.len() + 4 + 16 + 8;
    assert_eq!(&file[body..body + DATABASE.len()], DATABASE);
    file[body..body + DATABASE.len()].copy_from_slice(&other);
    file[attachment..attachment + DATABASE.len()].copy_from_slice(DATABASE);
    assert_eq!(wallet.read(&file), Err(BackupError::Damaged));
}

#[test]
fn slots_do_not_change_places() {
    let wallet = Wallet::new();
    let file = wallet.file(true, &[]);
    let (words, export) = (SLOTS, SLOTS + WORDS_SLOT);
    let end = export + EXPORT_SLOT;
    let swapped = [&file[..words], &file[export..end], &file[words..export], &file[end..]].concat();
    assert_eq!(wallet.read(&swapped), Err(BackupError::Damaged));
}

#[test]
fn attachments_reordered_dropped_or_duplicated_are_refused() {
    let wallet = Wallet::new();
    let file = wallet.file(false, &[b"aaa", b"bbb"]);
    let count = SLOTS + WORDS_SLOT + KEYS + 2 + 8 + DATABASE.len();
    let one = count + 4;
    let two = one + 16 + 8 + 3;
    let end = two + 16 + 8 + 3;
    assert_eq!(end + MAC, file.len());
    let (head, mac) = (&file[..count], &file[end..]);
    let (first, second) = (&file[one..two], &file[two..end]);
    let number = |number: u32| number.to_be_bytes();
    let cases: [(&str, Vec<u8>); 5] = [
        ("reordered", [head, &number(2), second, first, mac].concat()),
        ("dropped", [head, &number(1), first, mac].concat()),
        ("dropped, still counted", [head, &number(2), first, mac].concat()),
        ("duplicated", [head, &number(3), first, first, second, mac].concat()),
        ("duplicated, not counted", [head, &number(2), first, second, second, mac].concat()),
    ];
    for (case, edited) in cases {
        assert_eq!(wallet.read(&edited), Err(BackupError::Damaged), "{case}");
    }
    // Nor by somebody who can make the MAC: an id stands once, in one order.
    let key = wallet.file_key(&file);
    for order in [[second, first], [first, first]] {
        let mut edited = [head, &number(2), order[0], order[1], mac].concat();
        wallet.authenticate(&mut edited, &key);
        assert_eq!(wallet.read(&edited), Err(BackupError::Damaged));
    }
}

#[test]
fn the_header_of_another_file_does_not_open_this_body() {
    let wallet = Wallet::new();
    let (one, two) = (wallet.file(false, &[b"one"]), wallet.file(false, &[b"one"]));
    let body = SLOTS + WORDS_SLOT + KEYS;
    let mixed = [&two[..body], &one[body..]].concat();
    assert_eq!(wallet.read(&mixed), Err(BackupError::Damaged));
    let slot = SLOTS + WORDS_SLOT;
    let mixed = [&two[..slot], &one[slot..]].concat();
    assert_eq!(wallet.read(&mixed), Err(BackupError::Damaged), "nor its slot these keys");
}

#[test]
fn a_slot_does_not_open_under_another_vault_epoch_or_name() {
    let wallet = Wallet::new();
    let file = wallet.file(false, &[]);
    for place in [6, 25, 26] {
        let mut edited = file.clone();
        edited[place] ^= 1;
        assert_eq!(wallet.read(&edited), Err(BackupError::WrongKey), "byte {place}");
    }
}

#[test]
fn other_words_another_passphrase_and_a_way_that_is_not_there_are_told_apart_from_damage() {
    let wallet = Wallet::new();
    let file = wallet.file(true, &[]);
    let words = Mnemonic::from_entropy(&[0x12; 32]).unwrap();
    let passphrase = Passphrase::new(b"for the stack").unwrap();
    let open = |file: &[u8], key| read(&mut &*file, &key).unwrap_err();
    assert_eq!(open(&file, BackupKey::Words(&words)), BackupError::WrongKey);
    assert_eq!(open(&file, BackupKey::Passphrase(&passphrase)), BackupError::WrongKey);
    let file = wallet.file(false, &[]);
    let key = BackupKey::Passphrase(&wallet.passphrase);
    assert_eq!(open(&file, key), BackupError::NoSuchSlot);
}

#[test]
fn a_later_version_is_refused_by_name() {
    let wallet = Wallet::new();
    let mut file = wallet.file(false, &[]);
    file[5] = 2;
    assert_eq!(wallet.read(&file), Err(BackupError::NewerFormat { version: 1 }), "another suite");
    file[4] = 2;
    assert_eq!(wallet.read(&file), Err(BackupError::NewerFormat { version: 2 }));
    let error = wallet.read(b"PMWB\x07\x01").unwrap_err();
    assert_eq!(error.code(), "backup.newer-format", "however short the file is");
}

#[test]
fn hostile_lengths_take_no_memory() {
    let wallet = Wallet::new();
    let file = wallet.file(false, &[]);
    let body = SLOTS + WORDS_SLOT + KEYS + 2;
    let zeros = 10 * 1024 * 1024;
    let cases: [(&str, Vec<u8>); 4] = [
        ("database", [&file[..body], &[0xff; 8]].concat()),
        ("number of attachments", [&file[..body], &[0; 8], &[0xff; 4]].concat()),
        ("attachment", [&file[..body], &[0; 8], &[0, 0, 0, 1], &[9; 16], &[0xff; 8]].concat()),
        (
            "one more attachment than there is",
            [&file[..body], &[0; 8], &[0, 0, 0, 2], &[0; 16], &[0; 8]].concat(),
        ),
    ];
    for (case, start) in cases {
        let mut hostile = Counted::new(start.as_slice().chain(io::repeat(0).take(zeros)));
        let cancel = CancelToken::new();
        let key = wallet.by_words();
        let reader = Reader::open(&mut hostile, &key, watch(&cancel)).unwrap();
        let read = reader.database(&mut io::sink()).and_then(AttachmentReader::finish);
        assert_eq!(read.unwrap_err(), BackupError::Damaged, "{case}");
        assert!(hostile.most <= CHUNK, "{case}: {} bytes at once", hostile.most);
    }
}

#[test]
fn kdf_parameters_out_of_bounds_are_refused_before_anything_is_derived() {
    let wallet = Wallet::new();
    let file = wallet.file(true, &[]);
    let salt = SLOTS + WORDS_SLOT + 19;
    let (memory, passes, lanes) = (salt + 16, salt + 20, salt + 24);
    assert_eq!(file[memory..memory + 4], KdfParams::FLOOR.m_kib().to_be_bytes());
    let edit = |at: usize, bytes: &[u8]| {
        let mut edited = file.clone();
        edited[at..at + bytes.len()].copy_from_slice(bytes);
        edited
    };
    let mut hostile = vec![edit(lanes, &[0]), edit(lanes, &[4]), edit(lanes + 1, &[0x10])];
    for m_kib in [0, 19 * 1024 - 1, 256 * 1024 + 1, u32::MAX] {
        hostile.push(edit(memory, &m_kib.to_be_bytes()));
    }
    for t in [0, 1, 17, u32::MAX] {
        hostile.push(edit(passes, &t.to_be_bytes()));
    }
    hostile.push(edit(memory, &[(256 * 1024_u32).to_be_bytes(), 5_u32.to_be_bytes()].concat()));
    let begun = Instant::now();
    for edited in &hostile {
        // Nothing is read beyond the slot, so nothing was derived.
        let mut file = Counted::new(edited.as_slice());
        let key = BackupKey::Passphrase(&wallet.passphrase);
        assert_eq!(read(&mut file, &key), Err(BackupError::KdfOutOfBounds));
        assert_eq!(file.count, (SLOTS + WORDS_SLOT + EXPORT_SLOT) as u64);
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_header_at_the_limit_is_read_and_one_byte_more_is_refused() {
    let wallet = Wallet::new();
    let file = wallet.file(false, &[b"one"]);
    let key = wallet.file_key(&file);
    let capsules = SLOTS + WORDS_SLOT + KEYS;
    for more in [0, 1] {
        let capsule = vec![5; LONGEST_HEADER - capsules - 4 + more];
        let length = u16::try_from(capsule.len()).unwrap().to_be_bytes();
        let (head, body) = (&file[..capsules], &file[capsules + 2..]);
        let mut long = [head, &[0, 1], &length, &capsule, body].concat();
        wallet.authenticate(&mut long, &key);
        match more {
            0 => assert_eq!(wallet.read(&long), wallet.read(&file)),
            _ => {
                let error = BackupError::HeaderTooLarge { limit: LONGEST_HEADER };
                assert_eq!(wallet.read(&long), Err(error));
            }
        }
    }
}

#[test]
fn garbage_is_refused_after_a_few_bytes() {
    let hundred_megabytes = 100_000_000;
    let wallet = Wallet::new();
    let begun = Instant::now();
    for (start, error, most) in [
        (b"".as_slice(), BackupError::NotABackup, 4),
        (b"PMWV", BackupError::NotABackup, 4),
        (b"PMWB", BackupError::NewerFormat { version: 0x41 }, 6),
        (b"PMWB\x01\x01", BackupError::Damaged, LONGEST_HEADER),
    ] {
        let mut garbage = Counted::new(start.chain(io::repeat(0x41).take(hundred_megabytes)));
        let refused = read(&mut garbage, &wallet.by_words()).unwrap_err();
        assert_eq!(refused, error);
        assert!(garbage.count <= most as u64, "{} bytes were read", garbage.count);
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[test]
fn slots_are_known_and_stand_once() {
    let wallet = Wallet::new();
    let file = wallet.file(false, &[]);
    let slot = &file[SLOTS..SLOTS + WORDS_SLOT];
    let mut twice = [&file[..SLOTS - 1], &[2], slot, &file[SLOTS..]].concat();
    wallet.authenticate(&mut twice, &wallet.file_key(&file));
    assert_eq!(wallet.read(&twice), Err(BackupError::Damaged));
    let none = [&file[..SLOTS - 1], &[0], &file[SLOTS + WORDS_SLOT..]].concat();
    assert_eq!(wallet.read(&none), Err(BackupError::NoSuchSlot));
    for code in [0, 1, 3, 5] {
        let mut other = file.clone();
        other[SLOTS] = code;
        assert_eq!(wallet.read(&other), Err(BackupError::Damaged), "slot of type {code}");
    }
}

#[test]
fn a_source_of_another_length_or_order_makes_no_backup() {
    let wallet = Wallet::new();
    let cancel = CancelToken::new();
    let database = |length, count| {
        let mut file = Vec::new();
        let writer = Writer::begin(&mut file, &wallet.parts(false), watch(&cancel))?;
        writer.database(length, &mut Cursor::new(DATABASE), count)?.finish()
    };
    let length = DATABASE.len() as u64;
    let changed = Err(BackupError::SourceChanged);
    assert_eq!(database(length, 0), Ok(()));
    assert_eq!(database(length - 1, 0), changed);
    assert_eq!(database(length + 1, 0), changed);
    assert_eq!(database(u64::MAX, 0), changed);
    assert_eq!(database(length, 1), changed, "an attachment is missing");

    let attachments = |put: &[(u8, u64)]| {
        let mut file = Vec::new();
        let writer = Writer::begin(&mut file, &wallet.parts(false), watch(&cancel))?;
        let mut writer = writer.database(length, &mut Cursor::new(DATABASE), 2)?;
        for (id, length) in put {
            let at = AttachmentAt { id: [*id; 16], length: *length };
            writer.attachment(at, &mut b"one".as_slice())?;
        }
        writer.finish()
    };
    assert_eq!(attachments(&[(1, 3), (2, 3)]), Ok(()));
    assert_eq!(attachments(&[(1, 3), (2, 4)]), changed, "shorter than said");
    assert_eq!(attachments(&[(1, 3), (2, 2)]), changed, "longer than said");
    assert_eq!(attachments(&[(1, 3), (1, 3)]), changed, "twice");
    assert_eq!(attachments(&[(2, 3), (1, 3)]), changed, "out of order");
    assert_eq!(attachments(&[(1, 3), (2, 3), (3, 3)]), changed, "one too many");
}

#[test]
fn an_attachment_that_nobody_asks_for_is_passed_over_and_still_proven() {
    let wallet = Wallet::new();
    let mut file = wallet.file(false, &[b"one", b"two", b"three"]);
    let end = |file: &[u8]| {
        let mut file = file;
        let (cancel, key) = (CancelToken::new(), wallet.by_words());
        let reader = Reader::open(&mut file, &key, watch(&cancel))?;
        assert_eq!(reader.about(), &ABOUT);
        let mut reader = reader.database(&mut io::sink())?;
        assert_eq!(reader.next_attachment()?.map(|at| at.id[0]), Some(1));
        assert_eq!(reader.next_attachment()?.map(|at| at.length), Some(3));
        reader.finish()
    };
    assert_eq!(end(&file).unwrap().root, wallet.root);
    let last = file.len() - MAC - 1;
    file[last] ^= 1;
    assert_eq!(end(&file).unwrap_err(), BackupError::Damaged);
}

#[test]
fn troubles_of_files_are_named() {
    let wallet = Wallet::new();
    let file = wallet.file(false, &[b"one"]);
    let (cancel, key) = (CancelToken::new(), wallet.by_words());
    let kind = ErrorKind::StorageFull;
    let mut failing = Failing(kind);
    let begun = Writer::begin(&mut failing, &wallet.parts(false), watch(&cancel));
    assert_eq!(begun.err(), Some(BackupError::Output { kind }));
    let mut out = Vec::new();
    let writer = Writer::begin(&mut out, &wallet.parts(false), watch(&cancel)).unwrap();
    let written = writer.database(1, &mut Failing(ErrorKind::Other), 0);
    assert_eq!(written.err(), Some(BackupError::Read { kind: ErrorKind::Other }));
    let mut source = file.as_slice();
    let reader = Reader::open(&mut source, &key, watch(&cancel)).unwrap();
    assert_eq!(reader.database(&mut Failing(kind)).err(), Some(BackupError::Output { kind }));
    for end in [0, 100, file.len() - MAC - 1, file.len() - 1, file.len()] {
        let mut broken = file[..end].chain(Failing(ErrorKind::Other));
        let refused = read(&mut broken, &key);
        assert_eq!(refused, Err(BackupError::Read { kind: ErrorKind::Other }), "after {end} bytes");
    }
    for at in [0, 100, file.len() - MAC - 1, file.len()] {
        let mut slow = file[..at].chain(Interrupting(true)).chain(&file[at..]);
        assert!(read(&mut slow, &key).is_ok(), "an interrupted read is tried again");
    }
}

/// Is interrupted once, then at its end.
struct Interrupting(bool);

impl Read for Interrupting {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.0) { Err(ErrorKind::Interrupted.into()) } else { Ok(0) }
    }
}

#[test]
fn progress_ends_at_the_last_byte_before_the_mac_and_a_cancel_stops_both_ways() {
    let wallet = Wallet::new();
    let large = vec![9; 3 * CHUNK];
    let (done, calls, cancel) = (Cell::new(0), Cell::new(0), CancelToken::new());
    let progress = |now: u64, total: Option<u64>| {
        assert!(now > done.get() && total == Some(5));
        done.set(now);
        calls.set(calls.get() + 1);
    };
    let watch = Watch { progress: &progress, cancel: &cancel, total: Some(5) };
    let mut file = Vec::new();
    let writer = Writer::begin(&mut file, &wallet.parts(false), watch).unwrap();
    let mut writer = writer.database(3 * CHUNK as u64, &mut large.as_slice(), 1).unwrap();
    let at = AttachmentAt { id: [1; 16], length: 1 };
    writer.attachment(at, &mut b"1".as_slice()).unwrap();
    writer.finish().unwrap();
    assert_eq!((done.get(), calls.get()), ((file.len() - MAC) as u64, 4));
    done.set(0);
    let (mut source, key) = (file.as_slice(), wallet.by_words());
    let reader = Reader::open(&mut source, &key, watch).unwrap();
    reader.database(&mut io::sink()).unwrap().finish().unwrap();
    assert_eq!((done.get(), calls.get()), ((file.len() - MAC) as u64, 8));

    let progress = |_, _| cancel.cancel();
    let watch = Watch { progress: &progress, cancel: &cancel, total: None };
    let mut source = file.as_slice();
    let mut out = Vec::new();
    let reader = Reader::open(&mut source, &key, watch).unwrap();
    assert_eq!(reader.database(&mut out).err(), Some(BackupError::Cancelled));
    assert_eq!(out.len(), CHUNK);
    let mut file = Vec::new();
    let writer = Writer::begin(&mut file, &wallet.parts(false), watch).unwrap();
    let written = writer.database(0, &mut io::empty(), 0);
    assert_eq!(written.err(), Some(BackupError::Cancelled));
}

#[test]
fn neither_keys_nor_words_are_printed() {
    let wallet = Wallet::new();
    let file = wallet.file(false, &[]);
    let content = wallet.read(&file).unwrap();
    let proven = Proven { about: ABOUT, root: content.root, table: content.table };
    let printed = format!("{proven:?} {:?} {:?}", wallet.parts(true), wallet.by_words());
    assert!(printed.contains("Secret<32>(..)") && printed.contains("Mnemonic(..)"));
    assert!(!printed.contains("baby") && !printed.contains("for the stick"));
    assert!(!printed.contains(&format!("{:?}", wallet.root.expose())));
}

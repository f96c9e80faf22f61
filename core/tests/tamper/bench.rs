//! A wallet that can be changed behind its back, and the question whether it notices.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patient_wallet::audit::AuditEntry;
use patient_wallet::host::CancelToken;
use patient_wallet::keys::Mnemonic;
use patient_wallet::record::RecordId;
use patient_wallet::session::{Attachment, AttachmentId, Authentication, LogQuery, Query, Record};
use patient_wallet::testing::{FakeKeystore, TestWallet};
use patient_wallet::vault::Fault;
use patient_wallet::{Error, Session};
use rusqlite::{Connection, Params};

use crate::common::quiet;

/// What a wallet holds, as its patient sees it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Content {
    pub(crate) records: BTreeMap<RecordId, Vec<(Record, Vec<u8>)>>,
    pub(crate) attachments: BTreeMap<AttachmentId, (Attachment, Vec<u8>)>,
    log: Vec<AuditEntry>,
    export: Vec<u8>,
}

/// Where a wallet notices that something was changed; the code or the fault says what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Noticed {
    Unlock(&'static str),
    Read(&'static str),
    Verify(Vec<&'static str>),
    /// Nowhere; then everything that the wallet gives is what it gave before.
    Nowhere,
}

/// A locked wallet with its whole files and keystore, to come back to after each attack.
pub(crate) struct Bench {
    pub(crate) test: TestWallet,
    pub(crate) words: Mnemonic,
    pub(crate) content: Content,
    files: BTreeMap<PathBuf, Vec<u8>>,
    keystore: FakeKeystore,
}

/// A wallet as it was at some time.
pub(crate) struct Earlier {
    pub(crate) vault: PathBuf,
    pub(crate) keystore: FakeKeystore,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// Makes a wallet with biometrics, which open it without the cost of a passphrase.
    pub(crate) fn new(fill: impl FnOnce(&mut Session)) -> Self {
        let (test, mut session) = TestWallet::create();
        let passphrase = TestWallet::passphrase();
        let with = Authentication::Passphrase(&passphrase);
        session.enable_biometrics(&with).unwrap();
        let words = session.dangerous_words(&with).unwrap();
        fill(&mut session);
        session.lock().unwrap();
        Self::of(test, words)
    }

    /// Takes a locked, sound wallet as it is.
    pub(crate) fn of(test: TestWallet, words: Mnemonic) -> Self {
        let mut bench = Self {
            files: BTreeMap::new(),
            keystore: FakeKeystore::default(),
            content: Content::default(),
            words,
            test,
        };
        bench.settle();
        bench
    }

    /// Unlocks the wallet, does some work, and takes what comes of it for the whole one; gives how
    /// it was before.
    pub(crate) fn go_on(&mut self, work: impl FnOnce(&mut Session)) -> Earlier {
        let earlier = self.earlier();
        let mut session = self.unlock().unwrap();
        work(&mut session);
        session.lock().unwrap();
        self.settle();
        earlier
    }

    /// Keeps everything as it is, as somebody with a copy of files and keystore does.
    pub(crate) fn earlier(&self) -> Earlier {
        let folder = tempfile::tempdir().unwrap();
        let vault = folder.path().join("vault.db");
        std::fs::copy(self.vault(), &vault).unwrap();
        Earlier { vault, keystore: self.test.keystore.twin(), _folder: folder }
    }

    /// Makes the same wallet a second time: a copied folder on a copied phone.
    pub(crate) fn fork(&self) -> Self {
        let mut test = TestWallet::empty();
        test.keystore = Arc::new(self.keystore.twin());
        for (path, bytes) in &self.files {
            let path = test.folder().join(path.strip_prefix(self.test.folder()).unwrap());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        Self::of(test, Mnemonic::from_entropy(&self.words.entropy()).unwrap())
    }

    /// Takes the wallet as it is now for the whole one.
    pub(crate) fn settle(&mut self) {
        self.files = files(self.test.folder());
        self.keystore = self.test.keystore.twin();
        self.content = self.read_only().and_then(|mut session| content(&mut session)).unwrap();
        assert_eq!(self.notice(), Noticed::Nowhere, "the wallet is whole before it is attacked");
    }

    /// Puts everything back as it was.
    pub(crate) fn reset(&mut self) {
        for path in files(self.test.folder()).into_keys().filter(|p| !self.files.contains_key(p)) {
            std::fs::remove_file(path).unwrap();
        }
        for (path, bytes) in &self.files {
            std::fs::write(path, bytes).unwrap();
        }
        self.test.keystore = Arc::new(self.keystore.twin());
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.test.folder().join("vault.db")
    }

    /// Changes the database as somebody with an SQLite shell does; gives the rows changed.
    pub(crate) fn sql(&self, sql: &str, values: impl Params) -> usize {
        let db = connect(&self.vault());
        let changed = db.execute(sql, values).unwrap();
        db.close().unwrap();
        changed
    }

    /// Changes the database out of another one, which the statements call `other`.
    pub(crate) fn sql_from(&self, other: &Path, statements: &str) {
        let db = connect(&self.vault());
        db.execute("ATTACH ?1 AS other", [other.to_str().unwrap()]).unwrap();
        db.execute_batch(statements).unwrap();
        assert!(db.total_changes() > 0, "{statements}");
        db.execute("DETACH other", []).unwrap();
        db.close().unwrap();
    }

    /// Reads one value of the database.
    pub(crate) fn get<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        connect(&self.vault()).query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Finds where in the file each byte of a value lies: a copy of the file with other bytes in its
    /// place shows it, whatever pages the value is spread over.
    pub(crate) fn places(&mut self, table: &str, column: &str, row: &str) -> Vec<usize> {
        let value: Vec<u8> = self.get(&format!("SELECT {column} FROM {table} WHERE {row}"));
        let other: Vec<u8> = value.iter().map(|byte| !byte).collect();
        let before = std::fs::read(self.vault()).unwrap();
        assert_eq!(self.sql(&format!("UPDATE {table} SET {column} = ?1 WHERE {row}"), [&other]), 1);
        let after = std::fs::read(self.vault()).unwrap();
        self.reset();
        let inverted = |at: &usize| *at >= FILE_HEADER && before[*at] == !after[*at];
        let mut left: Vec<usize> = (0..before.len()).filter(inverted).collect();
        let mut places = Vec::new();
        while places.len() < value.len() {
            let rest = &value[places.len()..];
            // Runs of the file that go on with the value; the longest is the right one.
            let run = |from: usize| {
                let run = left[from..].iter().zip(rest).enumerate();
                run.take_while(|(n, (at, byte))| **at == left[from] + n && before[**at] == **byte)
                    .count()
            };
            let from = (0..left.len()).max_by_key(|from| run(*from)).unwrap();
            let length = run(from);
            assert!(length > 0, "the value is in the file");
            places.extend(left.drain(from..from + length));
        }
        places
    }

    /// Flips bits of one byte of the database; done twice, it is undone.
    pub(crate) fn flip(&self, place: usize, mask: u8) {
        let mut file = File::options().read(true).write(true).open(self.vault()).unwrap();
        let mut byte = [0];
        let place = SeekFrom::Start(u64::try_from(place).unwrap());
        file.seek(place).unwrap();
        file.read_exact(&mut byte).unwrap();
        file.seek(place).unwrap();
        file.write_all(&[byte[0] ^ mask]).unwrap();
    }

    /// Gives the path of the one attached file.
    pub(crate) fn attached(&self) -> PathBuf {
        let mut files =
            self.files.keys().filter(|path| path.parent().unwrap().ends_with("attachments"));
        files.next().unwrap().clone()
    }

    pub(crate) fn unlock(&self) -> Result<Session, Error> {
        self.test.wallet().unlock_with_biometrics()
    }

    pub(crate) fn read_only(&self) -> Result<Session, Error> {
        self.test.wallet().unlock_read_only(&Authentication::Biometrics)
    }

    /// Opens the wallet, reads everything, verifies, asks for the words: where is it noticed?
    ///
    /// Whatever comes of it, the files must be as they were, and what can be read must be true.
    pub(crate) fn notice(&self) -> Noticed {
        let before = files(self.test.folder());
        let noticed = self.look();
        same(&before, &files(self.test.folder()));
        noticed
    }

    /// Does what [`Bench::notice`] does, and opens the wallet read-only: what is whole can be read.
    /// Gives the records that can be read in all versions.
    pub(crate) fn notice_and_read(&self) -> (Noticed, Vec<RecordId>) {
        let noticed = self.notice();
        let before = files(self.test.folder());
        let whole = self.whole();
        same(&before, &files(self.test.folder()));
        (noticed, whole)
    }

    fn look(&self) -> Noticed {
        let mut session = match self.unlock() {
            Ok(session) => session,
            Err(error) => return Noticed::Unlock(error.code()),
        };
        let found = match content_of(&mut session) {
            Ok(found) => found,
            Err(error) => return Noticed::Read(error.code()),
        };
        let faults = match session.verify(&quiet, &CancelToken::new()) {
            Ok(found) => found.faults,
            Err(error) => return Noticed::Read(error.code()),
        };
        session.lock().unwrap();
        if !faults.is_empty() {
            let mut names: Vec<_> = faults.iter().map(Fault::what).collect();
            names.dedup();
            return Noticed::Verify(names);
        }
        // Read-only, because showing the words and exporting are entries of the log.
        let mut session = self.read_only().unwrap();
        match session.dangerous_words(&Authentication::Biometrics) {
            Ok(words) => assert!(words.dangerous_words().eq(self.words.dangerous_words())),
            Err(error) => return Noticed::Read(error.code()),
        }
        assert!(found.records == self.content.records, "a record changed unnoticed");
        assert!(found.attachments == self.content.attachments, "a file changed unnoticed");
        assert!(found.log == self.content.log, "the log changed unnoticed");
        let export = export(&mut session).unwrap();
        assert!(export == self.content.export, "the export changed unnoticed");
        Noticed::Nowhere
    }

    /// Reads what a damaged wallet still gives, which must be what it gave before.
    fn whole(&self) -> Vec<RecordId> {
        let Ok(mut session) = self.read_only() else { return Vec::new() };
        // Of a log whose pages are gone there is only an error.
        let _ = session.log(&LogQuery::default());
        session.verify(&quiet, &CancelToken::new()).unwrap();
        let Ok(page) = session.find(&Query::default()) else { return Vec::new() };
        let mut whole = Vec::new();
        for id in page.ids {
            let Ok(history) = session.history(id) else { continue };
            let before = &self.content.records[&id];
            for version in &history {
                let json = |(record, json): &&(Record, Vec<u8>)| {
                    record.version == version.record.version && json == version.json()
                };
                assert!(before.iter().any(|it| json(&it)), "a false version is given");
            }
            if history.len() == before.len() {
                whole.push(id);
            }
        }
        whole.sort_unstable();
        whole
    }
}

/// Everything of a session that is open for reading.
fn content(session: &mut Session) -> Result<Content, Error> {
    let mut found = content_of(session)?;
    found.export = export(session)?;
    Ok(found)
}

fn content_of(session: &mut Session) -> Result<Content, Error> {
    let mut found = Content::default();
    for id in session.find(&Query::default())?.ids {
        let history = session.history(id)?;
        let versions = history.iter().map(|it| (it.record.clone(), it.json().to_vec()));
        found.records.insert(id, versions.collect());
        for attachment in session.attachments(id)? {
            let mut bytes = vec![0; usize::try_from(attachment.size).unwrap()];
            let read = session.read_attachment(attachment.id, 0, &mut bytes)?;
            assert_eq!(read, bytes.len());
            found.attachments.insert(attachment.id, (attachment, bytes));
        }
    }
    let page = session.log(&LogQuery { limit: Some(100_000), ..LogQuery::default() })?;
    found.log = page.entries.into_iter().map(|entry| entry.entry).collect();
    Ok(found)
}

fn export(session: &mut Session) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let report = session.export(&Query::default(), Default::default(), &mut out)?;
    assert!(report.damaged.is_empty());
    Ok(out)
}

/// Opens the database beside the wallet; what is written need not outlive the power.
pub(crate) fn connect(vault: &Path) -> Connection {
    let db = Connection::open(vault).unwrap();
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    db
}

/// Every file of a wallet but its lock, and an empty write-ahead log, which holds nothing.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().unwrap() != "lock" {
            let bytes = std::fs::read(&path).unwrap();
            if !(bytes.is_empty() && path.ends_with("vault.db-wal")) {
                found.insert(path, bytes);
            }
        }
    }
    found
}

/// Shows that looking at a wallet changed no file of it.
fn same(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) {
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(before), names(after), "looking at a wallet leaves its files");
    for (path, bytes) in before {
        assert!(after[path] == *bytes, "looking at a wallet changes no byte of {path:?}");
    }
}

/// What a damaged or exchanged part of the file says at unlock.
pub(crate) const DAMAGED: Noticed = Noticed::Unlock("vault.damaged");
/// What a log says that is not the one the device remembers.
pub(crate) const ROLLED_BACK: Noticed = Noticed::Unlock("vault.rolled-back");
/// SQLite's own header at the beginning of the file: its counters change with every change.
const FILE_HEADER: usize = 100;

/// Names the faults that a session finds.
pub(crate) fn faults(session: &mut Session) -> Vec<&'static str> {
    let found = session.verify(&quiet, &CancelToken::new()).unwrap();
    found.faults.iter().map(Fault::what).collect()
}

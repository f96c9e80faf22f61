//! The wallet as the only copy: its log, erasure, backup, suspension, and what each leaves behind.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod common;

use std::path::Path;

use common::{
    any, back_up, bundle, count, import_from, import_sample, observation, quiet, refusal, restore,
    words,
};
use patient_wallet::audit::{self, AuditKind, Continuation, Destroyed, Finding, Subject};
use patient_wallet::host::{CancelToken, KeystoreError};
use patient_wallet::keys::{KdfParams, Passphrase};
use patient_wallet::record::{LabelSet, RecordId, SensitivityLabel};
use patient_wallet::session::{
    Attachment, AttachmentId, Authentication, BackupKey, LogQuery, NewAttachment, Query, Rehearsal,
    Replace, Way,
};
use patient_wallet::testing::{TestWallet, Trouble};
use patient_wallet::{Error, Session};

fn kinds(session: &mut Session) -> Vec<AuditKind> {
    let page = session.log(&LogQuery { limit: Some(10_000), ..LogQuery::default() }).unwrap();
    assert!(page.damaged.is_empty());
    page.entries.iter().rev().map(|entry| entry.entry.kind()).collect()
}

fn sound(session: &mut Session) {
    let found = session.verify(&quiet, &CancelToken::new()).unwrap();
    assert_eq!(found.faults, []);
    assert_eq!(found.readable, session.status().unwrap().records.unwrap());
}

fn label(label: SensitivityLabel) -> LabelSet {
    let mut labels = LabelSet::default();
    labels.insert(label);
    labels
}

fn everything(session: &mut Session) -> Vec<u8> {
    let mut out = Vec::new();
    session.export(&Query::default(), Default::default(), &mut out).unwrap();
    out
}

fn rehearse(
    session: &mut Session,
    mut file: &[u8],
    key: &BackupKey<'_>,
) -> Result<Rehearsal, Error> {
    session.rehearse(&mut file, key, &quiet, &CancelToken::new())
}

/// Every file of a folder, searched for some bytes.
fn holds(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle)
    })
}

#[test]
fn every_effect_is_an_entry() {
    let (_test, mut session) = TestWallet::create();
    import_from(&mut session, "st-anna", &bundle(&[observation("1", "HbA1c")])).unwrap();
    let id = any(&mut session);
    session.correct(id, &observation("1", "HbA1d"), "Dr. A", "tubes").unwrap();
    let hiv = label(SensitivityLabel::Hiv);
    session.relabel(id, hiv, LabelSet::default()).unwrap();
    let passphrase = TestWallet::passphrase();
    let with = Authentication::Passphrase(&passphrase);
    session.change_passphrase(&with, &passphrase, KdfParams::FLOOR).unwrap();
    session.enable_biometrics(&with).unwrap();
    session.disable_biometrics(&with).unwrap();
    session.dangerous_words(&with).unwrap();
    everything(&mut session);
    let backup = back_up(&mut session, None);
    let words = words(&mut session);
    rehearse(&mut session, &backup, &BackupKey::Words(&words)).unwrap();
    session.checkpoint().unwrap();
    session.erase(id).unwrap();
    assert_eq!(
        kinds(&mut session),
        [
            AuditKind::Created,
            AuditKind::Added,
            AuditKind::Imported,
            AuditKind::Corrected,
            AuditKind::Relabelled,
            AuditKind::Passphrase,
            AuditKind::BiometricsEnabled,
            AuditKind::BiometricsDisabled,
            AuditKind::WordsShown,
            AuditKind::Exported,
            AuditKind::Backup,
            AuditKind::Remembered,
            AuditKind::WordsShown,
            AuditKind::Rehearsed,
            AuditKind::Checkpoint,
            AuditKind::Erased,
        ]
    );
    sound(&mut session);
}

#[test]
fn the_log_is_read_by_kind_record_period_and_page() {
    let (test, mut session) = TestWallet::create();
    import_from(&mut session, "st-anna", &bundle(&[observation("1", "a"), observation("2", "b")]))
        .unwrap();
    let id = any(&mut session);
    test.clock.pass(100);
    session.relabel(id, label(SensitivityLabel::Std), LabelSet::default()).unwrap();
    let all = session.log(&LogQuery::default()).unwrap().entries;
    let mut paged = Vec::new();
    let mut query = LogQuery { limit: Some(2), ..LogQuery::default() };
    loop {
        let page = session.log(&query).unwrap();
        paged.extend(page.entries);
        query.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(paged, all);
    let of_kind = LogQuery { kind: Some(AuditKind::Added), ..LogQuery::default() };
    assert_eq!(session.log(&of_kind).unwrap().entries.len(), 2);
    let of_record = LogQuery { record: Some(id), ..LogQuery::default() };
    let found = session.log(&of_record).unwrap().entries;
    assert!(!found.is_empty() && found.iter().all(|entry| entry.record() == Some(id)));
    let moment = all.last().unwrap().entry.at();
    let before = LogQuery { to: Some(moment), ..LogQuery::default() };
    assert!(session.log(&before).unwrap().entries.is_empty());
}

#[test]
fn checkpoints_and_proofs_hold_without_a_wallet() {
    let (_test, mut session) = TestWallet::create();
    let first = session.checkpoint().unwrap();
    import_sample(&mut session);
    let entry = session.prove(1).unwrap();
    let since = session.prove_since(&first).unwrap();
    let second = session.checkpoint().unwrap();
    let findings = audit::verify(&[&first, &entry, &since, &second]).unwrap();
    let [Finding::Checkpoint(_), Finding::Entry(proven), Finding::Continuation(going_on), _] =
        findings.as_slice()
    else {
        panic!("{findings:?}")
    };
    assert_eq!((proven.index(), going_on.continuation()), (1, Continuation::Unbroken));
    let (_other, mut other) = TestWallet::create();
    let foreign = other.checkpoint().unwrap();
    assert_eq!(refusal(session.prove_since(&foreign)), "audit.unrelated");
    sound(&mut session);
}

#[test]
fn what_is_erased_is_gone_and_what_is_not_stays() {
    let (test, mut session) = TestWallet::create();
    let entries: Vec<String> =
        (0..200).map(|n| observation(&n.to_string(), &format!("t{n}"))).collect();
    import_from(&mut session, "st-anna", &bundle(&entries)).unwrap();
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    let ids = session.find(&Query::default()).unwrap().ids;
    let gone = ids[17];
    let db = rusqlite::Connection::open(test.folder().join("vault.db"));
    drop(db);
    let erased = session.erase(gone).unwrap();
    assert!(!erased.pending);
    assert_eq!(refusal(session.read(gone, None)), "record.not-found");
    assert_eq!(count(&mut session), 199);
    for id in ids.iter().filter(|id| **id != gone) {
        session.read(*id, None).unwrap();
    }
    sound(&mut session);
    let findings = audit::verify(&[&erased.statement]).unwrap();
    let [Finding::Erasure(statement)] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(statement.subject(), &Subject::Record(*gone.as_bytes()));
    assert!(statement.destroyed().contains(&Destroyed::ShredKey));
    session.lock().unwrap();
    assert!(test.keystore.names().contains(&"shred/1".to_owned()));
    assert!(!test.keystore.names().contains(&"shred/0".to_owned()));
    let mut session = test.unlock().unwrap();
    assert_eq!(count(&mut session), 199);
    sound(&mut session);
    assert_eq!(refusal(session.erase(gone)), "record.not-found");
}

#[test]
fn nothing_of_an_erased_record_is_in_any_file() {
    let (test, mut session) = TestWallet::create();
    import_from(&mut session, "st-anna", &bundle(&[observation("1", "a"), observation("2", "b")]))
        .unwrap();
    for round in 0..50 {
        session.correct_or_add(round);
    }
    session.lock().unwrap();
    let read = || -> Vec<(i64, Vec<u8>, Vec<u8>)> {
        let db = rusqlite::Connection::open(test.folder().join("vault.db")).unwrap();
        let mut rows = db.prepare("SELECT seq, hdr, body FROM ver ORDER BY seq").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let before = read();
    let mut session = test.unlock().unwrap();
    let gone = session.find(&Query::default()).unwrap().ids[0];
    // Rows of it were moved about by later writes: the log and the free pages hold copies.
    session.relabel(gone, LabelSet::default(), LabelSet::default()).unwrap();
    session.erase(gone).unwrap();
    let while_open: Vec<bool> = before
        .iter()
        .map(|(_, hdr, body)| holds(test.folder(), &hdr[..40]) || holds(test.folder(), &body[..40]))
        .collect();
    session.lock().unwrap();
    let after = read();
    for ((seq, hdr, body), found) in before.iter().zip(while_open) {
        let is_there = after.iter().any(|row| row.0 == *seq);
        let header_is_there = after.iter().any(|row| row.1 == *hdr);
        assert_eq!(holds(test.folder(), &hdr[..40]), header_is_there, "header {seq}");
        if !is_there {
            assert!(!holds(test.folder(), &body[..40]), "body {seq}");
            assert!(!found, "not even while the wallet is open: {seq}");
        }
    }
    assert!(after.len() < before.len() + 1);
}

trait More {
    fn correct_or_add(&mut self, round: usize);
}

impl More for Session {
    fn correct_or_add(&mut self, round: usize) {
        let name = (round + 10).to_string();
        import_from(self, "st-anna", &bundle(&[observation(&name, &name)])).unwrap();
    }
}

#[test]
fn an_erasure_stopped_at_each_step_is_whole_or_not_at_all() {
    for (trouble, erased) in [
        (("shred/1", Trouble::Writing(KeystoreError::Unavailable)), false),
        (("shred/0", Trouble::Writing(KeystoreError::Unavailable)), true),
        (("head", Trouble::Writing(KeystoreError::Unavailable)), true),
    ] {
        let (test, mut session) = TestWallet::create();
        import_from(&mut session, "x", &bundle(&[observation("1", "a"), observation("2", "b")]))
            .unwrap();
        let gone = any(&mut session);
        test.keystore.trouble(trouble.0, trouble.1);
        let result = session.erase(gone);
        assert_eq!(result.is_ok(), erased, "{trouble:?}");
        if let Ok(result) = result {
            assert_eq!(result.pending, trouble.0 == "shred/0");
        }
        drop(session);
        test.keystore.calm();
        let mut session = test.unlock().unwrap();
        assert_eq!(count(&mut session), if erased { 1 } else { 2 }, "{trouble:?}");
        sound(&mut session);
        session.lock().unwrap();
        let shreds = test.keystore.names().into_iter().filter(|name| name.starts_with("shred/"));
        assert_eq!(shreds.count(), 1, "{trouble:?}");
    }
}

#[test]
fn a_full_disk_during_an_erasure_loses_nothing() {
    let (test, mut session) = TestWallet::create();
    import_sample(&mut session);
    let before = count(&mut session);
    let gone = any(&mut session);
    session.limit_pages(1).unwrap();
    let result = session.erase(gone);
    if let Err(error) = &result {
        assert_eq!(error.code(), "vault.storage-full");
    }
    drop(session);
    let mut session = test.unlock().unwrap();
    assert_eq!(count(&mut session), before - usize::from(result.is_ok()));
    sound(&mut session);
}

#[test]
fn a_whole_wallet_is_erased_with_everything_the_keystore_held() {
    let (test, mut session) = TestWallet::create();
    import_sample(&mut session);
    let statement = session.erase_wallet().unwrap().unwrap();
    assert!(!test.wallet().exists());
    assert!(test.keystore.names().is_empty(), "{:?}", test.keystore.names());
    let left: Vec<_> =
        std::fs::read_dir(test.folder()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"]);
    let findings = audit::verify(&[&statement]).unwrap();
    assert!(matches!(findings.as_slice(), [Finding::Erasure(_)]));
    assert_eq!(refusal(test.unlock()), "wallet.none");
}

#[test]
fn an_erasure_of_the_wallet_that_was_stopped_is_finished_at_the_next_unlock() {
    let (test, mut session) = TestWallet::create();
    import_sample(&mut session);
    let names = test.keystore.names();
    test.keystore.trouble("dsk/", Trouble::Writing(KeystoreError::Unavailable));
    assert_eq!(refusal(session.erase_wallet()), "keystore.unavailable");
    assert!(test.wallet().exists(), "the file is still there, without a key");
    test.keystore.calm();
    assert_eq!(refusal(test.unlock()), "wallet.none");
    assert!(!test.wallet().exists());
    assert!(test.keystore.names().is_empty(), "{names:?}");

    // A mark that somebody puts into a file deletes nothing.
    let (test, session) = TestWallet::create();
    session.lock().unwrap();
    let names = test.keystore.names();
    let db = rusqlite::Connection::open(test.folder().join("vault.db")).unwrap();
    db.execute("DELETE FROM meta", []).unwrap();
    db.execute("INSERT INTO meta (k, v) VALUES ('erased', x'')", []).unwrap();
    drop(db);
    assert_eq!(refusal(test.unlock()), "vault.damaged");
    assert_eq!(test.keystore.names(), names);
}

#[test]
fn a_backup_comes_back_elsewhere_with_only_the_words() {
    let (_here, mut session) = TestWallet::create();
    import_sample(&mut session);
    let words = words(&mut session);
    let old = session.checkpoint().unwrap();
    let before = everything(&mut session);
    let file = back_up(&mut session, None);
    assert!(!holds_text(&file, b"Observation"));

    let there = TestWallet::empty();
    let mut restored = restore(&there, &file, &BackupKey::Words(&words), Replace::Older).unwrap();
    assert_eq!(everything(&mut restored), before);
    sound(&mut restored);
    let proof = restored.prove_since(&old).unwrap();
    let findings = audit::verify(&[&old, &proof]).unwrap();
    let [_, Finding::Continuation(proven)] = findings.as_slice() else { panic!() };
    assert!(matches!(proven.continuation(), Continuation::Restored { lost: 0, .. }));
    restored.lock().unwrap();
    assert_eq!(everything(&mut there.unlock().unwrap()), before);
    let left: Vec<_> = std::fs::read_dir(there.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["lock", "vault.db"].contains(&name.as_str()))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Attaches some bytes to a record, or to one of their own.
fn attach(session: &mut Session, bytes: &[u8], to: Option<RecordId>) -> Attachment {
    let mut file = bytes;
    let new = NewAttachment::new("scan.pdf").unwrap().to(to);
    session.attach(&mut file, &new, &quiet, &CancelToken::new()).unwrap()
}

fn saved(session: &mut Session, id: AttachmentId) -> Vec<u8> {
    let mut out = Vec::new();
    session.save_attachment(id, None, &mut out, &quiet, &CancelToken::new()).unwrap();
    out
}

#[test]
fn attachments_go_into_the_backup_and_come_back() {
    let (here, mut session) = TestWallet::create();
    import_from(&mut session, "x", &bundle(&[observation("1", "a")])).unwrap();
    let id = any(&mut session);
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_be_bytes).collect();
    let all: Vec<Attachment> =
        (0..5).map(|n| attach(&mut session, &bytes[n * 1000..], (n > 2).then_some(id))).collect();
    let words = words(&mut session);
    let file = back_up(&mut session, None);
    let there = TestWallet::empty();
    let key = BackupKey::Words(&words);
    let mut restored = restore(&there, &file, &key, Replace::Older).unwrap();
    for (n, one) in all.iter().enumerate() {
        assert_eq!(saved(&mut restored, one.id), bytes[n * 1000..]);
    }
    sound(&mut restored);
    // A file that is lost here is named by the next backup, and brought back by the first.
    let lost = here.folder().join("attachments").join(all[1].id.to_string());
    std::fs::remove_file(&lost).unwrap();
    let passphrase = TestWallet::passphrase();
    let with = Authentication::Passphrase(&passphrase);
    let mut later = Vec::new();
    let report = session.backup(&with, None, &mut later, &quiet, &CancelToken::new()).unwrap();
    assert_eq!((report.missing.as_slice(), report.attachments), ([all[1].id].as_slice(), 4));
    let shown = rehearse(&mut session, &later, &key).unwrap();
    assert!(!shown.good && shown.missing == [all[1].id]);
    assert!(rehearse(&mut session, &file, &key).unwrap().missing.is_empty());
    let found = session.verify(&quiet, &CancelToken::new()).unwrap();
    assert_eq!(found.faults.len(), 1);
    session.lock().unwrap();
    let mut session = restore(&here, &file, &key, Replace::Newer).unwrap();
    assert_eq!(saved(&mut session, all[1].id), bytes[1000..]);
}

#[test]
fn an_erased_record_takes_its_files_along() {
    let (test, mut session) = TestWallet::create();
    import_from(&mut session, "x", &bundle(&[observation("1", "a"), observation("2", "b")]))
        .unwrap();
    let ids = session.find(&Query::default()).unwrap().ids;
    let gone = attach(&mut session, b"gone", Some(ids[0]));
    let kept = attach(&mut session, b"kept", Some(ids[1]));
    let erased = session.erase(ids[0]).unwrap();
    let findings = audit::verify(&[&erased.statement]).unwrap();
    let [Finding::Erasure(statement)] = findings.as_slice() else { panic!("{findings:?}") };
    assert!(statement.destroyed().contains(&Destroyed::Attachments));
    assert!(!test.folder().join("attachments").join(gone.id.to_string()).exists());
    assert_eq!(saved(&mut session, kept.id), b"kept");
    sound(&mut session);
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    assert_eq!(saved(&mut session, kept.id), b"kept");
    assert_eq!(refusal(session.attachment(gone.id)), "attachment.not-found");
}

fn holds_text(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

#[test]
fn a_backup_comes_back_with_the_export_passphrase() {
    let (_here, mut session) = TestWallet::create();
    import_from(&mut session, "x", &bundle(&[observation("1", "a")])).unwrap();
    let export = Passphrase::generate().unwrap();
    let file = back_up(&mut session, Some(&export));
    let before = everything(&mut session);
    let there = TestWallet::empty();
    let other = Passphrase::new(b"another").unwrap();
    let wrong = restore(&there, &file, &BackupKey::Passphrase(&other), Replace::Older);
    assert_eq!(refusal(wrong), "backup.wrong-key");
    assert!(!there.wallet().exists());
    assert!(there.keystore.names().is_empty());
    let mut restored =
        restore(&there, &file, &BackupKey::Passphrase(&export), Replace::Older).unwrap();
    assert_eq!(everything(&mut restored), before);
    // The words of the wallet are those of before, and open it.
    let words = words(&mut restored);
    drop(restored);
    there.wallet().restore(&words, &TestWallet::passphrase()).unwrap();
    let passphrase = TestWallet::passphrase();
    let mut out = Vec::new();
    let with = Authentication::Passphrase(&passphrase);
    let same = session.backup(&with, Some(&passphrase), &mut out, &quiet, &CancelToken::new());
    assert_eq!(refusal(same), "backup.same-passphrase");
    assert!(out.is_empty());
}

#[test]
fn the_words_alone_bring_the_records_back_when_the_shred_key_is_gone() {
    let (test, mut session) = TestWallet::create();
    import_sample(&mut session);
    let words = words(&mut session);
    let (file, before) = (back_up(&mut session, None), everything(&mut session));
    session.lock().unwrap();
    test.keystore.lose("shred/");
    let mut session = test.unlock().unwrap();
    assert_eq!(refusal(session.find(&Query::default())), "vault.needs-words");
    assert!(!session.log(&LogQuery::default()).unwrap().entries.is_empty(), "the log is open");
    drop(session);
    let mut session = test.wallet().restore(&words, &TestWallet::passphrase()).unwrap();
    assert_eq!(everything(&mut session), before);
    drop(session);
    test.keystore.lose("");
    let mut session = restore(&test, &file, &BackupKey::Words(&words), Replace::Newer).unwrap();
    assert_eq!(everything(&mut session), before, "and the backup as well");
}

#[test]
fn an_older_backup_replaces_a_newer_wallet_only_by_name() {
    let (test, mut session) = TestWallet::create();
    import_from(&mut session, "x", &bundle(&[observation("1", "a")])).unwrap();
    let words = words(&mut session);
    let file = back_up(&mut session, None);
    import_from(&mut session, "x", &bundle(&[observation("2", "b")])).unwrap();
    let newest = session.checkpoint().unwrap();
    session.lock().unwrap();
    let key = BackupKey::Words(&words);
    let names = test.keystore.names();
    assert_eq!(refusal(restore(&test, &file, &key, Replace::Older)), "backup.older");
    assert_eq!(test.keystore.names(), names);
    let mut session = test.unlock().unwrap();
    assert_eq!(count(&mut session), 2, "the wallet is as it was");
    session.lock().unwrap();

    let mut session = restore(&test, &file, &key, Replace::Newer).unwrap();
    assert_eq!(count(&mut session), 1);
    let proof = session.prove_since(&newest).unwrap();
    let findings = audit::verify(&[&proof]).unwrap();
    let [Finding::Continuation(proven)] = findings.as_slice() else { panic!("{findings:?}") };
    assert!(matches!(proven.continuation(), Continuation::Restored { lost: 2.., .. }));
    session.lock().unwrap();
    assert!(test.folder().join("vault.replaced-1795257600").exists(), "kept beside it");
    sound(&mut test.unlock().unwrap());

    let (other, session) = TestWallet::create();
    session.lock().unwrap();
    assert_eq!(refusal(restore(&other, &file, &key, Replace::Newer)), "backup.other-wallet");
    other.unlock().unwrap();
}

#[test]
fn a_rehearsal_shows_what_would_come_back_and_changes_nothing() {
    let (test, mut session) = TestWallet::create();
    import_sample(&mut session);
    let words = words(&mut session);
    let export = Passphrase::generate().unwrap();
    let file = back_up(&mut session, Some(&export));
    let ways = |session: &mut Session| session.status().unwrap().ways_back;
    assert!(ways(&mut session).iter().all(|back| back.good && back.rehearsed.is_none()));
    let before = everything(&mut session);
    let shown = rehearse(&mut session, &file, &BackupKey::Words(&words)).unwrap();
    assert!(shown.good && shown.missing.is_empty() && shown.unreadable.is_empty());
    assert_eq!(shown.records, count(&mut session));
    assert_eq!(everything(&mut session), before);
    let rehearsed: Vec<Way> =
        ways(&mut session).iter().filter(|b| b.rehearsed.is_some()).map(|b| b.way).collect();
    assert_eq!(rehearsed, [Way::Words, Way::BackupWithWords]);
    rehearse(&mut session, &file, &BackupKey::Passphrase(&export)).unwrap();
    assert_eq!(ways(&mut session).iter().filter(|back| back.rehearsed.is_some()).count(), 3);
    import_from(&mut session, "x", &bundle(&[observation("new", "new")])).unwrap();
    let back = ways(&mut session);
    let is_backup = |way| matches!(way, Way::BackupWithWords | Way::BackupWithPassphrase);
    assert!(back.iter().all(|back| back.good != is_backup(back.way)), "{back:?}");
    assert!(!rehearse(&mut session, &file, &BackupKey::Words(&words)).unwrap().good);
    session.lock().unwrap();
    test.keystore.lose("dsk/");
    let mut session = test.wallet().restore(&words, &TestWallet::passphrase()).unwrap();
    let back = ways(&mut session);
    assert!(back.iter().any(|back| back.way == Way::Words && back.good));
}

#[test]
fn every_flipped_byte_of_a_backup_is_refused_and_leaves_nothing() {
    let (_here, mut session) = TestWallet::create();
    import_from(&mut session, "x", &bundle(&[observation("1", "a")])).unwrap();
    let words = words(&mut session);
    let file = back_up(&mut session, None);
    let there = TestWallet::empty();
    let key = BackupKey::Words(&words);
    // The reader's own test flips each byte; here whole restorations, a prime number apart.
    for place in (0..file.len()).step_by(1009).chain([file.len() - 1]) {
        let mut bad = file.clone();
        bad[place] ^= 0x10;
        let refused = refusal(restore(&there, &bad, &key, Replace::Older));
        assert!(refused.starts_with("backup."), "{place}: {refused}");
        assert!(!there.wallet().exists(), "{place}");
        assert!(there.keystore.names().is_empty(), "{place}: {:?}", there.keystore.names());
        let left = std::fs::read_dir(there.folder()).unwrap().count();
        assert_eq!(left, 1, "only the lock: {place}");
    }
    restore(&there, &file, &key, Replace::Older).unwrap();
}

#[test]
fn a_cancelled_backup_and_restoration_leave_nothing() {
    let (here, mut session) = TestWallet::create();
    import_sample(&mut session);
    let words = words(&mut session);
    let file = back_up(&mut session, None);
    let cancel = CancelToken::new();
    let stop = cancel.clone();
    let stopping = move |done: u64, _: Option<u64>| {
        if done > 0 {
            stop.cancel();
        }
    };
    let there = TestWallet::empty();
    let passphrase = TestWallet::passphrase();
    let key = BackupKey::Words(&words);
    let stopped = there.wallet().restore_backup(
        &mut file.as_slice(),
        &key,
        &passphrase,
        Replace::Older,
        &stopping,
        &cancel,
    );
    assert_eq!(refusal(stopped), "wallet.cancelled");
    assert!(!there.wallet().exists() && there.keystore.names().is_empty());
    let cancel = CancelToken::new();
    cancel.cancel();
    let with = Authentication::Passphrase(&passphrase);
    let mut out = Vec::new();
    let stopped = session.backup(&with, None, &mut out, &quiet, &cancel);
    assert_eq!(refusal(stopped), "wallet.cancelled");
    assert!(!here.folder().join("backup.new").exists());
    sound(&mut session);
}

#[test]
fn a_suspended_wallet_lets_go_of_its_files_and_takes_them_again() {
    let (test, mut session) = TestWallet::create();
    import_sample(&mut session);
    let before = everything(&mut session);
    session.suspend().unwrap();
    assert_eq!(refusal(session.find(&Query::default())), "wallet.suspended");
    assert!(!test.folder().join("vault.db-wal").exists(), "the write-ahead log is in the file");
    session.suspend().unwrap();
    session.resume().unwrap();
    session.resume().unwrap();
    assert_eq!(everything(&mut session), before);
    session.suspend().unwrap();
    // Another process may use the wallet meanwhile; then this one's keys are of no more use.
    let mut other = test.unlock().unwrap();
    assert_eq!(refusal(session.resume()), "wallet.busy");
    import_from(&mut other, "x", &bundle(&[observation("9", "z")])).unwrap();
    other.lock().unwrap();
    assert_eq!(refusal(session.resume()), "vault.damaged");
    assert_eq!(refusal(session.resume()), "wallet.locked");
    let mut session = test.unlock().unwrap();
    session.suspend().unwrap();
    test.clock.pass(300);
    assert_eq!(refusal(session.resume()), "wallet.locked");
    sound(&mut test.unlock().unwrap());
}

#[test]
fn a_wallet_put_back_is_noticed_and_opens_for_reading_only() {
    let (test, mut session) = TestWallet::create();
    import_from(&mut session, "x", &bundle(&[observation("1", "a")])).unwrap();
    session.lock().unwrap();
    let vault = test.folder().join("vault.db");
    let old = std::fs::read(&vault).unwrap();
    let mut session = test.unlock().unwrap();
    import_from(&mut session, "x", &bundle(&[observation("2", "b")])).unwrap();
    session.lock().unwrap();
    let new = std::fs::read(&vault).unwrap();
    std::fs::write(&vault, &old).unwrap();
    assert_eq!(refusal(test.unlock()), "vault.rolled-back");
    let passphrase = TestWallet::passphrase();
    let names = test.keystore.names();
    let mut session =
        test.wallet().unlock_read_only(&Authentication::Passphrase(&passphrase)).unwrap();
    assert_eq!(count(&mut session), 1);
    let id = any(&mut session);
    session.read(id, None).unwrap();
    assert_eq!(session.faults().unwrap().len(), 1);
    assert_eq!(refusal(session.erase(id)), "vault.read-only");
    assert_eq!(
        refusal(import_from(&mut session, "x", &bundle(&[observation("3", "c")]))),
        "vault.read-only"
    );
    session.lock().unwrap();
    assert_eq!(std::fs::read(&vault).unwrap(), old, "nothing was changed");
    assert_eq!(test.keystore.names(), names);
    std::fs::write(&vault, &new).unwrap();
    assert_eq!(count(&mut test.unlock().unwrap()), 2);
}

#[test]
fn a_change_is_witnessed_a_minute_later_at_the_latest() {
    let (test, session) = TestWallet::create();
    session.lock().unwrap();
    let vault = test.folder().join("vault.db");
    let old = std::fs::read(&vault).unwrap();
    let mut session = test.unlock().unwrap();
    import_from(&mut session, "x", &bundle(&[observation("1", "a")])).unwrap();
    test.clock.pass(60);
    session.lock_if_due();
    // The process dies: no lock writes the head.
    std::mem::forget(session);
    let mut copy = TestWallet::empty();
    copy.keystore = test.keystore;
    std::fs::write(copy.folder().join("vault.db"), &old).unwrap();
    assert_eq!(refusal(copy.unlock()), "vault.rolled-back");
}

#[test]
fn a_lost_head_is_noted_once() {
    let (test, session) = TestWallet::create();
    session.lock().unwrap();
    test.keystore.lose("head");
    let mut session = test.unlock().unwrap();
    assert_eq!(kinds(&mut session), [AuditKind::Created, AuditKind::HeadLost]);
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    assert_eq!(kinds(&mut session).len(), 2);
}

#[test]
fn every_call_fits_a_stack_of_256_kib() {
    let work = || {
        let (test, mut session) = TestWallet::create();
        import_sample(&mut session);
        let words = words(&mut session);
        let file = back_up(&mut session, None);
        let key = BackupKey::Words(&words);
        rehearse(&mut session, &file, &key).unwrap();
        let id = any(&mut session);
        let attached = attach(&mut session, &[7; 200_000], Some(id));
        assert_eq!(saved(&mut session, attached.id).len(), 200_000);
        let old = session.checkpoint().unwrap();
        let proofs = [session.prove(0).unwrap(), session.prove_since(&old).unwrap()];
        audit::verify(&[&proofs[0], &proofs[1]]).unwrap();
        session.erase(id).unwrap();
        kinds(&mut session);
        sound(&mut session);
        session.suspend().unwrap();
        session.resume().unwrap();
        session.lock().unwrap();
        let mut session = restore(&test, &file, &key, Replace::Newer).unwrap();
        sound(&mut session);
        session.erase_wallet().unwrap();
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap();
}

//! After a lock, the memory that the process has freed holds no key and no record text.

#[path = "../../core/tests/common/mod.rs"]
mod common;
#[path = "../../core/tests/common/decoder.rs"]
mod decoder;
#[path = "scan/needles.rs"]
mod needles;

use std::sync::LazyLock;

use common::{import_sample, import_with, observation};
use needles::{found, secrets, texts};
use patient_wallet::host::CancelToken;
use patient_wallet::keys::{KdfParams, Passphrase};
use patient_wallet::record::{LabelSet, SensitivityLabel, Text};
use patient_wallet::session::{
    Authentication, BackupKey, ImportOptions, LogQuery, NewAttachment, Query, Replace,
};
use patient_wallet::testing::TestWallet;
use patient_wallet_memory::Keeper;

#[global_allocator]
static KEEPER: Keeper = Keeper::new();

#[test]
fn after_a_lock_freed_memory_holds_no_key_and_no_record_text() {
    let test = TestWallet::empty();
    let passphrase = TestWallet::passphrase();
    let gzip = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/observation.json.gz"));
    let gzip = gzip.unwrap();
    let corrected = observation("hba1c", "Glykiertes Haemoglobin \\\"neu\\\"");
    LazyLock::force(&SCAN);
    LazyLock::force(&INLINE);
    KEEPER.watch(true);

    let mut session = test.wallet().create(&passphrase, Default::default()).unwrap();
    import_sample(&mut session);
    let source = Some(Text::from("st-anna"));
    let options = ImportOptions { source, ..ImportOptions::default() };
    import_with(&mut session, &gzip, &options).unwrap();
    let query = Query { text: Some(Text::from("zurbrugg")), ..Query::default() };
    assert!(session.find(&query).unwrap().total > 0);
    let code = Some((Some(Text::from("http://loinc.org")), Text::from("882-1")));
    let query = Query { code, ..Query::default() };
    let blood_group = session.find(&query).unwrap().ids[0];
    session.read(blood_group, None).unwrap();
    session
        .relabel(
            blood_group,
            LabelSet::from_iter([SensitivityLabel::Genetics]),
            LabelSet::default(),
        )
        .unwrap();
    let query = Query { text: Some(Text::from("einzigartig")), ..Query::default() };
    let unique = session.find(&query).unwrap().ids[0];
    session.correct(unique, &corrected, "Dr. Beispiel", "Verwechslung im Labor").unwrap();
    session.history(unique).unwrap();
    session.export(&Query::default(), Default::default(), &mut std::io::sink()).unwrap();
    let with = Authentication::Passphrase(&passphrase);
    let words = session.dangerous_words(&with).unwrap();
    let (quiet, cancel) = (|_: u64, _: Option<u64>| {}, CancelToken::new());
    let scan = NewAttachment::new("Herzschrittmacherausweis").unwrap().to(Some(unique));
    let scan = session.attach(&mut SCAN.as_slice(), &scan, &quiet, &cancel).unwrap();
    session.save_attachment(scan.id, None, &mut std::io::sink(), &quiet, &cancel).unwrap();
    import_with(&mut session, INLINE.as_bytes(), &options).unwrap();
    session.export(&Query::default(), Default::default(), &mut std::io::sink()).unwrap();
    let export = Passphrase::new(EXPORT.as_bytes()).unwrap();
    let mut backup = Vec::new();
    let cost = Some((&export, KdfParams::FLOOR));
    session.backup_with(&with, cost, &mut backup, &quiet, &cancel).unwrap();
    let key = BackupKey::Passphrase(&export);
    session.rehearse(&mut backup.as_slice(), &key, &quiet, &cancel).unwrap();
    let there = TestWallet::empty();
    let (key, how) = (BackupKey::Words(&words), Replace::Older);
    let mut backup = backup.as_slice();
    let restored =
        there.wallet().restore_backup(&mut backup, &key, &passphrase, how, &quiet, &cancel);
    restored.unwrap().lock().unwrap();
    session.erase(blood_group).unwrap();
    session.prove(0).unwrap();
    session.log(&LogQuery::default()).unwrap();
    session.verify(&quiet, &cancel).unwrap();
    session.suspend().unwrap();
    session.resume().unwrap();
    session.lock().unwrap();
    drop(export);
    let mut session = test.unlock().unwrap();
    session.find(&Query::default()).unwrap();
    session.lock().unwrap();

    KEEPER.watch(false);
    assert!(KEEPER.kept() > 10_000, "there is something to search");
    let mut needles = secrets(&test, &words);
    needles.extend(texts(&test, &words));
    needles.extend(secrets(&there, &words));
    for (name, text) in [
        ("the passphrase", "correct horse battery staple"),
        ("the export passphrase", EXPORT),
        ("the attachment", "Rhythmus des Herzens"),
        ("its name", "Herzschrittmacherausweis"),
        ("a file inside a resource", "UmVjb3JkIGluc2lkZSBhIHJlY29yZCEh"),
    ] {
        needles.push((name.to_owned(), text.as_bytes().to_vec()));
    }
    assert_eq!(found(&KEEPER, &needles), [""; 0]);

    KEEPER.watch(true);
    drop(String::from("left behind on purpose"));
    KEEPER.watch(false);
    needles.push(("control".to_owned(), b"left behind on purpose".to_vec()));
    assert_eq!(found(&KEEPER, &needles), ["control"], "the search finds what is there");
}

/// What is attached. It lies in static memory: the process must not have freed it itself.
static SCAN: LazyLock<Vec<u8>> = LazyLock::new(|| b"Rhythmus des Herzens. ".repeat(8000));
/// A resource with a file inside.
static INLINE: LazyLock<String> = LazyLock::new(|| {
    let data = "UmVjb3JkIGluc2lkZSBhIHJlY29yZCEh".repeat(3000);
    format!(
        r#"{{"resourceType":"Binary","id":"inside","contentType":"application/pdf","data":"{data}"}}"#
    )
});
const EXPORT: &str = "ein anderer Satz fuer den Stick";

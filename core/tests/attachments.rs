//! Files in and out, byte for byte; linked to records, moved out of resources, erased with them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failing helper fails its test"
)]

mod common;
#[path = "common/files.rs"]
mod files;

use std::io::{self, ErrorKind, Read};

use common::{bundle, count, import_from, import_sample, observation, quiet, refusal};
use files::{Failing, attach, attach_to, base64, bytes, folder, only, save, sealed_files};
use patient_wallet::audit::AuditKind;
use patient_wallet::host::CancelToken;
use patient_wallet::record::RecordId;
use patient_wallet::session::{
    AttachmentId, Authentication, ExportFormat, LogQuery, NewAttachment, Query,
};
use patient_wallet::testing::TestWallet;
use patient_wallet::vault::Fault;
use patient_wallet::vault::attachments::{AttachmentError, LARGEST_ATTACHMENT};
use patient_wallet::{Error, Session};

/// Kinds of the log's entries, the latest first.
fn kinds(session: &mut Session) -> Vec<AuditKind> {
    let page = session.log(&LogQuery::default()).unwrap();
    page.entries.iter().map(|entry| entry.entry.kind()).collect()
}

/// What a change of any kind would change.
fn trace(test: &TestWallet, session: &mut Session) -> (u64, u64, usize, usize) {
    let status = session.status().unwrap();
    (status.log_size, status.attachments, count(session), sealed_files(test))
}

#[test]
fn a_file_of_any_size_comes_out_as_it_went_in() {
    let (test, mut session) = TestWallet::create();
    let sizes = [0, 1, 64 << 10, (64 << 10) + 1, 5 << 20];
    let attached: Vec<_> = sizes
        .iter()
        .map(|size| {
            let attached = attach(&mut session, "scan", &bytes(*size));
            assert_eq!(attached.size, u64::try_from(*size).unwrap());
            assert_eq!(save(&mut session, attached.id), bytes(*size), "{size}");
            attached
        })
        .collect();
    assert_eq!((sealed_files(&test), count(&mut session)), (sizes.len(), sizes.len()));
    assert_eq!(session.status().unwrap().attachments, 5);
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    for (attached, size) in attached.iter().zip(sizes) {
        assert_eq!(session.attachment(attached.id).unwrap(), *attached);
        assert_eq!(save(&mut session, attached.id), bytes(size), "{size}");
    }
    assert!(session.verify(&quiet, &CancelToken::new()).unwrap().faults.is_empty());
}

#[test]
fn a_file_gets_a_record_that_stands_for_it() {
    let (test, mut session) = TestWallet::create();
    import_sample(&mut session);
    let before = count(&mut session);
    let pdf = [b"%PDF-1.7\n".as_slice(), &bytes(1000)].concat();
    let attached = attach(&mut session, "Brief \"Müller\".pdf", &pdf);
    assert_eq!(kinds(&mut session)[..2], [AuditKind::Attached, AuditKind::Added]);
    assert_eq!(count(&mut session), before + 1);
    let logged = session.log(&LogQuery { limit: Some(1), ..LogQuery::default() }).unwrap();
    let entry = &logged.entries[0].entry;
    let ids: Vec<_> = entry.ids().iter().map(|id| id.as_bytes().to_vec()).collect();
    assert_eq!(ids, [attached.record.as_bytes().to_vec(), attached.id.as_bytes().to_vec()]);
    assert_eq!(entry.hashes(), [*attached.address.as_bytes()]);

    assert_eq!(attached.media_type.as_str(), "application/pdf", "by its first bytes");
    let record = session.record(attached.record).unwrap();
    assert_eq!(record.title.as_str(), "Brief \"Müller\".pdf");
    assert_eq!(record.author.unwrap().as_str(), "patient");
    assert_eq!(only(&mut session, "brief muller").id, attached.record);
    let read = session.read(attached.record, None).unwrap();
    let json: serde_json::Value = serde_json::from_slice(read.json()).unwrap();
    assert_eq!(json["resourceType"], "DocumentReference");
    assert_eq!(json["status"], "current");
    assert!(json["subject"]["reference"].as_str().unwrap().starts_with("Patient/"));
    let inside = &json["content"][0]["attachment"];
    assert_eq!(inside["contentType"], "application/pdf");
    assert_eq!(inside["title"], "Brief \"Müller\".pdf");
    assert_eq!(inside["size"], pdf.len());
    let url = inside["url"].as_str().unwrap().strip_prefix("urn:uuid:").unwrap();
    assert_eq!(url.replace('-', ""), attached.id.to_string());
    assert_eq!(url.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert!(inside.get("hash").is_none() && inside.get("data").is_none());

    assert_eq!(session.attachments(attached.record).unwrap(), std::slice::from_ref(&attached));
    let whole = attached.id.to_string();
    assert_eq!(session.resolve_attachment(&whole).unwrap(), attached.id);
    assert_eq!(session.resolve_attachment(&whole[..6]).unwrap(), attached.id);
    let sealed = std::fs::read(folder(&test).join(&whole)).unwrap();
    assert_eq!(attached.address.as_bytes().to_vec(), files::sha256(&sealed));
}

#[test]
fn a_file_can_belong_to_a_record_that_is_there() {
    let (test, mut session) = TestWallet::create();
    let study = r#"{"resourceType":"ImagingStudy","id":"s","status":"available","description":"CT","subject":{"reference":"Patient/p"}}"#;
    let media =
        r#"{"resourceType":"Media","id":"m","status":"completed","content":{"url":"Binary/x"}}"#;
    import_from(&mut session, "anna", &bundle(&[study.into(), media.into()])).unwrap();
    let ids = session.find(&Query::default()).unwrap().ids;
    let dicom = [&[0; 128], b"DICM".as_slice(), &bytes(70_000)].concat();
    for id in &ids {
        let first = attach_to(&mut session, "CT.dcm", Some(*id), &dicom);
        assert_eq!((first.record, first.media_type.as_str()), (*id, "application/dicom"));
        assert_eq!(kinds(&mut session)[..1], [AuditKind::Attached]);
        test.clock.pass(1);
        let second = attach_to(&mut session, "A first by name", Some(*id), b"x");
        assert_eq!(session.attachments(*id).unwrap(), [first, second], "in order of time");
        assert_eq!(session.history(*id).unwrap().len(), 1, "no new version");
    }
    assert_eq!(count(&mut session), ids.len(), "no new record");
    let new = NewAttachment::new("x").unwrap().of_type(Some("image/x-own")).unwrap();
    let typed = session.attach(&mut dicom.as_slice(), &new, &quiet, &CancelToken::new()).unwrap();
    assert_eq!(typed.media_type.as_str(), "image/x-own", "as the patient says");
}

#[test]
fn what_is_not_there_has_a_name() {
    let (test, mut session) = TestWallet::create();
    attach(&mut session, "scan", b"x");
    attach(&mut session, "scan", b"x");
    let (nobody, nothing) = (RecordId::from_bytes([1; 16]), AttachmentId::from_bytes([1; 16]));
    let before = trace(&test, &mut session);
    let new = NewAttachment::new("x").unwrap().to(Some(nobody));
    let refused = session.attach(&mut b"x".as_slice(), &new, &quiet, &CancelToken::new());
    assert_eq!(refusal(refused), "record.not-found");
    assert_eq!(refusal(session.attachments(nobody)), "record.not-found");
    assert_eq!(refusal(session.attachment(nothing)), "attachment.not-found");
    assert_eq!(refusal(session.read_attachment(nothing, 0, &mut [0])), "attachment.not-found");
    let saved =
        session.save_attachment(nothing, None, &mut io::sink(), &quiet, &CancelToken::new());
    assert_eq!(refusal(saved), "attachment.not-found");
    for digits in ["", "zz", &"0".repeat(33)] {
        let found = session.resolve_attachment(digits);
        assert!(["attachment.not-found", "record.ambiguous-id"].contains(&refusal(found)));
    }
    assert_eq!(refusal(session.resolve_attachment("")), "record.ambiguous-id", "two start so");
    assert_eq!(trace(&test, &mut session), before, "nothing was changed, written or logged");
}

#[test]
fn reading_resumes_at_any_place() {
    let (_test, mut session) = TestWallet::create();
    let data = bytes(300_000);
    let id = attach(&mut session, "scan", &data).id;
    let mut draw = files::Draw(7);
    for _ in 0..200 {
        let (at, length) = (draw.below(310_000), draw.below(150_000));
        let expected = data.get(at..).unwrap_or_default();
        let expected = &expected[..length.min(expected.len())];
        let mut out = vec![0; length];
        let read = session.read_attachment(id, u64::try_from(at).unwrap(), &mut out).unwrap();
        assert!(&out[..read] == expected, "{at} {length}");
    }
    assert_eq!(session.read_attachment(id, u64::MAX, &mut [0; 9]).unwrap(), 0);
    for (from, to, expected) in [
        (0, 300_000, &data[..]),
        (65_535, 65_537, &data[65_535..65_537]),
        (299_999, u64::MAX, &data[299_999..]),
        (7, 7, &[]),
        (9, 7, &[]),
        (300_000, 300_001, &[]),
    ] {
        let mut out = Vec::new();
        let range = Some(std::ops::Range { start: from, end: to });
        let saved = session.save_attachment(id, range, &mut out, &quiet, &CancelToken::new());
        assert_eq!(saved.unwrap(), u64::try_from(expected.len()).unwrap());
        assert!(out == expected, "{from} {to}");
    }
}

#[test]
fn a_cancelled_or_failing_source_leaves_nothing_behind() {
    let (test, mut session) = TestWallet::create();
    let study = observation("1", "HbA1c");
    import_from(&mut session, "anna", &study).unwrap();
    let id = only(&mut session, "hba1c").id;
    let before = trace(&test, &mut session);
    let data = bytes(1 << 20);
    for to in [None, Some(id)] {
        let new = NewAttachment::new("scan").unwrap().to(to);
        let cancel = CancelToken::new();
        let progress = |done: u64, _: Option<u64>| {
            if done > 300_000 {
                cancel.cancel();
            }
        };
        let stopped = session.attach(&mut data.as_slice(), &new, &progress, &cancel);
        assert_eq!(refusal(stopped), "wallet.cancelled");
        for place in [0, 1, 100, 132, 70_000, 1_000_000] {
            let mut source = data[..place].chain(Failing(ErrorKind::BrokenPipe));
            let failed = session.attach(&mut source, &new, &quiet, &CancelToken::new());
            let expected = AttachmentError::Read { kind: ErrorKind::BrokenPipe };
            assert_eq!(failed.unwrap_err(), Error::Attachment(expected), "{place}");
        }
    }
    assert_eq!(trace(&test, &mut session), before);
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    assert_eq!(trace(&test, &mut session), before);
    assert_eq!(
        attach_to(&mut session, "scan", Some(id), &data).size,
        1 << 20,
        "the next one works"
    );
}

#[test]
fn a_full_disk_leaves_no_file_without_its_row() {
    let (test, mut session) = TestWallet::create();
    session.limit_pages(40).unwrap();
    let mut attached = 0;
    let new = NewAttachment::new("scan").unwrap();
    let full = loop {
        match session.attach(&mut b"x".as_slice(), &new, &quiet, &CancelToken::new()) {
            Ok(_) => attached += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full.code(), "vault.storage-full");
    assert_eq!(sealed_files(&test), attached);
    let many: Vec<_> = (60_000..60_030).map(|size| long_binary(&bytes(size))).collect();
    let refused = import_from(&mut session, "anna", &bundle(&many));
    assert_eq!(refused.unwrap_err().code(), "vault.storage-full");
    assert_eq!(sealed_files(&test), attached);
    session.limit_pages(100_000).unwrap();
    attach(&mut session, "scan", b"x");
    assert_eq!((sealed_files(&test), count(&mut session)), (attached + 1, attached + 1));
}

#[test]
fn saving_is_logged_before_the_first_byte_leaves_and_reading_is_not_logged() {
    let (_test, mut session) = TestWallet::create();
    let attached = attach(&mut session, "scan", &bytes(200_000));
    let before = kinds(&mut session).len();
    session.read_attachment(attached.id, 0, &mut [0; 100]).unwrap();
    assert_eq!(kinds(&mut session).len(), before);
    let refused = session.save_attachment(
        attached.id,
        None,
        &mut Failing(ErrorKind::BrokenPipe),
        &quiet,
        &CancelToken::new(),
    );
    let expected = AttachmentError::Output { kind: ErrorKind::BrokenPipe };
    assert_eq!(refused.unwrap_err(), Error::Attachment(expected));
    let logged = session.log(&LogQuery::default()).unwrap();
    assert_eq!(logged.entries.len(), before + 1);
    assert_eq!(logged.entries[0].entry.kind(), AuditKind::AttachmentSaved);
    assert_eq!(logged.entries[0].record(), Some(attached.record));
    let (cancel, mut out) = (CancelToken::new(), Vec::new());
    let progress = |_: u64, _: Option<u64>| cancel.cancel();
    let stopped = session.save_attachment(attached.id, None, &mut out, &progress, &cancel);
    assert_eq!(refusal(stopped), "wallet.cancelled");
    assert!(out == bytes(200_000)[..64 << 10], "what was written stays written");
}

#[test]
fn long_work_counts_as_presence() {
    let (test, mut session) = TestWallet::create();
    let late = |_: u64, _: Option<u64>| test.clock.pass(200);
    let new = NewAttachment::new("scan").unwrap();
    let data = bytes(200_000);
    let attached = session.attach(&mut data.as_slice(), &new, &late, &CancelToken::new()).unwrap();
    let mut out = Vec::new();
    session.save_attachment(attached.id, None, &mut out, &late, &CancelToken::new()).unwrap();
    assert!(out == data && !session.lock_if_due());
    test.clock.pass(301);
    assert_eq!(refusal(session.attachment(attached.id)), "wallet.locked");
    let refused = session.attach(&mut b"x".as_slice(), &new, &quiet, &CancelToken::new());
    assert_eq!(refusal(refused), "wallet.locked");
}

#[test]
fn a_damaged_or_missing_file_is_named_and_leaves_the_rest() {
    let (test, mut session) = TestWallet::create();
    let data = bytes(200_000);
    let [flipped, cut, gone, whole] = [(); 4].map(|()| attach(&mut session, "scan", &data));
    let path = |id: AttachmentId| folder(&test).join(id.to_string());
    let mut sealed = std::fs::read(path(flipped.id)).unwrap();
    sealed[100_000] ^= 1;
    std::fs::write(path(flipped.id), &sealed).unwrap();
    std::fs::write(path(cut.id), &std::fs::read(path(cut.id)).unwrap()[..150_000]).unwrap();
    std::fs::remove_file(path(gone.id)).unwrap();
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    let mut byte = [0];
    let mut read = |id, at| session.read_attachment(id, at, &mut byte);
    assert_eq!(refusal(read(flipped.id, 70_000)), "attachment.damaged");
    assert_eq!(read(flipped.id, 10), Ok(1), "another chunk");
    assert_eq!(read(flipped.id, 199_999), Ok(1), "another chunk");
    assert_eq!(refusal(read(cut.id, 0)), "attachment.damaged");
    assert_eq!(refusal(read(gone.id, 0)), "attachment.missing");
    assert_eq!(save(&mut session, whole.id), data);
    let mut out = Vec::new();
    let saved = session.save_attachment(flipped.id, None, &mut out, &quiet, &CancelToken::new());
    assert_eq!(refusal(saved), "attachment.damaged");
    assert!(out == data[..64 << 10], "no byte that was not checked");
    assert_eq!(
        session.attachments(gone.record).unwrap(),
        std::slice::from_ref(&gone),
        "still described"
    );
    let mut expected: Vec<_> =
        [&flipped, &cut, &gone].map(|one| Fault::File { id: one.id, record: one.record }).into();
    expected.sort_unstable();
    assert_eq!(session.verify(&quiet, &CancelToken::new()).unwrap().faults, expected);
}

#[test]
fn a_wallet_open_for_reading_gives_files_and_takes_none() {
    let (test, mut session) = TestWallet::create();
    let data = bytes(100_000);
    let attached = attach(&mut session, "scan", &data);
    import_from(&mut session, "anna", &long_binary(&data)).unwrap();
    let before = trace(&test, &mut session);
    session.lock().unwrap();
    let stray = folder(&test).join("0".repeat(32));
    std::fs::write(&stray, b"stray").unwrap();
    let passphrase = TestWallet::passphrase();
    let with = Authentication::Passphrase(&passphrase);
    let mut session = test.wallet().unlock_read_only(&with).unwrap();
    assert!(stray.exists(), "nothing is changed");
    std::fs::remove_file(stray).unwrap();
    assert_eq!(save(&mut session, attached.id), data);
    let mut out = Vec::new();
    assert_eq!(
        session.export(&Query::default(), ExportFormat::Bundle, &mut out).unwrap().records,
        2
    );
    let new = NewAttachment::new("scan").unwrap();
    let refused = session.attach(&mut data.as_slice(), &new, &quiet, &CancelToken::new());
    assert_eq!(refusal(refused), "vault.read-only");
    assert_eq!(trace(&test, &mut session), before);
}

#[test]
fn what_a_crash_left_is_swept_at_unlock() {
    let (test, mut session) = TestWallet::create();
    let attached = attach(&mut session, "scan", &bytes(1000));
    session.lock().unwrap();
    let sealed = std::fs::read(folder(&test).join(attached.id.to_string())).unwrap();
    let orphan = "0123456789abcdef".repeat(2);
    let draft = format!("{}.new", attached.id);
    for name in [orphan.as_str(), &draft, &format!("{orphan}.new"), "notes.txt"] {
        std::fs::write(folder(&test).join(name), &sealed).unwrap();
    }
    let mut session = test.unlock().unwrap();
    assert!(folder(&test).join("notes.txt").exists(), "not the wallet's");
    std::fs::remove_file(folder(&test).join("notes.txt")).unwrap();
    assert_eq!(sealed_files(&test), 1);
    assert_eq!(save(&mut session, attached.id), bytes(1000));
}

#[test]
fn erasing_takes_the_files_along_and_leaves_the_others() {
    let (test, mut session) = TestWallet::create();
    let mut records = Vec::new();
    // With 64 buckets, each record that is erased shares one with others.
    for number in 0..150 {
        let attached = attach(&mut session, "scan", &bytes(number));
        records.push((attached.record, vec![(attached.id, number)]));
    }
    let more = attach_to(&mut session, "more", Some(records[0].0), &bytes(70_000));
    records[0].1.push((more.id, 70_000));
    import_from(&mut session, "anna", &long_binary(&bytes(50_000))).unwrap();
    let ids = session.find(&Query::default()).unwrap().ids;
    let mut kind = |id: &RecordId| session.record(*id).unwrap().resource_type;
    let inline = ids.into_iter().find(|id| kind(id).as_str() == "Binary").unwrap();
    let erased: Vec<_> = records.drain(..10).collect();
    for (record, attachments) in &erased {
        assert!(!session.erase(*record).unwrap().pending);
        for (id, _) in attachments {
            assert_eq!(refusal(session.attachment(*id)), "attachment.not-found");
            assert!(!folder(&test).join(id.to_string()).exists());
        }
    }
    assert_eq!(sealed_files(&test), 141);
    let check = |session: &mut Session| {
        for (record, attachments) in &records {
            for (id, size) in attachments {
                assert_eq!(session.attachment(*id).unwrap().record, *record);
                assert_eq!(save(session, *id), bytes(*size));
            }
        }
    };
    check(&mut session);
    session.lock().unwrap();
    let mut session = test.unlock().unwrap();
    check(&mut session);
    assert_eq!(session.read(inline, None).unwrap().json(), long_binary(&bytes(50_000)).as_bytes());
    session.erase(inline).unwrap();
    assert_eq!(sealed_files(&test), 140, "moved-out files too");
    assert!(session.verify(&quiet, &CancelToken::new()).unwrap().faults.is_empty());
}

#[test]
fn a_file_that_cannot_be_unlinked_is_gone_after_the_next_unlock() {
    let (test, mut session) = TestWallet::create();
    let attached = attach(&mut session, "scan", &bytes(1000));
    let path = folder(&test).join(attached.id.to_string());
    std::fs::remove_file(&path).unwrap();
    // A folder under the name of the file cannot be unlinked.
    std::fs::create_dir(&path).unwrap();
    assert!(session.erase(attached.record).unwrap().pending);
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, b"whatever").unwrap();
    session.lock().unwrap();
    assert!(!path.exists(), "tried again at the lock");
    assert_eq!(count(&mut test.unlock().unwrap()), 0);
}

#[test]
fn nothing_of_a_file_stands_in_clear() {
    let (test, mut session) = TestWallet::create();
    let data = b"The quick brown fox jumps over the lazy dog. ".repeat(3000);
    let new = NewAttachment::new("Secretissimus.xyz").unwrap();
    let new = new.of_type(Some("image/secretissimus")).unwrap();
    session.attach(&mut data.as_slice(), &new, &quiet, &CancelToken::new()).unwrap();
    let title = r#"{"resourceType":"DocumentReference","content":[{"attachment":{"title":"Secretissimus","data":"#;
    let inline = format!("{title}\"{}\"}}}}]}}", base64(&data));
    import_from(&mut session, "anna", &inline).unwrap();
    assert_eq!(sealed_files(&test), 2);
    let mut all = files::everything(test.folder());
    session.lock().unwrap();
    all.extend(files::everything(test.folder()));
    assert!(all.iter().map(Vec::len).sum::<usize>() > 500_000);
    let needles = [
        b"quick brown".to_vec(),
        b"ecretissimus".to_vec(),
        base64(&data).as_bytes()[60..90].into(),
    ];
    let search = aho_corasick::AhoCorasick::new(&needles).unwrap();
    assert!(!all.iter().any(|file| search.is_match(file)));
    assert!(search.is_match(&data) && search.is_match(&inline), "the search finds what is there");
}

#[test]
fn errors_and_debug_say_nothing_of_a_file() {
    let (_test, mut session) = TestWallet::create();
    let new = NewAttachment::new("Secretissimus").unwrap();
    let new = new.of_type(Some("image/secretissimus")).unwrap();
    let mut source = b"Secretissimus".chain(Failing(ErrorKind::Other));
    let error = session.attach(&mut source, &new, &quiet, &CancelToken::new()).unwrap_err();
    let attached = attach(&mut session, "Secretissimus", b"Secretissimus");
    let listed = session.attachments(attached.record).unwrap();
    let shown = format!("{error} {error:?} {new:?} {attached:?} {listed:?} {session:?}");
    assert!(!shown.contains("ecretissimus"), "{shown}");
}

#[test]
fn the_largest_file_has_64_gib() {
    assert_eq!(LARGEST_ATTACHMENT, 64 << 30);
    let said = AttachmentError::TooLarge { limit: LARGEST_ATTACHMENT };
    assert!(said.to_string().contains("68719476736"));
}

#[test]
fn every_call_fits_a_stack_of_256_kib() {
    let work = || {
        let (test, mut session) = TestWallet::create();
        let data = bytes(200_000);
        let attached = attach(&mut session, "scan", &data);
        import_from(&mut session, "anna", &long_binary(&data)).unwrap();
        let ids = session.find(&Query::default()).unwrap().ids;
        let id = ids.into_iter().find(|id| *id != attached.record).unwrap();
        let json = String::from_utf8(session.read(id, None).unwrap().json().to_vec()).unwrap();
        session.correct(id, &json, "Dr. A", "to see").unwrap();
        session.history(id).unwrap();
        session.export(&Query::default(), ExportFormat::Ndjson, &mut io::sink()).unwrap();
        session.read_attachment(attached.id, 100_000, &mut [0; 9]).unwrap();
        assert_eq!(save(&mut session, attached.id), data);
        session.erase(attached.record).unwrap();
        session.lock().unwrap();
        assert_eq!(count(&mut test.unlock().unwrap()), 1);
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(work).unwrap().join().unwrap();
}

/// A Binary with a file inside it.
fn long_binary(data: &[u8]) -> String {
    format!(
        r#"{{"resourceType":"Binary","id":"{}","contentType":"application/pdf","data":"{}"}}"#,
        data.len(),
        base64(data)
    )
}

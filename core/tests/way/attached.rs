//! Files: they go with their record, and what is in one nobody has read.

use std::collections::HashSet;
use std::io::Cursor;

use patient_wallet::consent::{Because, Narrowing, RequesterClass};
use patient_wallet::host::CancelToken;
use patient_wallet::record::{Category, LabelSet};
use patient_wallet::session::NewAttachment;

use crate::common::{bundle, import_from, quiet, refusal};
use crate::files::{attach, attach_to, base64, bytes, folder, sealed_files};
use crate::scene::*;

#[test]
fn a_file_goes_with_its_record_and_with_no_other() {
    let mut scene = Scene::new();
    let (hba1c, bee) = (scene.record("hba1c"), scene.record("bee"));
    let scan = bytes(200_000);
    let new = NewAttachment::new("scan.pdf").unwrap().to(Some(hba1c));
    let new = new.of_type(Some("application/pdf")).unwrap();
    let cancel = CancelToken::new();
    scene.session.attach(&mut scan.as_slice(), &new, &quiet, &cancel).unwrap();
    attach_to(&mut scene.session, "empty.txt", Some(hba1c), b"");
    attach_to(&mut scene.session, "bee.png", Some(bee), &bytes(1000));
    let given = scene.give(&Narrowing::new().only(categories(&[Category::Laboratory])));
    assert_eq!(given.approved.released, 3, "records, not files");
    let parts = scene.open(&given).unwrap();
    assert_eq!(names(&parts), ["hba1c", "lipids", "lithium"]);
    let mut files: Vec<_> = parts.iter().filter(|part| part.about.file().is_some()).collect();
    // Attached in the same second, they have no order.
    files.sort_by_key(|file| std::cmp::Reverse(file.about.length()));
    assert_eq!(files.len(), 2);
    let record = parts.iter().find(|part| part.bytes.windows(5).any(|it| it == b"HbA1c")).unwrap();
    for (file, name, media_type, expected) in [
        (files[0], "scan.pdf", "application/pdf", scan.as_slice()),
        (files[1], "empty.txt", "application/octet-stream", b"".as_slice()),
    ] {
        assert_eq!(file.about.file().unwrap().name(), name);
        assert_eq!(file.about.media_type(), media_type);
        assert_eq!(file.about.length(), u64::try_from(expected.len()).unwrap());
        assert_eq!(file.about.alias(), record.about.alias());
        assert!(file.bytes == expected, "{name} is what it was");
    }
    scene.is_whole();
}

#[test]
fn a_review_tells_of_every_file_that_would_go_and_of_no_other() {
    let mut scene = Scene::new();
    let (hba1c, bee) = (scene.record("hba1c"), scene.record("bee"));
    let scan = attach_to(&mut scene.session, "scan.pdf", Some(hba1c), &bytes(2000));
    attach_to(&mut scene.session, "bee.png", Some(bee), &bytes(1000));
    let narrowing = Narrowing::new().only(categories(&[Category::Laboratory]));
    let review = scene.review(&narrowing);
    assert_eq!(review.files, [scan]);
    assert_eq!((review.files[0].record, review.files[0].size), (hba1c, 2000));
    let given = approve(&mut scene.session, &review).unwrap();
    let again = scene.session.review_again(given.id()).unwrap();
    assert_eq!(again.files, review.files);
    assert!(scene.session.review_refresh(given.id()).unwrap().files.is_empty());
}

#[test]
fn a_file_that_is_attached_after_the_review_makes_it_stale() {
    let mut scene = Scene::new();
    let review = scene.review(&Narrowing::new());
    let request = review.request.as_ref().unwrap().id();
    let id = scene.record("hba1c");
    let diary = attach_to(&mut scene.session, "diary.txt", Some(id), b"Nobody may read this");
    assert_eq!(refusal(approve(&mut scene.session, &review)), "consent.review-stale");
    assert!(scene.session.consents().unwrap().is_empty());
    let review = scene.session.review(request, &Narrowing::new()).unwrap();
    assert_eq!(review.files, [diary]);
    let given = approve(&mut scene.session, &review).unwrap();
    assert_eq!(scene.open(&given).unwrap().len(), 10);
}

#[test]
fn a_file_that_is_attached_later_is_previewed_before_it_goes() {
    let mut scene = Scene::new();
    let id = scene.record("hba1c");
    let narrowing = Narrowing::new().records(vec![id]);
    let [one, two] = [(); 2].map(|()| scene.give(&narrowing));
    let unseen = scene.session.review_again(two.id()).unwrap();
    let scan = attach_to(&mut scene.session, "scan.pdf", Some(id), &bytes(1000));

    let fresh = scene.session.review_refresh(one.id()).unwrap();
    assert_eq!(fresh.release.len(), 1);
    assert_eq!(fresh.files, std::slice::from_ref(&scan));
    let given = refresh(&mut scene.session, one.id()).unwrap();
    assert_eq!(scene.open(&given).unwrap().len(), 2);
    assert!(scene.session.review_refresh(one.id()).unwrap().release.is_empty());
    scene.test.clock.pass(300);
    assert!(scene.session.lock_if_due());
    scene.session = scene.test.unlock().unwrap();
    assert!(scene.session.review_refresh(one.id()).unwrap().release.is_empty(), "and stays so");

    let (mut out, cancel) = (Vec::new(), CancelToken::new());
    let refused = scene.session.disclose_again(two.id(), &unseen.digest, &mut out, &quiet, &cancel);
    assert_eq!(refusal(refused), "consent.review-stale");
    assert!(out.is_empty());
    let seen = scene.session.review_again(two.id()).unwrap();
    assert_eq!(seen.files, [scan]);
    let again = disclose_again(&mut scene.session, two.id()).unwrap();
    assert_eq!(scene.open(&again).unwrap()[1].bytes, bytes(1000));
}

#[test]
fn what_leaves_lies_in_the_order_of_its_aliases_and_files_behind_their_record() {
    let mut scene = Scene::new();
    for name in ["hba1c", "bee"] {
        let id = scene.record(name);
        for file in ["one.txt", "two.txt"] {
            attach_to(&mut scene.session, file, Some(id), b"Seen");
        }
    }
    let given = scene.give(&Narrowing::new());
    let parts = scene.open(&given).unwrap();
    let order: Vec<_> = parts.iter().map(|part| part.about.alias()).collect();
    assert!(order.is_sorted());
    assert_eq!(parts.len(), 9 + 4);
    for pair in parts.windows(2) {
        let is_file = pair[1].about.file().is_some();
        assert_eq!(pair[0].about.alias() == pair[1].about.alias(), is_file);
    }
    let (home, clinic) = requester("Dr. Alder", RequesterClass::Clinician);
    let mut other = Scene { home, clinic, ..scene };
    let given = other.give(&Narrowing::new());
    let of_other = names_in_order(&other.open(&given).unwrap());
    assert_ne!(names_in_order(&parts), of_other, "one order in nine factorial is the same");
}

fn names_in_order(parts: &[Part]) -> Vec<String> {
    parts.iter().flat_map(|part| names(std::slice::from_ref(part))).collect()
}

#[test]
fn a_record_with_a_file_stays_while_anything_is_denied_and_nobody_has_looked() {
    let mut scene = Scene::new();
    let id = scene.record("hba1c");
    attach_to(&mut scene.session, "scan.pdf", Some(id), &bytes(1000));
    let narrowing =
        Narrowing::new().only(categories(&[Category::Laboratory])).deny(mental_health());
    let review = scene.review(&narrowing);
    assert_eq!(released(&review), ["lipids"]);
    let because = review.withhold.iter().find(|withheld| withheld.record == id).unwrap().because;
    assert_eq!(because.iter().collect::<Vec<_>>(), [Because::FreeText]);
    scene.session.relabel(id, LabelSet::EMPTY, LabelSet::EMPTY).unwrap();
    let given = scene.give(&narrowing);
    assert_eq!(names(&scene.open(&given).unwrap()), ["hba1c", "lipids"], "the patient has looked");
}

#[test]
fn a_file_by_itself_is_a_note() {
    let mut scene = Scene::new();
    let attached = attach(&mut scene.session, "letter.txt", b"Dear colleague");
    let given = scene.give(&Narrowing::new().records(vec![attached.record]));
    let parts = scene.open(&given).unwrap();
    let contents: Vec<_> = parts.iter().map(|part| part.about.file().is_some()).collect();
    assert_eq!(contents, [false, true]);
    assert_eq!(parts[1].bytes, b"Dear colleague");
    assert_eq!(parts[0].about.category(), Category::Notes);
}

#[test]
fn a_file_inside_a_resource_goes_back_into_it() {
    let data = base64(&bytes(300_000));
    let json = format!(
        r#"{{"resourceType":"DocumentReference","id":"report","status":"current","content":[{{"attachment":{{"contentType":"application/pdf","data":"{data}"}}}}]}}"#
    );
    let mut scene = Scene::of(|session| {
        import_from(session, "st-anna", &bundle(std::slice::from_ref(&json))).unwrap();
    });
    assert_eq!(sealed_files(&scene.test), 1, "it was cut out");
    let given = scene.give(&Narrowing::new());
    let parts = scene.open(&given).unwrap();
    assert_eq!(parts.len(), 1);
    assert!(parts[0].text() == json, "byte for byte");
}

#[test]
fn a_damaged_file_is_named_and_nothing_is_signed() {
    let mut scene = Scene::new();
    let id = scene.record("hba1c");
    attach_to(&mut scene.session, "scan.pdf", Some(id), &bytes(200_000));
    let review = scene.review(&Narrowing::new());
    let path = std::fs::read_dir(folder(&scene.test)).unwrap().next().unwrap().unwrap().path();
    let mut file = std::fs::read(&path).unwrap();
    file[100_000] ^= 1;
    std::fs::write(&path, file).unwrap();
    let from = log_size(&mut scene.session);
    assert_eq!(refusal(approve(&mut scene.session, &review)), "attachment.damaged");
    assert_eq!(log_size(&mut scene.session), from);
    assert!(scene.session.consents().unwrap().is_empty());
}

#[test]
fn a_corrected_record_keeps_its_files_and_an_erased_one_takes_them_along() {
    let mut scene = Scene::new();
    let id = scene.record("hba1c");
    attach_to(&mut scene.session, "scan.pdf", Some(id), &bytes(1000));
    let given = scene.give(&Narrowing::new().only(categories(&[Category::Laboratory])));
    let corrected = lab("hba1c", "4548-4", "HbA1c, repeated", "2024-03-05");
    scene.session.correct(id, &corrected, "Dr. Chen", "typing error").unwrap();
    let fresh = refresh(&mut scene.session, given.id()).unwrap();
    let parts = scene.open(&fresh).unwrap();
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[1].bytes, bytes(1000));
    scene.session.erase(id).unwrap();
    let again = disclose_again(&mut scene.session, given.id()).unwrap();
    assert_eq!(names(&scene.open(&again).unwrap()), ["lipids", "lithium"]);
    scene.is_whole();
}

#[test]
fn the_sealed_file_of_one_clinic_is_not_that_of_another_nor_of_the_vault() {
    let mut scene = Scene::new();
    let id = scene.record("hba1c");
    attach_to(&mut scene.session, "scan.pdf", Some(id), &bytes(100_000));
    let [one, two] = [(); 2].map(|()| scene.give(&Narrowing::new().records(vec![id])));
    let path = std::fs::read_dir(folder(&scene.test)).unwrap().next().unwrap().unwrap().path();
    let vault = std::fs::read(path).unwrap();
    let windows = |bytes: &[u8]| -> HashSet<[u8; 12]> {
        bytes.windows(12).map(|window| window.try_into().unwrap()).collect()
    };
    let (one_windows, two_windows) = (windows(&one.disclosure), windows(&two.disclosure));
    let sealed = windows(&vault[64..]);
    assert!(sealed.is_disjoint(&one_windows) && sealed.is_disjoint(&two_windows));
    let mut cursor = Cursor::new(&one.disclosure);
    let opened = scene.clinic.open(one.token(), &mut cursor, None, &quiet, &CancelToken::new());
    let first = opened.unwrap().parts()[1].file().unwrap().id();
    let mut cursor = Cursor::new(&two.disclosure);
    let opened = scene.clinic.open(two.token(), &mut cursor, None, &quiet, &CancelToken::new());
    assert_ne!(opened.unwrap().parts()[1].file().unwrap().id(), first);
}

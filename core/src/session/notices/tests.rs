use crate::audit::{AuditKind, Destroyed, Subject};
use crate::consent::{Notice, NoticeKind};
use crate::host::{CancelToken, Timestamp};
use crate::receipt::Act;
use crate::record::RecordId;
use crate::session::tests::{
    DAY, Scene, give, import, lab, lab_as, log_size, reader, statement_of,
};
use crate::session::{Approved, LogQuery, Session};

fn correct(scene: &mut Scene, id: &str, value: &str) -> RecordId {
    let record = scene.record(id);
    let json = lab_as(id, value, "corrected");
    scene.session.correct(record, &json, "Dr. Lab", "mixed up").unwrap();
    record
}

fn refresh(session: &mut Session, given: &Approved) {
    let id = given.consent.id;
    let preview = session.review_refresh(id).unwrap();
    session.refresh(id, &preview.digest, &mut Vec::new(), &|_, _| {}, &CancelToken::new()).unwrap();
}

fn entries(session: &mut Session, kind: AuditKind) -> usize {
    let query = LogQuery { kind: Some(kind), ..LogQuery::default() };
    session.log(&query).unwrap().entries.len()
}

#[test]
fn a_correction_signs_one_notice_for_each_who_holds_an_older_version() {
    let mut scene = Scene::new();
    let (first, second) = (scene.give(), scene.give());
    let (_home, mut other) = reader("Dr. Alder");
    let theirs = give(&mut scene.session, &mut other);
    import(&mut scene.session, &[lab("later", "7")]);
    let at = scene.now();
    let record = correct(&mut scene, "sugar", "6.5");
    let notices = scene.session.notices().unwrap();
    assert_eq!(notices.len(), 2);
    for (notice, consents) in notices.iter().zip([
        vec![theirs.consent.id],
        Vec::from([
            first.consent.id.min(second.consent.id),
            first.consent.id.max(second.consent.id),
        ]),
    ]) {
        assert_eq!((notice.kind, notice.at, notice.answered), (NoticeKind::Correction, at, None));
        assert_eq!((&notice.consents, notice.records.as_slice()), (&consents, &[record][..]));
        let signed = Notice::verify(&notice.envelope, at).unwrap();
        assert_eq!((*signed.id(), signed.records().len()), (notice.id, 1));
    }
    assert_eq!(notices[1].audience.as_str(), "Dr. Chen");
    let signed = Notice::read(&notices[1].envelope).unwrap();
    assert_eq!(signed.records(), [scene.alias(record)]);
    let patient = crate::consent::Thumbprint::of(signed.key());
    let did = notices[1].did.clone();
    assert_eq!(patient, crate::session::tests::patient(&mut scene.session, &did));
    let keys = notices.iter().map(|notice| *Notice::read(&notice.envelope).unwrap().key());
    let keys: Vec<_> = keys.collect();
    assert_ne!(keys[0], keys[1]);
    assert_eq!(entries(&mut scene.session, AuditKind::Notified), 2);
    correct(&mut scene, "later", "8");
    assert_eq!(scene.session.notices().unwrap().len(), 2, "nobody holds it");
}

#[test]
fn an_import_that_says_corrected_tells_who_holds_it_and_a_plain_change_does_not() {
    let mut scene = Scene::new();
    scene.give();
    import(&mut scene.session, &[lab("sugar", "5.6"), lab_as("new", "1", "corrected")]);
    assert_eq!(scene.session.notices().unwrap(), []);
    let (sugar, salt) = (scene.record("sugar"), scene.record("salt"));
    let mended = [lab_as("sugar", "6.5", "amended"), lab_as("salt", "141", "entered-in-error")];
    import(&mut scene.session, &mended);
    let notices = scene.session.notices().unwrap();
    assert_eq!(notices.len(), 1);
    let records = [sugar.min(salt), sugar.max(salt)];
    assert_eq!(notices[0].records, records);
    import(&mut scene.session, &mended);
    assert_eq!(scene.session.notices().unwrap().len(), 1, "the same file says nothing new");
}

#[test]
fn a_notice_is_answered_by_the_receipt_of_its_reader_or_by_erasing() {
    let mut scene = Scene::new();
    let given = scene.give().consent.id;
    correct(&mut scene, "sugar", "6.5");
    scene.later(60);
    let notice = scene.session.notices().unwrap().remove(0);
    let (_home, mut other) = reader("Dr. Alder");
    give(&mut scene.session, &mut other);
    let applied = Act::NoticeApplied(notice.id);
    let key = other.session().signing_key("pmw://identity").unwrap();
    let patient = scene.patient();
    let new = crate::session::tests::access(given, patient, applied, &[]);
    let theirs = crate::session::tests::receipt(&key, &new, scene.now());
    scene.session.add_receipts(&[&theirs]).unwrap().remove(0).unwrap();
    assert_eq!(scene.session.notices().unwrap()[0].answered, None, "of another reader");
    let other = scene.receipt(given, Act::NoticeApplied([7; 32]), &[]);
    scene.session.add_receipts(&[&other]).unwrap().remove(0).unwrap();
    assert_eq!(scene.session.notices().unwrap()[0].answered, None, "of another notice");
    let at = scene.now();
    let receipt = scene.receipt(given, applied, &[]);
    scene.session.add_receipts(&[&receipt]).unwrap().remove(0).unwrap();
    assert_eq!(scene.session.notices().unwrap()[0].answered, Some(at));

    correct(&mut scene, "salt", "150");
    scene.later(60);
    let erased = scene.statement(given);
    scene.session.add_receipts(&[&erased]).unwrap().remove(0).unwrap();
    let answers = scene.session.notices().unwrap();
    let chen: Vec<_> = answers.iter().filter(|one| one.audience.as_str() == "Dr. Chen").collect();
    assert_eq!(chen[0].answered, Some(Timestamp::from_unix(at.unix() + 60)));
    let others = answers.iter().find(|one| one.audience.as_str() == "Dr. Alder").unwrap();
    assert_eq!(others.answered, None);
}

#[test]
fn who_has_erased_everything_is_told_nothing_until_more_is_given() {
    let mut scene = Scene::new();
    let given = scene.give();
    scene.later(3600);
    let erased = scene.statement(given.consent.id);
    scene.session.add_receipts(&[&erased]).unwrap().remove(0).unwrap();
    correct(&mut scene, "sugar", "6.5");
    assert_eq!(scene.session.notices().unwrap(), []);
    scene.later(3600);
    refresh(&mut scene.session, &given);
    correct(&mut scene, "sugar", "7.5");
    assert_eq!(scene.session.notices().unwrap().len(), 1);
}

#[test]
fn a_wish_to_erase_waits_for_the_statement_and_is_signed_once() {
    let mut scene = Scene::new();
    let given = scene.give().consent.id;
    assert_eq!(scene.session.owed_erasures().unwrap(), []);
    let asked = scene.now();
    let wish = scene.session.ask_erasure(given).unwrap();
    let signed = Notice::verify(&wish.envelope, asked).unwrap();
    assert_eq!((signed.kind(), signed.consents()), (NoticeKind::ErasureWish, &[given][..]));
    scene.later(60);
    assert_eq!(scene.session.ask_erasure(given).unwrap(), wish);
    assert_eq!(entries(&mut scene.session, AuditKind::ErasureAsked), 1);
    let owed = scene.session.owed_erasures().unwrap();
    assert_eq!((owed[0].consent, owed[0].since), (given, asked));
    let erased = scene.statement(given);
    scene.session.add_receipts(&[&erased]).unwrap().remove(0).unwrap();
    assert_eq!(scene.session.owed_erasures().unwrap(), []);
    let answered = scene.session.notices().unwrap()[0].answered;
    assert_eq!(answered, Some(Timestamp::from_unix(asked.unix() + 60)));
    let refused = scene.session.ask_erasure(given).unwrap_err();
    assert_eq!(refused.code(), "consent.not-found", "nobody holds anything under it");
}

#[test]
fn a_statement_that_leaves_out_what_was_opened_settles_nothing() {
    let mut scene = Scene::new();
    let given = scene.give();
    let id = given.consent.id;
    scene.session.ask_erasure(id).unwrap();
    let (key, at, subject) = (scene.key(), scene.now(), Subject::Consent(*id.as_bytes()));
    let keys_only = statement_of(&key, subject, Destroyed::Keys, at);
    scene.session.add_receipts(&[&keys_only]).unwrap().remove(0).unwrap();
    assert_eq!(scene.session.owed_erasures().unwrap(), [], "nothing says that it was opened");
    let opened = scene.receipt(id, Act::Opened(given.disclosure), &[]);
    scene.session.add_receipts(&[&opened]).unwrap().remove(0).unwrap();
    assert_eq!(scene.session.owed_erasures().unwrap().len(), 1);
    assert_eq!(scene.session.notices().unwrap()[0].answered, None);
    let whole = scene.statement(id);
    scene.session.add_receipts(&[&whole]).unwrap().remove(0).unwrap();
    assert_eq!(scene.session.owed_erasures().unwrap(), []);
}

#[test]
fn erasing_is_owed_from_the_day_that_was_signed() {
    let mut scene = Scene::new();
    let consent = scene.give().consent;
    scene.later(30 * DAY - 1);
    assert_eq!(scene.session.owed_erasures().unwrap(), []);
    scene.later(1);
    let owed = scene.session.owed_erasures().unwrap();
    assert_eq!((owed[0].consent, owed[0].since), (consent.id, consent.erase_by));
    assert_eq!(owed[0].audience.as_str(), "Dr. Chen");
}

#[test]
fn holders_say_which_version_who_has_since_when_and_when_they_read_it() {
    let mut scene = Scene::new();
    let given = scene.give();
    let (record, first) = (scene.record("sugar"), scene.now());
    let alias = scene.alias(record);
    scene.later(600);
    let opened = scene.receipt(given.consent.id, Act::Opened(given.disclosure), &[alias]);
    let read = scene.now();
    scene.session.add_receipts(&[&opened]).unwrap().remove(0).unwrap();
    let holder = scene.session.holders(record).unwrap().remove(0);
    assert_eq!((holder.version, holder.since, holder.read), (1, first, Some(read)));
    assert_eq!((holder.audience.as_str(), holder.erased), ("Dr. Chen", None));
    correct(&mut scene, "sugar", "6.5");
    assert_eq!(scene.session.holders(record).unwrap()[0].version, 1, "not given yet");
    scene.later(600);
    refresh(&mut scene.session, &given);
    let holder = scene.session.holders(record).unwrap().remove(0);
    assert_eq!((holder.version, holder.since, holder.read), (2, scene.now(), None));
    scene.later(600);
    let erased = scene.statement(given.consent.id);
    scene.session.add_receipts(&[&erased]).unwrap().remove(0).unwrap();
    let holder = scene.session.holders(record).unwrap().remove(0);
    assert_eq!(holder.erased, Some(scene.now()));
    import(&mut scene.session, &[lab("later", "7")]);
    let later = scene.record("later");
    assert_eq!(scene.session.holders(later).unwrap(), []);
}

#[test]
fn a_correction_its_notices_and_their_entries_are_written_all_or_none() {
    let mut scene = Scene::new();
    scene.give();
    let record = scene.record("sugar");
    // Longer than what room the file has left.
    let note = format!(r#""note":[{{"text":"{}"}}],"code""#, "x".repeat(100_000));
    let json = lab_as("sugar", "6.5", "corrected").replace("\"code\"", &note);
    let entries = log_size(&mut scene.session);
    let mut pages = 1;
    loop {
        scene.session.limit_pages(pages).unwrap();
        let done = scene.session.correct(record, &json, "Dr. Lab", "mixed up");
        scene.session.limit_pages(1 << 20).unwrap();
        let (version, notices) =
            (scene.session.record(record).unwrap().version, scene.session.notices().unwrap().len());
        let logged = log_size(&mut scene.session) - entries;
        let expected = if done.is_ok() { (2, 1, 2) } else { (1, 0, 0) };
        assert_eq!((version, notices, logged), expected, "{pages} pages");
        if done.is_ok() {
            break;
        }
        pages += 1;
    }
    assert!(pages > 1, "it was stopped before");
}

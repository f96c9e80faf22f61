//! Readers who owe a receipt, a statement or an answer.

use patient_wallet::host::Timestamp;
use patient_wallet::receipt::{About, NoticeFacts};

use super::{Kind, given, opened};
use crate::scene::{DAY, HOUR, Scene, Way};

pub(super) const KINDS: &[Kind] = &[
    ("never opened, and expired", 1, |scene| {
        let (reader, consent) = given(scene, 3 * DAY, 2);
        let unopened = latest(scene, consent);
        scene.wrong(reader, unopened, "missing-receipt");
    }),
    ("never opened, and taken back", 1, |scene| {
        let (reader, consent) = given(scene, 3 * DAY, 20);
        let yesterday = scene.now - DAY;
        scene.consent(consent).revoked_at = Some(Timestamp::from_unix(yesterday));
        let unopened = latest(scene, consent);
        scene.wrong(reader, unopened, "missing-receipt");
    }),
    ("not opened for thirty days", 1, |scene| {
        let (reader, consent) = given(scene, 30 * DAY, 365);
        let unopened = latest(scene, consent);
        scene.wrong(reader, unopened, "missing-receipt");
    }),
    ("opened, and the receipt kept back", 1, |scene| {
        let (reader, consent) = given(scene, 50 * DAY, 200);
        let at = scene.now - 50 * DAY + HOUR;
        scene.open(reader, consent, at).way = Way::KeptBack;
        scene.read(reader, consent, at + DAY);
        let unopened = latest(scene, consent);
        scene.wrong(reader, unopened, "missing-receipt");
    }),
    ("opened by a colleague only", 1, |scene| {
        let (reader, consent) = given(scene, 50 * DAY, 200);
        let at = scene.now - 50 * DAY + HOUR;
        let colleague = scene.reader();
        let patient = scene.consent(consent).patient;
        let plan = scene.open(colleague, consent, at);
        (plan.patient, plan.wrong) = (patient, vec!["wrong-reader"]);
        let unopened = latest(scene, consent);
        scene.wrong(reader, unopened, "missing-receipt");
    }),
    ("further records, never opened", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.disclose(consent, at + DAY);
        let unopened = latest(scene, consent);
        scene.wrong(reader, unopened, "missing-receipt");
    }),
    ("no statement", 1, |scene| {
        let (reader, consent, _) = opened(scene, 10);
        unerased(scene, reader, consent);
    }),
    ("no statement, on the first day that it is late", 1, |scene| {
        let (reader, consent, _) = opened(scene, 10);
        let due = scene.now - 7 * DAY;
        scene.consent(consent).erase_by = Timestamp::from_unix(due);
        unerased(scene, reader, consent);
    }),
    ("a wish for erasure without an answer", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.consent(consent).erasure_asked = Some(Timestamp::from_unix(at + DAY));
        unerased(scene, reader, consent);
    }),
    ("erased once, given anew, and nothing said since", 1, |scene| {
        let (reader, consent, at) = opened(scene, 60);
        scene.consent(consent).statements.push(Timestamp::from_unix(at + DAY));
        scene.disclose(consent, at + 2 * DAY);
        scene.open(reader, consent, at + 2 * DAY + HOUR);
        let expires = scene.consent(consent).expires_at;
        scene.consent(consent).erase_by = expires;
        unerased(scene, reader, consent);
    }),
    ("neither opened nor erased", 1, |scene| {
        let (reader, consent) = given(scene, 90 * DAY, 7);
        let unopened = latest(scene, consent);
        scene.wrong(reader, unopened, "missing-receipt");
        unerased(scene, reader, consent);
    }),
    ("a correction without an answer", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        let id = notice(scene, consent, at + DAY, None);
        scene.wrong(reader, About::Notice(id), "notice-unanswered");
    }),
    ("a correction without an answer, on the first day that it is late", 1, |scene| {
        let (reader, consent, _) = opened(scene, 200);
        let at = scene.now - 7 * DAY;
        let id = notice(scene, consent, at, None);
        scene.wrong(reader, About::Notice(id), "notice-unanswered");
    }),
    ("two corrections, of which one is answered", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        notice(scene, consent, at + DAY, Some(at + 2 * DAY));
        let id = notice(scene, consent, at + 5 * DAY, None);
        scene.wrong(reader, About::Notice(id), "notice-unanswered");
    }),
];

/// Signs a correction of the records that were given under a consent.
pub(super) fn notice(
    scene: &mut Scene,
    consent: usize,
    at: u64,
    answered: Option<u64>,
) -> [u8; 32] {
    let mut id = [0; 32];
    let drawn = scene.chance.id();
    id.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
    let given = scene.consent(consent).clone();
    let records = given.disclosures.first().map(|first| first.records.clone());
    scene.notices.push(NoticeFacts {
        id,
        reader: given.reader,
        consents: vec![given.id],
        records: records.unwrap_or_default(),
        at: Timestamp::from_unix(at),
        answered: answered.map(Timestamp::from_unix),
    });
    id
}

fn latest(scene: &mut Scene, consent: usize) -> About {
    let given = scene.consent(consent).disclosures.last().map(|given| given.id);
    About::Disclosure(given.expect("something was given"))
}

fn unerased(scene: &mut Scene, reader: usize, consent: usize) {
    let about = About::Consent(scene.consent(consent).id);
    scene.wrong(reader, about, "missing-erasure");
}

//! Accesses that no consent covers, and receipts that do not fit together.

use patient_wallet::consent::{Alias, ConsentId, Purpose};
use patient_wallet::disclosure::DisclosureId;
use patient_wallet::host::Timestamp;
use patient_wallet::receipt::Act;

use super::{Kind, given, opened};
use crate::people;
use crate::scene::{DAY, HOUR, MINUTE, Scene, Way};

pub(super) const KINDS: &[Kind] = &[
    ("under a consent that was never given", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        let unknown = ConsentId::from_bytes(scene.chance.id());
        let plan = scene.read(reader, consent, at + DAY);
        (plan.consent, plan.wrong) = (unknown, vec!["no-consent"]);
    }),
    ("by somebody unknown, under no consent", 1, |scene| {
        let (_, consent, at) = opened(scene, 200);
        let stranger = scene.reader();
        let unknown = ConsentId::from_bytes(scene.chance.id());
        let plan = scene.read(stranger, consent, at + DAY);
        (plan.consent, plan.wrong) = (unknown, vec!["no-consent"]);
    }),
    ("under a consent of another of the patient's keys", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        let other = scene.reader();
        let patient = scene.reader_at(other).patient;
        let plan = scene.read(reader, consent, at + DAY);
        (plan.patient, plan.wrong) = (patient, vec!["no-consent"]);
    }),
    ("before the consent begins", 1, |scene| {
        let (reader, consent) = given(scene, 10 * DAY, 30);
        let begins = scene.now - 5 * DAY;
        scene.consent(consent).not_before = Timestamp::from_unix(begins);
        let early = scene.chance.between(121, 3 * DAY);
        scene.open(reader, consent, begins - early).wrong = vec!["no-consent"];
    }),
    ("a record that was not given", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        let other = Alias::from_bytes(scene.chance.id());
        let plan = scene.read(reader, consent, at + DAY);
        plan.records.push(other);
        plan.wrong = vec!["out-of-scope"];
    }),
    ("a record of another consent", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        let other = scene.give(reader, 90 * DAY, 120);
        scene.behave(reader, other);
        let theirs = scene.consent(other).disclosures.clone();
        let plan = scene.read(reader, consent, at + 40 * DAY);
        plan.records = theirs.into_iter().flat_map(|given| given.records).collect();
        plan.wrong = vec!["out-of-scope"];
    }),
    ("a record before it was given", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.disclose(consent, at + 10 * DAY);
        let later = scene.consent(consent).disclosures.last().cloned();
        let plan = scene.read(reader, consent, at + 9 * DAY);
        plan.records = later.map_or_else(Vec::new, |given| given.records);
        plan.wrong = vec!["out-of-scope"];
        scene.open(reader, consent, at + 10 * DAY + 1);
    }),
    ("a disclosure that was not given", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        let other = DisclosureId::from_bytes(scene.chance.id());
        let plan = scene.open(reader, consent, at + DAY);
        (plan.act, plan.wrong) = (Act::Opened(other), vec!["out-of-scope"]);
    }),
    ("the second of expiry", 1, |scene| {
        let (reader, consent, _) = opened(scene, 10);
        let expires = scene.consent(consent).expires_at.unix();
        scene.read(reader, consent, expires).wrong = vec!["after-expiry"];
        scene.consent(consent).erase_by = Timestamp::from_unix(expires + DAY);
        scene.end(consent);
    }),
    ("days after expiry", 1, |scene| {
        let (reader, consent, _) = opened(scene, 10);
        let late = scene.chance.between(MINUTE, 6 * DAY);
        let expires = scene.consent(consent).expires_at.unix();
        scene.read(reader, consent, expires + late).wrong = vec!["after-expiry"];
        scene.consent(consent).erase_by = Timestamp::from_unix(expires + 7 * DAY);
        scene.end(consent);
    }),
    ("opened again after expiry", 1, |scene| {
        let (reader, consent, _) = opened(scene, 95);
        let late = scene.now - DAY;
        scene.open(reader, consent, late).wrong = vec!["after-expiry"];
    }),
    ("a machine that goes on after expiry", 1, |scene| {
        let (reader, consent, at) = opened(scene, 95);
        for night in 90..99 {
            let plan = scene.read(reader, consent, at + night * DAY);
            plan.act = Act::Machine;
            if night >= 95 {
                plan.wrong = vec!["after-expiry"];
            }
        }
    }),
    ("the second after it was taken back", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.consent(consent).revoked_at = Some(Timestamp::from_unix(at + DAY));
        scene.read(reader, consent, at + DAY + 1).wrong = vec!["after-revocation"];
    }),
    ("days after it was taken back", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.consent(consent).revoked_at = Some(Timestamp::from_unix(at + DAY));
        for day in 2..5 {
            scene.read(reader, consent, at + day * DAY).wrong = vec!["after-revocation"];
        }
    }),
    ("for another purpose", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.consent(consent).purpose = Purpose::Treatment;
        let other = scene.chance.one(&[
            Purpose::Payment,
            Purpose::Research,
            Purpose::EmergencyTreatment,
            Purpose::BreakGlass,
        ]);
        // What was opened before said what the consent was for then.
        scene.purpose_of_all(consent);
        let plan = scene.read(reader, consent, at + DAY);
        (plan.purpose, plan.wrong) = (other, vec!["wrong-purpose"]);
    }),
    ("a colleague opens what was passed on", 1, |scene| {
        let (_, consent, at) = opened(scene, 200);
        let colleague = scene.reader();
        let patient = scene.consent(consent).patient;
        let plan = scene.open(colleague, consent, at + DAY);
        (plan.patient, plan.wrong) = (patient, vec!["wrong-reader"]);
    }),
    ("a colleague reads what was passed on, and it had expired", 1, |scene| {
        let (_, consent, at) = opened(scene, 95);
        let colleague = scene.reader();
        let patient = scene.consent(consent).patient;
        for day in [90, 96] {
            let plan = scene.read(colleague, consent, at + day * DAY);
            (plan.patient, plan.wrong) = (patient, vec!["wrong-reader"]);
            if day > 95 {
                plan.wrong.push("after-expiry");
            }
        }
    }),
    ("a colleague who knows the patient by another key", 1, |scene| {
        let (_, consent, at) = opened(scene, 200);
        let colleague = scene.reader();
        let patient = scene.reader_at(colleague).patient;
        let plan = scene.read(colleague, consent, at + DAY);
        (plan.patient, plan.wrong) = (patient, vec!["no-consent", "wrong-reader"]);
    }),
    ("after the statement that all was erased", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.consent(consent).statements.push(Timestamp::from_unix(at + DAY));
        let late = scene.chance.between(1, 9 * DAY);
        scene.read(reader, consent, at + DAY + late).wrong = vec!["after-erasure"];
    }),
    ("everything at once", 1, |scene| {
        let (reader, consent, at) = opened(scene, 10);
        scene.consent(consent).purpose = Purpose::Treatment;
        scene.purpose_of_all(consent);
        let given = scene.consent(consent);
        given.revoked_at = Some(Timestamp::from_unix(at + DAY));
        given.statements.push(Timestamp::from_unix(at + 2 * DAY));
        let person = scene.family.relative(&mut scene.chance);
        let other = Alias::from_bytes(scene.chance.id());
        let plan = scene.read(reader, consent, at + 30 * DAY);
        plan.records.push(other);
        (plan.purpose, plan.person) = (Purpose::Payment, Some(person));
        plan.wrong = vec![
            "out-of-scope",
            "after-expiry",
            "after-revocation",
            "wrong-purpose",
            "after-erasure",
        ];
    }),
    ("a colleague of the patient's family, after it was taken back", 1, |scene| {
        let (_, consent, at) = opened(scene, 200);
        scene.consent(consent).revoked_at = Some(Timestamp::from_unix(at + DAY));
        let colleague = scene.reader();
        let patient = scene.consent(consent).patient;
        let person = scene.family.relative(&mut scene.chance);
        let plan = scene.read(colleague, consent, at + 2 * DAY);
        (plan.patient, plan.person) = (patient, Some(person));
        plan.wrong = vec!["wrong-reader", "after-revocation"];
    }),
    ("somebody of the patient's name", 1, relative),
    ("somebody of the patient's name, again", 1, relative),
    ("somebody of the patient's name, once more", 1, relative),
    ("somebody whom the record names", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        let person = scene.family.contact(&mut scene.chance);
        scene.read(reader, consent, at + DAY).person = Some(person);
    }),
    ("a practice of the patient's name", 1, |scene| {
        let name = scene.family.practice(&mut scene.chance);
        let reader = scene.reader_named(name);
        let consent = scene.give(reader, 20 * DAY, 7);
        scene.behave(reader, consent);
    }),
    ("a machine in the name of a relative", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        let person = scene.family.relative(&mut scene.chance);
        for night in 1..4 {
            let plan = scene.read(reader, consent, at + night * DAY);
            (plan.act, plan.person) = (Act::Machine, Some(person.clone()));
        }
    }),
    ("receipts kept back in the middle", 1, |scene| {
        let missing = scene.chance.between(1, 5);
        gap(scene, 3, missing);
    }),
    ("two gaps", 1, |scene| {
        gap(scene, 2, 1);
        gap(scene, 1, 2);
    }),
    ("receipts kept back at the beginning", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        // Opened again: that one opening is kept back hides nothing else.
        scene.read(reader, consent, at - MINUTE / 2).way = Way::KeptBack;
        scene.read(reader, consent, at + DAY);
    }),
    ("two receipts of one number", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.read(reader, consent, at + DAY);
        scene.read(reader, consent, at + 2 * DAY).way = Way::Forked;
        scene.read(reader, consent, at + 3 * DAY);
    }),
    ("receipts in another order than that of time", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.read(reader, consent, at + DAY).way = Way::Late;
        let apart = scene.chance.between(121, 5 * DAY);
        scene.read(reader, consent, at + DAY + apart);
        scene.read(reader, consent, at + 9 * DAY);
    }),
    ("a receipt that names another than the one before", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.read(reader, consent, at + DAY).way = Way::Detached;
        scene.read(reader, consent, at + 2 * DAY);
    }),
    ("kept back, and out of order after it", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.read(reader, consent, at + DAY).way = Way::KeptBack;
        scene.read(reader, consent, at + 2 * DAY);
        scene.read(reader, consent, at + 3 * DAY).way = Way::Late;
        scene.read(reader, consent, at + 3 * DAY + HOUR);
    }),
];

fn relative(scene: &mut Scene) {
    let (reader, consent, at) = opened(scene, 200);
    let (relative, other) =
        (scene.family.relative(&mut scene.chance), people::stranger(&mut scene.chance));
    scene.read(reader, consent, at + DAY).person = Some(other);
    scene.read(reader, consent, at + 2 * DAY).person = Some(relative);
}

/// Has a reader keep back some receipts after some others.
fn gap(scene: &mut Scene, before: u64, missing: u64) {
    let (reader, consent, at) = opened(scene, 200);
    for day in 1..before + missing + 3 {
        let plan = scene.read(reader, consent, at + day * DAY);
        if (before..before + missing).contains(&day) {
            plan.way = Way::KeptBack;
        }
    }
}

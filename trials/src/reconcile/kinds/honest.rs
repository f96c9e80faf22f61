//! Readers who keep every promise, some of them only just.

use patient_wallet::consent::{Purpose, Thumbprint};
use patient_wallet::host::Timestamp;
use patient_wallet::keys::{Secret, SigningKey};
use patient_wallet::receipt::Act;

use super::owed::notice;
use super::{Kind, given, opened};
use crate::scene::{DAY, HOUR, MINUTE, Scene, Way};

pub(super) const KINDS: &[Kind] = &[
    ("a visit", 1, |scene| {
        let (reader, consent) = given(scene, 20 * DAY, 7);
        scene.behave(reader, consent);
    }),
    ("a long treatment that still lasts", 1, |scene| {
        let (reader, consent) = given(scene, 60 * DAY, 365);
        scene.behave(reader, consent);
    }),
    ("several consents for one reader", 1, |scene| {
        let reader = scene.reader();
        for ago in [90, 60, 30] {
            let consent = scene.give(reader, ago * DAY, 20);
            scene.behave(reader, consent);
        }
    }),
    ("a machine reads every night", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        for night in 1..30 {
            let plan = scene.read(reader, consent, at + night * DAY);
            (plan.act, plan.person) = (Act::Machine, None);
        }
    }),
    ("further records, read once they are there", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.disclose(consent, at + 10 * DAY);
        scene.open(reader, consent, at + 10 * DAY + 1);
        scene.read(reader, consent, at + 10 * DAY + 2);
    }),
    ("taken back after the last reading", 1, |scene| {
        let (reader, consent) = given(scene, 30 * DAY, 20);
        let at = scene.now - 20 * DAY;
        scene.consent(consent).revoked_at = Some(Timestamp::from_unix(at));
        scene.behave(reader, consent);
    }),
    ("the last second before expiry", 1, |scene| {
        let (reader, consent, _) = opened(scene, 10);
        let expires = scene.consent(consent).expires_at.unix();
        scene.read(reader, consent, expires - 1);
        scene.end(consent);
    }),
    ("the second in which it was taken back", 1, |scene| {
        let (reader, consent, at) = opened(scene, 10);
        scene.consent(consent).revoked_at = Some(Timestamp::from_unix(at + DAY));
        scene.read(reader, consent, at + DAY);
        scene.end(consent);
    }),
    ("a clock that is slow when it begins", 1, |scene| {
        let (reader, consent) = given(scene, DAY, 7);
        let slow = scene.chance.between(1, 120);
        let begins = scene.now - DAY;
        scene.open(reader, consent, begins - slow);
    }),
    ("a clock that is set back by a minute", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.read(reader, consent, at + DAY);
        scene.read(reader, consent, at + DAY + 90).way = Way::SetBack;
        scene.read(reader, consent, at + DAY + 150);
    }),
    ("two readings in one second", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.read(reader, consent, at + DAY);
        scene.read(reader, consent, at + DAY);
    }),
    ("a consent that begins later, opened then", 1, |scene| {
        let (reader, consent) = given(scene, 10 * DAY, 30);
        let begins = scene.now - 5 * DAY;
        scene.consent(consent).not_before = Timestamp::from_unix(begins);
        scene.open(reader, consent, begins - 100);
        scene.read(reader, consent, begins + HOUR);
    }),
    ("given an hour ago and not opened yet", 1, |scene| {
        given(scene, HOUR, 2);
    }),
    ("given 29 days ago for a year and not opened yet", 1, |scene| {
        given(scene, 30 * DAY - MINUTE, 365);
    }),
    ("erased without having been opened", 1, |scene| {
        let (_, consent) = given(scene, 60 * DAY, 7);
        let erase_by = scene.consent(consent).erase_by;
        scene.consent(consent).statements.push(erase_by);
    }),
    ("six days after everything should be erased", 1, |scene| {
        let (reader, consent, _) = opened(scene, 10);
        let now = scene.now;
        scene.consent(consent).erase_by = Timestamp::from_unix(now - 7 * DAY + 1);
        scene.read(reader, consent, now - 99 * DAY);
    }),
    ("a statement that came late", 1, |scene| {
        let (_, consent, _) = opened(scene, 10);
        let now = scene.now;
        scene.consent(consent).statements.push(Timestamp::from_unix(now - MINUTE));
    }),
    ("read again, erased, and given anew", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.consent(consent).statements.push(Timestamp::from_unix(at + DAY));
        scene.disclose(consent, at + 2 * DAY);
        scene.open(reader, consent, at + 2 * DAY + HOUR);
        scene.read(reader, consent, at + 3 * DAY);
    }),
    ("a correction that was answered", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        let notice = notice(scene, consent, at + DAY, Some(at + 3 * DAY));
        scene.read(reader, consent, at + 3 * DAY).act = Act::NoticeApplied(notice);
    }),
    ("a correction that was answered after the consent's end", 1, |scene| {
        let (reader, consent, _) = opened(scene, 10);
        let now = scene.now;
        scene.consent(consent).erase_by = Timestamp::from_unix(now + DAY);
        let notice = notice(scene, consent, now - 3 * DAY, Some(now - DAY));
        scene.read(reader, consent, now - DAY).act = Act::NoticeApplied(notice);
    }),
    ("a correction of six days ago", 1, |scene| {
        let (_, consent, _) = opened(scene, 200);
        let at = scene.now - 7 * DAY + 1;
        notice(scene, consent, at, None);
    }),
    ("a correction of what was erased", 1, |scene| {
        let (_, consent, at) = opened(scene, 10);
        scene.end(consent);
        notice(scene, consent, at + DAY, None);
    }),
    ("a wish for erasure that was followed", 1, |scene| {
        let (_, consent, at) = opened(scene, 200);
        let given = scene.consent(consent);
        given.erasure_asked = Some(Timestamp::from_unix(at + DAY));
        given.statements.push(Timestamp::from_unix(at + 2 * DAY));
    }),
    ("a wish for erasure of yesterday", 1, |scene| {
        let (_, consent, _) = opened(scene, 200);
        let yesterday = scene.now - DAY;
        scene.consent(consent).erasure_asked = Some(Timestamp::from_unix(yesterday));
    }),
    ("an emergency under a consent for emergencies", 1, |scene| {
        let (reader, consent) = given(scene, 20 * DAY, 7);
        scene.consent(consent).purpose = Purpose::EmergencyTreatment;
        scene.behave(reader, consent);
    }),
    ("one reader who knows the patient by two keys", 1, |scene| {
        let (reader, consent) = given(scene, 50 * DAY, 7);
        scene.behave(reader, consent);
        let other = scene.give(reader, 30 * DAY, 7);
        let bytes = scene.chance.id();
        let secret = Secret::init_with(|secret| {
            secret.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        });
        let key = SigningKey::from_secret(&secret).expect("a number below the order");
        scene.consent(other).patient = Thumbprint::of(&key.verifying_key());
        scene.behave(reader, other);
    }),
    ("receipts that were kept back at the end", 1, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        scene.read(reader, consent, at + DAY);
        scene.read(reader, consent, at + 2 * DAY).way = Way::KeptBack;
    }),
    ("names that are near those of the family", 1, near_miss),
    ("names that are near those of the family, again", 1, near_miss),
    ("names that are near those of the family, once more", 1, near_miss),
    ("a namesake by chance", 8, |scene| {
        let (reader, consent, at) = opened(scene, 200);
        let person = scene.family.coincidence(&mut scene.chance);
        scene.read(reader, consent, at + DAY).person = Some(person);
    }),
    ("a clock that is fast when it was taken back", 8, |scene| {
        let (reader, consent, at) = opened(scene, 10);
        scene.consent(consent).revoked_at = Some(Timestamp::from_unix(at + DAY));
        // Read half a minute before, and signed as half a minute after.
        scene.read(reader, consent, at + DAY + 30);
        scene.end(consent);
    }),
];

fn near_miss(scene: &mut Scene) {
    let (reader, consent, at) = opened(scene, 200);
    for day in 1..4 {
        let person = scene.family.near_miss(&mut scene.chance);
        scene.read(reader, consent, at + day * DAY).person = Some(person);
    }
}

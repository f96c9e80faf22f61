//! The way of a consent as the patient goes it: asked, reviewed, approved or denied, taken back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failing helper fails its test"
)]

#[path = "common/clinic.rs"]
mod clinic;
mod common;

use std::fs;
use std::process::Stdio;

use clinic::{Clinic, DAY, NOW, directory, everything, read};
use common::{Done, Home, run, sample};
use patient_wallet::codec::{decode_text, encode_text};
use patient_wallet::consent::{Flags, RequesterClass};
use patient_wallet::directory::Vouch;
use patient_wallet::record::Text;
use patient_wallet::requester::{Ask, Received};
use serde_json::{Value, json};

/// The sample patient, the day before anybody asks.
fn patient() -> Home {
    let home = Home::new();
    let words = home.path("words");
    at(&home, "2026-11-20T08:00:00Z", &["create", "--words-out", &words]).done();
    at(&home, "2026-11-20T08:01:00Z", &["import", &sample("patient.json")]).done();
    home
}

fn at(home: &Home, moment: &str, arguments: &[&str]) -> Done {
    let mut command = home.command(&[arguments, &["--at", moment]].concat());
    run(command.env("LC_ALL", "en_US.UTF-8"))
}

/// Runs a command at the moment of the clinics.
fn now(home: &Home, arguments: &[&str]) -> Done {
    at(home, NOW, arguments)
}

fn json(home: &Home, arguments: &[&str]) -> Value {
    let done = now(home, &[arguments, &["--json"]].concat()).done();
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("not one document: {}", done.out))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Insists that everything fits the narrowest terminal.
fn narrow(done: &Done) {
    for line in done.out.lines().chain(done.err.lines()) {
        assert!(line.chars().count() <= 80 || line.starts_with("PMW1:"), "{line}");
    }
}

#[test]
fn a_request_is_reviewed_and_approved_and_the_clinic_opens_exactly_that() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    let terms = ["--only", "laboratory,allergies", "--deny", "mental-health", "--for", "7d"];
    let review = json(&home, &[&["review", &request], &terms[..]].concat());
    assert_eq!(
        keys(&review),
        ["clock_back", "digest", "files", "release", "request", "sentence", "withhold"]
    );
    let asked = &review["request"];
    assert_eq!((&asked["purpose"], &asked["wanted_seconds"]), (&json!("TREAT"), &json!(30 * DAY)));
    assert_eq!(asked["reason"], Value::Null);
    let from = &asked["from"];
    assert_eq!((&from["name"], &from["standing"]), (&json!("Dr. Chen"), &json!("first-contact")));
    assert_eq!((&from["class"], &from["vouched_by"]), (&Value::Null, &Value::Null));
    assert!(from["did"].as_str().unwrap().starts_with("did:key:zQ3s"));
    let released = review["release"].as_array().unwrap();
    let withheld = review["withhold"].as_array().unwrap();
    assert!(released.len() > 10 && released.len() + withheld.len() == 198);
    assert!(released.iter().all(|record| {
        let category = record["category"].as_str().unwrap();
        ["laboratory", "allergies"].contains(&category)
    }));
    assert!(withheld.iter().all(|it| !it["because"].as_array().unwrap().is_empty()));
    assert_eq!(withheld[0]["record"]["id"].as_str().unwrap().len(), 32);
    assert_eq!(review["digest"].as_str().unwrap().len(), 64);

    let id = asked["id"].as_str().unwrap();
    let (token, disclosure) = (home.path("token"), home.path("disclosure"));
    let out = ["--token-out", &token, "--disclosure-out", &disclosure, "--yes"];
    let approved = json(&home, &[&["approve", &id[..8]], &terms[..], &out[..]].concat());
    assert_eq!(
        keys(&approved),
        ["consent", "disclosure_file", "released", "token", "token_file", "withheld"]
    );
    assert_eq!(approved["released"], released.len());
    assert_eq!(approved["withheld"], withheld.len());
    assert_eq!(approved["token_file"], json!(token));
    assert_eq!(approved["disclosure_file"], json!(disclosure));
    let consent = &approved["consent"];
    let expected = json!({
        "id": consent["id"], "audience": "Dr. Chen", "purpose": "TREAT",
        "categories": ["allergies", "laboratory"], "denied": ["mental-health"],
        "not_before": NOW, "expires_at": "2026-11-28T10:40:00Z",
        "erase_by": "2026-12-21T10:40:00Z",
    });
    assert_eq!(consent, &expected);

    let opened = clinic.open(&read(&token), &read(&disclosure));
    assert_eq!(opened.len(), released.len());
    let listed = json(&home, &["consents"]);
    let one = &listed["consents"][0];
    assert_eq!((&one["consent"], &one["state"]), (&expected, &json!("active")));
    let mut holds: Vec<_> = released.iter().map(|record| record["id"].clone()).collect();
    holds.sort_by_key(ToString::to_string);
    assert_eq!(one["holds"], Value::Array(holds));
    assert_eq!(json(&home, &["inbox"])["requests"][0]["state"], "narrowed");
    narrow(&now(&home, &["consents"]).done());
    narrow(&now(&home, &["consents", consent["id"].as_str().unwrap()]).done());
    narrow(&now(&home, &["inbox"]).done());
}

#[test]
fn a_person_sees_who_asks_what_leaves_and_what_stays() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let ask = Ask {
        text: Some(Text::from("For your visit\non Monday".replace('\n', " ").as_str())),
        ..everything()
    };
    let request = home.file("request", clinic.requester.request(&ask).unwrap());
    let terms = ["--only", "laboratory,notes", "--deny", "mental-health"];
    let review = now(&home, &[&["review", &request], &terms[..]].concat()).done();
    narrow(&review);
    for said in [
        "Dr. Chen asks for records",
        "not vouched for, never answered before",
        "key           did:key:zQ3s",
        "they write    For your visit on Monday",
        "What you sign",
        "Released: ",
        "Withheld: ",
        "which only you see",
        "unclassified",
        "free-text",
        "Kept by keys",
        "Kept by honest software",
        "Not kept",
    ] {
        assert!(review.out.contains(said), "{said}: {}", review.out);
    }
    let disclosure = home.path("disclosure");
    let approve = [&["approve", &request, "--disclosure-out", &disclosure], &terms[..]].concat();
    let done = now(&home, &[&approve[..], &["--yes"]].concat()).done();
    narrow(&done);
    assert_eq!(done.out.lines().count(), 1, "the token and nothing else: {}", done.out);
    for said in ["Dr. Chen asks for records", "What you sign", "Released: ", "under consent"] {
        assert!(done.err.contains(said), "{said}: {}", done.err);
    }
    let token = decode_text(&done.out).unwrap();
    assert!(!clinic.open(&token, &read(&disclosure)).is_empty());
}

#[test]
fn what_cannot_be_undone_is_asked_first() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    let contact = home.file("contact", clinic.requester.contact().unwrap());
    let (token, disclosure) = (home.path("token"), home.path("disclosure"));
    let out = ["--token-out", &token, "--disclosure-out", &disclosure];
    let before = json(&home, &["log"]);
    let code = "wallet.confirmation-needed";
    now(&home, &[&["approve", &request], &out[..]].concat()).refused(code);
    let disclose = ["disclose", "--to", &contact, "--only", "allergies"];
    now(&home, &[&disclose[..], &out].concat()).refused(code);
    assert!(!fs::exists(&token).unwrap() && !fs::exists(&disclosure).unwrap());
    assert_eq!(fs::read_dir(home.folder().parent().unwrap()).unwrap().count(), 4, "no .part");
    assert_eq!(json(&home, &["log"]), before);

    now(&home, &[&["approve", &request, "--yes"], &out[..]].concat()).done();
    let again = home.path("again");
    let id = json(&home, &["consents"])["consents"][0]["consent"]["id"].clone();
    let id = id.as_str().unwrap();
    now(&home, &["refresh", id, "--again", "--disclosure-out", &again]).refused(code);
    now(&home, &["revoke", id]).refused(code);
    now(&home, &["revoke", "--all"]).refused(code);
    assert_eq!(json(&home, &["consents"])["consents"][0]["state"], "active");
    assert!(!fs::exists(&again).unwrap());
}

#[test]
fn requests_are_refused_by_name() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = clinic.ask();
    let file = home.file("request", &request);
    let added = json(&home, &["inbox", "add", &file]);
    let item = &added["request"];
    assert_eq!(
        keys(item),
        [
            "categories",
            "expires_at",
            "from",
            "id",
            "purpose",
            "reason",
            "received_at",
            "state",
            "wanted_seconds"
        ]
    );
    assert_eq!((&item["state"], &item["received_at"]), (&json!("requested"), &json!(NOW)));
    let id = item["id"].as_str().unwrap();
    now(&home, &["inbox", "add", &file]).refused("consent.replayed");
    now(&home, &["inbox", "add", &encode_text(&request).unwrap()]).refused("consent.replayed");

    let disclosure = home.path("disclosure");
    let out = ["--disclosure-out", &disclosure, "--yes"];
    let approve = |terms: &[&str]| now(&home, &[&["approve", id], terms, &out].concat());
    approve(&["--for", "31d"]).refused("consent.wider-than-asked");
    approve(&["--until", "2026-12-31T00:00:00Z"]).refused("consent.wider-than-asked");
    approve(&["--erase-by", "2027-12-31T00:00:00Z"]).refused("consent.wider-than-asked");
    approve(&["--only", "coverage", "--to", "1900"]).refused("consent.nothing-to-release");
    approve(&["--records", "ffffffff"]).refused("record.not-found");
    let json_error = now(&home, &[&["approve", id, "--for", "31d", "--json"], &out[..]].concat());
    let error: Value = serde_json::from_str(&json_error.err).unwrap();
    assert_eq!((json_error.code, json_error.out.as_str()), (1, ""));
    assert_eq!(error["error"]["code"], "consent.wider-than-asked");
    let late = at(&home, "2026-11-22T10:40:00Z", &["approve", id, "--yes", out[0], out[1]]);
    late.refused("consent.request-expired");
    let late = at(&home, "2026-11-22T10:40:00Z", &["inbox", "--json"]).done();
    assert!(late.out.contains(r#""state":"expired""#), "{}", late.out);
    at(&home, "2026-11-22T10:40:00Z", &["deny", id]).refused("consent.request-expired");
    let other = home.file("late", clinic.ask());
    at(&home, "2026-11-22T10:40:00Z", &["inbox", "add", &other]).refused("consent.request-expired");
    for broken in [&request[..request.len() - 1], b"hello", b"PMW1:HELLO"] {
        let broken = home.file("broken", broken);
        now(&home, &["review", &broken]).refused("consent.invalid");
    }
    let contact = home.file("contact", clinic.requester.contact().unwrap());
    now(&home, &["review", &contact]).refused("consent.wrong-type");
    now(&home, &["review", "ffff"]).refused("consent.not-found");
    now(&home, &["review", &home.path("none")]).refused("file.unreadable");
    let large = home.file("large", vec![0_u8; 3 << 20]);
    now(&home, &["review", &large]).refused("file.too-large");
    assert!(!fs::exists(&disclosure).unwrap());
    assert_eq!(json(&home, &["consents"]), json!({"consents": []}));
}

#[test]
fn a_request_is_answered_once() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    let denial = home.path("denial");
    let denied = json(&home, &["deny", &request, "--reason", "Ask my doctor", "-o", &denial]);
    assert_eq!(keys(&denied), ["file", "request", "text"]);
    assert_eq!((&denied["file"], &denied["text"]), (&json!(denial), &Value::Null));
    assert_eq!(json(&home, &["inbox"])["requests"][0]["state"], "denied");
    let disclosure = home.path("disclosure");
    now(&home, &["approve", &request, "--disclosure-out", &disclosure, "--yes"])
        .refused("consent.answered");
    now(&home, &["deny", &request]).refused("consent.answered");
    now(&home, &["review", &request]).refused("consent.answered");
    let received = clinic.requester.receive(&read(&denial)).unwrap();
    let Received::Denied { reason, .. } = received else { panic!("{received:?}") };
    assert_eq!(reason.unwrap().as_str(), "Ask my doctor");

    let picture = home.path("picture.png");
    let third = home.file("third", clinic.ask());
    now(&home, &["deny", &third, "-o", &picture]).done();
    assert!(read(&picture).starts_with(b"\x89PNG"));
    let second = home.file("second", clinic.ask());
    let text = now(&home, &["deny", &second]).done().out;
    assert!(clinic.requester.receive(&decode_text(&text).unwrap()).is_ok());
}

#[test]
fn a_consent_is_taken_back_and_the_clinic_hears_of_it() {
    let home = patient();
    let mut clinics = ["Dr. Chen", "Dr. Ahmed"].map(Clinic::named);
    let tokens: Vec<_> = clinics
        .iter_mut()
        .map(|clinic| {
            let request = home.file("request", clinic.ask());
            let (token, disclosure) = (home.path("token"), home.path("disclosure"));
            let out = ["--token-out", &token, "--disclosure-out", &disclosure, "--yes"];
            now(&home, &[&["approve", &request, "--only", "allergies"], &out[..]].concat()).done();
            let token = read(&token);
            fs::remove_file(home.path("token")).unwrap();
            fs::remove_file(&disclosure).unwrap();
            token
        })
        .collect();
    let consents = json(&home, &["consents"])["consents"].clone();
    let ids = [1, 0].map(|at: usize| consents[at]["consent"]["id"].as_str().unwrap().to_owned());
    let file = home.path("revocation");
    let done = now(&home, &["revoke", &ids[0], &ids[1], "-o", &file, "--yes"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""), "two readers, one file");
    let revoked = json(&home, &["revoke", &ids[0][..10], "-o", &file, "--yes"]);
    let one = &revoked["revoked"][0];
    assert_eq!(keys(one), ["audience", "consents", "did", "file", "text"]);
    assert_eq!((&one["audience"], &one["consents"]), (&json!("Dr. Chen"), &json!([ids[0]])));
    clinics[0].requester.receive(&read(&file)).unwrap();
    let refused = clinics[0].requester.verify(&tokens[0], None).unwrap_err();
    assert_eq!(refused.code(), "consent.revoked");
    let states: Vec<_> = json(&home, &["consents"])["consents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|consent| consent["state"].clone())
        .collect();
    assert_eq!(states, ["active", "revoked"]);
    let disclosure = home.path("disclosure");
    now(&home, &["refresh", &ids[0]]).refused("consent.revoked");
    now(&home, &["refresh", &ids[0], "--again", "--disclosure-out", &disclosure, "--yes"])
        .refused("consent.revoked");

    let text = now(&home, &["revoke", &ids[1], "--yes"]).done();
    assert_eq!(text.out.lines().count(), 1, "the revocation and nothing else");
    clinics[1].requester.receive(&decode_text(&text.out).unwrap()).unwrap();
    let folder = home.path("folder");
    now(&home, &["revoke", "--all", "-o", &folder, "--yes"]);
    fs::create_dir(&folder).unwrap();
    let all = json(&home, &["revoke", "--all", "-o", &folder, "--yes"]);
    assert_eq!(all["revoked"].as_array().unwrap().len(), 2);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|it| it.extension().is_some_and(|it| it == "pmw-rv")), "{files:?}");
    now(&home, &["revoke", "ffff", "--yes"]).refused("consent.not-found");
    // Whether it has expired is for a clock to say, and clocks can be wrong.
    let later = "2027-11-22T10:40:00Z";
    at(&home, later, &["revoke", &ids[0], "--yes"]).done();
}

#[test]
fn files_that_would_leave_are_shown_under_their_record() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    let name = "A letter with a name that is longer than any table is wide, and longer.txt";
    let attach = |bytes: &[u8]| {
        let file = home.file("letter", bytes);
        json(&home, &["attach", &file, "--name", name, "--type", "text/plain"])
    };
    let attached = attach(b"Dear colleague");
    let record = attached["record"].as_str().unwrap();
    let terms = ["--records", record];
    let review = json(&home, &[&["review", &request], &terms[..]].concat());
    let file = json!({
        "id": attached["id"], "record": record, "name": name, "media_type": "text/plain", "size": 14
    });
    assert_eq!(review["files"], json!([file]));
    let id = review["request"]["id"].as_str().unwrap();
    let told = now(&home, &[&["review", id], &terms[..]].concat()).done();
    narrow(&told);
    for line in ["Released: 1 record, 1 file", "+ A letter with a name", "  text/plain, 14 bytes"] {
        assert!(told.out.contains(line), "{line}: {}", told.out);
    }
    let (token, first) = (home.path("token"), home.path("first"));
    let out = ["--token-out", &token, "--disclosure-out", &first, "--yes"];
    let given = now(&home, &[&["approve", id], &terms[..], &out].concat()).done();
    assert!(given.err.contains("+ A letter"), "{}", given.err);
    let consents = json(&home, &["consents"]);
    let consent = consents["consents"][0]["consent"]["id"].as_str().unwrap();
    let again = json(&home, &["refresh", consent, "--again"]);
    assert_eq!(again["files"], json!([file]));
    assert!(now(&home, &["refresh", consent, "--again"]).done().out.contains("+ A letter"));
    assert_eq!(json(&home, &["refresh", consent])["files"], json!([]));
}

#[test]
fn where_nothing_would_leave_it_is_shown_why_and_nobody_is_asked() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    now(&home, &["rules", "add", "--category", "laboratory"]).done();
    let id = json(&home, &["inbox", "add", &request])["request"]["id"].clone();
    let id = id.as_str().unwrap();
    let review = json(&home, &["review", id, "--only", "laboratory"]);
    assert_eq!(review["release"], json!([]));
    let is_ruled = |it: &Value| it["because"].as_array().unwrap().contains(&json!("rule"));
    let withheld = review["withhold"].as_array().unwrap();
    assert!(withheld.iter().any(is_ruled));
    let told = now(&home, &["review", id, "--only", "laboratory"]).done();
    narrow(&told);
    assert!(told.out.contains("Released: 0 records"), "{}", told.out);
    let (token, first) = (home.path("token"), home.path("first"));
    let out = ["--token-out", &token, "--disclosure-out", &first, "--yes"];
    let refused = now(&home, &[&["approve", id, "--only", "laboratory"], &out[..]].concat());
    let refused = refused.refused("consent.nothing-to-release");
    assert!(refused.err.contains("Released: 0 records"), "{}", refused.err);
    assert_eq!(json(&home, &["consents"])["consents"], json!([]));
    assert!(!fs::exists(&token).unwrap() && !fs::exists(&first).unwrap());
    now(&home, &["review", id]).done();
}

#[test]
fn a_consent_that_has_ended_is_told_and_gives_nothing_more() {
    let home = patient();
    let request = home.file("request", Clinic::named("Dr. Chen").ask());
    let disclosure = home.path("disclosure");
    let out = ["--disclosure-out", &disclosure, "--yes", "--for", "48h"];
    now(&home, &[&["approve", &request, "--only", "allergies"], &out[..]].concat()).done();
    let state = |moment: &str| {
        let done = at(&home, moment, &["consents", "--json"]).done();
        let listed: Value = serde_json::from_str(&done.out).unwrap();
        let one = &listed["consents"][0];
        (one["state"].clone(), one["consent"]["id"].as_str().unwrap().to_owned())
    };
    assert_eq!(state("2026-11-23T10:39:59Z").0, "active");
    let (ended, id) = state("2026-11-23T10:40:00Z");
    assert_eq!(ended, "expired");
    at(&home, "2026-11-23T10:40:00Z", &["refresh", &id]).refused("consent.expired");
}

#[test]
fn what_comes_later_is_previewed_and_given_under_the_same_token() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    let (token, first) = (home.path("token"), home.path("first"));
    let out = ["--token-out", &token, "--disclosure-out", &first, "--yes"];
    now(&home, &[&["approve", &request, "--only", "allergies"], &out[..]].concat()).done();
    let before = clinic.open(&read(&token), &read(&first)).len();
    let id = json(&home, &["consents"])["consents"][0]["consent"]["id"].clone();
    let id = id.as_str().unwrap();
    let second = home.path("second");
    let refresh = |arguments: &[&str]| now(&home, &[&["refresh", id], arguments].concat());
    assert_eq!(json(&home, &["refresh", id])["release"], json!([]));
    refresh(&["--disclosure-out", &second, "--yes"]).refused("consent.nothing-to-release");
    now(&home, &["add", "allergy", "Latex"]).done();
    let preview = json(&home, &["refresh", id]);
    assert_eq!(keys(&preview), ["consent", "files", "release"]);
    assert_eq!(preview["release"][0]["title"], "Latex");
    narrow(&refresh(&[]).done());
    let given = json(&home, &["refresh", id, "--disclosure-out", &second, "--yes"]);
    assert_eq!((&given["released"], &given["token"]), (&json!(1), &Value::Null));
    assert!(clinic.open(&read(&token), &read(&second))[0].contains("Latex"));

    let (third, copy) = (home.path("third"), home.path("copy"));
    let again = ["--again", "--disclosure-out", &third, "--token-out", &copy, "--yes"];
    let given = refresh(&again).done();
    narrow(&given);
    assert_eq!(read(&copy), read(&token));
    assert_eq!(clinic.open(&read(&copy), &read(&third)).len(), before + 1);
    let covered = json(&home, &["refresh", id, "--again"]);
    assert_eq!(covered["release"].as_array().unwrap().len(), before + 1);
}

#[test]
fn what_is_for_one_use_is_given_once() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    let (token, first) = (home.path("token"), home.path("first"));
    let out = ["--token-out", &token, "--disclosure-out", &first, "--yes"];
    let terms = ["--only", "allergies", "--single-use", "--view-only"];
    now(&home, &[&["approve", &request], &terms[..], &out].concat()).done();
    let listed = json(&home, &["consents"]);
    assert_eq!(listed["consents"][0]["state"], "used");
    let id = listed["consents"][0]["consent"]["id"].as_str().unwrap();
    let second = home.path("second");
    now(&home, &["refresh", id]).refused("consent.used");
    now(&home, &["refresh", id, "--again", "--disclosure-out", &second, "--yes"])
        .refused("consent.used");
    assert!(!fs::exists(&second).unwrap());
    let verified = clinic.requester.verify(&read(&token), None).unwrap();
    let flags = verified.consent.scope().flags();
    assert!(flags.contains(Flags::SINGLE_USE) && flags.contains(Flags::VIEW_ONLY));
}

#[test]
fn records_are_given_unasked_to_a_contact() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let contact = home.file("contact", clinic.requester.contact().unwrap());
    let (token, disclosure) = (home.path("token.svg"), home.path("disclosure"));
    let out = ["--token-out", &token, "--disclosure-out", &disclosure, "--yes"];
    let disclose =
        |terms: &[&str]| now(&home, &[&["disclose", "--to", &contact], terms, &out].concat());
    let done = disclose(&[]);
    assert_eq!((done.code, done.out.as_str()), (2, ""), "neither --only nor --preset");
    disclose(&["--only", "allergies", "--for", "367d"]).refused("consent.too-long");
    let done = disclose(&["--preset", "visit", "--purpose", "TREAT"]).done();
    narrow(&done);
    assert!(fs::read_to_string(&token).unwrap().starts_with("<svg"));
    let listed = json(&home, &["consents"]);
    let consent = &listed["consents"][0]["consent"];
    assert_eq!(consent["expires_at"], "2026-11-22T10:40:00Z", "a visit lasts a day");
    assert_eq!(consent["denied"].as_array().unwrap().len(), 7);
    let request = home.file("request", clinic.ask());
    now(
        &home,
        &["disclose", "--to", &request, "--only", "allergies", "--disclosure-out", "x", "--yes"],
    )
    .refused("consent.wrong-type");
    assert!(!fs::exists("x").unwrap());
}

#[test]
fn rules_outrank_every_approval() {
    let home = patient();
    let rule = json(&home, &["rules", "add", "--class", "insurer", "--label", "mental-health"]);
    let expected = json!({
        "id": rule["rule"]["id"], "class": "insurer", "labels": ["mental-health"],
        "categories": [],
    });
    assert_eq!(rule, json!({ "rule": expected }));
    assert_eq!(json(&home, &["rules"]), json!({ "rules": [expected] }));
    assert_eq!(json(&home, &["rules", "list"]), json(&home, &["rules"]));
    now(&home, &["rules", "add", "--category", "coverage,notes"]).done();
    narrow(&now(&home, &["rules"]).done());
    let mut insurer = Clinic::of("Hanse Kranken", RequesterClass::Insurer);
    let request = home.file("request", insurer.ask());
    let review = json(&home, &["review", &request]);
    let withheld = review["withhold"].as_array().unwrap();
    let because = |reason: &str| {
        let is_so = |it: &&Value| it["because"].as_array().unwrap().contains(&json!(reason));
        withheld.iter().filter(is_so).count()
    };
    assert!(because("rule") > 0 && because("label") > 0, "nobody vouches: every rule holds");
    let is_denied = |record: &Value| {
        let labels = record["labels"].as_array().unwrap();
        labels.contains(&json!("mental-health")) || record["category"] == "notes"
    };
    assert!(!review["release"].as_array().unwrap().iter().any(is_denied));
    let id = expected["id"].as_str().unwrap();
    assert_eq!(json(&home, &["rules", "remove", &id[..12]]), json!({ "removed": id }));
    now(&home, &["rules", "remove", id]).refused("consent.not-found");
    assert_eq!(json(&home, &["rules"])["rules"].as_array().unwrap().len(), 1);
    for wrong in [&["add"][..], &["add", "--class", "dentist", "--label", "hiv"], &["remove"]] {
        assert_eq!(now(&home, &[&["rules"], wrong].concat()).code, 2, "{wrong:?}");
    }
}

#[test]
fn a_directory_that_is_believed_says_who_asks() {
    let home = patient();
    let (_place, mut berlin) = directory("Chamber of Berlin");
    let mut clinic = Clinic::named("Dr. Chen");
    let vouch = Vouch {
        class: RequesterClass::Clinician,
        name: Some(Text::from("Dr. Mei Chen")),
        did: None,
        seconds: 300 * DAY,
    };
    let credential = berlin.vouch(&clinic.requester.contact().unwrap(), &vouch).unwrap();
    clinic.requester.add_credential(&credential).unwrap();
    let request = home.file("request", clinic.ask());
    let from = json(&home, &["review", &request])["request"]["from"].clone();
    assert_eq!(from["standing"], "first-contact", "nobody believes that directory");
    let contact = home.file("contact", berlin.contact().unwrap());
    let added = json(&home, &["trust", "add", &contact]);
    let shape = &added["directory"];
    assert_eq!(
        keys(shape),
        ["did", "expires_at", "id", "list_at", "list_stale", "looks_like", "name", "since"]
    );
    assert_eq!((&shape["name"], &shape["list_at"]), (&json!("Chamber of Berlin"), &Value::Null));
    let from = json(&home, &["review", &request])["request"]["from"].clone();
    let expected = json!({
        "name": "Dr. Mei Chen", "did": from["did"], "class": "clinician", "standing": "vouched",
        "known_as": null, "vouched_by": "Chamber of Berlin", "shares_did_with": null,
        "looks_like": [],
    });
    assert_eq!(from, expected);
    let text = now(&home, &["review", &request]).done();
    narrow(&text);
    assert!(text.out.contains("vouched for by Chamber of Berlin"), "{}", text.out);
    assert!(text.out.contains("taken back lately is not known here"), "{}", text.out);

    let list = home.file("list", berlin.list().unwrap());
    now(&home, &["trust", "add", &list]).done();
    assert_eq!(json(&home, &["trust"])["directories"][0]["list_stale"], false);
    narrow(&now(&home, &["trust", "list"]).done());
    let id = shape["id"].as_str().unwrap();
    now(&home, &["trust", "remove", &id[..8]]).done();
    now(&home, &["trust", "remove", id]).refused("consent.not-found");
    now(&home, &["trust", "add", &list]).refused("consent.not-trusted");
    let clinic_contact = home.file("clinic", clinic.requester.contact().unwrap());
    now(&home, &["trust", "add", &clinic_contact]).refused("consent.wrong-type");
    assert_eq!(json(&home, &["trust"]), json!({"directories": []}));
}

#[test]
fn a_name_that_looks_like_another_is_flagged() {
    let home = patient();
    let mut known = Clinic::named("Dr. Chen");
    let request = home.file("request", known.ask());
    let disclosure = home.path("disclosure");
    let out = ["--disclosure-out", &disclosure, "--yes"];
    now(&home, &[&["approve", &request, "--only", "allergies"], &out[..]].concat()).done();
    // Letter by letter the same, another case, an accent, and a letter of another alphabet.
    for name in ["Dr. Chen", "DR. CHEN", "Dr. Chén", "Dr. Сhen"] {
        let request = home.file("other", Clinic::named(name).ask());
        let added = json(&home, &["inbox", "add", &request]);
        assert_eq!(added["request"]["from"]["looks_like"], json!(["Dr. Chen"]), "{name}");
    }
    let request = home.file("honest", Clinic::named("Dr. Ahmed").ask());
    let added = json(&home, &["inbox", "add", &request]);
    assert_eq!(added["request"]["from"]["looks_like"], json!([]));
    let text = now(&home, &["review", &home.path("other")]).done();
    assert!(text.out.contains("warning       the name is easily taken for"), "{}", text.out);
    narrow(&text);
    let text = now(&home, &["inbox"]).done();
    assert_eq!(text.out.matches(": the name is easily taken for Dr. Chen").count(), 4);
    narrow(&text);
}

#[test]
fn directories_that_look_alike_are_flagged() {
    let home = patient();
    for name in ["Chamber", "Ch\u{430}mber"] {
        let (_place, mut directory) = directory(name);
        let contact = home.file(name, directory.contact().unwrap());
        let text = now(&home, &["trust", "add", &contact]).done();
        assert_eq!(text.out.contains("easily taken for Chamber"), name != "Chamber");
        narrow(&text);
    }
    let listed = json(&home, &["trust"]);
    assert_eq!(listed["directories"][0]["looks_like"], json!(["Ch\u{430}mber"]));
    let text = now(&home, &["trust"]).done();
    assert!(text.out.contains(": the name is easily taken for Chamber"), "{}", text.out);
    narrow(&text);
}

#[test]
fn the_longest_name_still_fits() {
    let home = patient();
    let (_place, mut directory) = directory(&"D".repeat(64));
    let contact = home.file("contact", directory.contact().unwrap());
    narrow(&now(&home, &["trust", "add", &contact]).done());
    narrow(&now(&home, &["trust"]).done());
    let request = home.file("request", Clinic::named(&"W".repeat(64)).ask());
    narrow(&now(&home, &["inbox", "add", &request]).done());
    narrow(&now(&home, &["inbox"]).done());
    narrow(&now(&home, &["review", &request, "--only", "allergies"]).done());
    let (token, disclosure) = (home.path("t"), home.path("d"));
    let out = ["--token-out", &token, "--disclosure-out", &disclosure, "--yes"];
    let approved = now(&home, &[&["approve", &request, "--only", "allergies"], &out[..]].concat());
    // A path is as long as it is.
    assert!(approved.done().out.contains(&"W".repeat(64)));
    narrow(&now(&home, &["consents"]).done());
    let id = json(&home, &["consents"])["consents"][0]["consent"]["id"].clone();
    narrow(&now(&home, &["consents", id.as_str().unwrap()]).done());
}

#[test]
fn each_option_takes_something_away() {
    let home = patient();
    let request = home.file("request", Clinic::named("Dr. Chen").ask());
    let review = |terms: &[&str]| json(&home, &[&["review", &request], terms].concat());
    let ids = |review: &Value| -> Vec<String> {
        let release = review["release"].as_array().unwrap();
        release.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = ids(&review(&[]));
    assert_eq!(all.len(), 198);
    let two = [&all[3][..], &all[7]].join(",");
    let mut picked = ids(&review(&["--records", &two]));
    let mut wanted = vec![all[3].clone(), all[7].clone()];
    picked.sort();
    wanted.sort();
    assert_eq!(picked, wanted);
    let without = review(&["--except", &two]);
    assert_eq!(ids(&without).len(), 196);
    assert!(without["withhold"].as_array().unwrap().iter().all(|withheld| {
        let id = withheld["record"]["id"].as_str().unwrap();
        withheld["because"] == json!(["withheld"]) && two.contains(id)
    }));
    let dated = review(&["--from", "2012", "--to", "2014-11"]);
    let in_range = |record: &Value| match record["date"].as_str() {
        Some(date) => ("2012".."2014-12").contains(&date),
        None => true,
    };
    assert!(dated["release"].as_array().unwrap().iter().all(in_range));
    assert!((10..190).contains(&ids(&dated).len()), "{}", ids(&dated).len());
    let preset = review(&["--preset", "cardiology"]);
    let is_safe = |record: &Value| record["labels"] == json!([]);
    assert!(preset["release"].as_array().unwrap().iter().all(is_safe));
    let said = |terms: &[&str]| review(terms)["sentence"].as_str().unwrap().to_owned();
    let plain = said(&[]);
    assert_eq!(said(&[]), plain, "only what was chosen makes a difference");
    for terms in [
        &["--view-only"][..],
        &["--no-onward"],
        &["--single-use"],
        &["--deny", "hiv"],
        &["--reason", "For Monday"],
        &["--for", "30m"],
        &["--until", "2026-11-25T00:00:00Z"],
        &["--erase-by", "2026-11-30T00:00:00Z"],
    ] {
        assert_ne!(said(terms), plain, "{terms:?}");
    }
    for wrong in [
        &["--only", "weather"][..],
        &["--deny", "shame"],
        &["--for", "a week"],
        &["--until", "noon"],
        &["--for", "7d", "--until", "2026-11-25T00:00:00Z"],
        &["--preset", "holiday"],
        &["--from", "2014", "--to", "2012"],
    ] {
        let done = now(&home, &[&["review", &request], wrong].concat());
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{wrong:?}");
    }
}

#[test]
fn a_clock_that_was_set_back_is_told() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    now(&home, &["inbox", "add", &request]).done();
    let early = "2026-11-21T09:00:00Z";
    let review = at(&home, early, &["review", &request, "--only", "allergies"]).done();
    assert!(review.out.contains("the clock of this device stands before"), "{}", review.out);
    narrow(&review);
    let disclosure = home.path("disclosure");
    let approve = ["approve", &request, "--only", "allergies", "--disclosure-out", &disclosure];
    let done = at(&home, early, &[&approve[..], &["--json", "--yes"]].concat()).done();
    let approved: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(approved["consent"]["not_before"], NOW, "the later time counts");
    let log = json(&home, &["log", "--kind", "clock-back"]);
    assert_eq!(log["entries"].as_array().unwrap().len(), 1, "{log}");
}

#[test]
fn stdout_holds_one_thing_and_no_secret() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = clinic.ask();
    let file = home.file("request", &request);
    let approve = ["approve", &file, "--only", "allergies", "--yes"];
    let run_with = |arguments: &[&str]| now(&home, &[&approve[..], arguments].concat());
    assert_eq!(run_with(&[]).code, 2, "no place for the disclosure");
    assert_eq!(run_with(&["--disclosure-out", "-"]).code, 2, "the token is on stdout");
    let token = home.path("token");
    let both = run_with(&["--disclosure-out", "-", "--token-out", &token, "--json"]);
    assert_eq!((both.code, both.out.as_str()), (2, ""));
    assert!(!fs::exists(&token).unwrap(), "nothing was signed");

    let text = encode_text(&request).unwrap();
    let mut command = home.command(&["approve", "-", "--only", "allergies", "--yes", "--at", NOW]);
    command.args(["--disclosure-out", "-", "--token-out", &token]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!clinic.open(&read(&token), &output.stdout).is_empty());

    let words = fs::read_to_string(home.path("words")).unwrap();
    let request = home.file("second", clinic.ask());
    let disclosure = home.path("disclosure");
    let out = ["--disclosure-out", &disclosure, "--yes", "--json"];
    let done = now(&home, &[&["approve", &request], &out[..]].concat()).done();
    assert_eq!((done.out.lines().count(), done.err.as_str()), (1, ""));
    let approved: Value = serde_json::from_str(&done.out).unwrap();
    let token = decode_text(approved["token"].as_str().unwrap()).unwrap();
    assert_eq!(approved["token_file"], Value::Null);
    assert!(!clinic.open(&token, &read(&disclosure)).is_empty());
    for secret in [words.trim(), common::PASSPHRASE] {
        assert!(!done.out.contains(secret));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_consent_whose_disclosure_could_not_be_written_stands_and_is_named() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    let token = home.path("token");
    let approve = ["approve", &request, "--yes", "--at", NOW, "--disclosure-out", "-"];
    let mut command = home.command(&approve);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    command.args(["--only", "allergies", "--token-out", &token]).stdout(full);
    let done = run(&mut command).refused("disclosure.unwritten");
    let listed = json(&home, &["consents"]);
    let id = listed["consents"][0]["consent"]["id"].as_str().unwrap();
    let said = done.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("wallet refresh {id} --again")), "{said}");
    assert!(!fs::exists(&token).unwrap());
    let disclosure = home.path("disclosure");
    let out = ["--disclosure-out", &disclosure, "--token-out", &token, "--yes"];
    now(&home, &[&["refresh", id, "--again"], &out[..]].concat()).done();
    assert!(!clinic.open(&read(&token), &read(&disclosure)).is_empty());
}

#[test]
fn a_file_that_is_there_is_never_replaced() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    let taken = home.file("taken", "mine");
    let fresh = home.path("fresh");
    for (token, disclosure) in [(&taken, &fresh), (&fresh, &taken)] {
        let out = ["--token-out", token, "--disclosure-out", disclosure, "--yes"];
        now(&home, &[&["approve", &request], &out[..]].concat()).refused("file.exists");
    }
    now(&home, &["deny", &request, "-o", &taken]).refused("file.exists");
    assert_eq!(fs::read_to_string(&taken).unwrap(), "mine");
    assert!(!fs::exists(&fresh).unwrap());
    assert_eq!(json(&home, &["consents"]), json!({"consents": []}));
}

#[test]
fn the_sentence_is_told_in_the_language_of_the_patient() {
    let home = patient();
    let mut clinic = Clinic::named("Dr. Chen");
    let request = home.file("request", clinic.ask());
    let sentence = |arguments: &[&str], locale: &str| {
        let review = ["review", &request, "--json", "--at", NOW];
        let mut command = home.command(&[&review[..], arguments].concat());
        let done = run(command.env("LC_ALL", locale)).done();
        let review: Value = serde_json::from_str(&done.out).unwrap();
        review["sentence"].as_str().unwrap().split(" (").next().unwrap().to_owned()
    };
    let [english, german, spanish] =
        ["en", "de", "es"].map(|it| sentence(&["--language", it], "C"));
    assert!(english != german && german != spanish && english != spanish);
    assert_eq!(sentence(&[], "de_AT.UTF-8"), german);
    assert_eq!(sentence(&[], "fr_FR.UTF-8"), english);
    assert_eq!(sentence(&["--language", "es"], "de_AT.UTF-8"), spanish);
}

#[test]
fn a_restored_wallet_tells_that_later_consents_are_unknown() {
    let home = patient();
    let (backup, words) = (home.path("backup"), home.path("words"));
    let mut clinic = Clinic::named("Dr. Chen");
    let restore = ["restore", &backup, "--words-file", &words, "--replace-newer"];
    now(&home, &["backup", "-o", &backup]).done();
    assert_eq!(json(&home, &restore)["hint"], Value::Null, "nobody was ever answered");
    fs::remove_file(&backup).unwrap();
    let request = home.file("request", clinic.ask());
    let disclosure = home.path("disclosure");
    let out = ["--disclosure-out", &disclosure, "--yes"];
    now(&home, &[&["approve", &request, "--only", "allergies"], &out[..]].concat()).done();
    now(&home, &["backup", "-o", &backup]).done();
    let done = now(&home, &restore).done();
    assert!(done.out.contains("wallet revoke --all"), "{}", done.out);
    assert!(done.out.contains("whom you have answered: Dr. Chen."), "{}", done.out);
    narrow(&done);
}

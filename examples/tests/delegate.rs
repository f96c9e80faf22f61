//! A mother acts for her child on the command line, until the child is of age.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails its test"
)]

mod common;

use std::fs;

use common::{Done, Home};
use serde_json::Value;

const NOW: &str = "2028-01-31T10:00:00Z";
const BIRTHDAY: &str = "2028-02-03T00:00:00Z";
const CHILD: &str =
    r#"{"resourceType":"Patient","id":"mia","name":[{"family":"Rossi"}],"birthDate":"2010-02-03"}"#;
const ALLERGY: &str = r#"{"resourceType":"AllergyIntolerance","id":"bee","code":{"coding":[{"system":"http://snomed.info/sct","code":"288328004"}],"text":"Bee venom"},"patient":{"reference":"Patient/mia"}}"#;

/// Three homes at one time.
struct Family {
    child: Home,
    mother: Home,
    clinic: Home,
}

fn at(home: &Home, arguments: &[&str], time: &str) -> Done {
    home.wallet(&[arguments, &["--at", time]].concat())
}

fn json(home: &Home, arguments: &[&str], time: &str) -> Value {
    home.json(&[arguments, &["--at", time]].concat())
}

impl Family {
    fn new() -> Self {
        let (child, mother, clinic) = (Home::new(), Home::new(), Home::new());
        for home in [&child, &mother] {
            at(home, &["create", "--words-out", &home.path("words")], NOW).done();
        }
        let file = child.file("mia.ndjson", [CHILD, "\n", ALLERGY, "\n"].concat());
        at(&child, &["import", &file], NOW).done();
        let init = ["clinic", "init", "--name", "Dr. Chen", "--class", "clinician"];
        at(&clinic, &init, NOW).done();
        at(&clinic, &["clinic", "contact", "-o", &clinic.path("contact")], NOW).done();
        Self { child, mother, clinic }
    }

    /// Offers and delegates up to the birthday; gives the id on the mother's side.
    fn delegate(&self) -> String {
        let (offer, packet) = (self.mother.path("offer"), self.child.path("packet"));
        let made = ["delegate", "offer", "--name", "Elena Rossi", "-o", &offer];
        at(&self.mother, &made, NOW).done();
        self.add(&offer, &packet, BIRTHDAY).done();
        let accepted = json(&self.mother, &["delegate", "accept", &packet], NOW);
        assert_eq!(accepted["entrusted"]["patient"], "Rossi");
        accepted["entrusted"]["id"].as_str().unwrap().to_owned()
    }

    fn add(&self, offer: &str, packet: &str, until: &str) -> Done {
        let contact = self.clinic.path("contact");
        let add = ["delegate", "add", offer, "--as", "parent", "--to", &contact];
        let terms = ["--only", "allergies", "--until", until, "--longest", "2d"];
        at(&self.child, &[&add[..], &terms, &["-o", packet, "--yes"]].concat(), NOW)
    }

    fn ask(&self, name: &str, time: &str) -> String {
        let file = self.clinic.path(name);
        let ask = ["clinic", "request", "--purpose", "TREAT", "--categories", "allergies"];
        at(&self.clinic, &[&ask[..], &["--for", "1d", "-o", &file]].concat(), time).done();
        file
    }

    /// The mother approves; gives token and disclosure.
    fn approve(&self, id: &str, name: &str, time: &str) -> (Done, String, String) {
        let request = self.ask(name, time);
        let (token, disclosure) =
            (self.mother.path(&format!("{name}.t")), self.mother.path(&format!("{name}.d")));
        let approve = ["delegate", "approve", id, &request, "--token-out", &token];
        let more = ["--disclosure-out", &disclosure, "--yes"];
        (at(&self.mother, &[&approve[..], &more].concat(), time), token, disclosure)
    }
}

#[test]
fn a_mother_acts_until_the_child_is_of_age() {
    let family = Family::new();
    let offer = family.mother.path("late");
    let made = ["delegate", "offer", "--name", "Elena Rossi", "-o", &offer];
    at(&family.mother, &made, NOW).done();
    let late = family.add(&offer, &family.child.path("late"), "2028-02-03T00:00:01Z");
    late.refused("delegation.of-age");
    let id = family.delegate();
    let records = json(&family.mother, &["delegate", "records", &id], NOW);
    assert_eq!(records["records"][0]["title"], "Bee venom");
    let request = family.ask("looked-at", NOW);
    let review = at(&family.mother, &["delegate", "review", &id, &request], NOW).done();
    let said = review.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("“Elena Rossi” signs this for the patient"), "{said}");

    let (approved, token, disclosure) = family.approve(&id, "first", NOW);
    approved.done();
    at(&family.clinic, &["clinic", "verify", &token], NOW).done();
    let folder = family.clinic.path("opened");
    at(&family.clinic, &["clinic", "open", &token, &disclosure, "-o", &folder], NOW).done();
    let report = family.mother.path("report");
    at(&family.mother, &["delegate", "report", &id, "-o", &report], NOW).done();
    let taken = json(&family.child, &["delegate", "take", &report], NOW);
    assert_eq!(
        (&taken["taken"][0]["by"], &taken["taken"][0]["is_new"]),
        (&Value::from("Elena Rossi"), &Value::from(true),)
    );
    let consents = json(&family.child, &["consents"], NOW);
    assert_eq!(consents["consents"][0]["by"], "Elena Rossi");

    for (act, code) in [
        ("pass", "delegation.delegate-on"),
        ("recover", "delegation.recover"),
        ("erase", "delegation.erase"),
    ] {
        at(&family.mother, &["delegate", act, &id], NOW).refused(code);
    }

    // The birthday comes.
    let (refused, _, _) = family.approve(&id, "too-late", BIRTHDAY);
    refused.refused("delegation.ended");
    at(&family.mother, &["delegate", "records", &id], BIRTHDAY).refused("delegation.ended");
    let request = family.ask("own", BIRTHDAY);
    let own = family.child.path("own.d");
    let approve = ["approve", &request, "--disclosure-out", &own, "--yes"];
    at(&family.child, &approve, BIRTHDAY).done();
}

#[test]
fn what_was_ended_lets_nothing_new_in() {
    let family = Family::new();
    let id = family.delegate();
    let listed = json(&family.child, &["delegate", "list"], NOW);
    let delegation = listed["delegations"][0]["id"].as_str().unwrap();
    let folder = family.child.path("revocations");
    fs::create_dir(&folder).unwrap();
    let end = ["delegate", "end", delegation, "-o", &folder, "--yes"];
    at(&family.child, &end, NOW).done();
    let revocation = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let (approved, token, _) = family.approve(&id, "after", NOW);
    approved.done();
    let verify = ["clinic", "verify", &token, "--revocations", revocation.to_str().unwrap()];
    at(&family.clinic, &verify, NOW).refused("consent.delegation-revoked");
}

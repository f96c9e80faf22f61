//! Real input: every resource of the test data and of the sample record, redacted under
//! several judges. WALLET_REDACTED names a folder to write them to, for tools/check_disclosed.py, which
//! may put resources of its own there.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use patient_wallet::record::{
    ResourceReader,
    redact::{Aim, Judge, redact},
};
use serde_json::Value;

#[test]
fn every_resource_is_redacted_and_names_nobody_who_stays_behind() {
    let Some(data) = std::env::var_os("WALLET_TEST_DATA") else {
        println!("not run: no WALLET_TEST_DATA");
        return;
    };
    let out = std::env::var_os("WALLET_REDACTED").map(PathBuf::from);
    let mut files: Vec<_> = fs::read_dir(Path::new(&data).join("fhir"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 8);
    files.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/patient.json"));
    let made = out.as_ref().map(|out| out.join("made.sent.ndjson"));
    files.extend(made.filter(|made| made.exists()));
    for path in files {
        let resources = read(&path);
        let name = path.file_stem().unwrap().to_str().unwrap().trim_end_matches(".sent");
        let is_made = path.extension().is_some_and(|end| end == "ndjson");
        save(out.as_deref(), name, "sent", &resources);
        for (judge, aim, ids) in JUDGES {
            let clerk = Clerk { aim, ids };
            let check = |json: &String| check(json, &clerk, is_made);
            let redacted: Vec<_> = resources.iter().map(check).collect();
            save(out.as_deref(), name, judge, &redacted);
        }
    }
}

/// Redacts one resource and checks what is left of it.
fn check(json: &str, clerk: &Clerk, is_made: bool) -> String {
    let aim = clerk.aim;
    let out = redact(json, DID, clerk).unwrap();
    assert_eq!(*redact(&out, DID, clerk).unwrap(), *out, "nothing more is found");
    let (sent, left) = (serde_json::from_str(json).unwrap(), serde_json::from_str(&out).unwrap());
    let (mut before, mut after) = (Strings::default(), Strings::default());
    before.collect(&sent);
    after.collect(&left);
    for reference in before.references.iter().filter(|one| !one.starts_with('#')) {
        let is_left = after.references.contains(reference);
        assert!(
            aim(reference) == Aim::Disclosed || !out.contains(reference.as_str()),
            "{reference}"
        );
        // Made resources hold next to nothing: what is about one reference may take another along.
        // So does an identifier that is withheld.
        let may_go = is_made || (clerk.ids)(reference);
        assert!(aim(reference) != Aim::Disclosed || is_left || may_go, "{reference}");
    }
    assert!(after.narratives.is_empty());
    let own = BTreeSet::from(
        ["not included", "masked", "about:blank", "Patient", DID, URI, ABSENT].map(String::from),
    );
    let added: Vec<_> =
        after.all.difference(&before.all).filter(|text| !own.contains(*text)).collect();
    assert_eq!(added, [""; 0], "nothing is said that the source did not say");
    assert!(!has_empty(&left) || has_empty(&sent));
    out.to_string()
}

/// The strings of a resource.
#[derive(Default)]
struct Strings {
    all: BTreeSet<String>,
    references: BTreeSet<String>,
    narratives: BTreeSet<String>,
}

impl Strings {
    fn collect(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.all.insert(text.clone());
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.collect(element)),
            Value::Object(members) => {
                for (name, value) in members {
                    match (name.as_str(), value) {
                        ("reference", Value::String(text)) => {
                            self.references.insert(text.clone());
                        }
                        ("div", Value::String(text)) => {
                            self.narratives.insert(text.clone());
                        }
                        _ => {}
                    }
                    self.collect(value);
                }
            }
            _ => {}
        }
    }
}

fn has_empty(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.is_empty() || elements.iter().any(has_empty),
        Value::Object(members) => members.is_empty() || members.values().any(has_empty),
        _ => false,
    }
}

fn read(path: &Path) -> Vec<String> {
    if path.extension().is_some_and(|end| end == "ndjson") {
        return fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    }
    let mut reader = ResourceReader::new(File::open(path).unwrap()).unwrap();
    let mut found = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        found.push(item.resource().unwrap().to_owned());
    }
    found
}

/// Writes resources as NDJSON; JSON has no line end inside a string.
fn save(folder: Option<&Path>, name: &str, judge: &str, resources: &[String]) {
    let Some(folder) = folder else { return };
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = File::create(folder.join(format!("{name}.{judge}.ndjson")))?;
        resources.iter().try_for_each(|json| writeln!(file, "{}", json.replace(['\n', '\r'], " ")))
    };
    write().unwrap();
}

/// Every second reference is disclosed, told by its text alone.
fn every_second(reference: &str) -> Aim {
    if reference.bytes().fold(0_u8, u8::wrapping_add) % 2 == 0 {
        Aim::Disclosed
    } else {
        Aim::Other
    }
}

/// A judge that is made of functions.
struct Clerk {
    aim: fn(&str) -> Aim,
    ids: fn(&str) -> bool,
}

impl Judge for Clerk {
    fn reference(&self, reference: &str) -> Aim {
        (self.aim)(reference)
    }

    fn is_withheld_id(&self, id: &str) -> bool {
        // What stands where something had to be is nobody's id.
        (self.ids)(id) && !["about:blank", DID].contains(&id)
    }
}

type Named = (&'static str, fn(&str) -> Aim, fn(&str) -> bool);

const JUDGES: [Named; 5] = [
    ("none", |_| Aim::Other, |_| false),
    ("all", |_| Aim::Disclosed, |_| false),
    ("half", every_second, |_| false),
    ("patient", |_| Aim::Patient, |_| false),
    ("ids", |_| Aim::Disclosed, |_| true),
];

const DID: &str = "did:key:zQ3shVXcc4vEm4HXBaPcQenwfxEJ8JDF4QP3K2gbn46tywfXY";
const URI: &str = "urn:ietf:rfc:3986";
const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

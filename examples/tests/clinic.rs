//! What a clinic asks for, verifies and opens; and what it refuses, by name and writing nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "a failing helper fails its test"
)]

mod common;
#[path = "common/patient.rs"]
mod patient;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aho_corasick::AhoCorasick;
use common::{Done, Home, run, sample};
use patient::{Given, NOW, Patient};
use patient_wallet::consent::{Flags, Narrowing};
use patient_wallet::record::SensitivityLabel;
use serde_json::{Value, json};

/// A clinic's home, and the clock that its commands are run with.
struct Clinic {
    home: Home,
    at: String,
}

impl Clinic {
    fn new(name: &str) -> Self {
        let clinic = Self { home: Home::new(), at: NOW.to_owned() };
        clinic.wallet(&["clinic", "init", "--name", name, "--class", "clinician"]).done();
        clinic
    }

    fn wallet(&self, arguments: &[&str]) -> Done {
        self.home.wallet(&[arguments, &["--at", &self.at]].concat())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.home.json(&[arguments, &["--at", &self.at]].concat())
    }

    /// Asks for some categories and gives the envelope.
    fn ask(&self, categories: &str, more: &[&str]) -> Vec<u8> {
        let file = self.home.path("request");
        let _ = fs::remove_file(&file);
        let ask = ["clinic", "request", "--purpose", "TREAT", "--categories", categories];
        self.wallet(&[&ask, more, &["-o", &file]].concat()).done();
        fs::read(file).unwrap()
    }

    /// Takes in what a patient gave and gives the paths of token and disclosure.
    fn take(&self, given: &Given) -> [String; 2] {
        let token = self.home.file("token", &given.approved.token);
        [token, self.home.file("disclosure", &given.disclosure)]
    }

    /// Insists that an opening is refused with a code and leaves nothing behind.
    fn refuses(&self, [token, disclosure]: [&str; 2], more: &[&str], code: &str) {
        let around = |home: &Home| -> BTreeSet<PathBuf> {
            let beside = Path::new(&home.path("x")).parent().unwrap().to_owned();
            fs::read_dir(beside).unwrap().map(|entry| entry.unwrap().path()).collect()
        };
        let before = around(&self.home);
        let out = self.home.path("refused");
        let open = ["clinic", "open", token, disclosure, "-o", &out];
        self.wallet(&[&open, more].concat()).refused(code);
        assert_eq!(around(&self.home), before);
        assert!(!self.home.folder().join("disclosure").exists());
    }
}

/// A patient who has answered a clinic that asked for laboratory results and allergies.
fn visit() -> (Patient, Clinic, Given) {
    let (mut patient, clinic) = (Patient::new(), Clinic::new("Dr. Chen"));
    let request = clinic.ask("laboratory,allergies", &["--for", "7d"]);
    let given = patient.approve(&request, &no_mental_health());
    (patient, clinic, given)
}

fn no_mental_health() -> Narrowing {
    Narrowing::new().deny([SensitivityLabel::MentalHealth].into_iter().collect())
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Finds words, however they are spelled: searched at once, for what is searched is large.
fn finder<'a>(words: impl IntoIterator<Item = &'a str>) -> AhoCorasick {
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).unwrap()
}

#[test]
fn a_visit_from_the_request_to_the_folder() {
    let (_patient, clinic, given) = visit();
    let [token, disclosure] = clinic.take(&given);
    let verdict = clinic.json(&["clinic", "verify", &token]);
    assert_eq!(
        keys(&verdict),
        ["answer", "consent", "error", "gaps", "patient", "standing", "valid"]
    );
    assert_eq!(verdict["valid"], true);
    assert_eq!(verdict["standing"], "first-contact");
    assert!(verdict["error"].is_null() && verdict["answer"].is_null());
    let consent = &verdict["consent"];
    let expected = [
        "audience",
        "categories",
        "erase_by",
        "expires_at",
        "flags",
        "id",
        "not_before",
        "purpose",
    ];
    assert_eq!(keys(consent), expected, "and nothing of what is denied");
    assert_eq!(consent["id"], given.approved.consent.id.to_string());
    assert_eq!(consent["purpose"], "TREAT");
    assert_eq!(consent["categories"], json!(["allergies", "laboratory"]));
    assert_eq!(consent["expires_at"], "2026-11-28T10:40:00Z");
    assert_eq!(consent["erase_by"], "2026-12-21T10:40:00Z");
    let again = clinic.json(&["clinic", "verify", &token]);
    assert_eq!(again["standing"], "known", "the same key answers again");

    let out = clinic.home.path("opened");
    let opened = clinic.json(&["clinic", "open", &token, &disclosure, "-o", &out]);
    assert_eq!(keys(&opened), ["files", "receipt_due", "receipt_file"]);
    let due = opened["receipt_due"].as_str().unwrap();
    assert!(due.len() == 64 && opened["receipt_file"].is_null());
    let waiting = clinic.json(&["clinic", "receipt"]);
    assert_eq!(waiting["receipts"][0]["receipt"], due);
    assert!(waiting["receipts"][0]["text"].as_str().unwrap().starts_with("PMW1:"));
    assert_eq!(clinic.json(&["clinic", "receipt"])["receipts"], json!([]), "handed out once");
    let written = opened["files"].as_array().unwrap();
    assert_eq!(written.len(), given.review.release.len());
    let mut references = BTreeSet::new();
    for (number, file) in (1..).zip(written) {
        assert_eq!(keys(file), ["path", "record", "sha256"]);
        let path = Path::new(file["path"].as_str().unwrap());
        let resource: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let (kind, id) = (&resource["resourceType"], &resource["id"]);
        let (kind, id) = (kind.as_str().unwrap(), id.as_str().unwrap());
        references.insert(format!("{kind}/{id}"));
        let alias = &file["record"].as_str().unwrap()[..8];
        let name = format!("{number:02}-{kind}-{alias}.json");
        assert_eq!(path.strip_prefix(&out).unwrap(), Path::new(&name));
        assert_eq!(mode(path), 0o600);
        let sum = Command::new("sha256sum").arg(path).output().unwrap().stdout;
        assert!(sum.starts_with(file["sha256"].as_str().unwrap().as_bytes()));
    }
    let granted =
        given.review.release.iter().map(|it| it.reference.as_ref().unwrap().as_str().to_owned());
    assert_eq!(references, granted.collect());
    assert_eq!(mode(Path::new(&out)), 0o700);

    let held = clinic.json(&["clinic", "consents"]);
    assert_eq!(keys(&held["consents"][0]), ["consent", "erase_due", "opened", "patient", "state"]);
    assert_eq!(&held["consents"][0]["consent"], consent);
    assert_eq!(
        (&held["consents"][0]["state"], &held["consents"][0]["opened"]),
        (&json!("active"), &json!(1))
    );
    let text = clinic.wallet(&["clinic", "consents"]).done().out;
    assert!(text.contains("2026-11-28 10:40") && text.lines().count() == 2, "{text}");
}

#[test]
fn the_way_by_commands_alone() {
    let clinic = Clinic::new("Dr. Chen");
    let patient = Home::new();
    let at = |arguments: &[&str]| patient.wallet(&[arguments, &["--at", NOW]].concat()).done();
    at(&["create", "--words-out", &patient.path("words")]);
    at(&["import", &sample("patient.json")]);
    at(&["add", "allergy", "<script>alert(1)</script><img src=http://a.example/b onerror=c>"]);
    clinic.ask("allergies,laboratory", &["--for", "7d", "--text", "Visit on Monday"]);
    let path = |name: &str| clinic.home.path(name);
    let [request, token, disclosure, out] = ["request", "token", "disclosure", "opened"].map(path);
    let outputs = ["--token-out", &token, "--disclosure-out", &disclosure, "--yes"];
    at(&[&["approve", &request], &outputs[..]].concat());
    let verified = clinic.wallet(&["clinic", "verify", &token, "--patient", "N. Peñalver"]).done();
    assert!(verified.out.contains("The consent is valid.\n"), "{}", verified.out);
    let opened = clinic.wallet(&["clinic", "open", &token, &disclosure, "-o", &out]).done();
    let held = clinic.wallet(&["clinic", "consents"]).done();
    assert!(held.out.contains("N. Peñalver") && held.out.contains("active"), "{}", held.out);
    for done in [verified, opened, held] {
        assert!(done.out.lines().all(|line| line.chars().count() <= 80), "{}", done.out);
    }
    page_keeps_to_itself(&fs::read_to_string(Path::new(&out).join("index.html")).unwrap());

    let revocation = path("revocation");
    let consents = patient.json(&["consents", "--at", NOW]);
    let id = consents["consents"][0]["consent"]["id"].as_str().unwrap();
    at(&["revoke", id, "-o", &revocation, "--yes"]);
    let more = ["--revocations", &revocation];
    clinic.refuses([&token, &disclosure], &more, "consent.revoked");
    let held = clinic.json(&["clinic", "consents"]);
    assert_eq!(held["consents"][0]["state"], "revoked");
}

/// Insists that a page runs nothing and asks nobody, whatever a record says.
fn page_keeps_to_itself(page: &str) {
    assert!(page.contains("Dr. Chen") && page.contains("Triglycerides"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)"), "what the record says is shown as text");
    let lower = page.to_lowercase();
    for part in ["<script", "<img", "<iframe", "<object", "<link", "javascript:", "@import"] {
        assert!(!lower.contains(part), "{part}");
    }
    // Of what could load something, there are only ways within the page and to files beside it.
    let tags = lower.split('<').filter_map(|part| part.split_once('>')).map(|(tag, _)| tag);
    for tag in tags {
        assert!(!tag.contains("src=") && !tag.contains(" on") && !tag.contains("url("), "{tag}");
        for target in tag.split("href=\"").skip(1) {
            assert!(target.starts_with('#') || target.starts_with("files/"), "{tag}");
        }
    }
    let style = lower.split("<style>").nth(1).and_then(|it| it.split("</style>").next()).unwrap();
    assert!(!style.contains("url(") && !style.contains("http"), "{style}");
    assert!(lower.contains("default-src 'none'"), "and its policy says so");
}

#[test]
fn what_is_withheld_is_nowhere_at_the_clinic() {
    let (mut patient, clinic) = (Patient::new(), Clinic::new("Dr. Chen"));
    let request = clinic.ask("all", &["--for", "7d"]);
    let hidden = patient.record("Condition/con-depression");
    let kept = patient.record("AllergyIntolerance/alg-nickel");
    let given = patient.approve(&request, &no_mental_health().except(vec![kept]));
    assert!(given.review.withhold.iter().any(|it| it.record == hidden));
    let [token, disclosure] = clinic.take(&given);
    let out = clinic.home.path("opened");
    clinic.wallet(&["clinic", "open", &token, &disclosure, "-o", &out]).done();
    let mut words = BTreeSet::new();
    for withheld in &given.review.withhold {
        let record = patient.session.record(withheld.record).unwrap();
        words.insert(withheld.record.to_string());
        if let Some(reference) = record.reference {
            words.insert(reference.as_str().to_owned());
        }
    }
    assert!(words.len() > 10);
    for word in ["mental-health", "con-depression", "Sertralin", "Nickelallergie", "PSYTHPN"] {
        words.insert(word.to_owned());
    }
    let mut held: Vec<(String, Vec<u8>)> = Vec::new();
    for path in [files(&clinic.home.folder()), files(Path::new(&out))].concat() {
        held.push((path.to_str().unwrap().to_owned(), fs::read(&path).unwrap()));
    }
    held.push(("token".to_owned(), given.approved.token));
    held.push(("disclosure".to_owned(), given.disclosure));
    // What the home tells of itself when it is open.
    for told in [&["clinic", "consents"][..], &["clinic", "verify", &token], &["log"]] {
        held.push((told.join(" "), clinic.json(told).to_string().into_bytes()));
    }
    let granted = finder(["Triglycerides"]);
    let found = held.iter().filter(|(_, bytes)| granted.is_match(bytes)).count();
    assert!(found > 1, "what was granted is found");
    let withheld = finder(words.iter().map(String::as_str));
    for (name, bytes) in &held {
        for text in [bytes, name.as_bytes()] {
            let word = withheld.find(text).map(|found| &text[found.range()]);
            assert_eq!(word.map(String::from_utf8_lossy), None, "{name}");
        }
    }
}

#[test]
fn what_does_not_hold_is_refused_by_name() {
    let (mut patient, mut clinic, given) = visit();
    let [token, disclosure] = clinic.take(&given);
    let other = Clinic::new("Dr. Roth");
    other.refuses([&token, &disclosure], &[], "consent.other-requester");
    let request = clinic.home.path("request");
    clinic.refuses([&request, &disclosure], &[], "consent.wrong-type");
    clinic.refuses([&token, &token], &[], "disclosure.wrong-type");

    let request = clinic.ask("medications", &[]);
    let second = patient.approve(&request, &Narrowing::new());
    let swapped = clinic.home.file("swapped", &second.disclosure);
    clinic.refuses([&token, &swapped], &[], "disclosure.other-consent");

    clinic.wallet(&["clinic", "verify", &token, "--patient", "N. Vidal"]).done();
    clinic.refuses([&token, &disclosure], &["--patient", "J. Frei"], "consent.wrong-patient-key");
    let mut stranger = Patient::new();
    let asked = clinic.ask("allergies", &["--patient", "N. Vidal"]);
    let theirs = stranger.approve(&asked, &Narrowing::new());
    let wrong = clinic.home.file("wrong", &theirs.approved.token);
    let sealed = clinic.home.file("sealed", &theirs.disclosure);
    clinic.refuses([&wrong, &sealed], &[], "consent.wrong-patient-key");

    let revocation = clinic.home.file("revocation", patient.revoke(&given));
    clinic.refuses([&token, &disclosure], &["--revocations", &token], "consent.wrong-type");
    clinic.refuses([&token, &disclosure], &["--revocations", &revocation], "consent.revoked");
    clinic.refuses([&token, &disclosure], &[], "consent.revoked");
    let token = clinic.home.file("token", &second.approved.token);
    clinic.at = "2026-11-21T10:30:00Z".to_owned();
    clinic.wallet(&["clinic", "verify", &token]).done(); // the log's time is later, and counts
    clinic.at = second.approved.consent.expires_at.to_string();
    clinic.refuses([&token, &swapped], &[], "consent.expired");
}

#[test]
fn flipped_and_cut_bytes_are_refused_and_nothing_is_written() {
    let (_patient, clinic, given) = visit();
    let [token, disclosure] = clinic.take(&given);
    let refuses = |name: &str, bytes: &[u8]| {
        let broken = clinic.home.file("broken", bytes);
        let out = clinic.home.path("refused");
        let pair = if name == "token" { [&broken, &disclosure] } else { [&token, &broken] };
        let done = clinic.wallet(&["clinic", "open", pair[0], pair[1], "-o", &out]);
        let code = done.err.strip_prefix("error[").and_then(|it| it.split(']').next()).unwrap();
        let part = code.split('.').next().unwrap().to_owned();
        assert_eq!((done.code, done.out.as_str()), (1, ""), "{}", done.err);
        assert!(["consent", "disclosure"].contains(&part.as_str()), "{code}");
        assert!(!Path::new(&out).exists());
    };
    for (name, bytes) in [("token", &given.approved.token), ("disclosure", &given.disclosure)] {
        for place in [0, 3, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            refuses(name, &flipped);
        }
        refuses(name, &bytes[..bytes.len() - 1]);
        refuses(name, &[bytes.as_slice(), &[0]].concat());
        refuses(name, b"");
    }
    let out = clinic.home.path("opened");
    clinic.wallet(&["clinic", "open", &token, &disclosure, "-o", &out]).done();
}

#[test]
fn a_single_use_opens_once() {
    let (mut patient, clinic) = (Patient::new(), Clinic::new("Dr. Chen"));
    let request = clinic.ask("allergies", &["--single-use", "--no-onward"]);
    let given = patient.approve(&request, &Narrowing::new());
    assert!(given.approved.consent.flags.contains(Flags::SINGLE_USE));
    let contact = clinic.home.path("contact");
    clinic.wallet(&["clinic", "contact", "-o", &contact]).done();
    let unasked = Narrowing::new()
        .only([patient_wallet::record::Category::Allergies].into_iter().collect())
        .flags(Flags::SINGLE_USE);
    let shared = patient.share(&fs::read(contact).unwrap(), &unasked);
    for (given, name) in [(given, "asked"), (shared, "unasked")] {
        let [token, disclosure] = clinic.take(&given);
        let out = clinic.home.path(name);
        let done = clinic.wallet(&["clinic", "open", &token, &disclosure, "-o", &out]).done();
        assert!(done.out.contains("single-use"), "{}", done.out);
        clinic.refuses([&token, &disclosure], &[], "consent.used");
        let held = clinic.json(&["clinic", "consents"]);
        assert_eq!(held["consents"][0]["state"], "used");
    }
}

#[test]
fn a_full_disk_is_found_before_a_single_use_is_used() {
    let (mut patient, clinic) = (Patient::new(), Clinic::new("Dr. Chen"));
    patient.attach("ImagingStudy/img-thorax-2003", "thorax.dcm", &vec![7; 6 << 20]);
    let request = clinic.ask("imaging", &["--single-use"]);
    let given = patient.approve(&request, &Narrowing::new());
    let [token, disclosure] = clinic.take(&given);
    let out = clinic.home.path("out");
    let open = ["clinic", "open", &token, &disclosure, "-o", &out, "--at", &clinic.at];
    let command = clinic.home.command(&open);
    // A disk on which no file can grow beyond 4 MiB.
    let mut full = Command::new("sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""]);
    full.arg(command.get_program()).args(command.get_args());
    full.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    run(&mut full).refused("file.unwritable");
    assert!(!Path::new(&out).exists());
    clinic.wallet(&open[..6]).done();
    assert!(!Path::new(&out).join(".room").exists());
    clinic.refuses([&token, &disclosure], &[], "consent.used");
}

#[test]
fn a_folder_that_is_there_is_left_alone() {
    let (_patient, clinic, given) = visit();
    let [token, disclosure] = clinic.take(&given);
    let out = clinic.home.path("out");
    fs::create_dir(&out).unwrap();
    let open = ["clinic", "open", &token, &disclosure, "-o", &out];
    clinic.wallet(&open).refused("file.exists");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    fs::remove_dir(&out).unwrap();
    clinic
        .wallet(&["clinic", "open", &token, &disclosure, "-o", &format!("{token}/out")])
        .refused("file.unwritable");
    let missing = clinic.home.path("missing");
    clinic.wallet(&["clinic", "open", &token, &missing, "-o", &out]).refused("file.unreadable");
    clinic.wallet(&open).done();
    clinic.wallet(&open).refused("file.exists");
    let both = clinic.wallet(&["clinic", "open", "-", "-", "-o", &out]);
    assert_eq!(both.code, 2);
    let none = Home::new();
    none.wallet(&open).refused("wallet.none");
    let wallet = Home::with_wallet();
    wallet.wallet(&["clinic", "consents"]).refused("wallet.another-role");
}

#[test]
fn a_large_attachment_arrives_whole_by_standard_input() {
    let (mut patient, clinic) = (Patient::new(), Clinic::new("Dr. Chen"));
    let picture: Vec<u8> = (0..5 * 1024 * 1024_u32).flat_map(u32::to_be_bytes).collect();
    patient.attach("ImagingStudy/img-thorax-2003", "../Thorax p.-a.dcm", &picture);
    patient.attach("ImagingStudy/img-thorax-2003", "empty", b"");
    let request = clinic.ask("imaging", &[]);
    let given = patient.approve(&request, &Narrowing::new());
    let [token, disclosure] = clinic.take(&given);
    let out = clinic.home.path("opened");
    let mut command = clinic.home.command(&["clinic", "open", &token, "-", "-o", &out, "--json"]);
    command.args(["--at", &clinic.at]).stdin(Stdio::from(File::open(&disclosure).unwrap()));
    let opened: Value = serde_json::from_str(&run(&mut command).done().out).unwrap();
    let path = |name: &str| {
        let mut written = opened["files"].as_array().unwrap().iter();
        let of_name = |file: &&Value| file["path"].as_str().unwrap().ends_with(name);
        written.find(of_name).unwrap()["path"].as_str().unwrap().to_owned()
    };
    let arrived = path("Thorax_p.-a.dcm");
    assert!(fs::read(&arrived).unwrap() == picture);
    assert_eq!(fs::read(path("-empty")).unwrap(), b"");
    let folder = Path::new(&arrived).parent().unwrap();
    assert_eq!(folder, Path::new(&out).join("files"));
    assert_eq!((mode(folder), mode(Path::new(&arrived))), (0o700, 0o600));
    let left = files(&clinic.home.folder());
    assert!(left.iter().all(|path| !path.to_str().unwrap().contains("disclosure")), "{left:?}");

    let mut command = clinic.home.command(&["clinic", "open", &token, "-", "-o", &out]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdin.take().unwrap().write_all(&given.disclosure[..1000]));
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(files(&clinic.home.folder()), left, "what was kept of it is gone");
}

#[test]
fn a_denial_and_a_revocation_are_taken_in() {
    let (mut patient, clinic, given) = visit();
    let [token, _] = clinic.take(&given);
    let request = clinic.ask("notes", &[]);
    let id = patient.session.receive_request(&request).unwrap().id;
    let denial = patient.session.deny(id, Some("Ask me in person")).unwrap();
    let denial = clinic.home.file("denial", denial);
    let verdict = clinic.json(&["clinic", "verify", &denial]);
    let expected =
        json!({"kind": "denial", "request": id.to_string(), "reason": "Ask me in person"});
    assert_eq!((&verdict["valid"], &verdict["answer"]), (&json!(true), &expected));
    assert!(verdict["consent"].is_null());
    assert_eq!(verdict["standing"], "first-contact", "anybody could have denied it so");
    assert_eq!(clinic.json(&["clinic", "verify", &denial]), verdict);

    let revocation = clinic.home.file("revocation", patient.revoke(&given));
    let verdict = clinic.json(&["clinic", "verify", &revocation]);
    assert_eq!(verdict["answer"], json!({"kind": "revocation"}));
    assert_eq!(verdict["gaps"], false);

    let refused = clinic.wallet(&["clinic", "verify", &token, "--json"]);
    assert_eq!(refused.code, 1);
    let verdict: Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!(
        keys(&verdict),
        ["answer", "consent", "error", "gaps", "patient", "standing", "valid"]
    );
    assert_eq!((&verdict["valid"], &verdict["consent"]), (&json!(false), &Value::Null));
    assert_eq!(keys(&verdict["error"]), ["code", "hint", "sentence"]);
    assert_eq!(verdict["error"]["code"], "consent.revoked");
    let error: Value = serde_json::from_str(&refused.err).unwrap();
    assert_eq!(error["error"]["code"], "consent.revoked");
    clinic.wallet(&["clinic", "verify", &token]).refused("consent.revoked");
}

#[test]
fn a_directory_vouches_and_takes_it_back() {
    let (mut patient, clinic) = (Patient::new(), Clinic::new("Dr. Chen"));
    let directory = Clinic { home: Home::new(), at: NOW.to_owned() };
    let begun = directory.json(&["directory", "init", "--name", "Medical Board"]);
    assert_eq!(keys(&begun), ["did", "home", "name", "vault", "words_file"]);
    let path = |name: &str| clinic.home.path(name);
    let [contact, board, credential] = ["contact", "board", "credential"].map(path);
    let made = clinic.json(&["clinic", "contact", "-o", &contact]);
    assert_eq!(keys(&made), ["contact", "file", "text"]);
    assert_eq!(keys(&made["contact"]), ["class", "did", "has_credential", "name"]);
    let made = directory.json(&["directory", "contact", "-o", &board]);
    assert_eq!(keys(&made["contact"]), ["did", "expires_at", "name"]);
    let vouch = ["directory", "vouch", &contact, "--class", "insurer", "--name", "Chen AG"];
    let vouched = directory.json(&[&vouch[..], &["--for", "30d", "-o", &credential]].concat());
    let facts = &vouched["credential"];
    assert_eq!(keys(facts), ["class", "did", "expires_at", "id", "name"]);
    assert_eq!((&facts["class"], &facts["name"]), (&json!("insurer"), &json!("Chen AG")));
    assert_eq!(facts["expires_at"], "2026-12-21T10:40:00Z");
    directory
        .wallet(&["directory", "vouch", &board, "--class", "insurer"])
        .refused("consent.wrong-type");
    let other = Clinic::new("Dr. Roth");
    other.wallet(&["clinic", "credential", &credential]).refused("consent.other-requester");
    clinic.wallet(&["clinic", "credential", &credential]).done();

    patient.session.trust(&fs::read(&board).unwrap()).unwrap();
    let request = clinic.ask("allergies", &[]);
    let who = patient.session.receive_request(&request).unwrap().who;
    assert_eq!((who.standing.word(), who.name.as_str()), ("vouched", "Chen AG"));

    let id = facts["id"].as_str().unwrap();
    let list = path("list");
    let revoked = directory.json(&["directory", "revoke", &id[..6], "-o", &list]);
    assert_eq!(
        (keys(&revoked), &revoked["revoked"]),
        (vec!["file", "revoked", "text"], &json!(id))
    );
    patient.session.trust(&fs::read(&list).unwrap()).unwrap();
    let who = patient.session.inbox().unwrap().remove(0).who;
    assert_eq!((who.standing.word(), who.name.as_str()), ("first-contact", "Dr. Chen"));
    let listed = directory.json(&["directory", "list"]);
    assert_eq!(keys(&listed), ["credentials", "file", "text"]);
    assert_eq!(keys(&listed["credentials"][0]), ["expires_at", "id", "name", "revoked"]);
    assert_eq!(listed["credentials"][0]["revoked"], NOW);
    directory.wallet(&["directory", "revoke", "ffffffffffff"]).refused("consent.not-found");
    clinic.wallet(&["directory", "list"]).refused("wallet.another-role");
}

#[test]
fn envelopes_travel_as_files_texts_and_codes() {
    let clinic = Clinic::new("Dr. Chen");
    let file = clinic.home.path("request");
    let ask = ["clinic", "request", "--purpose", "treatment", "--categories", "5,allergies"];
    let asked = clinic.json(&[&ask[..], &["--labels", "HIV", "-o", &file]].concat());
    let expected = [
        "categories",
        "expires_at",
        "flags",
        "id",
        "labels",
        "purpose",
        "retain_seconds",
        "wanted_seconds",
    ];
    assert_eq!(keys(&asked["request"]), expected);
    assert_eq!(asked["request"]["categories"], json!(["allergies", "laboratory"]));
    assert_eq!(asked["request"]["labels"], json!(["hiv"]));
    let text = clinic.wallet(&["qr", "text", &file]).done().out;
    assert!(text.starts_with("PMW1:") && text.lines().count() == 1, "{text}");
    let shown = clinic.json(&["qr", "show", text.trim_end()]);
    assert_eq!(keys(&shown), ["text", "version", "width"]);
    assert_eq!(shown["text"], text.trim_end());
    let [dark, light] = [&[][..], &["--light"]]
        .map(|more| clinic.wallet(&[&["qr", "show", &file], more].concat()).done().out);
    assert!(dark.contains('█') && light.contains('█') && dark != light);
    let plain = clinic.wallet(&ask).done();
    assert!(plain.out.starts_with("PMW1:") && plain.out.lines().count() == 1, "{}", plain.out);
    clinic.wallet(&["qr", "show", &clinic.home.file("x", b"{}")]).refused("qr.invalid");
}

#[test]
fn what_no_patient_could_be_asked_is_not_understood() {
    let clinic = Clinic::new("Dr. Chen");
    let ask = |more: &[&str]| {
        let ask = ["clinic", "request", "--purpose", "TREAT", "--categories", "laboratory"];
        clinic.wallet(&[&ask, more].concat())
    };
    for wrong in [
        &["--from", "2024", "--to", "2023"][..],
        &["--for", "7"],
        &["--text", ""],
        &["--text", &"a".repeat(121)],
        &["--labels", "secret"],
    ] {
        assert_eq!(ask(wrong).code, 2, "{wrong:?}");
    }
    assert_eq!(clinic.wallet(&["clinic", "request", "--purpose", "TREAT"]).code, 2);
    ask(&["--valid", "73h"]).refused("consent.too-long");
    ask(&["--for", "400d"]).refused("consent.too-long");
    ask(&["--patient", "Nobody"]).refused("consent.not-found");
    let init = ["clinic", "init", "--class", "clinician", "--name"];
    assert_eq!(clinic.wallet(&[&init[..], &["Dr.\u{202e}nehC"]].concat()).code, 2);
    clinic.wallet(&[&init[..], &["Dr. Chen"]].concat()).refused("wallet.exists");
}

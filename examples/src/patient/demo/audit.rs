//! The audit: every access is told, machine reads folded; what no consent covers stands out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use patient_wallet::Error;
use patient_wallet::keys::SigningKey;
use patient_wallet::receipt::{AccessReceipt, Act, NewReceipt};
use serde::Deserialize;
use serde_json::Value;

use crate::errors::{CliError, Failure};
use crate::patient::demo::clinics::{self, Asker};
use crate::patient::demo::facts::{list, number, text, told};
use crate::patient::demo::ready;
use crate::patient::demo::stage::{Role, Stage, parsed};
use crate::{clock, files};

#[derive(Deserialize)]
struct Story {
    title: String,
    clinic: Asker,
    reader: String,
    colleague: Colleague,
    terms: Terms,
    expect: Expect,
}

#[derive(Deserialize)]
struct Colleague {
    practice: String,
    name: String,
}

#[derive(Deserialize)]
struct Terms {
    only: String,
    #[serde(rename = "for")]
    lasting: String,
}

#[derive(Deserialize)]
struct Expect {
    accesses: u64,
    machine_reads: u64,
    lines: usize,
    gap: Value,
    flagged: BTreeSet<Vec<String>>,
}

/// Tells the story.
pub(crate) fn tell(stage: &mut Stage) -> Result<(), Failure> {
    let story: Story = told(STORY)?;
    stage.title(&story.title)?;
    ready::make(stage)?;
    let patient = stage.role();
    stage.at("2025-09-01T08:00:00Z");
    let consent = give(stage, &story, patient)?;
    let late = read(stage, &story, &consent)?;
    let receipts = hand_out(stage)?;
    let passed_on = pass_on(stage, &story, &receipts)?;
    stage.at("2025-09-12T18:00:00Z");
    gap(stage, &story, patient, &receipts, &late)?;
    reconcile(stage, &story, &receipts, &passed_on)
}

/// Gives her results to a clinic that opens them; gives the consent.
fn give(stage: &mut Stage, story: &Story, patient: Role) -> Result<String, Failure> {
    stage.part(
        "1. Given for a week",
        "A rehabilitation clinic will treat her. She gives it her laboratory results, unasked, for \
         seven days.",
    )?;
    clinics::settle(stage, CLINIC, &story.clinic)?;
    let [contact, token, disclosure, opened] =
        ["contact", "token", "disclosure", "opened"].map(|what| stage.path(what));
    stage.run(&["clinic", "contact", "-o", &contact])?;
    stage.play(patient)?;
    let Terms { only, lasting } = &story.terms;
    let terms = ["disclose", "--to", &contact, "--only", only, "--for", lasting];
    let out = ["--token-out", &token, "--disclosure-out", &disclosure, "--yes"];
    let given = parsed(&stage.run_briefly(&[&terms[..], &out].concat())?)?;
    let consent = text(&given, "/consent/id").to_owned();
    stage.play(CLINIC)?;
    stage.at("2025-09-01T10:00:00Z");
    let open = ["clinic", "open", &token, &disclosure, "--by", &story.reader, "-o", &opened];
    let answer = parsed(&stage.run(&open)?)?;
    stage.holds("a receipt was signed", !text(&answer, "/receipt_due").is_empty())?;
    Ok(consent)
}

/// Reads again and again, the last time too late; gives the receipt of that.
fn read(stage: &mut Stage, story: &Story, consent: &str) -> Result<String, Failure> {
    let again = ["clinic", "receipt", consent, "--read"];
    let person = ["--by", &story.reader];
    let mut signed = 0;
    for (at, by) in
        NIGHTS.iter().map(|night| (*night, &["--machine"][..])).chain([(VISIT, &person[..])])
    {
        stage.at(at);
        let answer = parsed(&stage.ask(&[&again[..], by].concat())?)?;
        signed += list(&answer, "/receipts").len();
    }
    stage.part(
        "2. Read for a week, and once more",
        "Each night a program of the clinic goes through the results, once more a doctor looks at \
         them: nobody sees these commands here, each signs a receipt. On the tenth the consent has \
         expired. The doctor looks again, and the program signs that too: a receipt says what was \
         done, not what may be done.",
    )?;
    stage.at("2025-09-10T09:00:00Z");
    let late = stage.path("late");
    stage.run(&[&again[..], &person, &["-o", &late]].concat())?;
    stage.holds("each reading is signed", signed == NIGHTS.len() + 2)?;
    Ok(late)
}

/// Hands out every receipt of the clinic; gives the folder.
fn hand_out(stage: &mut Stage) -> Result<String, Failure> {
    stage.at("2025-09-12T17:00:00Z");
    let receipts = stage.path("receipts");
    let given = parsed(&stage.ask(&["clinic", "receipt", "--again", "-o", &receipts])?)?;
    stage
        .holds("the clinic keeps them all", list(&given, "/receipts").len() == NIGHTS.len() + 3)?;
    Ok(receipts)
}

/// Has a colleague sign, with a key of his own, that he read what was passed on to him.
fn pass_on(stage: &Stage, story: &Story, receipts: &str) -> Result<String, Failure> {
    stage.part(
        "3. Passed on",
        "Meanwhile somebody at the clinic has passed the folder on to a colleague in a practice \
         that she has never heard of. Nothing can keep a reader from copying what it has opened. \
         The colleague’s program is honest: it signs what he read, with its own key.",
    )?;
    let first = found(receipts)?;
    let first = first.first().ok_or_else(|| missing("the clinic has receipts"))?;
    let bytes = fs::read(first).map_err(|error| files::unreadable(first, error.kind()))?;
    let theirs = AccessReceipt::read(&bytes).map_err(Error::from)?;
    let new = NewReceipt {
        consent: theirs.consent(),
        patient: theirs.patient(),
        act: Act::Read,
        purpose: theirs.purpose(),
        records: theirs.records(),
        number: 1,
        previous: None,
        name: &story.colleague.practice,
        person: Some(&story.colleague.name),
    };
    let at = clock::moment(PASSED_ON).map_err(|_| missing("the story knows when"))?;
    let key = SigningKey::generate().map_err(Error::from)?;
    let signed = AccessReceipt::sign(&key, &new, at).map_err(Error::from)?;
    stage.write("colleague", &signed)
}

/// Hands in the first receipt and the last: what is between them is missed.
fn gap(
    stage: &mut Stage,
    story: &Story,
    patient: Role,
    receipts: &str,
    late: &str,
) -> Result<(), Failure> {
    stage.part(
        "4. What the clinic would rather not show",
        "Asked for its receipts, the clinic hands over the first and the last. They are numbered, \
         and each names the one before it.",
    )?;
    stage.play(patient)?;
    let all = found(receipts)?;
    let first = all.first().map_or_else(String::new, |path| path.to_string_lossy().into_owned());
    stage.run(&["receipts", "add", &first, late])?;
    let told = parsed(&stage.run(&["reconcile"])?)?;
    let gaps =
        list(&told, "/flagged").iter().filter(|it| it.pointer("/gap") == Some(&story.expect.gap));
    stage.holds("the gap is shown with its dates", gaps.count() == 1)
}

/// Hands in everything, and looks.
fn reconcile(
    stage: &mut Stage,
    story: &Story,
    receipts: &str,
    passed_on: &str,
) -> Result<(), Failure> {
    stage.part(
        "5. Everything on the table",
        "She insists, and gets the rest, some of it again. The colleague’s practice sends its \
         receipt, too.",
    )?;
    stage.run(&["receipts", "add", receipts, passed_on])?;
    let told = parsed(&stage.run(&["reconcile", "--all"])?)?;
    let Expect { accesses, machine_reads, lines, flagged, .. } = &story.expect;
    stage.holds("every access is there", number(&told, "/accesses") == Some(*accesses))?;
    let told_of: BTreeSet<Vec<String>> = list(&told, "/flagged").iter().map(whys).collect();
    stage.holds("what no consent covers is flagged, and nothing else", told_of == *flagged)?;
    let log = list(&told, "/log");
    let machine = log.iter().filter(|line| text(line, "/how") == "machine");
    let machine: Vec<_> = machine.map(|line| number(line, "/accesses")).collect();
    stage.holds("machine reads are one line", machine == [Some(*machine_reads)])?;
    stage.holds("the log is short", log.len() == *lines)?;
    let counted: u64 = log.iter().filter_map(|line| number(line, "/accesses")).sum();
    stage.holds("and nothing is missing from it", counted == *accesses)?;
    let mut alone = log.iter().filter(|line| !whys(line).is_empty());
    let alone = alone.all(|line| number(line, "/accesses") == Some(1));
    stage.holds("what is flagged stands alone", alone)?;
    let again = parsed(&stage.ask(&["receipts", "add", receipts, passed_on])?)?;
    let known = list(&again, "/receipts").iter().all(|it| text(it, "/verdict") == "known");
    stage.holds("the same receipts again change nothing", known)
}

fn whys(flagged: &Value) -> Vec<String> {
    list(flagged, "/why").iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Gives the files of a folder, in the order of their names.
fn found(folder: &str) -> Result<Vec<PathBuf>, Failure> {
    let folder = Path::new(folder);
    let unreadable = |error: std::io::Error| files::unreadable(folder, error.kind());
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable));
    let mut paths = paths.collect::<Result<Vec<_>, _>>()?;
    paths.sort_unstable();
    Ok(paths)
}

fn missing(fact: &str) -> Failure {
    CliError::Story { fact: fact.to_owned() }.into()
}

const STORY: &str = include_str!("../../../stories/audit.json");
const CLINIC: Role = Role { home: "rehabilitation", passphrase: "rehabilitation-passphrase" };
const NIGHTS: [&str; 4] = [
    "2025-09-02T02:00:00Z",
    "2025-09-03T02:00:00Z",
    "2025-09-04T02:00:00Z",
    "2025-09-05T02:00:00Z",
];
const VISIT: &str = "2025-09-05T14:00:00Z";
const PASSED_ON: &str = "2025-09-06T11:30:00Z";

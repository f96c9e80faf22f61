//! Those who read the wrong value: they sign that they did, and hear that it was wrong.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::errors::Failure;
use crate::files;
use crate::patient::demo::clinics::{self, Asker, Papers};
use crate::patient::demo::facts::{list, number, text};
use crate::patient::demo::stage::{Role, Stage, parsed};

/// Two clinics that read it, and what is expected of them.
#[derive(Debug, Deserialize)]
pub(crate) struct Readers {
    answers: Reader,
    silent: Reader,
    #[serde(rename = "for")]
    lasting: String,
    /// What stands on the page of the clinic that answers, besides the date.
    mark: String,
    /// What the wallet says of the one that does not.
    flag: String,
}

#[derive(Debug, Deserialize)]
struct Reader {
    #[serde(flatten)]
    asker: Asker,
    person: String,
}

/// Lets both read the record, and hand back what they signed.
pub(crate) fn read(
    stage: &mut Stage,
    readers: &Readers,
    id: &str,
    before: &str,
) -> Result<(), Failure> {
    stage.part(
        "6. Two clinics read it",
        "She has an operation before her and gives the blood group, and nothing else, to the \
         surgery and to her doctor. Whoever opens it signs that they did: a receipt, for her.",
    )?;
    let patient = stage.role();
    let mut receipts = Vec::new();
    for (role, reader) in [(SURGERY, &readers.answers), (DOCTOR, &readers.silent)] {
        clinics::settle(stage, role, &reader.asker)?;
        let papers = Papers::of(stage, role);
        let receipt = stage.path(&format!("{}.receipt", role.home));
        let asks = ["clinic", "request", "--purpose", "TREAT", "--categories", "laboratory"];
        let lasting = ["--for", &readers.lasting, "-o", &papers.request];
        stage.run(&[&asks[..], &lasting[..]].concat())?;
        stage.play(patient)?;
        let only = ["approve", &papers.request, "--records", id];
        let out = ["--token-out", &papers.token, "--disclosure-out", &papers.disclosure, "--yes"];
        stage.run_briefly(&[&only[..], &out[..]].concat())?;
        stage.play(role)?;
        let open = ["clinic", "open", &papers.token, &papers.disclosure, "--by", &reader.person];
        let to = ["--receipt-out", &receipt, "-o", &papers.opened];
        let opened = parsed(&stage.run(&[&open[..], &to[..]].concat())?)?;
        let (references, told) = clinics::opened(&opened, &papers.opened)?;
        let fact = format!("{} reads {before}, and one record", reader.asker.name);
        stage.holds(&fact, references.len() == 1 && told.contains(before))?;
        receipts.push(receipt);
    }
    stage.play(patient)?;
    let add: Vec<&str> = receipts.iter().map(String::as_str).collect();
    stage.run(&[&["receipts", "add"][..], &add].concat())?;
    let kept = parsed(&stage.ask(&["receipts"])?)?;
    stage.holds("both receipts are kept", list(&kept, "/receipts").len() == 2)?;
    let history = parsed(&stage.ask(&["history", id])?)?;
    stage.holds("the history names both", list(&history, "/holders").len() == 2)
}

/// Carries the notices of the correction to both; one applies it and answers.
pub(crate) fn tell(stage: &mut Stage, readers: &Readers) -> Result<(), Failure> {
    let patient = stage.role();
    stage.part(
        "8. Both have to know",
        "The correction signed a notice for everybody who holds the old version. It says which \
         record, not what is in it now: that flows only under a consent.",
    )?;
    let folder = stage.path("notices");
    let notices = parsed(&stage.run(&["notices", "-o", &folder])?)?;
    stage.holds("there is one for each", list(&notices, "/notices").len() == 2)?;
    let file_for = |reader: &Reader| {
        let notices = list(&notices, "/notices").iter();
        let mut theirs = notices.filter(|notice| text(notice, "/audience") == reader.asker.name);
        theirs.next().map(|notice| text(notice, "/file").to_owned()).unwrap_or_default()
    };
    let (carried, unread) = (file_for(&readers.answers), file_for(&readers.silent));
    stage.play(SURGERY)?;
    let answer = stage.path(&format!("{}.answer", SURGERY.home));
    stage.run(&["clinic", "notice", &carried, "-o", &answer])?;
    let page = Path::new(&Papers::of(stage, SURGERY).opened).join("index.html");
    let shown = fs::read_to_string(&page);
    let shown = shown.map_err(|error| files::unreadable(&page, error.kind()))?;
    stage.holds("the page says so", shown.matches(&readers.mark).count() == 2)?;
    let name = &readers.silent.asker.name;
    stage.say(&format!("{name} got its notice, {unread}, too. Nobody there has answered."))?;
    stage.play(patient)?;
    stage.run(&["receipts", "add", &answer])?;
    let notices = parsed(&stage.run(&["notices"])?)?;
    let is_answered = |reader: &Reader| {
        let mut all = list(&notices, "/notices").iter();
        all.any(|it| text(it, "/audience") == reader.asker.name && it["answered"].is_string())
    };
    stage.holds("one has answered", is_answered(&readers.answers))?;
    stage.holds("she sees who has not", !is_answered(&readers.silent))
}

/// Looks two weeks later: who has not answered is flagged, and nobody else.
pub(crate) fn look(stage: &mut Stage, readers: &Readers) -> Result<(), Failure> {
    stage.part(
        "9. Two weeks later",
        "The wallet compares what was given with what was signed about it, and says what does not \
         fit.",
    )?;
    let found = parsed(&stage.run(&["reconcile"])?)?;
    stage
        .holds("both openings are there", number(&found, "/accesses").is_some_and(|it| it >= 2))?;
    let flags = list(&found, "/flagged");
    let is_silent = |flag: &Value| list(flag, "/why").iter().all(|why| *why == readers.flag);
    let fact = "the silence is flagged, and nothing else";
    stage.holds(fact, flags.len() == 1 && flags.iter().all(is_silent))
}

const SURGERY: Role = Role { home: "surgery", passphrase: "surgery-passphrase" };
const DOCTOR: Role = Role { home: "doctor", passphrase: "doctor-passphrase" };

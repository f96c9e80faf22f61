//! The visit: a doctor asks for everything and opens exactly what the patient grants, for a week.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::errors::Failure;
use crate::patient::demo::clinics::{self, Asker, Papers, labelled, references};
use crate::patient::demo::facts::{PATIENT, list, text, told};
use crate::patient::demo::folders::copied;
use crate::patient::demo::ready;
use crate::patient::demo::stage::{Role, Stage, parsed};
use crate::screen::counted;

#[derive(Deserialize)]
struct Story {
    title: String,
    directory: String,
    clinic: Asker,
    request: Request,
    looked_through: Vec<String>,
    terms: Terms,
    expect: Expect,
}

#[derive(Deserialize)]
struct Request {
    purpose: String,
    categories: String,
    #[serde(rename = "for")]
    lasting: String,
    text: String,
}

#[derive(Deserialize)]
struct Terms {
    only: String,
    deny: String,
    #[serde(rename = "for")]
    lasting: String,
}

#[derive(Deserialize)]
struct Expect {
    standing: String,
    /// What would leave if she gave what was asked: how many records, how many of them so labelled.
    asked: Asked,
    /// What would leave on her terms before she has looked anything through.
    unread: BTreeMap<String, usize>,
    released: BTreeSet<String>,
    expires_at: String,
    page: Vec<String>,
    never: Vec<String>,
    after_revocation: String,
    after_expiry: String,
    states: [String; 2],
    log: Vec<String>,
}

#[derive(Deserialize)]
struct Asked {
    records: usize,
    labelled: BTreeMap<String, usize>,
}

/// Tells the story.
pub(crate) fn tell(stage: &mut Stage) -> Result<(), Failure> {
    let story: Story = told(STORY)?;
    stage.title(&story.title)?;
    ready::make(stage)?;
    let patient = stage.role();
    let papers = Papers::of(stage, CLINIC);
    stage.at("2025-04-07T08:00:00Z");
    meet(stage, &story, patient)?;
    ask(stage, &story, patient, &papers)?;
    stage.at("2025-04-07T09:00:00Z");
    look(stage, &story, &papers)?;
    let withheld = approve(stage, &story, &papers)?;
    stage.at("2025-04-07T15:00:00Z");
    open(stage, &story, &papers, &withheld)?;
    let as_it_was = stage.folder().join(UNTOLD.home);
    copied(&stage.home(), &as_it_was, &|_| true)?;
    stage.at("2025-04-09T18:00:00Z");
    take_back(stage, &story, patient, &papers)?;
    stage.at("2025-04-14T09:00:00Z");
    expire(stage, &story, &papers)?;
    remember(stage, &story, patient)
}

fn meet(stage: &mut Stage, story: &Story, patient: Role) -> Result<(), Failure> {
    stage.part(
        "1. A doctor in another city",
        "Dr. Chen's practice has a home of its own, with keys that never leave it. The register of \
         physicians has seen her licence: it vouches for her name, her class and her key.",
    )?;
    clinics::settle(stage, CLINIC, &story.clinic)?;
    let [contact, list] = clinics::vouch(stage, CLINIC, &story.clinic, &story.directory)?;
    stage.part(
        "2. Whom the patient believes",
        "She chooses the register herself, once, and takes its list of what it has taken back.",
    )?;
    stage.play(patient)?;
    stage.run(&["trust", "add", &contact])?;
    let trusted = parsed(&stage.run(&["trust", "add", &list])?)?;
    let is_fresh = trusted.pointer("/directory/list_stale") == Some(&Value::Bool(false));
    stage.holds("its list is fresh", is_fresh)
}

fn ask(stage: &mut Stage, story: &Story, patient: Role, papers: &Papers) -> Result<(), Failure> {
    let Request { purpose, categories, lasting, text: words } = &story.request;
    stage.part(
        "3. A request for everything",
        "It comes as a file, a text or a QR code, with a key of its own that the answer will be \
         sealed to. Taking it in grants nothing.",
    )?;
    stage.play(CLINIC)?;
    let asks = ["clinic", "request", "--purpose", purpose, "--categories", categories];
    let terms = ["--for", lasting, "--text", words, "-o", &papers.request];
    stage.run(&[&asks[..], &terms[..]].concat())?;
    stage.play(patient)?;
    let added = parsed(&stage.run(&["inbox", "add", &papers.request])?)?;
    let from = |name: &str| text(&added, &format!("/request/from/{name}")).to_owned();
    stage.holds("it says who asks", from("name") == story.clinic.name)?;
    stage.holds("somebody she believes vouches", from("standing") == story.expect.standing)?;
    stage.holds("the class is vouched for", from("class") == story.clinic.class)?;
    stage.holds("the directory is named", from("vouched_by") == story.directory)?;
    let code = stage.refused_unseen(&["inbox", "add", &papers.request])?;
    stage.holds("the same request again is refused", code == "consent.replayed")
}

fn look(stage: &mut Stage, story: &Story, papers: &Papers) -> Result<(), Failure> {
    let asked = parsed(&stage.ask(&["review", &papers.request])?)?;
    let expect = &story.expect.asked;
    let (leaves, stays) = (list(&asked, "/release").len(), list(&asked, "/withhold").len());
    stage.holds("a review counts what was asked for", leaves == expect.records)?;
    for (label, count) in &expect.labelled {
        let fact = format!("{count} of them are labelled {label}");
        stage.holds(&fact, labelled(&asked, "/release", label) == *count)?;
    }
    let mut unread = BTreeMap::new();
    let narrowed = parsed(&stage.ask(&story.narrowed("review", papers))?)?;
    for record in list(&narrowed, "/release") {
        *unread.entry(text(record, "/category").to_owned()).or_insert(0) += 1;
    }
    stage.holds("free text that nobody has read stays", unread == story.expect.unread)?;
    stage.part(
        "4. Before she answers",
        &format!(
            "wallet review shows her: given as it was asked, {leaves} of her {} records would \
             leave. She wants to give laboratory, medications and allergies, and nothing of mental \
             health, HIV or sexually transmitted disease. Then no allergy and no medicine would \
             leave: they hold words beside the codes, words may speak of what she holds back, and \
             nobody has looked. So she looks, and says so.",
            leaves + stays,
        ),
    )?;
    let ids = ready::shorts(stage, &story.looked_through)?;
    if let Some(first) = ids.first() {
        stage.run(&["show", first])?;
    }
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    stage.run(&[&["label"], &ids[..], &["--confirm"]].concat()).map(drop)
}

/// Approves less than was asked, and gives the references of what stays.
fn approve(stage: &mut Stage, story: &Story, papers: &Papers) -> Result<BTreeSet<String>, Failure> {
    stage.part(
        "5. Less than was asked, for a week",
        "She can only take away from a request. What she signs is said in words that are made from \
         the very bytes that she signs. Asked whether she is sure, she says yes.",
    )?;
    let review = parsed(&stage.ask(&story.narrowed("review", papers))?)?;
    let is_as_told = references(&review, "/release") == story.expect.released;
    stage.holds("what would leave is what the story says", is_as_told)?;
    for label in story.terms.deny.split(',') {
        let count = labelled(&review, "/release", label);
        stage.holds(&format!("nothing of it is labelled {label}"), count == 0)?;
    }
    let withheld = list(&review, "/withhold").iter();
    let withheld = withheld.map(|it| text(it, "/record/reference").to_owned()).collect();
    let out = ["--token-out", &papers.token, "--disclosure-out", &papers.disclosure, "--yes"];
    let approved = parsed(&stage.run(&[&story.narrowed("approve", papers)[..], &out].concat())?)?;
    let until = text(&approved, "/consent/expires_at");
    stage.holds("it holds for a week", until == story.expect.expires_at)?;
    Ok(withheld)
}

fn open(
    stage: &mut Stage,
    story: &Story,
    papers: &Papers,
    withheld: &BTreeSet<String>,
) -> Result<(), Failure> {
    stage.part(
        "6. At the doctor's",
        "No network, no wallet of hers, no server: the token says what may be read and until when, \
         the disclosure holds the records, sealed to Dr. Chen's key for this one request.",
    )?;
    stage.play(CLINIC)?;
    let verified = parsed(&stage.run(&["clinic", "verify", &papers.token])?)?;
    stage.holds("the token is valid", verified.pointer("/valid") == Some(&Value::Bool(true)))?;
    let is_told = verified.pointer("/consent/denied").is_some();
    stage.holds("the token does not tell what she holds back", !is_told)?;
    let open = ["clinic", "open", &papers.token, &papers.disclosure, "-o", &papers.opened];
    let answer = parsed(&stage.run(&open)?)?;
    let (references, all) = clinics::opened(&answer, &papers.opened)?;
    let count = list(&answer, "/files").len();
    stage.holds("there is a file for each record", count == story.expect.released.len())?;
    stage.holds("exactly what she gave is there", references == story.expect.released)?;
    let page = std::fs::read_to_string(Path::new(&papers.opened).join("index.html"));
    let page = page.unwrap_or_default();
    for words in &story.expect.page {
        stage.holds(&format!("the page shows {words:?}"), page.contains(words))?;
    }
    let named = withheld.iter().any(|reference| all.contains(reference));
    stage.holds("no withheld record is referred to", !named && !withheld.is_empty())?;
    stage.part(
        "7. What she has not got",
        "Everything that Dr. Chen holds is searched, byte by byte: what she opened, the page, the \
         files that came, her home.",
    )?;
    clinics::search(stage, CLINIC, papers, &story.expect.never, PATIENT)?;
    stage.say(&format!(
        "Nothing that left says that there is more than these {}: no key, no name, no number.",
        counted(u64::try_from(count).unwrap_or(u64::MAX), "record"),
    ))
}

fn take_back(
    stage: &mut Stage,
    story: &Story,
    patient: Role,
    papers: &Papers,
) -> Result<(), Failure> {
    stage.part(
        "8. Taken back",
        "Two days later she takes the consent back. What Dr. Chen has read she has read; from the \
         moment that she gets the revocation, her program opens nothing of it any more.",
    )?;
    stage.play(patient)?;
    let consents = parsed(&stage.run(&["consents"])?)?;
    let id = text(&consents, "/consents/0/consent/id");
    let revocation = stage.path("revocation");
    stage.run(&["revoke", id.get(..SHORT).unwrap_or(id), "-o", &revocation, "--yes"])?;
    stage.play(CLINIC)?;
    let verify = ["clinic", "verify", &papers.token, "--revocations", &revocation];
    let code = stage.refused(&verify)?;
    stage.holds("a revoked consent is refused", code == story.expect.after_revocation)?;
    let again = stage.path("again");
    let open = ["clinic", "open", &papers.token, &papers.disclosure, "-o", &again];
    let code = stage.refused(&open)?;
    stage.holds("nothing is opened any more", code == story.expect.after_revocation)?;
    stage.holds("nothing is written", !Path::new(&again).exists())?;
    let held = parsed(&stage.ask(&["clinic", "consents"])?)?;
    let state = text(&held, "/consents/0/state");
    stage.holds("the clinic knows of it", state == story.expect.states[0])
}

fn expire(stage: &mut Stage, story: &Story, papers: &Papers) -> Result<(), Failure> {
    stage.part(
        "9. Had the revocation been lost",
        "A copy of Dr. Chen's home from before, which has heard of nothing, a week after the visit: \
         the consent has run out by itself.",
    )?;
    stage.play(UNTOLD)?;
    let again = stage.path("again");
    let open = ["clinic", "open", &papers.token, &papers.disclosure, "-o", &again];
    for command in [&["clinic", "verify", &papers.token][..], &open] {
        let code = stage.refused(command)?;
        stage.holds("an expired consent is refused", code == story.expect.after_expiry)?;
    }
    let held = parsed(&stage.ask(&["clinic", "consents"])?)?;
    let state = text(&held, "/consents/0/state");
    stage.holds("the key for it is destroyed", state == story.expect.states[1])
}

fn remember(stage: &mut Stage, story: &Story, patient: Role) -> Result<(), Failure> {
    stage.part(
        "10. What she finds later",
        "Her log tells it, the latest first. That she consented was written down before anything \
         left.",
    )?;
    stage.play(patient)?;
    let limit = story.expect.log.len().to_string();
    let log = parsed(&stage.run(&["log", "--limit", &limit])?)?;
    let kinds: Vec<_> = list(&log, "/entries").iter().map(|entry| text(entry, "/kind")).collect();
    stage.holds("the log tells it", kinds == story.expect.log)
}

impl Story {
    /// Gives a command on the request, on the patient's terms.
    fn narrowed<'a>(&'a self, command: &'a str, papers: &'a Papers) -> [&'a str; 8] {
        let Terms { only, deny, lasting } = &self.terms;
        [command, &papers.request, "--only", only, "--deny", deny, "--for", lasting]
    }
}

const STORY: &str = include_str!("../../../stories/visit.json");
const CLINIC: Role = Role { home: "clinic", passphrase: "clinic-passphrase" };
/// The practice as it was before the revocation.
const UNTOLD: Role = Role { home: "clinic-before", passphrase: "clinic-passphrase" };
/// Digits of an id that are shown.
const SHORT: usize = 6;

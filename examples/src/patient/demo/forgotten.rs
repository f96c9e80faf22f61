//! The right to be forgotten: one record is erased, its keys destroyed, not hidden.

use std::path::Path;

use serde::Deserialize;

use crate::errors::Failure;
use crate::patient::demo::facts::{list, number, text, told};
use crate::patient::demo::folders::copied;
use crate::patient::demo::ready;
use crate::patient::demo::stage::{Stage, parsed};

#[derive(Deserialize)]
struct Story {
    title: String,
    record: Record,
    expect: Expect,
}

#[derive(Deserialize)]
struct Record {
    find: String,
    reference: String,
    says: String,
}

#[derive(Deserialize)]
struct Expect {
    matches: u64,
    erased: String,
    log: Vec<String>,
    old_copy: String,
    statement: Statement,
}

#[derive(Deserialize)]
struct Statement {
    subject: String,
    destroyed: usize,
    may_remain: usize,
}

/// A record that is to go: its id, and as short as it is shown.
struct Meant {
    id: String,
    short: String,
}

/// Tells the story.
pub(crate) fn tell(stage: &mut Stage) -> Result<(), Failure> {
    let story: Story = told(STORY)?;
    stage.title(&story.title)?;
    ready::make(stage)?;
    stage.at("2025-05-02T18:00:00Z");
    let meant = look(stage, &story)?;
    stage.part(
        "2. An old copy",
        "Somebody who used her computer has copied the files of the wallet and keeps them. On a \
         phone the keystore cannot be copied, so here it is left out too.",
    )?;
    let (home, old) = (stage.home(), stage.folder().join("old-copy"));
    copied(&home, &old, &|name| name != KEYSTORE)?;
    let statement = erase(stage, &story, &meant)?;
    remember(stage, &story, &meant)?;
    // Whoever has the old files comes to the device as it is now.
    copied(&home.join(KEYSTORE), &old.join(KEYSTORE), &|_| true)?;
    try_old_copy(stage, &story, &meant, &old)?;
    prove(stage, &story, &meant, &statement)
}

fn look(stage: &mut Stage, story: &Story) -> Result<Meant, Failure> {
    let Record { find, reference, says } = &story.record;
    stage.part(
        "1. One note too many",
        "A note of 2003 tells of the women's shelter that took her in, and asks that the address \
         be passed on to nobody. She wants it gone: not hidden, gone.",
    )?;
    let found = parsed(&stage.run(&["search", find])?)?;
    stage.holds("the search finds it", number(&found, "/total") == Some(story.expect.matches))?;
    let fact = format!("what it finds is {reference}");
    stage.holds(&fact, text(&found, "/records/0/reference") == reference)?;
    let id = text(&found, "/records/0/id").to_owned();
    let shown = stage.ask(&["show", &id])?;
    stage.holds("it says what the story says of it", shown.contains(says))?;
    let short = ready::short(stage, &id)?;
    Ok(Meant { id, short })
}

/// Erases the record and gives the path of the statement.
fn erase(stage: &mut Stage, story: &Story, meant: &Meant) -> Result<String, Failure> {
    let count = |stage: &Stage| parsed(&stage.ask(&["status"])?);
    let before = number(&count(stage)?, "/vault/records");
    stage.part(
        "3. It is erased",
        "Each record lies under a key of its own. That key is destroyed in the file, and the key \
         on the device that it hung on is replaced. Asked whether she is sure, she says yes.",
    )?;
    let statement = stage.path("statement");
    stage.run(&["erase", &meant.short, "-o", &statement, "--yes"])?;
    let code = stage.refused(&["show", &meant.short])?;
    stage.holds("the record is gone", code == story.expect.erased)?;
    let found = parsed(&stage.ask(&["search", &story.record.find])?)?;
    stage.holds("no search finds it", number(&found, "/total") == Some(0))?;
    let after = number(&count(stage)?, "/vault/records");
    let one_less = before.and_then(|before| before.checked_sub(1));
    stage.holds("every other record is there", after.is_some() && after == one_less)?;
    stage.say("Everything else is as it was, to the last row:")?;
    let verified = parsed(&stage.run(&["verify"])?)?;
    let is_sound = verified.pointer("/sound").and_then(serde_json::Value::as_bool);
    stage.holds("the wallet is sound", is_sound == Some(true))?;
    Ok(statement)
}

fn remember(stage: &mut Stage, story: &Story, meant: &Meant) -> Result<(), Failure> {
    stage.part(
        "4. What is remembered",
        "The log keeps that something was erased, and when; not what it was. It never named more \
         than a random number.",
    )?;
    let log = parsed(&stage.run(&["log", "--record", &meant.short])?)?;
    let kinds: Vec<_> = list(&log, "/entries").iter().map(|entry| text(entry, "/kind")).collect();
    stage.holds("the log tells that it came and went", kinds == story.expect.log)
}

fn try_old_copy(
    stage: &mut Stage,
    story: &Story,
    meant: &Meant,
    old: &Path,
) -> Result<(), Failure> {
    stage.part(
        "5. The old copy",
        "Now the copy of then meets the device of today, passphrase and all. The note is in those \
         files still, sealed; the key on the device that would open it is not there any more.",
    )?;
    let old = old.to_string_lossy().into_owned();
    let code = stage.refused(&["--home", &old, "show", &meant.short])?;
    stage.holds("the old copy does not open it", code == story.expect.old_copy)?;
    for arguments in [&["records"][..], &["search", &story.record.find], &["export", "-o", "-"]] {
        let code = stage.refused_unseen(&[&["--home", &old], arguments].concat())?;
        let fact = format!("the old copy opens nothing of it by {}", arguments.join(" "));
        stage.holds(&fact, code == story.expect.old_copy)?;
    }
    stage.say(
        "The hint is honest: her words would open the old copy. They are on paper, in her drawer, \
         and the statement below says so.",
    )
}

fn prove(stage: &mut Stage, story: &Story, meant: &Meant, statement: &str) -> Result<(), Failure> {
    stage.part(
        "6. The statement",
        "The wallet signed what it destroyed and what it cannot reach. Anybody checks it, with no \
         wallet and no passphrase.",
    )?;
    let verified = parsed(&stage.run(&["audit", "verify", statement])?)?;
    let erasure = "/findings/0/erasure";
    let at = |name: &str| format!("{erasure}/{name}");
    let expect = &story.expect.statement;
    stage.holds("it is about a record", text(&verified, &at("subject")) == expect.subject)?;
    stage.holds("it is about this one", text(&verified, &at("id")) == meant.id)?;
    let destroyed = list(&verified, &at("destroyed")).len();
    stage.holds("it says what was destroyed", destroyed == expect.destroyed)?;
    let remains = list(&verified, &at("may_remain")).len();
    stage.holds("it says what may remain", remains == expect.may_remain)
}

const STORY: &str = include_str!("../../../stories/right-to-be-forgotten.json");
/// Folder of the command line's keystore in a home.
const KEYSTORE: &str = "keystore";

//! A wallet that holds her record: where a story begins that is not told first.

use crate::errors::Failure;
use crate::ids::ShortIds;
use crate::patient::demo::facts::{PATIENT, list, text};
use crate::patient::demo::stage::{Stage, parsed};

/// Makes the wallet, unless an earlier story has.
pub(crate) fn make(stage: &mut Stage) -> Result<(), Failure> {
    if stage.home().exists() {
        return stage.say("Her wallet is the one of the story before.");
    }
    stage.at("2025-04-02T10:00:00Z");
    stage.say(
        "Núria Peñalver Zurbrügg never lived: her record is made up. Everything else is real, and \
         each line that begins with $ is a command that runs now.",
    )?;
    stage.part("0. Her wallet", "57 years of a life, in one sealed file.")?;
    stage.show_passphrase()?;
    stage.run(&["create", "--words-out", &stage.path("words")])?;
    let file = stage.write("patient.json", PATIENT)?;
    stage.run(&["import", &file]).map(drop)
}

/// Gives the ids of records by their references, as short as the wallet shows them.
pub(crate) fn shorts(stage: &Stage, references: &[String]) -> Result<Vec<String>, Failure> {
    let all = parsed(&stage.ask(&["records", "--limit", "1000"])?)?;
    let all = list(&all, "/records");
    let digits =
        ShortIds::telling_apart(all.iter().map(|record| text(record, "/id").to_owned()).collect());
    let short = |reference: &String| {
        let record = all.iter().find(|record| text(record, "/reference") == reference);
        digits.beginning(record.map_or("", |record| text(record, "/id"))).to_owned()
    };
    Ok(references.iter().map(short).collect())
}

/// Shortens the id of a record as the wallet shows it.
pub(crate) fn short(stage: &Stage, id: &str) -> Result<String, Failure> {
    let all = parsed(&stage.ask(&["records", "--limit", "1000"])?)?;
    let ids = list(&all, "/records").iter().map(|record| text(record, "/id").to_owned());
    Ok(ShortIds::telling_apart(ids.collect()).beginning(id).to_owned())
}

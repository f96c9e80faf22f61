//! The other side of a consent: a directory, whom it vouches for, and what they get to hold.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::errors::Failure;
use crate::files;
use crate::patient::demo::facts::{list, text};
use crate::patient::demo::folders::{collect, found};
use crate::patient::demo::stage::{Role, Stage, parsed};
use crate::screen::Table;

/// Somebody who asks for records.
#[derive(Debug, Deserialize)]
pub(crate) struct Asker {
    pub(crate) name: String,
    pub(crate) class: String,
}

/// Where the files of one who asks and of the patient's answer are.
pub(crate) struct Papers {
    pub(crate) request: String,
    pub(crate) token: String,
    pub(crate) disclosure: String,
    pub(crate) opened: String,
}

impl Papers {
    /// Names them after whoever asks.
    pub(crate) fn of(stage: &Stage, role: Role) -> Self {
        let path = |what: &str| stage.path(&format!("{}.{what}", role.home));
        Self {
            request: path("request"),
            token: path("token"),
            disclosure: path("disclosure"),
            opened: path("opened"),
        }
    }
}

/// Makes a home for somebody who asks.
pub(crate) fn settle(stage: &mut Stage, role: Role, asker: &Asker) -> Result<(), Failure> {
    stage.play(role)?;
    let words = stage.path(&format!("{}.words", role.home));
    let init = ["clinic", "init", "--name", &asker.name, "--class", &asker.class];
    stage.run(&[&init[..], &["--words-out", &words]].concat()).map(drop)
}

/// Makes a directory that vouches for them; gives its contact and its list, for the patient.
pub(crate) fn vouch(
    stage: &mut Stage,
    role: Role,
    asker: &Asker,
    directory: &str,
) -> Result<[String; 2], Failure> {
    let path = |what: &str| stage.path(&format!("{}.{what}", role.home));
    let [contact, credential] = ["contact", "credential"].map(path);
    let [register, taken_back, words] =
        ["contact", "list", "words"].map(|what| stage.path(&format!("{}.{what}", DIRECTORY.home)));
    stage.run(&["clinic", "contact", "-o", &contact])?;
    stage.play(DIRECTORY)?;
    stage.run(&["directory", "init", "--name", directory, "--words-out", &words])?;
    let vouch = ["directory", "vouch", &contact, "--class", &asker.class];
    stage.run(&[&vouch[..], &["-o", &credential]].concat())?;
    stage.run(&["directory", "contact", "-o", &register])?;
    stage.run(&["directory", "list", "-o", &taken_back])?;
    stage.play(role)?;
    stage.run(&["clinic", "credential", &credential])?;
    Ok([register, taken_back])
}

/// Lists the references of what an answer names, at a place of it.
pub(crate) fn references(answer: &Value, path: &str) -> BTreeSet<String> {
    list(answer, path).iter().map(|record| text(record, "/reference").to_owned()).collect()
}

/// Counts the records with a label, at a place of an answer.
pub(crate) fn labelled(answer: &Value, path: &str, label: &str) -> usize {
    let has = |record: &&Value| list(record, "/labels").iter().any(|it| it == label);
    list(answer, path).iter().filter(has).count()
}

/// Reads what was opened: the reference of each record, and all the text that there is.
pub(crate) fn opened(answer: &Value, folder: &str) -> Result<(BTreeSet<String>, String), Failure> {
    let mut references = BTreeSet::new();
    for file in list(answer, "/files") {
        let path = Path::new(text(file, "/path"));
        let json = fs::read_to_string(path);
        let json = parsed(&json.map_err(|error| files::unreadable(path, error.kind()))?)?;
        references.insert(format!("{}/{}", text(&json, "/resourceType"), text(&json, "/id")));
    }
    let mut bytes = Vec::new();
    collect(Path::new(folder), &mut bytes)?;
    Ok((references, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Searches everything that whoever asked got to hold for texts that must not be there; each is in
/// the record, so that the search means something.
pub(crate) fn search(
    stage: &mut Stage,
    role: Role,
    papers: &Papers,
    texts: &[String],
    record: &[u8],
) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    for folder in [stage.path(role.home), papers.opened.clone()] {
        collect(Path::new(&folder), &mut bytes)?;
    }
    for path in [&papers.token, &papers.disclosure].map(Path::new) {
        bytes.extend(fs::read(path).map_err(|error| files::unreadable(path, error.kind()))?);
    }
    let mut table = Table::new(["words", "in her record", "here"], 0);
    for text in texts {
        let (here, there) = (found(record, text), found(&bytes, text));
        table.push([text.clone(), here.to_string(), there.to_string()]);
        stage.holds(&format!("her record holds {text:?}"), here > 0)?;
        stage.holds(&format!("they hold no {text:?}"), there == 0)?;
    }
    stage.tell(|screen| {
        writeln!(screen)?;
        table.tell(screen)
    })
}

/// The home of a directory.
pub(crate) const DIRECTORY: Role = Role { home: "directory", passphrase: "directory-passphrase" };

//! `wallet audit verify`: needs no wallet, no passphrase, nothing but the files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use patient_wallet::audit::{
    self, Checkpoint, Continuation, ErasureStatement, Finding, Head, ProvenContinuation, Stamp,
    Subject,
};
use patient_wallet::keys::{DidKey, VerifyingKey};
use patient_wallet::words::Language;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::answer::{Answer, Tell};
use crate::envelope;
use crate::errors::Failure;
use crate::ids::hex;
use crate::patient::log::{EntryShape, ToldIn};
use crate::screen::Screen;

/// Verifies checkpoints, proofs and erasure statements, and that no two contradict each other
///
/// It needs no wallet. Whose key signed, the files cannot say: compare it with what the patient gave
/// you.
#[derive(Args, Debug)]
pub(super) struct Verify {
    /// The files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    told: ToldIn,
}

#[derive(Serialize)]
struct Verified {
    findings: Vec<Found>,
}

/// What one file shows, as JSON.
#[derive(Serialize)]
pub(super) struct Found {
    file: PathBuf,
    kind: &'static str,
    words: String,
    /// Whose key signed, as a did:key.
    signer: String,
    log: String,
    #[serde(flatten)]
    state: State,
    /// Number of entries that the log had when it was restored, if it was.
    restored_at: Option<u64>,
    entry: Option<EntryShape>,
    since: Option<Since>,
    erasure: Option<Erasure>,
}

/// How far a log had come.
#[derive(Serialize)]
struct State {
    incarnation: String,
    size: u64,
    root: String,
    at: String,
}

/// The earlier log that a log continues.
#[derive(Serialize)]
struct Since {
    #[serde(flatten)]
    state: State,
    /// Whether a restoration lies between.
    restored: bool,
    /// Entries of the earlier log that are not in the later one.
    missing: u64,
}

#[derive(Serialize)]
struct Erasure {
    subject: &'static str,
    id: String,
    destroyed: Vec<&'static str>,
    may_remain: Vec<&'static str>,
}

impl Verify {
    /// Verifies the files together.
    pub(super) fn run(&self) -> Result<Box<dyn Answer>, Failure> {
        let read: Vec<_> =
            self.files.iter().map(|file| read_file(file)).collect::<Result<_, _>>()?;
        let bytes: Vec<&[u8]> = read.iter().map(|file| file.as_slice()).collect();
        let findings = audit::verify(&bytes).map_err(|refused| {
            let file = self.files.get(refused.file()).map(|file| file.display().to_string());
            let failure = Failure::from(refused.error());
            let advice = failure.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            failure.with_hint(format!("it is {}{advice}", file.unwrap_or_default()))
        })?;
        let found = self.files.iter().zip(&findings);
        let findings = found.map(|(file, finding)| Found::of(file, finding, self.told.language));
        Ok(Box::new(Verified { findings: findings.collect() }))
    }
}

/// Reads an audit file.
pub(super) fn read_file(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    envelope::read_within(file, LARGEST)
}

impl Found {
    /// Describes what a file shows.
    pub(super) fn of(file: &Path, finding: &Finding, language: Language) -> Self {
        let new = |kind, signer: &VerifyingKey, stamp: &Stamp| Self {
            file: file.to_owned(),
            kind,
            words: language.finding(finding),
            signer: DidKey::from(signer).to_string(),
            log: stamp.log().to_string(),
            state: State::of(stamp),
            restored_at: None,
            entry: None,
            since: None,
            erasure: None,
        };
        let signed = |kind, checkpoint: &Checkpoint| Self {
            restored_at: checkpoint.parent().map(Head::size),
            ..new(kind, checkpoint.signer(), checkpoint.stamp())
        };
        match finding {
            Finding::Entry(proven) => {
                let entry = EntryShape::of(proven.index(), proven.entry(), language);
                Self { entry: Some(entry), ..signed("entry", proven.checkpoint()) }
            }
            Finding::Continuation(proven) => {
                Self { since: Some(Since::of(proven)), ..signed("continuation", proven.later()) }
            }
            Finding::Erasure(statement) => Self {
                erasure: Some(Erasure::of(statement, language)),
                ..new("erasure", statement.signer(), statement.stamp())
            },
            Finding::Checkpoint(checkpoint) => signed("checkpoint", checkpoint),
        }
    }
}

impl State {
    fn of(stamp: &Stamp) -> Self {
        let head = stamp.head();
        Self {
            incarnation: hex(head.incarnation()),
            size: head.size(),
            root: hex(head.root()),
            at: stamp.at().to_string(),
        }
    }
}

impl Since {
    fn of(proven: &ProvenContinuation) -> Self {
        let (restored, missing) = match proven.continuation() {
            Continuation::Unbroken => (false, 0),
            Continuation::Restored { lost, .. } => (true, lost),
        };
        Self { state: State::of(proven.earlier().stamp()), restored, missing }
    }
}

impl Erasure {
    fn of(statement: &ErasureStatement, language: Language) -> Self {
        let subject = statement.subject();
        Self {
            subject: match subject {
                Subject::Record(_) => "record",
                Subject::Wallet(_) => "wallet",
                Subject::Consent(_) => "consent",
            },
            id: hex(subject.id()),
            destroyed: statement.destroyed().iter().map(|it| language.destroyed(*it)).collect(),
            may_remain: statement.may_remain().iter().map(|it| language.may_remain(*it)).collect(),
        }
    }
}

impl Found {
    /// Tells whoever wrote the file what is in it.
    pub(super) fn tell_briefly(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.paragraph(&self.words)?;
        screen.fact("file", &self.file.display().to_string())?;
        screen.fact("signed by", &self.signer)
    }
}

impl Tell for Found {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.heading(&self.file.display().to_string())?;
        screen.paragraph(&self.words)?;
        if let Some(erasure) = &self.erasure {
            screen.fact("erased", &format!("{} {}", erasure.subject, erasure.id))?;
        }
        if let Some(subject) = self.entry.as_ref().and_then(|entry| entry.subject()) {
            screen.fact("about", subject)?;
        }
        if let Some(since) = &self.since {
            since.state.tell("since", screen)?;
        }
        self.state.tell("log", screen)?;
        if let Some(size) = self.restored_at {
            screen.fact("restored", &format!("at size {size}"))?;
        }
        screen.fact("log id", &self.log)?;
        screen.fact("signed by", &self.signer)
    }
}

impl State {
    fn tell(&self, name: &str, screen: &mut Screen<'_>) -> io::Result<()> {
        screen.fact(name, &format!("size {} at {}", self.size, self.at))?;
        screen.fact("root", &self.root)
    }
}

impl Tell for Verified {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        for found in &self.findings {
            found.tell(screen)?;
            writeln!(screen)?;
        }
        screen.paragraph(
            "Whose key signed, the files cannot say: compare it with what the patient gave you.",
        )
    }
}

/// Bytes of the largest file that is one.
const LARGEST: u64 = 64 * 1024;

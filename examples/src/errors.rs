//! Why a command was refused: what the core says, what the command line adds, and a hint.

mod cli;

use std::fmt;
use std::io::{self, ErrorKind, Write};

use patient_wallet::Error;
use patient_wallet::audit::AuditError;
use patient_wallet::consent::ConsentError;
use patient_wallet::disclosure::DisclosureError;
use patient_wallet::error::WalletError;
use patient_wallet::file::FileError;
use patient_wallet::keys::KeyError;
use patient_wallet::qr::QrError;
use patient_wallet::record::RecordError;
use patient_wallet::vault::BackupError;
use patient_wallet::vault::attachments::AttachmentError;
use serde_json::json;

use crate::screen::{WIDTH, wrapped};

pub(crate) use self::cli::CliError;

/// A refusal: exit 1, and 2 where the arguments were not understood.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The core refused.
    Core(Error, Option<String>),
    /// The command line refused.
    Cli(CliError, Option<String>),
    /// The answer could not be written.
    Answer(ErrorKind),
    /// The arguments were not understood: exit 2.
    Usage(clap::Error),
}

impl Failure {
    /// Gives the stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Core(error, _) => error.code(),
            Self::Cli(error, _) => error.code(),
            Self::Answer(_) => "wallet.output",
            Self::Usage(_) => "usage",
        }
    }

    /// Says what would help, in the place of what is said for every such error.
    pub(crate) fn with_hint(self, hint: String) -> Self {
        match self {
            Self::Core(error, _) => Self::Core(error, Some(hint)),
            Self::Cli(error, _) => Self::Cli(error, Some(hint)),
            other => other,
        }
    }

    /// Tells whether the answer went where nobody reads any more.
    pub(crate) const fn is_unheard(&self) -> bool {
        matches!(
            self,
            Self::Answer(ErrorKind::BrokenPipe)
                | Self::Core(
                    Error::Wallet(WalletError::Output { kind: ErrorKind::BrokenPipe })
                        | Error::Disclosure(DisclosureError::Output {
                            kind: ErrorKind::BrokenPipe,
                        })
                        | Error::Attachment(AttachmentError::Output {
                            kind: ErrorKind::BrokenPipe,
                        }),
                    _
                )
        )
    }

    /// Says on stderr why it was refused.
    pub(crate) fn tell(&self, json: bool) {
        let lines = if json { self.json() } else { on_lines(&self.to_string()) };
        // Where that is closed, the exit code is all that is left to say it.
        let _ = writeln!(io::stderr(), "{lines}");
    }

    /// Notes on stderr what went wrong after a command was done.
    pub(crate) fn note(&self, json: bool) {
        note(self.code(), &self.sentence(), json);
    }

    /// Writes the failure as one line of JSON.
    pub(crate) fn json(&self) -> String {
        let error = json!({"code": self.code(), "sentence": self.sentence(), "hint": self.hint()});
        json!({ "error": error }).to_string()
    }

    /// Says what was wrong.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Core(error, _) => sentence_of(error),
            Self::Cli(error, _) => error.to_string(),
            Self::Answer(kind) => format!("the answer could not be written: {}", said(*kind)),
            Self::Usage(error) => what_was_not_understood(&error.to_string()),
        }
    }

    /// Gives what would help.
    pub(crate) fn hint(&self) -> Option<&str> {
        match self {
            Self::Core(_, Some(hint)) | Self::Cli(_, Some(hint)) => Some(hint),
            Self::Core(error, None) => hint_for(error.code()),
            Self::Cli(error, None) => error.hint(),
            Self::Answer(_) | Self::Usage(_) => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code(), self.sentence())?;
        self.hint().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error, None)
    }
}

impl From<WalletError> for Failure {
    fn from(error: WalletError) -> Self {
        Error::from(error).into()
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        Error::from(error).into()
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Error::from(error).into()
    }
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        Error::from(error).into()
    }
}

impl From<ConsentError> for Failure {
    fn from(error: ConsentError) -> Self {
        Error::from(error).into()
    }
}

impl From<QrError> for Failure {
    fn from(error: QrError) -> Self {
        Error::from(error).into()
    }
}

impl From<CliError> for Failure {
    fn from(error: CliError) -> Self {
        Self::Cli(error, None)
    }
}

/// Notes something on stderr that keeps nothing from being done.
pub(crate) fn note(code: &str, sentence: &str, json: bool) {
    let note = if json {
        json!({"note": {"code": code, "sentence": sentence}}).to_string()
    } else {
        on_lines(&format!("note[{code}]: {sentence}"))
    };
    // Where that is closed, nobody wants to know.
    let _ = writeln!(io::stderr(), "{note}");
}

fn on_lines(text: &str) -> String {
    text.lines().flat_map(|line| wrapped(line, WIDTH)).collect::<Vec<_>>().join("\n")
}

/// Says what the core says, the operating system's part in our words.
fn sentence_of(error: &Error) -> String {
    let sentence = error.to_string();
    let ours = of_system(error).and_then(|kind| {
        sentence.strip_suffix(&kind.to_string()).map(|start| format!("{start}{}", said(kind)))
    });
    ours.unwrap_or(sentence)
}

/// Gives what the operating system said, where it is to blame.
const fn of_system(error: &Error) -> Option<ErrorKind> {
    match error {
        Error::Wallet(WalletError::Home { kind } | WalletError::Output { kind })
        | Error::File(FileError::Unreadable { kind } | FileError::Unwritable { kind })
        | Error::Record(RecordError::Read { kind })
        | Error::Attachment(
            AttachmentError::Read { kind }
            | AttachmentError::Output { kind }
            | AttachmentError::Storage { kind },
        )
        | Error::Backup(BackupError::Read { kind } | BackupError::Output { kind })
        | Error::Disclosure(
            DisclosureError::Read { kind }
            | DisclosureError::Output { kind }
            | DisclosureError::Unwritten { kind, .. },
        ) => Some(*kind),
        _ => None,
    }
}

/// Takes what was wrong out of a message that goes on with advice.
fn what_was_not_understood(message: &str) -> String {
    let first = message.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = first.trim_start_matches("error: ").split_whitespace().collect();
    words.join(" ")
}

/// Says why a file or a stream did not do what was asked of it.
fn said(kind: ErrorKind) -> String {
    match kind {
        ErrorKind::NotFound => "there is nothing of that name".to_owned(),
        ErrorKind::PermissionDenied => "it is not permitted".to_owned(),
        ErrorKind::AlreadyExists => "something of that name is there".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::NotADirectory => "a part of its path is no folder".to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "there is no room left".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the disk can only be read".to_owned(),
        ErrorKind::BrokenPipe => "nobody reads it any more".to_owned(),
        ErrorKind::UnexpectedEof => "it ended too soon".to_owned(),
        other => other.to_string(),
    }
}

fn hint_for(code: &str) -> Option<&'static str> {
    Some(match code {
        "wallet.none" => "wallet create makes one; --home or WALLET_HOME names another place",
        "wallet.exists" => "--home or WALLET_HOME names another place",
        "wallet.another-role" => "--home or WALLET_HOME names another place",
        "wallet.busy" => "wait for the other process, or end it",
        "wallet.wrong-passphrase" => "wallet restore --words-file FILE sets a new one",
        "wallet.device-secret-lost" | "vault.needs-words" => "wallet restore --words-file FILE",
        "import.another-patient" => "--yes imports it all the same",
        "import.not-fhir" => "wanted: a FHIR R4 Bundle, resource or NDJSON, plain or gzip",
        "record.not-found" => "wallet records lists the records with their ids",
        "record.ambiguous-id" => "give more digits of the id",
        "keystore.unavailable" => "HOME/keystore must be writable, on a disk with room",
        "vault.storage-full" => "make room on the disk and do it again",
        "vault.damaged" => "wallet verify names the faults; wallet restore BACKUP brings all back",
        "vault.rolled-back" => "what is there can be read: wallet verify, wallet export",
        "vault.read-only" => "wallet restore BACKUP brings back a wallet that can be changed",
        "attachment.not-found" => "wallet show ID lists the attachments of a record",
        "attachment.damaged" | "attachment.missing" => "wallet restore BACKUP brings it back",
        "audit.invalid" => "wanted: what audit checkpoint, audit prove or erase wrote",
        "audit.unrelated" => "audit checkpoint --since OLD writes the proof that joins two logs",
        "backup.older" => "--replace-newer puts it in the place of the newer wallet all the same",
        "backup.other-wallet" => "--home DIR names another, empty folder",
        "backup.same-passphrase" => "--export-passphrase-out FILE draws one",
        "backup.no-such-slot" => "the words open it: --words-file FILE",
        "consent.not-found" => "wallet inbox, wallet consents, wallet rules list what there is",
        "consent.replayed" => "wallet inbox lists it; wallet review ID shows it",
        "consent.request-expired" => "whoever asked can ask again",
        "consent.wider-than-asked" => {
            "an answer can only give less; wallet inbox shows what was asked"
        }
        "consent.review-stale" => "do it again",
        "consent.nothing-to-release" => "other categories, labels or dates may leave something",
        "consent.not-trusted" => "wallet trust add FILE takes the directory's contact first",
        "consent.inbox-full" => "wallet deny makes room",
        "qr.too-large" => "a file that does not end in .png, .svg or .txt has room for it",
        "backup.not-a-backup" => "wanted: a file that wallet backup wrote",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_page_of_errors_lists_every_code_of_the_command_line() {
        let page = include_str!("../../docs/errors.md");
        let (_, own) = page.split_once("## The command line's own").unwrap();
        let listed: BTreeSet<&str> =
            own.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let source = [include_str!("errors/cli.rs"), include_str!("errors.rs")].concat();
        let codes = source.lines().filter(|line| line.trim_start().starts_with("Self::"));
        let codes = codes.filter_map(|line| line.split("=> \"").nth(1)?.split('"').next());
        // The core's code for an answer that cannot be written is used here too.
        let is_own = |code: &&str| !code.contains(' ') && *code != "wallet.output";
        let codes: BTreeSet<&str> = codes.filter(is_own).collect();
        assert_eq!(listed, codes);
    }

    #[test]
    fn a_failure_reads_as_code_sentence_and_hint() {
        let failure = Failure::from(WalletError::Exists);
        assert_eq!(
            failure.to_string(),
            "error[wallet.exists]: there is a wallet here already\n\
             hint: --home or WALLET_HOME names another place"
        );
        let line: serde_json::Value = serde_json::from_str(&failure.json()).unwrap();
        assert_eq!(line["error"]["code"], "wallet.exists");
        assert_eq!(line["error"]["sentence"], "there is a wallet here already");
        assert!(!failure.json().contains('\n'));
        assert!(Failure::Answer(ErrorKind::Other).json().contains("\"hint\":null"));
    }

    #[test]
    fn the_operating_system_speaks_in_our_words() {
        let failure = Failure::from(CliError::File {
            file: PathBuf::from("words"),
            error: FileError::Unreadable { kind: ErrorKind::NotFound },
        });
        assert_eq!(failure.sentence(), "words cannot be read: there is nothing of that name");
        let failure = Failure::from(WalletError::Output { kind: ErrorKind::StorageFull });
        assert_eq!(failure.sentence(), "the output could not be written: there is no room left");
        assert_eq!(failure.code(), "wallet.output");
    }
}

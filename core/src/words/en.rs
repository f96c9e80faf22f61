//! English.

use crate::audit::{AuditKind, Continuation, Destroyed, MayRemain, Subject};
use crate::words::{LogAt, Moment, Words, month};

pub(super) struct English;

impl Words for English {
    #[expect(clippy::too_many_lines, reason = "a table: a sentence for each kind")]
    fn by_patient(&self, kind: AuditKind) -> &'static str {
        match kind {
            AuditKind::Created => "You created this wallet.",
            AuditKind::Restored => "You brought this wallet back from a backup.",
            AuditKind::Imported => "You took in a file.",
            AuditKind::Added => "You added a record.",
            AuditKind::Corrected => "You gave a record new content; the old content is kept.",
            AuditKind::Relabelled => "You changed what a record is marked as.",
            AuditKind::Attached => "You attached a file.",
            AuditKind::Erased => "You erased a record for good.",
            AuditKind::Exported => "You wrote records to a file.",
            AuditKind::Backup => "You made a backup.",
            AuditKind::Rehearsed => "You tried a backup out: it opens.",
            AuditKind::Passphrase => "You changed the passphrase.",
            AuditKind::BiometricsEnabled => "You turned on unlocking by fingerprint or face.",
            AuditKind::BiometricsDisabled => "You turned off unlocking by fingerprint or face.",
            AuditKind::WordsShown => "You had the recovery words shown.",
            AuditKind::HeadLost => {
                "You opened the wallet although nobody could tell whether these are your newest \
                 records."
            }
            AuditKind::Repaired => {
                "You used the recovery words to replace a key that the device had lost."
            }
            AuditKind::Checkpoint => "You signed how far this log has come.",
            AuditKind::AttachmentSaved => "You saved a copy of an attached file.",
            AuditKind::Remembered => {
                "You had the wallet note something that is not a medical record."
            }
            AuditKind::Requested => "A request for your records came in.",
            AuditKind::Consented => "You consented: records were given to somebody.",
            AuditKind::Denied => "You denied a request for your records.",
            AuditKind::Disclosed => "You gave further records under a consent.",
            AuditKind::Revoked => "You took a consent back.",
            AuditKind::Trusted => "You believe a directory, or took in its list.",
            AuditKind::Distrusted => "You believe a directory no more.",
            AuditKind::RuleAdded => "You made a standing rule.",
            AuditKind::RuleRemoved => "You dropped a standing rule.",
            AuditKind::ClockBack => {
                "You said that the clock is right, although there are later entries."
            }
            AuditKind::Destroyed => "You destroyed keys or notes that were needed no more.",
            AuditKind::Asked => "You asked a patient for records.",
            AuditKind::Received => "You took in what a patient answered.",
            AuditKind::Opened => "You opened what a patient gave.",
            AuditKind::Vouched => "You vouched for somebody.",
            AuditKind::Unvouched => "You took back what you vouched for.",
            AuditKind::Refused => "You took in that a patient denied what you asked for.",
            AuditKind::Receipted => "You took in what a reader signed about reading or erasing.",
            AuditKind::Notified => "You signed a notice for somebody who holds what you corrected.",
            AuditKind::ErasureAsked => "You asked somebody to erase what you had given.",
            AuditKind::Accounted => "You had a list made of what was given to whom.",
            AuditKind::AccessNoted => "You signed that you read again what a patient gave.",
            AuditKind::NoticeApplied => "You took in a notice of a patient and applied it.",
            AuditKind::CopiesErased => "You erased what you had opened of a patient.",
            AuditKind::Delegated => "You let somebody act for you.",
            AuditKind::DelegationEnded => "You ended that somebody acts for you.",
            AuditKind::Entrusted => "You took over acting for somebody.",
            AuditKind::ConsentedFor => {
                "You consented in somebody’s name: their records were given."
            }
            AuditKind::DeniedFor => "You denied a request in somebody’s name.",
        }
    }

    fn by_device(&self, kind: AuditKind) -> &'static str {
        match kind {
            AuditKind::Created => "The app created this wallet.",
            AuditKind::Restored => "The app brought this wallet back from a backup.",
            AuditKind::Imported => "The app took in a file.",
            AuditKind::Added => "The app added a record.",
            AuditKind::Corrected => "The app gave a record new content; the old content is kept.",
            AuditKind::Relabelled => "The app changed what a record is marked as.",
            AuditKind::Attached => "The app attached a file.",
            AuditKind::Erased => "The app erased a record for good.",
            AuditKind::Exported => "The app wrote records to a file.",
            AuditKind::Backup => "The app made a backup.",
            AuditKind::Rehearsed => "The app tried a backup out: it opens.",
            AuditKind::Passphrase => "The app changed the passphrase.",
            AuditKind::BiometricsEnabled => "The app turned on unlocking by fingerprint or face.",
            AuditKind::BiometricsDisabled => "The app turned off unlocking by fingerprint or face.",
            AuditKind::WordsShown => "The app showed the recovery words.",
            AuditKind::HeadLost => {
                "The app could not tell whether these are your newest records: the device had \
                 lost its note of them."
            }
            AuditKind::Repaired => "The app replaced a key that the device had lost.",
            AuditKind::Checkpoint => "The app signed how far this log has come.",
            AuditKind::AttachmentSaved => "The app saved a copy of an attached file.",
            AuditKind::Remembered => "The app noted something that is not a medical record.",
            AuditKind::Requested => "The app took in a request for your records.",
            AuditKind::Consented => "The app noted a consent: records were given to somebody.",
            AuditKind::Denied => "The app denied a request for your records.",
            AuditKind::Disclosed => "The app gave further records under a consent.",
            AuditKind::Revoked => "The app took a consent back.",
            AuditKind::Trusted => "The app took in the list of a directory.",
            AuditKind::Distrusted => "The app stopped believing a directory.",
            AuditKind::RuleAdded => "The app made a standing rule.",
            AuditKind::RuleRemoved => "The app dropped a standing rule.",
            AuditKind::ClockBack => "The app found the clock before the last entry.",
            AuditKind::Destroyed => "The app destroyed keys or notes that were needed no more.",
            AuditKind::Asked => "The app asked a patient for records.",
            AuditKind::Received => "The app took in what a patient answered.",
            AuditKind::Opened => "The app opened what a patient gave.",
            AuditKind::Vouched => "The app vouched for somebody.",
            AuditKind::Unvouched => "The app took back what was vouched for.",
            AuditKind::Refused => "The app took in that a patient denied what was asked for.",
            AuditKind::Receipted => {
                "The app took in what a reader signed about reading or erasing."
            }
            AuditKind::Notified => {
                "The app signed a notice for somebody who holds what was corrected."
            }
            AuditKind::ErasureAsked => "The app asked somebody to erase what was given.",
            AuditKind::Accounted => "The app made a list of what was given to whom.",
            AuditKind::AccessNoted => "The app signed that what a patient gave was read again.",
            AuditKind::NoticeApplied => "The app took in a notice and applied it.",
            AuditKind::CopiesErased => "The app erased what had been opened.",
            AuditKind::Delegated => "The app let somebody act for you.",
            AuditKind::DelegationEnded => "The app ended that somebody acts for you.",
            AuditKind::Entrusted => "The app took over acting for somebody.",
            AuditKind::ConsentedFor => "The app consented in somebody’s name.",
            AuditKind::DeniedFor => "The app denied a request in somebody’s name.",
        }
    }

    fn by_proxy(&self, kind: AuditKind) -> &'static str {
        match kind {
            AuditKind::Consented => {
                "Somebody who acts for you consented: records were given to somebody."
            }
            AuditKind::Denied => "Somebody who acts for you denied a request for your records.",
            _ => "Somebody who acts for you did something in your name.",
        }
    }

    fn destroyed(&self, destroyed: Destroyed) -> &'static str {
        match destroyed {
            Destroyed::Keys => "the keys in the wallet file that open it",
            Destroyed::ShredKey => "the key on the device that those keys need",
            Destroyed::Rows => "its place in the wallet file",
            Destroyed::Attachments => "the attached files",
            Destroyed::DeviceSecrets => "the keys on the device that open the wallet",
            Destroyed::Log => "the log",
            Destroyed::Copies => "the opened copies",
        }
    }

    fn may_remain(&self, may_remain: MayRemain) -> &'static str {
        match may_remain {
            MayRemain::Disclosures => "what was given to others before",
            MayRemain::Backups => "older backups",
            MayRemain::PrintedCards => "printed cards",
            MayRemain::OlderCopyWithWords => {
                "an older copy of the wallet file, for whoever has the recovery words"
            }
            MayRemain::StorageTraces => "traces on a storage that does not truly delete",
            MayRemain::Copies => "copies that others made",
        }
    }

    fn checkpoint(&self, log: LogAt) -> String {
        format!("The wallet signed that its log had {} on {}.", entries(log.entries), time(log.at))
    }

    fn proven(&self, index: u64, at: Moment, sentence: &str) -> String {
        format!(
            "Entry {index} of the log is there, unchanged. It tells the patient, for {}: “{sentence}”",
            time(at)
        )
    }

    fn continuation(&self, earlier: LogAt, later: LogAt, how: Continuation) -> String {
        let (before, after) = (time(earlier.at), time(later.at));
        let contained = format!(
            "The log of {after} with {} contains the log of {before} with {}, unchanged.",
            entries(later.entries),
            entries(earlier.entries)
        );
        match how {
            Continuation::Unbroken => contained,
            Continuation::Restored { at, lost: 0 } => format!(
                "{contained} In between, the wallet was brought back from a backup with {}.",
                entries(at)
            ),
            Continuation::Restored { at, lost } => format!(
                "Between {before} and {after} the wallet was brought back from a backup with {}. \
                 What the earlier log had beyond that ({}) is missing from the later one.",
                entries(at),
                entries(lost)
            ),
        }
    }

    fn erasure(&self, subject: Subject, at: Moment, destroyed: &str, may_remain: &str) -> String {
        let what = match subject {
            Subject::Record(_) => "A record",
            Subject::Wallet(_) => "The whole wallet",
            Subject::Consent(_) => "What was opened under a consent",
        };
        let told = format!("{what} was erased on {}. Destroyed: {destroyed}.", time(at));
        if may_remain.is_empty() { told } else { format!("{told} May remain: {may_remain}.") }
    }
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

pub(super) fn time(at: Moment) -> String {
    at.tell("a day that no calendar has", |date| {
        format!("{} {} {}", date.day(), month(date, &MONTHS), date.year())
    })
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

//! German.

use crate::audit::{AuditKind, Continuation, Destroyed, MayRemain, Subject};
use crate::words::{LogAt, Moment, Words, month};

pub(super) struct German;

impl Words for German {
    #[expect(clippy::too_many_lines, reason = "a table: a sentence for each kind")]
    fn by_patient(&self, kind: AuditKind) -> &'static str {
        match kind {
            AuditKind::Created => "Sie haben diese Mappe angelegt.",
            AuditKind::Restored => "Sie haben diese Mappe aus einer Sicherung zurückgeholt.",
            AuditKind::Imported => "Sie haben eine Datei übernommen.",
            AuditKind::Added => "Sie haben einen Befund hinzugefügt.",
            AuditKind::Corrected => {
                "Sie haben einem Befund einen neuen Inhalt gegeben; der alte bleibt erhalten."
            }
            AuditKind::Relabelled => "Sie haben geändert, wie ein Befund gekennzeichnet ist.",
            AuditKind::Attached => "Sie haben eine Datei angehängt.",
            AuditKind::Erased => "Sie haben einen Befund endgültig gelöscht.",
            AuditKind::Exported => "Sie haben Befunde in eine Datei geschrieben.",
            AuditKind::Backup => "Sie haben eine Sicherung gemacht.",
            AuditKind::Rehearsed => "Sie haben eine Sicherung ausprobiert: Sie lässt sich öffnen.",
            AuditKind::Passphrase => "Sie haben das Kennwort geändert.",
            AuditKind::BiometricsEnabled => {
                "Sie haben das Öffnen mit Finger oder Gesicht eingeschaltet."
            }
            AuditKind::BiometricsDisabled => {
                "Sie haben das Öffnen mit Finger oder Gesicht ausgeschaltet."
            }
            AuditKind::WordsShown => "Sie ließen sich die Wörter zur Wiederherstellung zeigen.",
            AuditKind::HeadLost => {
                "Sie haben die Mappe geöffnet, obwohl nicht festzustellen war, ob dies Ihre \
                 neuesten Befunde sind."
            }
            AuditKind::Repaired => {
                "Sie haben mit den Wörtern zur Wiederherstellung einen Schlüssel ersetzt, den das \
                 Gerät verloren hatte."
            }
            AuditKind::Checkpoint => "Sie haben unterschrieben, wie weit dieses Protokoll reicht.",
            AuditKind::AttachmentSaved => "Sie haben eine angehängte Datei als Kopie gespeichert.",
            AuditKind::Remembered => {
                "Sie haben die Mappe etwas vermerken lassen, das kein Befund ist."
            }
            AuditKind::Requested => "Eine Anfrage nach Ihren Befunden ist eingegangen.",
            AuditKind::Consented => "Sie haben eingewilligt: Befunde wurden jemandem gegeben.",
            AuditKind::Denied => "Sie haben eine Anfrage nach Ihren Befunden abgelehnt.",
            AuditKind::Disclosed => "Sie haben unter einer Einwilligung weitere Befunde gegeben.",
            AuditKind::Revoked => "Sie haben eine Einwilligung widerrufen.",
            AuditKind::Trusted => "Sie glauben einem Verzeichnis, oder seine Liste kam dazu.",
            AuditKind::Distrusted => "Sie glauben einem Verzeichnis nicht mehr.",
            AuditKind::RuleAdded => "Sie haben eine dauernde Regel aufgestellt.",
            AuditKind::RuleRemoved => "Sie haben eine dauernde Regel aufgehoben.",
            AuditKind::ClockBack => {
                "Sie haben gesagt, dass die Uhr stimmt, obwohl es spätere Einträge gibt."
            }
            AuditKind::Destroyed => {
                "Sie haben Schlüssel oder Notizen vernichtet, die niemand mehr braucht."
            }
            AuditKind::Asked => "Sie haben eine Patientin oder einen Patienten um Befunde gebeten.",
            AuditKind::Received => "Sie haben eine Antwort aufgenommen.",
            AuditKind::Opened => "Sie haben geöffnet, was Ihnen gegeben wurde.",
            AuditKind::Vouched => "Sie haben für jemanden gebürgt.",
            AuditKind::Unvouched => "Sie haben eine Bürgschaft zurückgenommen.",
            AuditKind::Refused => "Sie haben eine Ablehnung aufgenommen.",
            AuditKind::Receipted => {
                "Sie haben aufgenommen, was jemand über sein Lesen oder Löschen unterschrieben hat."
            }
            AuditKind::Notified => {
                "Sie haben eine Mitteilung für jemanden unterschrieben, der das Berichtigte hat."
            }
            AuditKind::ErasureAsked => "Sie haben jemanden gebeten, das Gegebene zu löschen.",
            AuditKind::Accounted => "Sie haben eine Liste erstellen lassen, was wem gegeben wurde.",
            AuditKind::AccessNoted => {
                "Sie haben unterschrieben, dass Sie das Gegebene wieder gelesen haben."
            }
            AuditKind::NoticeApplied => "Sie haben eine Mitteilung aufgenommen und umgesetzt.",
            AuditKind::CopiesErased => "Sie haben gelöscht, was Sie geöffnet hatten.",
            AuditKind::Delegated => "Sie lassen jemanden für sich handeln.",
            AuditKind::DelegationEnded => "Sie lassen jemanden nicht mehr für sich handeln.",
            AuditKind::Entrusted => "Sie haben übernommen, für jemanden zu handeln.",
            AuditKind::ConsentedFor => {
                "Sie haben im Namen von jemandem eingewilligt: dessen Befunde wurden gegeben."
            }
            AuditKind::DeniedFor => "Sie haben im Namen von jemandem eine Anfrage abgelehnt.",
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table: a sentence for each kind")]
    fn by_device(&self, kind: AuditKind) -> &'static str {
        match kind {
            AuditKind::Created => "Die App hat diese Mappe angelegt.",
            AuditKind::Restored => "Die App hat diese Mappe aus einer Sicherung zurückgeholt.",
            AuditKind::Imported => "Die App hat eine Datei übernommen.",
            AuditKind::Added => "Die App hat einen Befund hinzugefügt.",
            AuditKind::Corrected => {
                "Die App hat einem Befund einen neuen Inhalt gegeben; der alte bleibt erhalten."
            }
            AuditKind::Relabelled => "Die App hat geändert, wie ein Befund gekennzeichnet ist.",
            AuditKind::Attached => "Die App hat eine Datei angehängt.",
            AuditKind::Erased => "Die App hat einen Befund endgültig gelöscht.",
            AuditKind::Exported => "Die App hat Befunde in eine Datei geschrieben.",
            AuditKind::Backup => "Die App hat eine Sicherung gemacht.",
            AuditKind::Rehearsed => {
                "Die App hat eine Sicherung ausprobiert: Sie lässt sich öffnen."
            }
            AuditKind::Passphrase => "Die App hat das Kennwort geändert.",
            AuditKind::BiometricsEnabled => {
                "Die App hat das Öffnen mit Finger oder Gesicht eingeschaltet."
            }
            AuditKind::BiometricsDisabled => {
                "Die App hat das Öffnen mit Finger oder Gesicht ausgeschaltet."
            }
            AuditKind::WordsShown => "Die App hat die Wörter zur Wiederherstellung gezeigt.",
            AuditKind::HeadLost => {
                "Die App konnte nicht feststellen, ob dies Ihre neuesten Befunde sind: Das Gerät \
                 hatte seine Notiz darüber verloren."
            }
            AuditKind::Repaired => {
                "Die App hat einen Schlüssel ersetzt, den das Gerät verloren hatte."
            }
            AuditKind::Checkpoint => {
                "Die App hat unterschrieben, wie weit dieses Protokoll reicht."
            }
            AuditKind::AttachmentSaved => {
                "Die App hat eine Kopie einer angehängten Datei gespeichert."
            }
            AuditKind::Remembered => "Die App hat etwas vermerkt, das kein Befund ist.",
            AuditKind::Requested => "Die App hat eine Anfrage nach Ihren Befunden aufgenommen.",
            AuditKind::Consented => {
                "Die App hat eine Einwilligung notiert: Befunde wurden jemandem gegeben."
            }
            AuditKind::Denied => "Die App hat eine Anfrage nach Ihren Befunden abgelehnt.",
            AuditKind::Disclosed => "Die App hat unter einer Einwilligung weitere Befunde gegeben.",
            AuditKind::Revoked => "Die App hat eine Einwilligung widerrufen.",
            AuditKind::Trusted => "Die App hat die Liste eines Verzeichnisses aufgenommen.",
            AuditKind::Distrusted => "Die App glaubt einem Verzeichnis nicht mehr.",
            AuditKind::RuleAdded => "Die App hat eine dauernde Regel aufgestellt.",
            AuditKind::RuleRemoved => "Die App hat eine dauernde Regel aufgehoben.",
            AuditKind::ClockBack => "Die App hat die Uhr vor dem letzten Eintrag gefunden.",
            AuditKind::Destroyed => {
                "Die App hat Schlüssel oder Notizen vernichtet, die niemand mehr braucht."
            }
            AuditKind::Asked => "Die App hat um Befunde gebeten.",
            AuditKind::Received => "Die App hat eine Antwort aufgenommen.",
            AuditKind::Opened => "Die App hat geöffnet, was gegeben wurde.",
            AuditKind::Vouched => "Die App hat für jemanden gebürgt.",
            AuditKind::Unvouched => "Die App hat eine Bürgschaft zurückgenommen.",
            AuditKind::Refused => "Die App hat eine Ablehnung aufgenommen.",
            AuditKind::Receipted => {
                "Die App hat aufgenommen, was jemand über sein Lesen oder Löschen unterschrieben hat."
            }
            AuditKind::Notified => {
                "Die App hat eine Mitteilung für jemanden unterschrieben, der das Berichtigte hat."
            }
            AuditKind::ErasureAsked => "Die App hat jemanden gebeten, das Gegebene zu löschen.",
            AuditKind::Accounted => "Die App hat eine Liste erstellt, was wem gegeben wurde.",
            AuditKind::AccessNoted => {
                "Die App hat unterschrieben, dass das Gegebene wieder gelesen wurde."
            }
            AuditKind::NoticeApplied => "Die App hat eine Mitteilung aufgenommen und umgesetzt.",
            AuditKind::CopiesErased => "Die App hat gelöscht, was geöffnet worden war.",
            AuditKind::Delegated => "Die App lässt jemanden für Sie handeln.",
            AuditKind::DelegationEnded => "Die App lässt jemanden nicht mehr für Sie handeln.",
            AuditKind::Entrusted => "Die App hat übernommen, für jemanden zu handeln.",
            AuditKind::ConsentedFor => "Die App hat im Namen von jemandem eingewilligt.",
            AuditKind::DeniedFor => "Die App hat im Namen von jemandem eine Anfrage abgelehnt.",
        }
    }

    fn by_proxy(&self, kind: AuditKind) -> &'static str {
        match kind {
            AuditKind::Consented => {
                "Jemand, der für Sie handelt, hat eingewilligt: Befunde wurden jemandem gegeben."
            }
            AuditKind::Denied => {
                "Jemand, der für Sie handelt, hat eine Anfrage nach Ihren Befunden abgelehnt."
            }
            _ => "Jemand, der für Sie handelt, hat etwas in Ihrem Namen getan.",
        }
    }

    fn destroyed(&self, destroyed: Destroyed) -> &'static str {
        match destroyed {
            Destroyed::Keys => "die Schlüssel in der Datei der Mappe, die den Inhalt öffnen",
            Destroyed::ShredKey => "der Schlüssel auf dem Gerät, ohne den diese nicht öffnen",
            Destroyed::Rows => "der Platz in der Datei der Mappe",
            Destroyed::Attachments => "die angehängten Dateien",
            Destroyed::DeviceSecrets => "die Schlüssel auf dem Gerät, die die Mappe öffnen",
            Destroyed::Log => "das Protokoll",
            Destroyed::Copies => "die geöffneten Kopien",
        }
    }

    fn may_remain(&self, may_remain: MayRemain) -> &'static str {
        match may_remain {
            MayRemain::Disclosures => "was anderen früher gegeben wurde",
            MayRemain::Backups => "ältere Sicherungen",
            MayRemain::PrintedCards => "gedruckte Karten",
            MayRemain::OlderCopyWithWords => {
                "eine ältere Kopie der Datei, für alle, die die Wörter zur Wiederherstellung haben"
            }
            MayRemain::StorageTraces => "Spuren auf einem Speicher, der nicht wirklich löscht",
            MayRemain::Copies => "Kopien, die andere gemacht haben",
        }
    }

    fn checkpoint(&self, log: LogAt) -> String {
        let (at, count) = (time(log.at), entries(log.entries));
        format!("Die Mappe hat unterschrieben, dass ihr Protokoll am {at} {count} hatte.")
    }

    fn proven(&self, index: u64, at: Moment, sentence: &str) -> String {
        format!(
            "Eintrag {index} steht unverändert im Protokoll. Er sagt dem Patienten für den {}: „{sentence}“",
            time(at)
        )
    }

    fn continuation(&self, earlier: LogAt, later: LogAt, how: Continuation) -> String {
        let (before, after) = (time(earlier.at), time(later.at));
        let contained = format!(
            "Das Protokoll vom {after} mit {} enthält das Protokoll vom {before} mit {} \
             unverändert.",
            with_entries(later.entries),
            with_entries(earlier.entries)
        );
        match how {
            Continuation::Unbroken => contained,
            Continuation::Restored { at, lost: 0 } => format!(
                "{contained} Dazwischen wurde die Mappe aus einer Sicherung mit {} zurückgeholt.",
                with_entries(at)
            ),
            Continuation::Restored { at, lost } => format!(
                "Zwischen dem {before} und dem {after} wurde die Mappe aus einer Sicherung mit {} \
                 zurückgeholt. Was das frühere Protokoll darüber hinaus hatte ({}), fehlt im \
                 späteren.",
                with_entries(at),
                entries(lost)
            ),
        }
    }

    fn erasure(&self, subject: Subject, at: Moment, destroyed: &str, may_remain: &str) -> String {
        let what = match subject {
            Subject::Record(_) => "ein Befund",
            Subject::Wallet(_) => "die ganze Mappe",
            Subject::Consent(_) => "was mit einer Einwilligung geöffnet wurde",
        };
        let told = format!("Am {} wurde {what} gelöscht. Vernichtet: {destroyed}.", time(at));
        if may_remain.is_empty() {
            told
        } else {
            format!("{told} Erhalten sein können: {may_remain}.")
        }
    }
}

fn entries(count: u64) -> String {
    if count == 1 { "1 Eintrag".to_owned() } else { format!("{count} Einträge") }
}

fn with_entries(count: u64) -> String {
    if count == 1 { "1 Eintrag".to_owned() } else { format!("{count} Einträgen") }
}

pub(super) fn time(at: Moment) -> String {
    at.tell("Tag, den kein Kalender hat", |date| {
        format!("{}. {} {}", date.day(), month(date, &MONTHS), date.year())
    })
}

pub(super) const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

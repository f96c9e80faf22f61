//! Spanish.

use crate::audit::{AuditKind, Continuation, Destroyed, MayRemain, Subject};
use crate::words::{LogAt, Moment, Words, month};

pub(super) struct Spanish;

impl Words for Spanish {
    #[expect(clippy::too_many_lines, reason = "a table: a sentence for each kind")]
    fn by_patient(&self, kind: AuditKind) -> &'static str {
        match kind {
            AuditKind::Created => "Usted creó esta carpeta.",
            AuditKind::Restored => "Usted recuperó esta carpeta de una copia de seguridad.",
            AuditKind::Imported => "Usted incorporó un archivo.",
            AuditKind::Added => "Usted añadió un documento médico.",
            AuditKind::Corrected => {
                "Usted dio un contenido nuevo a un documento; el anterior se conserva."
            }
            AuditKind::Relabelled => "Usted cambió cómo está marcado un documento.",
            AuditKind::Attached => "Usted adjuntó un archivo.",
            AuditKind::Erased => "Usted borró un documento para siempre.",
            AuditKind::Exported => "Usted escribió documentos en un archivo.",
            AuditKind::Backup => "Usted hizo una copia de seguridad.",
            AuditKind::Rehearsed => "Usted probó una copia de seguridad: se puede abrir.",
            AuditKind::Passphrase => "Usted cambió la contraseña.",
            AuditKind::BiometricsEnabled => "Usted activó la apertura con huella o rostro.",
            AuditKind::BiometricsDisabled => "Usted desactivó la apertura con huella o rostro.",
            AuditKind::WordsShown => "Usted hizo mostrar las palabras de recuperación.",
            AuditKind::HeadLost => {
                "Usted abrió la carpeta aunque no se podía saber si estos son sus documentos más \
                 recientes."
            }
            AuditKind::Repaired => {
                "Usted usó las palabras de recuperación para reemplazar una llave que el \
                 dispositivo había perdido."
            }
            AuditKind::Checkpoint => "Usted firmó hasta dónde llega este registro.",
            AuditKind::AttachmentSaved => "Usted guardó una copia de un archivo adjunto.",
            AuditKind::Remembered => "Usted hizo anotar algo que no es un documento médico.",
            AuditKind::Requested => "Llegó una solicitud de sus documentos.",
            AuditKind::Consented => {
                "Usted dio su consentimiento: se entregaron documentos a alguien."
            }
            AuditKind::Denied => "Usted rechazó una solicitud de sus documentos.",
            AuditKind::Disclosed => "Usted entregó más documentos bajo un consentimiento.",
            AuditKind::Revoked => "Usted revocó un consentimiento.",
            AuditKind::Trusted => "Usted confía en un directorio o incorporó su lista.",
            AuditKind::Distrusted => "Usted ya no confía en un directorio.",
            AuditKind::RuleAdded => "Usted creó una regla permanente.",
            AuditKind::RuleRemoved => "Usted eliminó una regla permanente.",
            AuditKind::ClockBack => {
                "Usted dijo que el reloj está bien, aunque hay entradas posteriores."
            }
            AuditKind::Destroyed => "Usted destruyó llaves o notas que ya no hacían falta.",
            AuditKind::Asked => "Usted pidió documentos a un paciente.",
            AuditKind::Received => "Usted incorporó la respuesta de un paciente.",
            AuditKind::Opened => "Usted abrió lo que un paciente entregó.",
            AuditKind::Vouched => "Usted respondió por alguien.",
            AuditKind::Unvouched => "Usted retiró su aval.",
            AuditKind::Refused => "Usted incorporó el rechazo de un paciente.",
            AuditKind::Receipted => {
                "Usted incorporó lo que un lector firmó sobre su lectura o su borrado."
            }
            AuditKind::Notified => {
                "Usted firmó un aviso para alguien que tiene lo que usted corrigió."
            }
            AuditKind::ErasureAsked => "Usted pidió a alguien que borre lo que usted entregó.",
            AuditKind::Accounted => "Usted mandó hacer una lista de lo entregado y a quién.",
            AuditKind::AccessNoted => "Usted firmó que volvió a leer lo que un paciente entregó.",
            AuditKind::NoticeApplied => "Usted incorporó un aviso de un paciente y lo aplicó.",
            AuditKind::CopiesErased => "Usted borró lo que había abierto de un paciente.",
            AuditKind::Delegated => "Usted permite que alguien actúe en su nombre.",
            AuditKind::DelegationEnded => "Usted ya no permite que alguien actúe en su nombre.",
            AuditKind::Entrusted => "Usted asumió actuar en nombre de alguien.",
            AuditKind::ConsentedFor => {
                "Usted consintió en nombre de alguien: sus documentos se entregaron."
            }
            AuditKind::DeniedFor => "Usted rechazó una solicitud en nombre de alguien.",
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table: a sentence for each kind")]
    fn by_device(&self, kind: AuditKind) -> &'static str {
        match kind {
            AuditKind::Created => "La aplicación creó esta carpeta.",
            AuditKind::Restored => "La aplicación recuperó esta carpeta de una copia de seguridad.",
            AuditKind::Imported => "La aplicación incorporó un archivo.",
            AuditKind::Added => "La aplicación añadió un documento médico.",
            AuditKind::Corrected => {
                "La aplicación dio un contenido nuevo a un documento; el anterior se conserva."
            }
            AuditKind::Relabelled => "La aplicación cambió cómo está marcado un documento.",
            AuditKind::Attached => "La aplicación adjuntó un archivo.",
            AuditKind::Erased => "La aplicación borró un documento para siempre.",
            AuditKind::Exported => "La aplicación escribió documentos en un archivo.",
            AuditKind::Backup => "La aplicación hizo una copia de seguridad.",
            AuditKind::Rehearsed => "La aplicación probó una copia de seguridad: se puede abrir.",
            AuditKind::Passphrase => "La aplicación cambió la contraseña.",
            AuditKind::BiometricsEnabled => "La aplicación activó la apertura con huella o rostro.",
            AuditKind::BiometricsDisabled => {
                "La aplicación desactivó la apertura con huella o rostro."
            }
            AuditKind::WordsShown => "La aplicación mostró las palabras de recuperación.",
            AuditKind::HeadLost => {
                "La aplicación no pudo saber si estos son sus documentos más recientes: el \
                 dispositivo había perdido su nota sobre ellos."
            }
            AuditKind::Repaired => {
                "La aplicación reemplazó una llave que el dispositivo había perdido."
            }
            AuditKind::Checkpoint => "La aplicación firmó hasta dónde llega este registro.",
            AuditKind::AttachmentSaved => "La aplicación guardó una copia de un archivo adjunto.",
            AuditKind::Remembered => "La aplicación anotó algo que no es un documento médico.",
            AuditKind::Requested => "La aplicación incorporó una solicitud de sus documentos.",
            AuditKind::Consented => {
                "La aplicación anotó un consentimiento: se entregaron documentos a alguien."
            }
            AuditKind::Denied => "La aplicación rechazó una solicitud de sus documentos.",
            AuditKind::Disclosed => "La aplicación entregó más documentos bajo un consentimiento.",
            AuditKind::Revoked => "La aplicación revocó un consentimiento.",
            AuditKind::Trusted => "La aplicación incorporó la lista de un directorio.",
            AuditKind::Distrusted => "La aplicación dejó de confiar en un directorio.",
            AuditKind::RuleAdded => "La aplicación creó una regla permanente.",
            AuditKind::RuleRemoved => "La aplicación eliminó una regla permanente.",
            AuditKind::ClockBack => "La aplicación encontró el reloj antes de la última entrada.",
            AuditKind::Destroyed => "La aplicación destruyó llaves o notas que ya no hacían falta.",
            AuditKind::Asked => "La aplicación pidió documentos.",
            AuditKind::Received => "La aplicación incorporó una respuesta.",
            AuditKind::Opened => "La aplicación abrió lo entregado.",
            AuditKind::Vouched => "La aplicación respondió por alguien.",
            AuditKind::Unvouched => "La aplicación retiró un aval.",
            AuditKind::Refused => "La aplicación incorporó un rechazo.",
            AuditKind::Receipted => {
                "La aplicación incorporó lo que un lector firmó sobre su lectura o su borrado."
            }
            AuditKind::Notified => {
                "La aplicación firmó un aviso para alguien que tiene lo corregido."
            }
            AuditKind::ErasureAsked => "La aplicación pidió a alguien que borre lo entregado.",
            AuditKind::Accounted => "La aplicación hizo una lista de lo entregado y a quién.",
            AuditKind::AccessNoted => "La aplicación firmó que se volvió a leer lo entregado.",
            AuditKind::NoticeApplied => "La aplicación incorporó un aviso y lo aplicó.",
            AuditKind::CopiesErased => "La aplicación borró lo que se había abierto.",
            AuditKind::Delegated => "La aplicación permite que alguien actúe en su nombre.",
            AuditKind::DelegationEnded => {
                "La aplicación ya no permite que alguien actúe en su nombre."
            }
            AuditKind::Entrusted => "La aplicación asumió actuar en nombre de alguien.",
            AuditKind::ConsentedFor => "La aplicación consintió en nombre de alguien.",
            AuditKind::DeniedFor => "La aplicación rechazó una solicitud en nombre de alguien.",
        }
    }

    fn by_proxy(&self, kind: AuditKind) -> &'static str {
        match kind {
            AuditKind::Consented => {
                "Alguien que actúa en su nombre consintió: se entregaron documentos."
            }
            AuditKind::Denied => "Alguien que actúa en su nombre rechazó una solicitud.",
            _ => "Alguien que actúa en su nombre hizo algo por usted.",
        }
    }

    fn destroyed(&self, destroyed: Destroyed) -> &'static str {
        match destroyed {
            Destroyed::Keys => "las llaves del archivo de la carpeta que abren el contenido",
            Destroyed::ShredKey => "la llave del dispositivo sin la cual aquellas no abren",
            Destroyed::Rows => "su lugar en el archivo de la carpeta",
            Destroyed::Attachments => "los archivos adjuntos",
            Destroyed::DeviceSecrets => "las llaves del dispositivo que abren la carpeta",
            Destroyed::Log => "el registro",
            Destroyed::Copies => "las copias abiertas",
        }
    }

    fn may_remain(&self, may_remain: MayRemain) -> &'static str {
        match may_remain {
            MayRemain::Disclosures => "lo que se entregó antes a otras personas",
            MayRemain::Backups => "copias de seguridad anteriores",
            MayRemain::PrintedCards => "tarjetas impresas",
            MayRemain::OlderCopyWithWords => {
                "una copia anterior del archivo, para quien tenga las palabras de recuperación"
            }
            MayRemain::StorageTraces => "restos en un soporte que no borra de verdad",
            MayRemain::Copies => "copias que otros hicieron",
        }
    }

    fn checkpoint(&self, log: LogAt) -> String {
        let (at, count) = (time(log.at), entries(log.entries));
        format!("La carpeta firmó que su registro tenía {count} el {at}.")
    }

    fn proven(&self, index: u64, at: Moment, sentence: &str) -> String {
        format!(
            "La entrada {index} está en el registro sin cambios. Dice al paciente, para el {}: «{sentence}»",
            time(at)
        )
    }

    fn continuation(&self, earlier: LogAt, later: LogAt, how: Continuation) -> String {
        let (before, after) = (time(earlier.at), time(later.at));
        let contained = format!(
            "El registro del {after} con {} contiene sin cambios el registro del {before} con {}.",
            entries(later.entries),
            entries(earlier.entries)
        );
        match how {
            Continuation::Unbroken => contained,
            Continuation::Restored { at, lost: 0 } => format!(
                "{contained} Entretanto se recuperó la carpeta de una copia de seguridad con {}.",
                entries(at)
            ),
            Continuation::Restored { at, lost } => format!(
                "Entre el {before} y el {after} se recuperó la carpeta de una copia de seguridad \
                 con {}. Lo que el registro anterior tenía más allá ({}) falta en el posterior.",
                entries(at),
                entries(lost)
            ),
        }
    }

    fn erasure(&self, subject: Subject, at: Moment, destroyed: &str, may_remain: &str) -> String {
        let what = match subject {
            Subject::Record(_) => "un documento",
            Subject::Wallet(_) => "toda la carpeta",
            Subject::Consent(_) => "lo que se abrió con un consentimiento",
        };
        let told = format!("El {} se borró {what}. Se destruyó: {destroyed}.", time(at));
        if may_remain.is_empty() { told } else { format!("{told} Puede quedar: {may_remain}.") }
    }
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entrada".to_owned() } else { format!("{count} entradas") }
}

pub(super) fn time(at: Moment) -> String {
    at.tell("día que ningún calendario tiene", |date| {
        format!("{} de {} de {}", date.day(), month(date, &MONTHS), date.year())
    })
}

pub(super) const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

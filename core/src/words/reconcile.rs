//! What comes of comparing receipts with consents, told in words.

use super::{Language, Moment, de, en, es};
use crate::receipt::Why;

impl Language {
    /// Tells why somebody should look.
    #[must_use]
    pub fn why(self, why: Why) -> String {
        match (self, why) {
            (Self::En, Why::Gap { after, before, missing }) => {
                let before = en::time(before.into());
                let missing = match missing {
                    1 => "One receipt is".to_owned(),
                    missing => format!("{missing} receipts are"),
                };
                match after.map(Moment::from) {
                    Some(after) => {
                        format!("{missing} missing between {} and {before}.", en::time(after))
                    }
                    None => format!("{missing} missing from before {before}."),
                }
            }
            (Self::De, Why::Gap { after, before, missing }) => {
                let before = de::time(before.into());
                let missing = match missing {
                    1 => "eine Quittung".to_owned(),
                    missing => format!("{missing} Quittungen"),
                };
                match after.map(Moment::from) {
                    Some(after) => {
                        format!(
                            "Zwischen dem {} und dem {before}: {missing} zu wenig.",
                            de::time(after)
                        )
                    }
                    None => format!("Vor dem {before}: {missing} zu wenig."),
                }
            }
            (Self::Es, Why::Gap { after, before, missing }) => {
                let before = es::time(before.into());
                let missing = match missing {
                    1 => "Falta un recibo".to_owned(),
                    missing => format!("Faltan {missing} recibos"),
                };
                match after.map(Moment::from) {
                    Some(after) => {
                        format!("{missing} entre el {} y el {before}.", es::time(after))
                    }
                    None => format!("{missing} de antes del {before}."),
                }
            }
            (Self::En, why) => english(why).to_owned(),
            (Self::De, why) => german(why).to_owned(),
            (Self::Es, why) => spanish(why).to_owned(),
        }
    }
}

const fn english(why: Why) -> &'static str {
    match why {
        Why::NoConsent => "No consent of yours covers this, or it did not hold yet.",
        Why::OutOfScope => "This was not among what you gave.",
        Why::AfterExpiry => "The consent had expired.",
        Why::AfterRevocation => "You had taken the consent back.",
        Why::WrongPurpose => "This is not what you gave the records for.",
        Why::WrongReader => "Somebody else read this than the one whom you gave it to.",
        Why::Gap { .. } => "Receipts are missing.",
        Why::Forked => "The reader signed two different receipts under one number.",
        Why::Reordered => "This receipt does not continue the one before it.",
        Why::MissingReceipt => "The reader has not signed whether they opened this.",
        Why::AfterErasure => "The reader had signed before that everything was erased.",
        Why::MissingErasure => "The reader has not signed that everything was erased.",
        Why::NoticeUnanswered => "The reader has not answered that you corrected this.",
        Why::Household => "Whoever read this may be family of yours: the names agree.",
    }
}

const fn german(why: Why) -> &'static str {
    match why {
        Why::NoConsent => "Keine Ihrer Einwilligungen deckt das, oder sie galt noch nicht.",
        Why::OutOfScope => "Das gehört nicht zu dem, was Sie gegeben haben.",
        Why::AfterExpiry => "Die Einwilligung war abgelaufen.",
        Why::AfterRevocation => "Sie hatten die Einwilligung zurückgenommen.",
        Why::WrongPurpose => "Dafür haben Sie das nicht gegeben.",
        Why::WrongReader => "Das hat jemand anders gelesen, als wem Sie es gegeben haben.",
        Why::Gap { .. } => "Quittungen fehlen.",
        Why::Forked => "Unter einer Nummer wurden zwei verschiedene Quittungen unterschrieben.",
        Why::Reordered => "Diese Quittung setzt die vorige nicht fort.",
        Why::MissingReceipt => "Es ist nicht unterschrieben, ob das geöffnet wurde.",
        Why::AfterErasure => "Zuvor war unterschrieben worden, dass alles gelöscht ist.",
        Why::MissingErasure => "Es ist nicht unterschrieben, dass alles gelöscht ist.",
        Why::NoticeUnanswered => "Niemand hat geantwortet, dass Sie das berichtigt haben.",
        Why::Household => "Wer das las, kann zu Ihrer Familie gehören: Die Namen stimmen überein.",
    }
}

const fn spanish(why: Why) -> &'static str {
    match why {
        Why::NoConsent => "Ningún consentimiento suyo cubre esto, o aún no valía.",
        Why::OutOfScope => "Esto no estaba entre lo que usted dio.",
        Why::AfterExpiry => "El consentimiento había caducado.",
        Why::AfterRevocation => "Usted había retirado el consentimiento.",
        Why::WrongPurpose => "Usted no lo dio para esto.",
        Why::WrongReader => "Lo leyó alguien distinto de quien usted eligió.",
        Why::Gap { .. } => "Faltan recibos.",
        Why::Forked => "Se firmaron dos recibos distintos con un mismo número.",
        Why::Reordered => "Este recibo no continúa el anterior.",
        Why::MissingReceipt => "Nadie ha firmado si esto se abrió.",
        Why::AfterErasure => "Antes se había firmado que todo estaba borrado.",
        Why::MissingErasure => "Nadie ha firmado que todo esté borrado.",
        Why::NoticeUnanswered => "Nadie ha respondido a que usted corrigió esto.",
        Why::Household => "Quien lo leyó puede ser de su familia: los nombres coinciden.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::host::Timestamp;

    fn gap(after: Option<u64>, missing: u64) -> Why {
        let before = Timestamp::from_unix(1_795_860_000);
        Why::Gap { after: after.map(Timestamp::from_unix), before, missing }
    }

    #[test]
    fn every_reason_is_told_in_every_language_and_no_two_alike() {
        let all = [
            Why::NoConsent,
            Why::OutOfScope,
            Why::AfterExpiry,
            Why::AfterRevocation,
            Why::WrongPurpose,
            Why::WrongReader,
            gap(Some(1_795_255_200), 1),
            gap(Some(1_795_255_200), 2),
            gap(None, 1),
            gap(None, 2),
            Why::Forked,
            Why::Reordered,
            Why::MissingReceipt,
            Why::AfterErasure,
            Why::MissingErasure,
            Why::NoticeUnanswered,
            Why::Household,
        ];
        let words: HashSet<_> = all.iter().map(|why| why.word()).collect();
        assert_eq!(words, Why::WORDS.into_iter().collect());
        let mut told = HashSet::new();
        for language in Language::ALL {
            for why in all {
                let sentence = language.why(why);
                assert!(sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
                assert!(told.insert(sentence.clone()), "twice: {sentence}");
            }
        }
    }

    #[test]
    fn a_gap_is_told_with_its_dates() {
        assert_eq!(
            Language::En.why(gap(Some(1_795_255_200), 3)),
            "3 receipts are missing between 21 November 2026, 10:00 UTC and 28 November 2026, \
             10:00 UTC."
        );
        assert_eq!(
            Language::De.why(gap(None, 1)),
            "Vor dem 28. November 2026, 10:00 UTC: eine Quittung zu wenig."
        );
        assert_eq!(
            Language::Es.why(gap(Some(1_795_255_200), 1)),
            "Falta un recibo entre el 21 de noviembre de 2026, 10:00 UTC y el 28 de noviembre de \
             2026, 10:00 UTC."
        );
    }
}

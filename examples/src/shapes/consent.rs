//! Consents, and who asks for them, as JSON.

use patient_wallet::consent::{CategorySet, Flags, RequesterClass};
use patient_wallet::record::{Category, LabelSet, SensitivityLabel, Text};
use patient_wallet::session::{Consent, Who};
use serde::Serialize;

/// A consent as JSON: `{id, audience, purpose, categories, denied, ...}`.
#[derive(Debug, Serialize)]
pub(crate) struct ConsentShape {
    id: String,
    audience: String,
    purpose: &'static str,
    categories: Vec<&'static str>,
    denied: Vec<&'static str>,
    not_before: String,
    expires_at: String,
    erase_by: String,
}

impl From<&Consent> for ConsentShape {
    fn from(consent: &Consent) -> Self {
        Self {
            id: consent.id.to_string(),
            audience: consent.audience.as_str().to_owned(),
            purpose: consent.purpose.code(),
            categories: categories(consent.categories),
            denied: labels(consent.denied),
            not_before: consent.not_before.to_string(),
            expires_at: consent.expires_at.to_string(),
            erase_by: consent.erase_by.to_string(),
        }
    }
}

/// Somebody who asks as JSON: `{name, did, class, standing, known_as, vouched_by, ...}`.
#[derive(Debug, Serialize)]
pub(crate) struct WhoShape {
    name: String,
    did: String,
    class: Option<&'static str>,
    standing: &'static str,
    known_as: Option<String>,
    vouched_by: Option<String>,
    shares_did_with: Option<String>,
    looks_like: Vec<String>,
}

impl From<&Who> for WhoShape {
    fn from(who: &Who) -> Self {
        let owned = |name: &Option<Text>| name.as_ref().map(|name| name.as_str().to_owned());
        Self {
            name: who.name.as_str().to_owned(),
            did: who.did.as_str().to_owned(),
            class: who.class.map(RequesterClass::word),
            standing: who.standing.word(),
            known_as: owned(&who.known_as),
            vouched_by: owned(&who.vouched_by),
            shares_did_with: owned(&who.shares_did_with),
            looks_like: who.looks_like.iter().map(|name| name.as_str().to_owned()).collect(),
        }
    }
}

/// Gives the words of categories.
pub(crate) fn categories(categories: CategorySet) -> Vec<&'static str> {
    categories.iter().map(Category::word).collect()
}

/// Gives the words of labels.
pub(crate) fn labels(labels: LabelSet) -> Vec<&'static str> {
    labels.iter().map(SensitivityLabel::word).collect()
}

/// Gives the words of flags.
pub(crate) fn flags(flags: Flags) -> Vec<&'static str> {
    let words = [
        (Flags::VIEW_ONLY, "view-only"),
        (Flags::NO_ONWARD, "no-onward"),
        (Flags::SINGLE_USE, "single-use"),
    ];
    let set = words.into_iter().filter(|(flag, _)| flags.contains(*flag));
    set.map(|(_, word)| word).collect()
}

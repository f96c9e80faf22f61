//! The JSON of a requester that scripts rely on.

use std::io;

use patient_wallet::consent::ConsentToken;
use patient_wallet::keys::DidKey;
use patient_wallet::record::Text;
use serde::Serialize;

use crate::screen::Screen;
use crate::shapes::consent as shapes;

/// A consent as its reader knows it: what it denies is not told to anybody.
#[derive(Serialize)]
pub(super) struct ConsentShape {
    pub(super) id: String,
    pub(super) audience: String,
    pub(super) purpose: &'static str,
    pub(super) categories: Vec<&'static str>,
    pub(super) not_before: String,
    pub(super) expires_at: String,
    pub(super) erase_by: String,
    pub(super) flags: Vec<&'static str>,
}

/// A patient as a requester knows them.
#[derive(Serialize)]
pub(super) struct PatientShape {
    pub(super) did: String,
    pub(super) name: Option<String>,
}

impl ConsentShape {
    /// Takes what a token says; `reader` is the DID of the home that it is for.
    pub(super) fn of(token: &ConsentToken, reader: &str) -> Self {
        let scope = token.scope();
        Self {
            id: token.id().to_string(),
            audience: token.audience().unwrap_or(reader).to_owned(),
            purpose: scope.purpose().code(),
            categories: shapes::categories(scope.categories()),
            not_before: token.not_before().to_string(),
            expires_at: token.expires_at().to_string(),
            erase_by: scope.erase_by().to_string(),
            flags: shapes::flags(scope.flags()),
        }
    }
}

impl PatientShape {
    /// Takes the key that signed, and this home's own name for it.
    pub(super) fn of(token: &ConsentToken, name: Option<&Text>) -> Self {
        let did = DidKey::from(token.patient_key()).to_string();
        Self { did, name: name.map(|name| name.as_str().to_owned()) }
    }
}

impl ConsentShape {
    /// Tells the terms to a person.
    pub(super) fn tell(
        &self,
        patient: &PatientShape,
        standing: &str,
        screen: &mut Screen<'_>,
    ) -> io::Result<()> {
        if let Some(name) = &patient.name {
            screen.fact("patient", name)?;
        }
        screen.fact("signed by", standing)?;
        screen.fact("key", &patient.did)?;
        screen.fact("consent", &self.id)?;
        screen.fact("purpose", self.purpose)?;
        screen.fact("categories", &self.categories.join(", "))?;
        screen.fact("valid from", &self.not_before)?;
        screen.fact("valid until", &self.expires_at)?;
        screen.fact("erase by", &self.erase_by)?;
        if self.flags.is_empty() { Ok(()) } else { screen.fact("terms", &self.flags.join(", ")) }
    }
}

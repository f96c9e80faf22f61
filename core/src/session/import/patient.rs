//! Whose record a file is, against whose the wallet is.

use crate::db::Db;
use crate::error::Error;
use crate::record::{PatientFacts, Resource, Source};
use crate::vault::{Vault, VaultError};

/// Gives what is known of the wallet's patients.
///
/// # Errors
/// [`VaultError::Damaged`].
pub(in crate::session) fn patients(db: &Db, vault: &Vault) -> Result<Vec<PatientFacts>, Error> {
    let mut known = Vec::new();
    for patient in vault.index().patients() {
        let entry = vault.index().current(*patient).ok_or(VaultError::NotFound)?;
        let content = vault.read(db, entry)?;
        let resource = Resource::parse(content.text()?, &Source::file([0; 16]))?;
        let facts = resource.patient_facts();
        known.extend(facts.filter(|one| one.birth_date.is_some() || !one.families.is_empty()));
    }
    Ok(known)
}

/// Tells whether two Patients may be one person: nothing that both say differs.
pub(super) fn may_be_one(one: &PatientFacts, other: &PatientFacts) -> bool {
    let same_day = match (&one.birth_date, &other.birth_date) {
        // A date may be given to the year or to the month only.
        (Some(one), Some(other)) => {
            one.as_str().starts_with(other.as_str()) || other.as_str().starts_with(one.as_str())
        }
        _ => true,
    };
    let (ours, theirs) = (&one.families, &other.families);
    let same_family =
        ours.is_empty() || theirs.is_empty() || ours.iter().any(|name| theirs.contains(name));
    same_day && same_family
}

//! Finding a consent by the beginning of its id, among those that a clinic knows of.

use std::collections::BTreeSet;

use patient_wallet::Requester;
use patient_wallet::consent::{ConsentError, ConsentId};
use patient_wallet::error::WalletError;

use crate::errors::Failure;

/// Finds a consent that is held.
pub(super) fn held(clinic: &mut Requester, typed: &str) -> Result<ConsentId, Failure> {
    let held = clinic.consents()?.into_iter().map(|held| held.token.id());
    one(typed, held.collect())
}

/// Finds a consent that is held, or that something was signed about.
pub(super) fn signed(clinic: &mut Requester, typed: &str) -> Result<ConsentId, Failure> {
    let held = clinic.consents()?.into_iter().map(|held| held.token.id());
    let mut all: BTreeSet<ConsentId> = held.collect();
    all.extend(clinic.receipts(None, true)?.iter().map(|given| given.receipt.consent()));
    one(typed, all)
}

fn one(typed: &str, all: BTreeSet<ConsentId>) -> Result<ConsentId, Failure> {
    let typed = typed.to_ascii_lowercase();
    let mut found = all.into_iter().filter(|id| id.to_string().starts_with(&typed));
    match (found.next(), found.next()) {
        (Some(id), None) if !typed.is_empty() => Ok(id),
        (Some(_), Some(_)) => Err(WalletError::AmbiguousId.into()),
        _ => Err(ConsentError::NotFound.into()),
    }
}

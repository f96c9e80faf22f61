//! Record ids for people: as short as they can be while each is unique.

use std::collections::BTreeSet;
use std::fmt::Display;

use patient_wallet::audit::AuditEntry;
use patient_wallet::codec::Hex;
use patient_wallet::consent::ConsentError;
use patient_wallet::error::WalletError;
use patient_wallet::record::RecordId;
use patient_wallet::session::{AttachmentId, LogEntry, LogQuery, Query};
use patient_wallet::vault::VaultError;
use patient_wallet::{Error, Session};

use crate::errors::Failure;

/// How many digits tell the records of a wallet apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShortIds(usize);

impl ShortIds {
    /// Shortens nothing.
    pub(crate) const WHOLE: Self = Self(usize::MAX);

    /// Looks at every record of a wallet.
    pub(crate) fn of(session: &mut Session) -> Result<Self, Failure> {
        let ids = session.find(&Query::default())?.ids;
        Ok(Self::telling_apart(ids.iter().map(RecordId::to_string).collect()))
    }

    /// Looks at everything that the log is about; records that were erased are among it.
    pub(crate) fn of_log(session: &mut Session) -> Result<Self, Failure> {
        let entries = session.log(&EVERYTHING)?.entries;
        let ids: BTreeSet<_> = entries.iter().filter_map(|it| subject(&it.entry)).collect();
        Ok(Self::telling_apart(ids.into_iter().collect()))
    }

    /// Shortens an id.
    pub(crate) fn short(self, id: RecordId) -> String {
        self.beginning(&id.to_string()).to_owned()
    }

    /// Gives the beginning of a written id.
    pub(crate) fn beginning(self, id: &str) -> &str {
        id.get(..self.0).unwrap_or(id)
    }

    /// Counts the digits that tell whole ids apart.
    pub(crate) fn telling_apart(mut ids: Vec<String>) -> Self {
        ids.sort_unstable();
        let shared = ids.windows(2).map(|pair| match pair {
            [one, other] => one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count(),
            _ => 0,
        });
        Self(shared.max().map_or(FEWEST, |shared| (shared + 1).max(FEWEST)))
    }
}

/// Finds the record that a person means.
pub(crate) fn resolve(session: &mut Session, typed: &str) -> Result<RecordId, Failure> {
    Ok(session.resolve(&typed.to_ascii_lowercase())?)
}

/// Finds what a person means among a few things.
pub(crate) fn among<T: Copy + Display>(
    typed: &str,
    ids: impl IntoIterator<Item = T>,
) -> Result<T, Failure> {
    let typed = typed.to_ascii_lowercase();
    let mut found = ids.into_iter().filter(|id| id.to_string().starts_with(&typed));
    match (found.next(), found.next()) {
        (Some(id), None) if !typed.is_empty() => Ok(id),
        (Some(_), _) if !typed.is_empty() => Err(WalletError::AmbiguousId.into()),
        _ => Err(ConsentError::NotFound.into()),
    }
}

/// Finds the record that a person means among those that the log is about: it may be erased.
pub(crate) fn resolve_logged(session: &mut Session, typed: &str) -> Result<RecordId, Failure> {
    let typed = typed.to_ascii_lowercase();
    let entries = session.log(&EVERYTHING)?.entries;
    let meant = |id: &RecordId| id.to_string().starts_with(&typed);
    let found: BTreeSet<_> = entries.iter().filter_map(LogEntry::record).filter(meant).collect();
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(id), None) if !typed.is_empty() => Ok(id),
        (Some(_), _) if !typed.is_empty() => Err(WalletError::AmbiguousId.into()),
        _ => Err(Error::from(VaultError::NotFound).into()),
    }
}

/// Finds the attachment that a person means.
pub(crate) fn resolve_attachment(
    session: &mut Session,
    typed: &str,
) -> Result<AttachmentId, Failure> {
    Ok(session.resolve_attachment(&typed.to_ascii_lowercase())?)
}

/// Shortens the id of an attachment as far as it is accepted.
pub(crate) fn short_attachment(session: &mut Session, id: AttachmentId) -> String {
    let whole = id.to_string();
    let beginnings = (FEWEST..whole.len()).filter_map(|digits| whole.get(..digits));
    let mut accepted = beginnings.filter(|it| session.resolve_attachment(it).is_ok());
    accepted.next().unwrap_or(&whole).to_owned()
}

/// Gives the id that an entry of the log is about.
pub(crate) fn subject(entry: &AuditEntry) -> Option<String> {
    Some(hex(entry.ids().first()?.as_bytes()))
}

/// Writes bytes as hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Hex(bytes).to_string()
}

/// Writes ids with commas between.
pub(crate) fn list(ids: &[impl Display]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

const EVERYTHING: LogQuery = LogQuery {
    kind: None,
    record: None,
    from: None,
    to: None,
    before: None,
    limit: Some(usize::MAX),
};
const FEWEST: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_until_they_differ() {
        let digits = |ids: &[&str]| {
            ShortIds::telling_apart(ids.iter().map(|id| (*id).to_owned()).collect()).0
        };
        assert_eq!(digits(&[]), 6);
        assert_eq!(digits(&["00000000", "11111111"]), 6);
        assert_eq!(digits(&["12345678", "99999999", "12345679"]), 8);
    }
}

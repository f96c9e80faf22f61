//! Record ids for people: as short as they can be while each is unique.

use patient_wallet::Session;
use patient_wallet::record::RecordId;
use patient_wallet::session::Query;

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

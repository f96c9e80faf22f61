//! What a requester holds: the consents that it has received.

use crate::consent::{ConsentState, ConsentToken, Flags, NoticeKind};
use crate::error::Error;
use crate::record::Text;
use crate::requester::Requester;
use crate::requester::kept::KeptReceived;
use crate::session::own::Kind;
use crate::vault::VaultError;

/// A consent that a requester has received, as it stands here and now.
#[derive(Clone, Debug)]
pub struct Held {
    /// What the patient signed; it was verified when it came in.
    pub token: ConsentToken,
    /// Whether it still holds, as far as is known here.
    pub state: ConsentState,
    /// How many disclosures under it were opened.
    pub opened: usize,
    /// The requester's own name for the patient.
    pub patient: Option<Text>,
    /// Why what was opened under it has to be erased by now, if it has.
    pub owed: Option<Owed>,
}

/// Why copies have to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owed {
    /// The time has come by which the patient wanted it.
    EraseBy,
    /// The patient asked for it.
    Asked,
}

impl Owed {
    /// Returns the word it is written with.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::EraseBy => "erase-by",
            Self::Asked => "asked",
        }
    }
}

impl Requester {
    /// Gives the consents that were received, the newest first.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn consents(&mut self) -> Result<Vec<Held>, Error> {
        let now = self.session.consent_now()?;
        let revocations = self.all_revocations()?;
        let notices = self.all_notices()?;
        let mut held = Vec::new();
        for (_, memo) in self.session.memos(Kind::Received)?.iter().rev() {
            let received = KeptReceived::decode(memo).map_err(|_| VaultError::Damaged)?;
            let token = ConsentToken::read(&received.token).map_err(|_| VaultError::Damaged)?;
            let known = self.patient(token.patient_key())?;
            let is_single = token.scope().flags().contains(Flags::SINGLE_USE);
            let state = if revocations.covers(&token) {
                ConsentState::Revoked
            } else if token.expires_at() <= now {
                ConsentState::Expired
            } else if is_single && !received.opened.is_empty() {
                ConsentState::Used
            } else {
                ConsentState::Active
            };
            let patient = known.and_then(|known| known.name);
            let is_asked = notices.iter().any(|notice| {
                notice.kind() == NoticeKind::ErasureWish && notice.consents().contains(&token.id())
            });
            let is_overdue = token.scope().erase_by() <= now && !received.opened.is_empty();
            let owed = match (is_asked, is_overdue) {
                (true, _) => Some(Owed::Asked),
                (false, true) => Some(Owed::EraseBy),
                (false, false) => None,
            };
            held.push(Held { token, state, opened: received.opened.len(), patient, owed });
        }
        Ok(held)
    }
}

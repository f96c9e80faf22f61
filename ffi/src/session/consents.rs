//! Consents: given, refreshed, listed, taken back.

use std::sync::Arc;

use patient_wallet::consent::{self, ConsentState, Purpose};
use patient_wallet::record::{Category, SensitivityLabel};
use patient_wallet::session;

use crate::error::{WalletError, refused};
use crate::host::{CancelToken, ProgressListener};
use crate::page::{page, part};
use crate::parse;
use crate::session::{IdPage, Refreshment, Session};
use crate::vocabulary::ConsentFlags;

/// A consent that was given.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Consent {
    /// Names the consent.
    pub id: String,
    /// To whom, by the name that was shown.
    pub audience: String,
    /// Their DID.
    pub did: String,
    /// What for.
    pub purpose: Purpose,
    /// Categories permitted.
    pub categories: Vec<Category>,
    /// Labels denied.
    pub denied: Vec<SensitivityLabel>,
    /// Records withheld one by one.
    pub withheld: Vec<String>,
    /// First second inside.
    pub not_before: u64,
    /// First second outside.
    pub expires_at: u64,
    /// When the reader has to erase what was opened.
    pub erase_by: u64,
    /// What else it demands.
    pub flags: ConsentFlags,
    /// Whether it still holds.
    pub state: ConsentState,
    /// Number of records that they hold under it.
    pub holds: u64,
    /// The request that it answers.
    pub request: Option<String>,
    /// Who signed it in the patient's name; absent for the patient.
    pub by: Option<String>,
}

page! {
    /// A page of consents, the newest first.
    ConsentPage of Consent
}

/// What an approval made.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Approved {
    /// The consent.
    pub consent: Consent,
    /// The token (`pmw-ct`), for the requester.
    pub token: Vec<u8>,
    /// Names the disclosure, whose file goes with the token.
    pub disclosure: String,
    /// Records in it.
    pub released: u64,
    /// Bytes of it.
    pub bytes: u64,
}

/// What one requester gets to hear of consents that were taken back.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Revoked {
    /// Their name, as it was shown.
    pub audience: String,
    /// Their DID.
    pub did: String,
    /// The consents it takes back.
    pub consents: Vec<String>,
    /// The signed object (`pmw-rv`).
    pub envelope: Vec<u8>,
}

#[uniffi::export]
impl Session {
    /// Signs what was reviewed and writes the disclosure into a new file.
    #[uniffi::method(default(progress = None, cancel = None))]
    pub fn approve(
        &self,
        digest: Vec<u8>,
        path: String,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<Approved, WalletError> {
        self.long_call(progress, cancel.as_ref(), |session, watch| {
            let digest = parse::digest(&digest)?;
            let file = parse::new_file(path, false)?;
            Ok(session.approve(&digest, file, watch.progress, watch.cancel)?.into())
        })
    }

    /// Lists the consents that were given, the newest first.
    pub fn consents(&self, offset: u64, limit: u32) -> Result<ConsentPage, WalletError> {
        let consents = self.call(session::Session::consents)?;
        Ok(part(consents, offset, limit, Consent::from).into())
    }

    /// Lists the records that somebody holds under a consent.
    pub fn held_under(
        &self,
        consent: String,
        offset: u64,
        limit: u32,
    ) -> Result<IdPage, WalletError> {
        self.home.call(|open| {
            let id: consent::ConsentId = parse::id(&consent)?;
            let consents = open.session.consents()?;
            let consent = consents.into_iter().find(|consent| consent.id == id);
            let consent = consent.ok_or_else(|| refused(consent::ConsentError::NotFound))?;
            Ok(part(consent.holds, offset, limit, |id| id.to_string()).into())
        })
    }

    /// Shows what is new under a consent since the last disclosure.
    pub fn review_refresh(&self, consent: String) -> Result<Refreshment, WalletError> {
        self.home.call(|open| {
            let found = open.session.review_refresh(parse::id(&consent)?)?;
            Ok(open.previews.keep_refreshment(found))
        })
    }

    /// Writes what is new under a consent into a new file.
    #[uniffi::method(default(progress = None, cancel = None))]
    pub fn refresh(
        &self,
        consent: String,
        digest: Vec<u8>,
        path: String,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<Approved, WalletError> {
        self.long_call(progress, cancel.as_ref(), |session, watch| {
            let (id, digest) = (parse::id(&consent)?, parse::digest(&digest)?);
            let file = parse::new_file(path, false)?;
            Ok(session.refresh(id, &digest, file, watch.progress, watch.cancel)?.into())
        })
    }

    /// Shows what was disclosed under a consent, to be given once more.
    pub fn review_again(&self, consent: String) -> Result<Refreshment, WalletError> {
        self.home.call(|open| {
            let found = open.session.review_again(parse::id(&consent)?)?;
            Ok(open.previews.keep_refreshment(found))
        })
    }

    /// Writes what was disclosed under a consent into a new file once more.
    #[uniffi::method(default(progress = None, cancel = None))]
    pub fn disclose_again(
        &self,
        consent: String,
        digest: Vec<u8>,
        path: String,
        progress: Option<Arc<dyn ProgressListener>>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<Approved, WalletError> {
        self.long_call(progress, cancel.as_ref(), |session, watch| {
            let (id, digest) = (parse::id(&consent)?, parse::digest(&digest)?);
            let file = parse::new_file(path, false)?;
            Ok(session.disclose_again(id, &digest, file, watch.progress, watch.cancel)?.into())
        })
    }

    /// Takes consents back: one signed object for each requester.
    pub fn revoke(&self, consents: Vec<String>) -> Result<Vec<Revoked>, WalletError> {
        self.home.call(|open| {
            let revoked = open.session.revoke(&parse::ids(&consents)?)?;
            Ok(revoked.into_iter().map(Revoked::from).collect())
        })
    }

    /// Takes every consent back.
    pub fn revoke_everything(&self) -> Result<Vec<Revoked>, WalletError> {
        let revoked = self.call(session::Session::revoke_everything)?;
        Ok(revoked.into_iter().map(Revoked::from).collect())
    }
}

impl From<session::Consent> for Consent {
    fn from(consent: session::Consent) -> Self {
        Self {
            id: consent.id.to_string(),
            audience: consent.audience.as_str().to_owned(),
            did: consent.did.as_str().to_owned(),
            purpose: consent.purpose,
            categories: parse::categories(consent.categories),
            denied: parse::labels(consent.denied),
            withheld: parse::shown(&consent.withheld),
            not_before: consent.not_before.unix(),
            expires_at: consent.expires_at.unix(),
            erase_by: consent.erase_by.unix(),
            flags: consent.flags.into(),
            state: consent.state,
            holds: parse::count(consent.holds.len()),
            request: consent.request.map(|id| id.to_string()),
            by: parse::text(consent.by.as_ref()),
        }
    }
}

impl From<session::Approved> for Approved {
    fn from(approved: session::Approved) -> Self {
        Self {
            consent: approved.consent.into(),
            token: approved.token,
            disclosure: approved.disclosure.to_string(),
            released: parse::count(approved.released),
            bytes: approved.bytes,
        }
    }
}

impl From<session::Revoked> for Revoked {
    fn from(revoked: session::Revoked) -> Self {
        Self {
            audience: revoked.audience.as_str().to_owned(),
            did: revoked.did.as_str().to_owned(),
            consents: parse::shown(&revoked.consents),
            envelope: revoked.envelope,
        }
    }
}

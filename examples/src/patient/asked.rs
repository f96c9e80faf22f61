//! A request as it is named on the command line: by its id in the inbox, or as the envelope itself.

use std::path::Path;

use patient_wallet::Session;
use patient_wallet::consent::{AccessRequest, ConsentError, RequestId};
use patient_wallet::session::InboxItem;

use crate::envelope;
use crate::errors::Failure;

/// Finds a request: hex digits are the beginning of an id in the inbox; anything else is an
/// envelope, which is taken in when it is not there yet.
pub(crate) fn find(session: &mut Session, argument: &Path) -> Result<RequestId, Failure> {
    if let Some(digits) = argument.to_str().filter(|text| is_id(text)) {
        return Ok(session.resolve_request(&digits.to_ascii_lowercase())?);
    }
    let envelope = envelope::read(argument)?;
    match session.receive_request(&envelope) {
        Ok(item) => Ok(item.id),
        Err(error) if error == ConsentError::Replayed.into() => there(session, &envelope),
        Err(error) => Err(error.into()),
    }
}

/// Gives the request as the inbox shows it.
pub(crate) fn item(session: &mut Session, id: RequestId) -> Result<InboxItem, Failure> {
    let found = session.inbox()?.into_iter().find(|item| item.id == id);
    found.ok_or_else(|| ConsentError::NotFound.into())
}

/// Finds the request that came in before; another one under its id stays refused.
fn there(session: &mut Session, envelope: &[u8]) -> Result<RequestId, Failure> {
    let request = AccessRequest::read(envelope)?;
    let is_same = item(session, request.id())?.request.object_id() == request.object_id();
    if is_same { Ok(request.id()) } else { Err(ConsentError::Replayed.into()) }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

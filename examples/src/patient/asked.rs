//! A request as it is named on the command line: by its id in the inbox, or as the envelope itself.

use std::path::Path;

use patient_wallet::Session;
use patient_wallet::consent::{AccessRequest, RequestId};
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
    let request = AccessRequest::read(&envelope)?;
    let inbox = session.inbox()?;
    let is_here = |item: &InboxItem| item.request.object_id() == request.object_id();
    if inbox.iter().any(is_here) {
        return Ok(request.id());
    }
    Ok(session.receive_request(&envelope)?.id)
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

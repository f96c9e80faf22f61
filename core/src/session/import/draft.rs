//! From a parsed resource to the first draft of a version; when two texts are the same.

use sha2::{Digest, Sha256};

use crate::codec::Buffer;
use crate::error::Error;
use crate::host::Timestamp;
use crate::keys::Secret;
use crate::record::json::Json;
use crate::record::{Identity, IdentityKind, Limits, RecordId, Resource, Text};
use crate::vault::VaultError;
use crate::vault::version::{Facts, Labels, Traits, Version};

/// Makes a first draft of a version from a parsed resource.
///
/// # Errors
/// [`VaultError::Randomness`].
pub(in crate::session) fn version_of(
    resource: &Resource<'_>,
    record: RecordId,
    number: u32,
    at: Timestamp,
) -> Result<Version, Error> {
    let traits = Traits::default()
        .with(Traits::CLASSIFIED, resource.is_classified())
        .with(Traits::FREE_TEXT, resource.has_free_text());
    Ok(Version {
        record,
        number,
        kind: Text::from(resource.resource_type().name()),
        category: resource.category(),
        labels: Labels { own: resource.labels(), ..Labels::default() },
        traits,
        at,
        size: u32::try_from(resource.raw().len()).map_err(|_| VaultError::Damaged)?,
        facts: Facts {
            codes: resource.codes().to_vec(),
            display: resource.display().cloned(),
            date: resource.date(),
            title: resource.title().clone(),
            source: resource.source().cloned(),
            resource_id: resource.id().cloned(),
            author: None,
            identities: identities(resource),
            reference_keys: resource.reference_keys().to_vec(),
            references: resource.references().to_vec(),
        },
        body_hash: [0; 32],
        key: Secret::generate()?,
    })
}

/// A resource of which nobody says where it came from is the same only when it reads the same.
fn identities(resource: &Resource<'_>) -> Vec<Identity> {
    let mut identities = resource.identities().to_vec();
    if identities.iter().all(|identity| identity.kind == IdentityKind::Identifier) {
        let digest = Sha256::digest(&*compact(resource.raw().as_bytes()));
        let mut key = [0; 16];
        key.iter_mut().zip(digest).for_each(|(byte, value)| *byte = value);
        identities.push(Identity { kind: IdentityKind::Content, scope: [0; 8], key });
    }
    identities
}

/// Compares two JSON texts without regard to blanks between tokens.
pub(super) fn same_json(one: &[u8], other: &[u8]) -> bool {
    one == other || *compact(one) == *compact(other)
}

/// Tells whether a resource says of itself that it mends what was said before.
pub(super) fn is_mended(json: &str) -> bool {
    let Ok(root) = Json::parse(json, Limits::default().depth) else { return false };
    let says = |value: Option<Json<'_>>, words: &[&str]| {
        let said = value.and_then(Json::text);
        said.is_some_and(|said| words.contains(&said.as_str()))
    };
    let codings = root.member("verificationStatus").and_then(|status| status.member("coding"));
    let mut codings = codings.and_then(Json::array).into_iter().flatten();
    says(root.member("status"), &MENDED)
        || codings.any(|coding| says(coding.member("code"), &[ENTERED_IN_ERROR]))
}

/// What the status of a resource says that mends another (FHIR R4, ObservationStatus and others).
const MENDED: [&str; 3] = ["corrected", "amended", ENTERED_IN_ERROR];
const ENTERED_IN_ERROR: &str = "entered-in-error";

/// Leaves the blanks between tokens out.
fn compact(json: &[u8]) -> Buffer {
    let mut out = Buffer::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut start = 0;
    for (place, byte) in json.iter().enumerate() {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b' ' | b'\t' | b'\n' | b'\r') => {
                out.extend(json.get(start..place).unwrap_or_default());
                start = place + 1;
            }
            _ => {}
        }
    }
    out.extend(json.get(start..).unwrap_or_default());
    out
}

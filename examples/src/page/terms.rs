//! The terms on top of the page, and what keeps them.

use super::{PageBound, PageConsent, html::Html, when};

/// Writes what the patient consented to, and what holds the reader to it.
pub(super) fn write(html: &mut Html, consent: &PageConsent<'_>) {
    html.raw("<dl class=terms>\n");
    row(html, "Disclosed to", |html| html.text(consent.given_to));
    row(html, "For", |html| {
        html.text(consent.purpose);
        if let Some(reason) = consent.reason {
            html.within(": “", "”", |html| html.text(reason));
        }
    });
    row(html, "Valid until", |html| {
        html.raw("<b>");
        when::moment(html, consent.until);
        html.raw("</b>");
    });
    row(html, "Erase by", |html| {
        html.raw("<b>");
        when::moment(html, consent.erase_by);
        html.raw("</b>");
    });
    if !consent.bounds.is_empty() {
        row(html, "Bound to", |html| {
            for (at, bound) in consent.bounds.iter().enumerate() {
                html.raw(if at == 0 { "" } else { "; " });
                html.raw(match bound {
                    PageBound::ViewOnly => "viewing only: do not copy into another system",
                    PageBound::NoOnward => "not to be passed on",
                    PageBound::SingleUse => "one use: it opens once",
                });
            }
        });
    }
    row(html, "Consent", |html| {
        html.raw("given ");
        when::moment(html, consent.given);
        html.raw(", opened ");
        when::moment(html, consent.opened);
        html.raw(", <small>");
        html.text(consent.id);
        html.raw("</small>");
    });
    row(html, "Patient’s key", |html| short_key(html, consent.patient_key));
    html.raw("</dl>\n");
    html.raw(KEEPING);
}

fn row(html: &mut Html, name: &'static str, write: impl FnOnce(&mut Html)) {
    html.raw("<div><dt>");
    html.raw(name);
    html.raw("</dt><dd>");
    write(html);
    html.raw("</dd></div>\n");
}

/// Writes both ends of a key: nobody compares more than that by eye.
fn short_key(html: &mut Html, key: &str) {
    let bare = key.strip_prefix("did:key:").unwrap_or(key);
    match (bare.get(..8), bare.len().checked_sub(8).and_then(|at| bare.get(at..))) {
        (Some(head), Some(tail)) if bare.len() > 20 => {
            html.text(head);
            html.raw("…");
            html.text(tail);
        }
        _ => html.text(bare),
    }
}

const KEEPING: &str = "<p class=origin>Made by the patient’s wallet. Nobody checked the content: each record is what its source sent or the patient wrote.</p>\n\
    <table class=keeping><tbody>\n\
    <tr><th scope=row>Kept by keys</th><td>Only what was granted is here. No key for anything else ever left the patient’s phone.</td></tr>\n\
    <tr><th scope=row>Kept by honest software</th><td>End, revocation, erasing, purpose, viewing only, not passing on, single use.</td></tr>\n\
    <tr><th scope=row>Not kept</th><td>What was read, printed or copied cannot be called back.</td></tr>\n\
    </tbody></table>\n";

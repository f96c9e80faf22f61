//! The files of a record: short texts on the page itself, everything else beside it.

use patient_wallet::record::json::Json;
use zeroize::Zeroizing;

use super::{
    PageFile,
    html::Html,
    words::{each, text_of},
};

/// Writes the texts that a document or a report carries inside itself.
pub(super) fn inline(html: &mut Html, root: Json<'_>) {
    let parts = ["content", "presentedForm"].into_iter().flat_map(|name| each(root.member(name)));
    for part in parts.chain([root]) {
        let attachment = part.member("attachment").unwrap_or(part);
        let kind = text_of(attachment, "contentType");
        let is_text = kind.is_some_and(|kind| kind.as_str().starts_with("text/plain"));
        let data = text_of(attachment, "data").filter(|_| is_text);
        if let Some(text) = data.and_then(|data| decode(data.as_str())) {
            html.within("<p class=note>", "</p>", |html| {
                text.utf8_chunks().for_each(|part| html.text(part.valid()));
            });
        } else if let Some(title) =
            text_of(attachment, "title").filter(|_| part.raw() != root.raw())
        {
            html.within("<p class=note>", "</p>", |html| html.text(title.as_str()));
        }
    }
}

/// Writes the files that lie beside the page. Only what no browser runs can be clicked.
pub(super) fn links(html: &mut Html, files: &[PageFile<'_>]) {
    html.within("<ul class=files>", "</ul>", |html| {
        for file in files {
            html.raw("<li>");
            if is_harmless(file.name) {
                html.raw("<a rel=noreferrer href=\"");
                address(html, file.name);
                html.raw("\">");
                html.text(file.title);
                html.raw("</a> <small>");
            } else {
                html.text(file.title);
                html.raw(" <small>in ");
                html.text(file.name);
                html.raw(", ");
            }
            html.text(file.media_type);
            html.raw(", ");
            html.number(file.size.div_ceil(1024));
            html.raw(" KiB</small></li>");
        }
    });
}

/// Tells whether a name is a path below the page, to a kind of file that cannot act.
fn is_harmless(name: &str) -> bool {
    let parts = name.split('/');
    let mut parts = parts.map(|part| !part.is_empty() && part != "." && part != "..");
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    parts.all(|is_name| is_name)
        && !name.contains(['\\', ':'])
        && ending.is_some_and(|ending| HARMLESS.contains(&ending.as_str()))
}

/// Writes a path as an address (RFC 3986): every byte that could mean anything is escaped.
fn address(html: &mut Html, path: &str) {
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._/".contains(&byte) {
            html.text(char::from(byte).encode_utf8(&mut [0; 4]));
        } else {
            html.text(&format!("%{byte:02X}"));
        }
    }
}

/// Reads Base64 (RFC 4648) of a text; `None` when it is none, or too long for a page.
fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().div_ceil(4) * 3));
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            let [.., low] = (bits >> held).to_be_bytes();
            bytes.push(low);
        }
    }
    (bytes.len() <= TEXT_MAX).then_some(bytes)
}

/// Endings of files that a browser shows and does not run.
const HARMLESS: [&str; 9] = ["pdf", "png", "jpg", "jpeg", "gif", "tif", "tiff", "txt", "dcm"];
const TEXT_MAX: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_below_the_page_to_a_file_that_cannot_act_is_clickable() {
        for name in ["a.pdf", "files/01-letter.PDF", "files/Brief an Núria.png"] {
            assert!(is_harmless(name), "{name}");
        }
        for name in [
            "a.html",
            "a.svg",
            "a",
            "../a.pdf",
            "/a.pdf",
            "files//a.pdf",
            "./a.pdf",
            "javascript:a.pdf",
            "http://a.example/a.pdf",
            "..\\a.pdf",
            "",
        ] {
            assert!(!is_harmless(name), "{name}");
        }
        let file = PageFile {
            name: "f/a\"é.pdf",
            title: "<b>",
            media_type: "application/pdf",
            size: 1025,
        };
        let mut html = Html::with_capacity(0);
        links(&mut html, &[file]);
        assert_eq!(
            *html.into_page(),
            "<ul class=files><li><a rel=noreferrer href=\"f/a%22%C3%A9.pdf\">&lt;b&gt;</a> \
             <small>application/pdf, 2 KiB</small></li></ul>"
        );
    }

    #[test]
    fn a_short_text_stands_on_the_page() {
        let sent = r#"{"content":[{"attachment":{"contentType":"text/plain; charset=utf-8","data":"SGVsbG8sIE7DunJpYQo="}},{"attachment":{"contentType":"image/png","data":"AAAA","title":"X-ray"}}]}"#;
        let mut html = Html::with_capacity(0);
        inline(&mut html, Json::parse(sent, 8).unwrap());
        assert_eq!(*html.into_page(), "<p class=note>Hello, Núria\n</p><p class=note>X-ray</p>");
        assert!(decode("a*b").is_none());
        assert!(decode(&"AAAA".repeat(TEXT_MAX)).is_none());
    }
}

//! A page that is being written: what comes from outside is text and never markup.

use patient_wallet::record::text::push;
use zeroize::Zeroizing;

/// Holds what has been written, and wipes it when dropped.
pub(super) struct Html(Zeroizing<String>);

impl Html {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Zeroizing::new(String::with_capacity(bytes)))
    }

    /// Writes markup: only what is written in this program can be.
    pub(super) fn raw(&mut self, markup: &'static str) {
        push(&mut self.0, markup);
    }

    /// Writes text: markup in it is shown as it is, and what would move or hide other text goes.
    pub(super) fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| !is_plain(*letter)) {
            push(&mut self.0, rest.get(..at).unwrap_or_default());
            rest = rest.get(at + letter.len_utf8()..).unwrap_or_default();
            self.raw(match letter {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                _ => "",
            });
        }
        push(&mut self.0, rest);
    }

    /// Writes a number.
    pub(super) fn number(&mut self, number: impl std::fmt::Display) {
        self.text(&number.to_string());
    }

    /// Writes `open`, what `inside` writes, and `close`; nothing when `inside` writes nothing.
    pub(super) fn within(
        &mut self,
        open: &'static str,
        close: &'static str,
        inside: impl FnOnce(&mut Self),
    ) -> bool {
        self.within_named(|html| html.raw(open), close, inside)
    }

    /// Writes as [`Html::within`] does, with an opening that is more than markup.
    pub(super) fn within_named(
        &mut self,
        open: impl FnOnce(&mut Self),
        close: &'static str,
        inside: impl FnOnce(&mut Self),
    ) -> bool {
        let before = self.0.len();
        open(self);
        let empty = self.0.len();
        inside(self);
        let is_written = self.0.len() > empty;
        if is_written {
            self.raw(close);
        } else {
            self.0.truncate(before);
        }
        is_written
    }

    pub(super) fn into_page(self) -> Zeroizing<String> {
        self.0
    }
}

/// Tells whether a character may stand on a page as it is.
fn is_plain(letter: char) -> bool {
    match letter {
        '&' | '<' | '>' | '"' | '\'' => false,
        '\n' | '\t' => true,
        _ => !letter.is_control() && !moves_text(letter),
    }
}

/// Tells whether a character changes the direction of the text around it, or has no width.
fn moves_text(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut html = Html::with_capacity(0);
        html.text(text);
        html.into_page().to_string()
    }

    #[test]
    fn text_is_never_markup_and_moves_no_other_text() {
        assert_eq!(
            written("<script>alert('1' & \"2\")</script>"),
            "&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;"
        );
        assert_eq!(written("a\u{202e}b\u{2066}c\u{0}d\u{9b}e\u{200b}f\ng\th"), "abcdef\ng\th");
        assert_eq!(written("Núria 日本 עברית"), "Núria 日本 עברית");
    }

    #[test]
    fn what_would_be_empty_is_not_written() {
        let mut html = Html::with_capacity(0);
        assert!(!html.within("<p>", "</p>", |_| {}));
        assert!(html.within("<b>", "</b>", |html| html.number(7)));
        assert_eq!(*html.into_page(), "<b>7</b>");
    }
}

//! Names that look alike: in case, accents, spaces, width, or by letters of other scripts.
//!
//! The skeleton of a name is that of UTS 39, and folded: what looks like ASCII becomes ASCII. The
//! whole table of UTS 39 would be the largest part of the library after the database; letters that
//! look like those of ASCII are what a name is forged with.

mod confusables;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::wire::is_hidden;
use confusables::CONFUSABLES;

/// Says whether two names look alike without being the same.
#[must_use]
pub fn looks_like(name: &str, other: &str) -> bool {
    let others = skeletons(other);
    name != other && skeletons(name).iter().any(|skeleton| others.contains(skeleton))
}

/// Gives what is left of a name whose case means nothing, and of one whose case does: `I` looks
/// like `l`, and `i` does not.
fn skeletons(name: &str) -> [String; 2] {
    let seen = |letter: &char| {
        !is_combining_mark(*letter) && !is_hidden(*letter) && !letter.is_whitespace()
    };
    let bare: String = name.nfkd().filter(seen).collect();
    [shape(&folded(&bare)), shape(&folded(&shape(&bare)))]
}

fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

fn shape(text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    for letter in text.chars() {
        match CONFUSABLES.iter().find(|(_, alike)| alike.contains(letter)) {
            Some((ascii, _)) => shape.push_str(ascii),
            None => shape.push(letter),
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use unicode_security::confusable_detection::skeleton;

    use super::*;

    /// The table says of each letter what another implementation of UTS 39 says, and of no other.
    #[test]
    fn confusables_are_those_of_uts_39() {
        let bare = |text: &str| -> String {
            text.nfkd().filter(|letter| !is_combining_mark(*letter)).collect()
        };
        let in_table = |c: char| c.is_ascii_alphanumeric() || "'.,-".contains(c);
        let mut found = 0;
        for letter in (0..0x11_0000).filter_map(char::from_u32) {
            let text = letter.to_string();
            let expected = bare(&skeleton(&text).collect::<String>());
            let shaped = expected != text && bare(&text) == text;
            if shaped && !expected.is_empty() && expected.chars().all(in_table) {
                assert_eq!(shape(&text), expected, "{letter:?}");
                found += 1;
            }
        }
        let letters: usize = CONFUSABLES.iter().map(|(_, alike)| alike.chars().count()).sum();
        assert_eq!((found, letters), (957, 957));
    }
}

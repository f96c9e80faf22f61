//! Names that look alike: in case, accents, spaces, width, or by letters of other scripts.
//!
//! The skeleton of a name is that of UTS 39, and folded: what looks like ASCII becomes ASCII. The
//! whole table of UTS 39 would be the largest part of the library after the database; letters that
//! look like those of ASCII are what a name is forged with.

mod confusables;

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::wire::is_hidden;
use crate::order;
use confusables::CONFUSABLES;

/// Says whether two names look alike without being the same.
#[must_use]
pub fn looks_like(name: &str, other: &str) -> bool {
    let others = skeletons(other);
    name != other && skeletons(name).iter().any(|skeleton| others.contains(skeleton))
}

/// Names and whose they are, found by what looks like them in one look-up.
#[derive(Debug)]
pub(crate) struct Names<T> {
    names: Vec<(String, T)>,
    by_skeleton: HashMap<String, Vec<usize>>,
}

impl<T> Names<T> {
    /// Takes names; who has none is not looked for.
    pub(crate) fn new(names: impl Iterator<Item = (String, T)>) -> Self {
        let names: Vec<_> = names.filter(|(name, _)| !name.is_empty()).collect();
        let mut by_skeleton: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, (name, _)) in names.iter().enumerate() {
            for skeleton in skeletons(name) {
                by_skeleton.entry(skeleton).or_default().push(at);
            }
        }
        Self { names, by_skeleton }
    }

    /// Gives, in their order, the names that are this one or look like it.
    pub(crate) fn like(&self, name: &str) -> impl Iterator<Item = (&str, &T)> {
        let found = skeletons(name).into_iter().filter_map(|it| self.by_skeleton.get(&it));
        let places = order::set(found.flatten().copied());
        let names = places.into_iter().filter_map(|at| self.names.get(at));
        names.map(|(name, whose)| (name.as_str(), whose))
    }
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
        match SHAPES.binary_search_by_key(&letter, |(letter, _)| *letter) {
            Ok(at) => shape.extend(SHAPES.get(at).map(|(_, ascii)| *ascii)),
            Err(_) => shape.push(letter),
        }
    }
    shape
}

/// The table in the order of the letters: names are compared by the thousand.
static SHAPES: LazyLock<Vec<(char, &'static str)>> = LazyLock::new(|| {
    let letters = |(ascii, alike): &(&'static str, &'static str)| {
        let ascii = *ascii;
        alike.chars().map(move |letter| (letter, ascii))
    };
    let mut shapes: Vec<_> = CONFUSABLES.iter().flat_map(letters).collect();
    order::sort(&mut shapes);
    shapes
});

#[cfg(test)]
mod tests {
    use unicode_security::confusable_detection::skeleton;

    use super::*;

    #[test]
    fn names_are_found_by_whatever_looks_like_them() {
        let names = ["Dr. Chen", "DR. CHEN", "", "Dr. Alder", "Dr. \u{421}hen", "lllness"];
        let all = Names::new(names.iter().map(|name| ((*name).to_owned(), ())));
        for name in names.into_iter().chain(["Illness", "Dr.Chen", "Dr. Chan"]) {
            let found: Vec<_> = all.like(name).map(|(name, ())| name).collect();
            let is_like =
                |other: &&str| !other.is_empty() && (*other == name || looks_like(name, other));
            let expected: Vec<_> = names.into_iter().filter(is_like).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

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

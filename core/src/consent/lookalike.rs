//! Names that look alike.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Says whether two names look alike without being the same.
#[must_use]
pub fn looks_like(name: &str, other: &str) -> bool {
    name != other && skeleton(name).eq(skeleton(other))
}

fn skeleton(name: &str) -> impl Iterator<Item = char> + '_ {
    name.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase)
}

//! The net of words: finds every term of the table in a text, those that overlap included.
//!
//! Terms lie sorted, so that those with the same beginning lie together: reading a text from one
//! place on narrows them byte by byte. Most terms begin a word and are looked for only there.

use std::sync::OnceLock;

use super::{BadLine, headed, labels};
use crate::order;
use crate::record::label::LabelSet;
use crate::record::{tables, text};

/// Finds words that hint at sensitive content.
#[derive(Debug)]
pub struct WordNet {
    at_starts: Terms,
    anywhere: Terms,
}

impl WordNet {
    /// Returns the net of this build.
    ///
    /// # Panics
    /// Never: a test reads every line of the embedded table.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static NET: OnceLock<WordNet> = OnceLock::new();
        NET.get_or_init(|| Self::load(tables::words()).expect("the embedded table is tested"))
    }

    /// Returns the labels of every term found in a folded text.
    #[must_use]
    pub fn labels(&self, folded: &str) -> LabelSet {
        let mut found = LabelSet::EMPTY;
        let mut rest = folded.chars();
        let mut is_inside = false;
        loop {
            let text = rest.as_str();
            let beginning = beginning(text.as_bytes());
            if self.anywhere.may_begin(beginning) {
                self.anywhere.begin(text, &mut found);
            }
            if !is_inside && self.at_starts.may_begin(beginning) {
                self.at_starts.begin(text, &mut found);
            }
            let Some(c) = rest.next() else { return found };
            is_inside = c.is_alphanumeric();
        }
    }

    pub(crate) fn load(table: &'static str) -> Result<Self, BadLine> {
        let (mut at_starts, mut anywhere) = (Vec::new(), Vec::new());
        for line in headed(table, WORD_HEADER)? {
            let (number, [label, language, term, kind]) = line?;
            let labels = labels(label).ok_or(BadLine(number))?;
            let word = term.trim_matches('*');
            let same = text::folded(word).as_str() == word;
            if word.is_empty() || !same || [language, kind].contains(&"") {
                return Err(BadLine(number));
            }
            let terms = if term.starts_with('*') { &mut anywhere } else { &mut at_starts };
            terms.push(Term { word, labels, ends_word: !term.ends_with('*') });
        }
        Ok(Self { at_starts: Terms::new(at_starts), anywhere: Terms::new(anywhere) })
    }
}

#[derive(Debug, Clone, Copy)]
struct Term {
    word: &'static str,
    labels: LabelSet,
    ends_word: bool,
}

impl Term {
    fn byte(&self, at: usize) -> Option<u8> {
        self.word.as_bytes().get(at).copied()
    }
}

/// Terms sorted by their bytes.
#[derive(Debug)]
struct Terms {
    sorted: Vec<Term>,
    /// For each first byte where its terms lie.
    firsts: Vec<(usize, usize)>,
    /// One bit for each [`beginning`], set where a term has it.
    beginnings: Vec<u64>,
}

impl Terms {
    fn new(mut sorted: Vec<Term>) -> Self {
        order::sort_by_key(&mut sorted, |term| term.word);
        let mut beginnings = vec![0; BEGINNINGS / 64];
        for term in &sorted {
            // What is shorter than three bytes goes with whatever stands behind it.
            let any = |at| term.byte(at).map_or(0..=u8::MAX, |byte| byte..=byte);
            for (second, third) in
                any(1).flat_map(|second| any(2).map(move |third| (second, third)))
            {
                let number = beginning(&[term.byte(0).unwrap_or_default(), second, third]);
                if let Some(bits) = beginnings.get_mut(number / 64) {
                    *bits |= 1 << (number % 64);
                }
            }
        }
        let first = |byte| sorted.partition_point(|term| term.byte(0) < Some(byte));
        let end = |byte| sorted.partition_point(|term| term.byte(0) <= Some(byte));
        let firsts = (0..=u8::MAX).map(|byte| (first(byte), end(byte))).collect();
        Self { sorted, firsts, beginnings }
    }

    fn may_begin(&self, beginning: usize) -> bool {
        self.beginnings.get(beginning / 64).is_some_and(|bits| bits >> (beginning % 64) & 1 != 0)
    }

    /// Adds the labels of the terms with which a text begins.
    fn begin(&self, text: &str, found: &mut LabelSet) {
        let mut rest = text.bytes();
        let group = rest.next().and_then(|first| self.firsts.get(usize::from(first)));
        let Some(mut left) = group.and_then(|(from, to)| self.sorted.get(*from..*to)) else {
            return;
        };
        for length in 1.. {
            // What is as long as what was read stands before what goes on.
            while let Some((term, longer)) =
                left.split_first().filter(|(term, _)| term.word.len() == length)
            {
                let after = || text.get(length..).and_then(|text| text.chars().next());
                if !(term.ends_word && after().is_some_and(char::is_alphanumeric)) {
                    *found = found.union(term.labels);
                }
                left = longer;
            }
            let Some(next) = rest.next() else { return };
            let from = left.partition_point(|term| term.byte(length) < Some(next));
            let to = left.partition_point(|term| term.byte(length) <= Some(next));
            left = left.get(from..to).unwrap_or_default();
            if left.is_empty() {
                return;
            }
        }
    }
}

/// Numbers the first three bytes of a text, by the bits in which letters differ: nearly always that
/// tells that no term begins there.
fn beginning(text: &[u8]) -> usize {
    let bytes = match *text {
        [one, two, three, ..] => [one, two, three],
        [one, two] => [one, two, 0],
        [one] => [one, 0, 0],
        [] => [0; 3],
    };
    bytes.iter().fold(0, |number, byte| number << 5 | usize::from(byte & 31))
}

const BEGINNINGS: usize = 1 << 15;

const WORD_HEADER: [&str; 4] = ["label", "language", "term", "kind"];

#[cfg(test)]
mod tests {
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    use super::*;

    /// Finds with Aho and Corasick's automaton what the net has to find.
    fn expected(net: &WordNet, folded: &str) -> LabelSet {
        let at_starts = net.at_starts.sorted.iter().map(|term| (true, term));
        let anywhere = net.anywhere.sorted.iter().map(|term| (false, term));
        let terms: Vec<_> = at_starts.chain(anywhere).collect();
        let automaton = AhoCorasick::new(terms.iter().map(|(_, term)| term.word)).unwrap();
        let mut found = LabelSet::EMPTY;
        for hit in automaton.find_overlapping_iter(folded) {
            let (starts_word, term) = terms[hit.pattern().as_usize()];
            let before = folded.split_at(hit.start()).0.chars().next_back();
            let after = folded.split_at(hit.end()).1.chars().next();
            if !(starts_word && before.is_some_and(char::is_alphanumeric)
                || term.ends_word && after.is_some_and(char::is_alphanumeric))
            {
                found = found.union(term.labels);
            }
        }
        found
    }

    fn word() -> impl Strategy<Value = String> {
        let net = WordNet::embedded();
        let terms: Vec<&'static str> = [&net.at_starts, &net.anywhere]
            .iter()
            .flat_map(|terms| &terms.sorted)
            .map(|term| term.word)
            .collect();
        let joint = prop::sample::select(vec!["", "", " ", "\n", "e", "s", "9", "ä"]);
        let piece = prop_oneof![
            3 => prop::sample::select(terms).prop_map(str::to_owned),
            1 => "[a-eh-ps-v ]{0,4}",
            1 => "[a-zäéж]{1,2}",
        ];
        (piece, joint, any::<prop::sample::Index>()).prop_map(|(piece, joint, cut)| {
            let cut = cut.index(4 * piece.chars().count() + 1);
            piece.chars().take(cut).chain(joint.chars()).collect()
        })
    }

    proptest! {
        #[test]
        fn finds_what_an_automaton_finds(words in prop::collection::vec(word(), 0..6)) {
            let net = WordNet::embedded();
            let text = words.concat();
            prop_assert_eq!(net.labels(&text), expected(net, &text), "{}", text);
        }
    }

    #[test]
    fn terms_of_one_letter_and_twice_the_same_are_found() {
        let net = WordNet::load(
            "label\tlanguage\tterm\tkind\nhiv\ten\tx\tterm\nstd\ten\tx*\tterm\nviolence\ten\tx y\tterm\n",
        )
        .unwrap();
        for (text, found) in [
            ("x", "hiv, std"),
            ("xy", "std"),
            ("a x y", "hiv, std, violence"),
            ("ax", ""),
            ("", ""),
        ] {
            assert_eq!(net.labels(text).to_string(), found, "{text}");
            assert_eq!(net.labels(text), expected(&net, text), "{text}");
        }
    }
}

//! Code sets and the net of words: which codes and words make a record sensitive.
//!
//! The tables lie in `codes/*.tsv`, each line with its source and licence. A code set *knows* a
//! code, with labels or with `none`: looked at and not sensitive. The net of words lies under the
//! codes: it may label too much and never takes a label away.

use std::{collections::HashMap, sync::OnceLock};

mod net;

pub use net::WordNet;

use super::label::{LabelSet, SensitivityLabel};
use super::tables;

/// Knows codes and their labels.
#[derive(Debug, Default)]
pub struct CodeSets {
    systems: HashMap<&'static str, HashMap<&'static str, LabelSet>>,
    icd10: Icd10,
}

/// ICD-10 by ranges of three-character categories and by single codes.
#[derive(Debug, Default)]
struct Icd10 {
    ranges: Vec<([u8; 3], [u8; 3], LabelSet)>,
    codes: HashMap<PlainCode, LabelSet>,
}

/// An ICD-10 code in capitals and without its dot, filled up with zeros. It lives on the stack:
/// a copy on the heap would have to be wiped.
type PlainCode = [u8; 9];

impl CodeSets {
    /// Returns the code sets of this build.
    ///
    /// # Panics
    /// Never: a test reads every line of the embedded tables.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static SETS: OnceLock<CodeSets> = OnceLock::new();
        SETS.get_or_init(|| Self::load(tables::codes()).expect("the embedded table is tested"))
    }

    /// Returns the labels of a code, `None` when no set knows it.
    ///
    /// A code of ICD-10 has the labels of every range it lies in and of every code it refines,
    /// with or without the dot; national editions share them.
    #[must_use]
    pub fn lookup(&self, system: &str, code: &str) -> Option<LabelSet> {
        let system = canonical(system);
        if system == ICD10 {
            return self.icd10.lookup(code);
        }
        self.systems.get(system)?.get(code.trim()).copied()
    }

    pub(crate) fn load(table: &'static str) -> Result<Self, BadLine> {
        let mut sets = Self::default();
        for line in lines(table) {
            let (number, [system, code, label]) = line?;
            let labels = labels(label).ok_or(BadLine(number))?;
            if [system, code].contains(&"") {
                return Err(BadLine(number));
            }
            if canonical(system) == ICD10 {
                sets.icd10.insert(code, labels).ok_or(BadLine(number))?;
            } else {
                let known = sets.systems.entry(canonical(system)).or_default();
                let set = known.entry(code).or_default();
                *set = set.union(labels);
            }
        }
        Ok(sets)
    }
}

impl Icd10 {
    fn insert(&mut self, code: &str, labels: LabelSet) -> Option<()> {
        if let Some((first, last)) = code.split_once('-') {
            let (first, last) =
                (first.as_bytes().try_into().ok()?, last.as_bytes().try_into().ok()?);
            self.ranges.push((first, last, labels));
            return (first <= last).then_some(());
        }
        let set = self.codes.entry(plain(code)?).or_default();
        *set = set.union(labels);
        Some(())
    }

    fn lookup(&self, code: &str) -> Option<LabelSet> {
        let code = plain(code)?;
        let [a, b, c, ..] = code;
        let ranges = self
            .ranges
            .iter()
            .filter(|(first, last, _)| (first..=last).contains(&&[a, b, c]))
            .map(|(_, _, labels)| *labels);
        let mut prefix = PlainCode::default();
        let codes = prefix_lengths(&code).filter_map(|length| {
            prefix.iter_mut().zip(code).take(length).for_each(|(to, from)| *to = from);
            self.codes.get(&prefix).copied()
        });
        ranges.chain(codes).reduce(LabelSet::union)
    }
}

/// Returns the lengths at which a code names something: the category, then each refinement.
fn prefix_lengths(code: &PlainCode) -> impl Iterator<Item = usize> {
    3..=code.iter().take_while(|byte| **byte != 0).count()
}

/// Brings an ICD-10 code into its plain form; `None` when it cannot be one.
fn plain(code: &str) -> Option<PlainCode> {
    let mut plain = PlainCode::default();
    let mut length = 0;
    // What may stand behind a code: unspecific, cross and star, additional key.
    let code = code.trim().trim_end_matches(['-', '*', '!', '+', '†', '#', '.']);
    for byte in code.bytes().filter(|byte| *byte != b'.') {
        *plain.get_mut(length)? = byte.to_ascii_uppercase();
        length += 1;
    }
    let is_one = plain.first()?.is_ascii_uppercase()
        && plain.iter().take(length).all(u8::is_ascii_alphanumeric);
    (is_one && length >= 3).then_some(plain)
}

/// Brings the names that a code system goes by to one, without the version behind a bar.
fn canonical(system: &str) -> &str {
    let system = system.split_once('|').map_or(system, |(name, _)| name);
    match system {
        "urn:oid:2.16.840.1.113883.6.96" => "http://snomed.info/sct",
        "urn:oid:2.16.840.1.113883.6.1" => "http://loinc.org",
        "urn:oid:2.16.840.1.113883.6.88" => "http://www.nlm.nih.gov/research/umls/rxnorm",
        "urn:oid:2.16.840.1.113883.6.73" => "http://www.whocc.no/atc",
        "urn:oid:2.16.840.1.113883.12.292" => "http://hl7.org/fhir/sid/cvx",
        "urn:oid:2.16.840.1.113883.5.4" => "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "urn:oid:2.16.840.1.113883.6.3" | "urn:oid:2.16.840.1.113883.6.90" => ICD10,
        _ if system.starts_with("http://snomed.info/sct/") => "http://snomed.info/sct",
        _ if system.contains("icd-10") && !system.contains("pcs") => ICD10,
        _ => system,
    }
}

/// The number of a line that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadLine(usize);

/// Iterates over the rows of a table; comments are passed over.
fn lines<const N: usize>(
    table: &'static str,
) -> impl Iterator<Item = Result<(usize, [&'static str; N]), BadLine>> {
    let rows = (1..).zip(table.lines()).filter(|(_, line)| !line.starts_with('#'));
    rows.map(|(number, line)| {
        let cells: Vec<&'static str> = line.split('\t').collect();
        Ok((number, cells.try_into().map_err(|_| BadLine(number))?))
    })
}

/// Iterates over the rows of a table behind its header.
fn headed<const N: usize>(
    table: &'static str,
    header: [&'static str; N],
) -> Result<impl Iterator<Item = Result<(usize, [&'static str; N]), BadLine>>, BadLine> {
    let mut rows = lines(table);
    match rows.next() {
        Some(Ok((_, first))) if first == header => Ok(rows),
        _ => Err(BadLine(1)),
    }
}

/// Reads `none`, or words of labels separated by commas.
fn labels(text: &str) -> Option<LabelSet> {
    if text == "none" {
        return Some(LabelSet::EMPTY);
    }
    text.split(',').map(|word| word.parse::<SensitivityLabel>().ok()).collect()
}

const ICD10: &str = "icd-10";

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: &str = "# a comment\n\
        icd-10\tF00-F99\tmental-health\n\
        icd-10\tF10-F19\tsubstance-use\n\
        icd-10\tB00-B99\tnone\n\
        icd-10\tB20\thiv\n\
        icd-10\tZ20.6\thiv,std\n\
        http://loinc.org\t718-7\tnone\n";

    const WORDS: &str = "label\tlanguage\tterm\tkind\n\
        hiv\ten\thiv\tterm\n\
        mental-health\ten\t*psych*\tterm\n\
        std\ten\tchlamydi*\tterm\n\
        violence\tde\thausliche gewalt\tterm\n\
        mental-health,violence\tes\ttrauma\tterm\n";

    fn words(set: Option<LabelSet>) -> String {
        set.map_or_else(|| "unknown".into(), |set| set.to_string())
    }

    #[test]
    fn marks_behind_an_icd_code_do_not_hide_it() {
        for code in
            ["F32", "F32.-", "F32.9", "F32.9*", "F32.9!", "F32.9\u{2020}", "F32.9+", "f32.9#"]
        {
            let labels = CodeSets::embedded().lookup("http://hl7.org/fhir/sid/icd-10", code);
            let labels = labels.unwrap_or_else(|| panic!("{code}"));
            assert!(labels.contains(SensitivityLabel::MentalHealth), "{code}");
        }
    }

    #[test]
    fn every_line_of_the_embedded_tables_is_read() {
        assert_eq!(CodeSets::load(tables::codes()).err(), None);
        assert_eq!(WordNet::load(tables::words()).err(), None);
    }

    #[test]
    fn a_code_has_the_labels_of_its_range_and_of_what_it_refines() {
        let sets = CodeSets::load(CODES).unwrap();
        for (system, code, expected) in [
            ("http://hl7.org/fhir/sid/icd-10", "F32.1", "mental-health"),
            ("http://hl7.org/fhir/sid/icd-10-cm", "F11.20", "mental-health, substance-use"),
            ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "f1120 ", "mental-health, substance-use"),
            ("http://hl7.org/fhir/sid/icd-10-cm|2024", "B20", "hiv"),
            ("http://hl7.org/fhir/sid/icd-10", "B01.1", ""),
            ("urn:oid:2.16.840.1.113883.6.90", "Z20.6", "hiv, std"),
            ("http://hl7.org/fhir/sid/icd-10", "Z20", "unknown"),
            ("http://hl7.org/fhir/sid/icd-10-pcs", "F11", "unknown"),
            ("http://hl7.org/fhir/sid/icd-10", "F", "unknown"),
            ("http://hl7.org/fhir/sid/icd-10", "Fö1", "unknown"),
            ("http://loinc.org", "718-7", ""),
            ("http://loinc.org", "718-8", "unknown"),
            ("", "718-7", "unknown"),
        ] {
            assert_eq!(words(sets.lookup(system, code)), expected, "{system} {code}");
        }
    }

    #[test]
    fn a_term_is_found_as_a_word_a_beginning_or_anywhere() {
        let net = WordNet::load(WORDS).unwrap();
        for (text, expected) in [
            ("hiv test", "hiv"),
            ("anti hiv ", "hiv"),
            ("shiver", ""),
            ("neuropsychiatry", "mental-health"),
            ("chlamydien", "std"),
            ("antichlamydien", ""),
            ("die hausliche gewalt", "violence"),
            ("hausliche\ngewalt", ""),
            ("trauma hiv", "mental-health, hiv, violence"),
        ] {
            assert_eq!(net.labels(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_malformed_line_is_found() {
        for line in [
            "http://loinc.org\t1",
            "http://loinc.org\t1\tnone\tdisplay",
            "http://loinc.org\t1\tnonsense",
            "http://loinc.org\t\tnone",
            "icd-10\tF19-F10\tnone",
            "icd-10\tF1-F9\tnone",
            "",
        ] {
            let table = format!("{}{line}\n", CODES).leak();
            assert!(CodeSets::load(table).is_err(), "{line}");
        }
        assert!(WordNet::load("hiv\ten\thiv\tterm\n").is_err(), "no header");
        for line in ["hiv\ten\tHIV\tterm", "hiv\ten\t*\tterm", "hiv\ten\tx", "hi\ten\tx\tterm"] {
            assert!(WordNet::load(format!("{WORDS}{line}\n").leak()).is_err(), "{line}");
        }
    }
}

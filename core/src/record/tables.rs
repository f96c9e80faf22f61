//! The tables that come with the library. `build.rs` packs them; each is unpacked once, when it is
//! first needed.

use std::sync::OnceLock;

use miniz_oxide::inflate::decompress_slice_iter_to_slice;

/// Declares a table.
macro_rules! table {
    ($(#[$doc:meta])+ $name:ident = $file:literal) => {
        $(#[$doc])+
        ///
        /// # Panics
        /// Never: a test unpacks it.
        pub(super) fn $name() -> &'static str {
            static TEXT: OnceLock<String> = OnceLock::new();
            let packed = include_bytes!(concat!(env!("OUT_DIR"), "/", $file));
            TEXT.get_or_init(|| unpack(packed).expect("the tables are tested"))
        }
    };
}

table! {
    /// Gives system, code and labels of every code that is known.
    codes = "codes.tsv"
}

table! {
    /// Gives the words under the codes.
    words = "words.tsv"
}

table! {
    /// Gives the elements of FHIR R4 that name other resources.
    elements = "elements.tsv"
}

table! {
    /// Gives the names of the elements of FHIR R4 that hold text.
    texts = "texts.txt"
}

fn unpack(packed: &[u8]) -> Option<String> {
    let (length, packed) = packed.split_first_chunk()?;
    let mut text = vec![0; usize::try_from(u32::from_le_bytes(*length)).ok()?];
    let chunks = std::iter::once(packed);
    let unpacked = decompress_slice_iter_to_slice(&mut text, chunks, false, false).ok()?;
    (unpacked == text.len()).then_some(())?;
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_unpacked_as_it_was_packed() {
        assert_eq!(words(), include_str!("codes/words.tsv"));
        assert_eq!(elements(), include_str!("redact/elements.tsv"));
        assert_eq!(texts(), include_str!("redact/texts.txt"));
        for (table, line) in [
            (include_str!("codes/icd10.tsv"), "icd-10\tB97.35\thiv\n"),
            (include_str!("codes/snomed.tsv"), "http://snomed.info/sct\t53950000\tnone\n"),
        ] {
            let row = line.trim_end();
            assert!(table.contains(&format!("\n{row}\t")) && codes().contains(line), "{row}");
        }
    }
}

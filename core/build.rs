//! Packs the tables of `src/record/` (raw deflate, RFC 1951): a phone has little room. The code
//! tables go without what only readers of their sources need: display, source, licence.

use std::path::Path;
use std::{env, fs};

const CODES: [&str; 5] = ["icd10", "snomed", "loinc", "rxnorm", "other"];
const HEADER: [&str; 6] = ["system", "code", "label", "display", "source", "licence"];
const OTHERS: [&str; 3] = ["codes/words.tsv", "redact/elements.tsv", "redact/texts.txt"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let codes: String = CODES.iter().flat_map(|name| looked_up(name)).collect();
    pack("codes.tsv", &codes);
    for path in OTHERS {
        let name = Path::new(path).file_name().and_then(|name| name.to_str());
        pack(name.expect("it is a name"), &read(path));
    }
}

/// Gives system, code and labels of each line of a code table.
fn looked_up(name: &str) -> Vec<String> {
    let path = format!("codes/{name}.tsv");
    let mut lines = Vec::new();
    for (place, line) in read(&path).lines().filter(|line| !line.starts_with('#')).enumerate() {
        let cells: Vec<&str> = line.split('\t').collect();
        let is_whole = cells.len() == HEADER.len() && !cells.contains(&"");
        assert!(is_whole, "{path}, row {place}: six cells, none of them empty");
        if place == 0 {
            assert!(cells == HEADER, "{path}: the header is another");
        } else if let [system, code, label, ..] = cells.as_slice() {
            lines.push(format!("{system}\t{code}\t{label}\n"));
        }
    }
    lines
}

fn read(path: &str) -> String {
    let path = format!("src/record/{path}");
    println!("cargo:rerun-if-changed={path}");
    fs::read_to_string(&path).expect("the table is there")
}

/// Writes the length in four bytes, the least first, then the packed text.
fn pack(name: &str, text: &str) {
    let out = env::var("OUT_DIR").expect("cargo names the folder");
    let length = u32::try_from(text.len()).expect("a table is small");
    let mut packed = length.to_le_bytes().to_vec();
    packed.extend(miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 9));
    fs::write(Path::new(&out).join(name), packed).expect("the folder can be written");
}

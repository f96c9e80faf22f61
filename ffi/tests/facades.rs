//! The facades of Android and iOS mirror each other: the same files, in them the same public types in
//! the same order.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const KOTLIN: &str = "../android/wallet/src/main/kotlin/org/patientwallet";
const SWIFT: &str = "../ios/Sources/PatientWallet";

/// What a language names otherwise: Kotlin calls what is thrown an exception.
const NAMES: [(&str, &str); 2] =
    [("WalletException", "WalletError"), ("KeystoreException", "KeystoreError")];

/// Gives the public types of each file, in their order.
fn types(folder: &str, extension: &str) -> BTreeMap<String, Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the facade is there").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|found| found == extension) {
            let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
            let text = fs::read_to_string(&path).expect("it can be read");
            files.insert(stem.to_owned(), text.lines().filter_map(public_type).collect());
        }
    }
    files
}

/// Reads the name of a type that a line at the margin declares.
fn public_type(line: &str) -> Option<String> {
    const KINDS: [&str; 8] =
        ["class", "interface", "object", "typealias", "struct", "enum", "actor", "protocol"];
    let mut words = line.strip_prefix("public ")?.split_whitespace().skip_while(|word| {
        ["sealed", "data", "fun", "final", "abstract", "indirect"].contains(word)
    });
    let kind = words.next()?;
    let mut name = words.next()?;
    if !KINDS.contains(&kind) {
        return None;
    }
    if kind == "enum" && name == "class" {
        name = words.next()?;
    }
    let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
    let same = NAMES.iter().find(|(kotlin, _)| *kotlin == name);
    Some(same.map_or(name, |(_, swift)| (*swift).to_owned()))
}

#[test]
fn both_facades_have_the_same_files_and_types() {
    let (kotlin, swift) = (types(KOTLIN, "kt"), types(SWIFT, "swift"));
    assert_eq!(kotlin.keys().collect::<Vec<_>>(), swift.keys().collect::<Vec<_>>());
    assert_eq!(kotlin.len(), 18);
    for (file, types) in &kotlin {
        assert_eq!(Some(types), swift.get(file), "{file}: Kotlin, then Swift");
    }
    assert!(kotlin.values().map(Vec::len).sum::<usize>() > 90, "types are found");
}

//! What must not stand in freed memory, and the search for it.
#![allow(dead_code, reason = "each test binary uses a part")]

use aho_corasick::AhoCorasick;
use patient_wallet::host::Keystore;
use patient_wallet::keys::Mnemonic;
use patient_wallet::testing::TestWallet;
use patient_wallet_memory::Keeper;

use crate::decoder::{Version, decode};

/// Names of the needles that stand in freed memory.
pub(crate) fn found<'a>(keeper: &Keeper, needles: &'a [(String, Vec<u8>)]) -> Vec<&'a str> {
    let search = AhoCorasick::new(needles.iter().map(|(_, needle)| needle)).unwrap();
    let matches = keeper.blocks().flat_map(|block| search.find_overlapping_iter(block));
    let mut found: Vec<&str> =
        matches.map(|found| needles[found.pattern().as_usize()].0.as_str()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Every key of a home.
pub(crate) fn secrets(test: &TestWallet, words: &Mnemonic) -> Vec<(String, Vec<u8>)> {
    let decoded = decode(test, words);
    let mut secrets: Vec<(String, Vec<u8>)> =
        decoded.keys.into_iter().enumerate().map(|(n, key)| (format!("key {n}"), key)).collect();
    for name in test.keystore.names().iter().filter(|name| name.starts_with("dsk/")) {
        secrets.push((name.clone(), test.keystore.get(name).unwrap().to_vec()));
    }
    let phrase: Vec<&str> = words.dangerous_words().collect();
    secrets.push(("the words".to_owned(), phrase[..4].join(" ").into_bytes()));
    secrets
}

/// Pieces of every resource that no other text is likely to hold.
pub(crate) fn texts(test: &TestWallet, words: &Mnemonic) -> Vec<(String, Vec<u8>)> {
    let mut texts = Vec::new();
    let is_of_the_record = |version: &Version| {
        let kind = version.header.iter().find(|(key, _)| *key == 10).unwrap().1.as_text();
        !kind.unwrap().starts_with("pmw:")
    };
    for version in decode(test, words).versions.into_iter().filter(is_of_the_record) {
        let resource = version.resource;
        let middle = resource.len() / 2;
        texts.push(resource[middle..(middle + 24).min(resource.len())].to_vec());
        texts.extend(version.facts.iter().filter(|(key, _)| *key == 2).filter_map(|(_, title)| {
            title.as_text().filter(|title| title.len() > 8).map(|title| title.as_bytes().to_vec())
        }));
    }
    assert!(texts.len() > 300);
    texts.into_iter().map(|text| (String::from_utf8_lossy(&text).into_owned(), text)).collect()
}

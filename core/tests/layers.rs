//! Reads the sources and enforces the order of the modules: each uses only those above it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn a_module_uses_only_what_stands_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let order = modules(&fs::read_to_string(source.join("lib.rs")).unwrap());
    assert!(order.len() > 5, "the modules are found");
    let mut wrong = Vec::new();
    for (place, module) in order.iter().enumerate() {
        for file in files(&source, module) {
            for used in uses(&fs::read_to_string(&file).unwrap()) {
                if order.iter().position(|other| *other == used).is_none_or(|at| at > place) {
                    wrong.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_core_has_no_thread_no_lock_no_clock_and_no_network_of_its_own() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let order = modules(&fs::read_to_string(source.join("lib.rs")).unwrap());
    let foreign =
        ["thread::", "Mutex", "RwLock", "SystemTime", "Instant::", "std::net", "println!"];
    for module in order.iter().filter(|module| *module != "testing") {
        for file in files(&source, module) {
            let text = fs::read_to_string(&file).unwrap();
            let product = text.split("#[cfg(test)]\nmod ").next().unwrap();
            let found = foreign.iter().find(|word| product.contains(**word));
            assert_eq!(found, None, "{}", file.display());
        }
    }
}

#[test]
fn a_use_from_below_is_seen() {
    let order = modules("pub mod low;\npub(crate) mod middle;\npub mod high;\n");
    assert_eq!(order, ["low", "middle", "high"]);
    assert_eq!(uses("use crate::high::X;\nlet y = crate::low::f();"), ["high", "low"]);
    assert_eq!(
        uses("use crate::{\n    high::X,\n    low::{A, B},\n    middle,\n};"),
        ["high", "low", "middle"]
    );
    assert_eq!(
        uses("use crate::high::X;\n#[cfg(test)]\nmod tests {\n    use crate::low::Y;"),
        ["high"]
    );
}

fn modules(lib: &str) -> Vec<String> {
    let names = lib.lines().filter_map(|line| {
        let line =
            line.strip_prefix("pub(crate) mod ").or_else(|| line.strip_prefix("pub mod "))?;
        line.strip_suffix(';').map(str::to_owned)
    });
    names.collect()
}

fn files(source: &Path, module: &str) -> Vec<PathBuf> {
    let mut found = vec![source.join(format!("{module}.rs"))];
    let mut folders = vec![source.join(module)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let is_test = path.file_name().is_some_and(|name| name == "tests.rs");
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && !is_test {
                found.push(path);
            }
        }
    }
    found
}

/// Names of the modules after each `crate::` outside of tests and comments.
fn uses(text: &str) -> Vec<String> {
    let product = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let code: Vec<&str> =
        product.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for part in code.split("crate::").skip(1) {
        if let Some(list) = part.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for letter in list.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.extend(first_name(&std::mem::take(&mut name))),
                    _ if depth == 0 => name.push(letter),
                    _ => {}
                }
            }
            found.extend(first_name(&name));
        } else {
            found.extend(first_name(part));
        }
    }
    found
}

fn first_name(path: &str) -> Option<String> {
    let letters = path.trim_start().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_');
    let name: String = letters.collect();
    (!name.is_empty()).then_some(name)
}

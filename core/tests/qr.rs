//! Golden pictures: equal envelopes give equal pictures on every machine and with every release.
//!
//! `UPDATE_VECTORS=1 cargo test --test qr` writes `vectors/qr/` and `vectors/qr.json` anew; the row
//! `check_qr` of `./check` reads the same pictures with another implementation.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing helper fails its test")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use patient_wallet::codec::{decode_text, encode_text};
use patient_wallet::qr::{QrCode, Theme};

#[test]
fn pictures_are_the_golden_ones() {
    let (mut listed, mut files) = (Vec::new(), Vec::new());
    for (name, scale, envelope) in envelopes() {
        let code = QrCode::of(&envelope).unwrap();
        let text = encode_text(&envelope).unwrap();
        assert_eq!(*decode_text(&text).unwrap(), *envelope, "{name}");
        listed.push(json!({
            "name": name,
            "version": code.version(),
            "scale": scale,
            "text": text,
            "envelope": hex::encode(&envelope),
        }));
        files.push((format!("{name}.png"), code.to_png(scale)));
        if name == "packet" {
            files.push((format!("{name}.svg"), code.to_svg().into_bytes()));
            files.push((format!("{name}.dark.txt"), code.to_terminal(Theme::Dark).into_bytes()));
            files.push((format!("{name}.light.txt"), code.to_terminal(Theme::Light).into_bytes()));
        }
    }
    let source = "this project: core/tests/qr.rs";
    let list = json!({ "source": source, "codes": listed });
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        fs::create_dir_all(vectors("qr")).unwrap();
        fs::write(vectors("qr.json"), serde_json::to_string_pretty(&list).unwrap() + "\n").unwrap();
        for (name, bytes) in &files {
            fs::write(vectors("qr").join(name), bytes).unwrap();
        }
    }
    assert_eq!(golden("qr.json"), list);
    for (name, bytes) in &files {
        assert!(fs::read(vectors("qr").join(name)).unwrap() == *bytes, "{name}");
    }
    assert_eq!(fs::read_dir(vectors("qr")).unwrap().count(), files.len(), "and no others");
}

/// Each kind of envelope, a signed object of this project, and the sizes that matter.
fn envelopes() -> Vec<(&'static str, u8, Vec<u8>)> {
    let checkpoint = &golden("audit.json")["files"]["checkpoint"];
    let signed = |length: usize| [&[0xd2, 0x84], noise(length - 1).as_slice()].concat();
    vec![
        ("checkpoint", 4, hex::decode(checkpoint.as_str().unwrap()).unwrap()),
        ("token", 4, signed(247)),
        ("request", 4, signed(314)),
        ("card-18", 3, signed(540)),
        ("card-22", 3, signed(752)),
        ("largest", 3, signed(964)),
        ("deflated", 4, [&[0xd2, 0x84], b"consent ".repeat(100).as_slice()].concat()),
        ("sealed", 2, [&[0xd0, 0x83], noise(150).as_slice()].concat()),
        ("unsigned", 8, [&[0x82], noise(90).as_slice()].concat()),
        ("packet", 1, [b"PMG1", noise(6).as_slice()].concat()),
    ]
}

/// Bytes that no deflate makes shorter.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let [first, ..] = state.to_be_bytes();
        first
    };
    (0..length).map(|_| next()).collect()
}

fn golden(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(vectors(name)).unwrap()).unwrap()
}

fn vectors(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name)
}

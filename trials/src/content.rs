//! What the trials write: texts that follow from a seed, the number of the operation and a name.

use patient_wallet::record::{Authored, AuthoredKind};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Names the patient's own resource, which the first import brings.
pub(crate) const PATIENT: &str = "Patient/p";

/// First 8 bytes of SHA-256, as hex.
pub(crate) type Digest = String;

/// Gives the digest of a text.
pub(crate) fn digest(bytes: &[u8]) -> Digest {
    let hash = Sha256::digest(bytes);
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Numbers that follow from a seed (SplitMix64).
pub(crate) struct Numbers(u64);

impl Numbers {
    /// Begins the numbers of one operation.
    pub(crate) fn of(seed: u64, n: u64) -> Self {
        let mut numbers = Self(seed ^ n.wrapping_mul(0xd134_2543_de82_ef95));
        numbers.next();
        numbers
    }

    /// Gives the next number.
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Gives a number below another.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    /// Gives one of several things.
    pub(crate) fn one_of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        let end = u64::try_from(things.len()).unwrap_or(u64::MAX);
        usize::try_from(self.below(end)).ok().and_then(|at| things.get(at))
    }
}

/// Writes the resource that an import or a correction brings under a name `Type/id`.
pub(crate) fn resource(seed: u64, n: u64, name: &str) -> Zeroizing<String> {
    let (kind, id) = name.split_once('/').unwrap_or(("Observation", name));
    let text = filler(seed, n, name);
    Zeroizing::new(if name == PATIENT {
        format!(
            r#"{{"resourceType":"{kind}","id":"{id}","birthDate":"1961-04-09","name":[{{"family":"Trial"}}]}}"#
        )
    } else if salted(seed, n, name).below(16) == 0 {
        let data = base64(&attached(seed, n));
        format!(
            r#"{{"resourceType":"{kind}","id":"{id}","status":"final","code":{{"text":"Reading {n}"}},"valueString":"{text}","extension":[{{"url":"urn:trial","valueAttachment":{{"contentType":"application/pdf","data":"{data}"}}}}]}}"#
        )
    } else {
        format!(
            r#"{{"resourceType":"{kind}","id":"{id}","status":"final","code":{{"text":"Reading {n}"}},"valueString":"{text}"}}"#
        )
    })
}

/// Gives the text of a note; its title starts with its name.
pub(crate) fn note(seed: u64, n: u64, name: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("{name}: {}", filler(seed, n, name)))
}

/// Writes the resource that a note becomes.
pub(crate) fn authored(text: &str, has_patient: bool) -> Zeroizing<String> {
    let note = Authored::new(AuthoredKind::Note, text).expect("a note has text, and not too much");
    note.of_patient(has_patient.then_some(PATIENT)).to_fhir()
}

/// Gives the bytes of a file: some fill several chunks, some none.
pub(crate) fn attached(seed: u64, n: u64) -> Vec<u8> {
    let mut numbers = Numbers::of(!seed, n);
    let words = match numbers.below(4) {
        0 => 0,
        1 => numbers.below(500),
        _ => 6200 + numbers.below(20_000),
    };
    (0..words).flat_map(|_| numbers.next().to_be_bytes()).collect()
}

fn salted(seed: u64, n: u64, name: &str) -> Numbers {
    let salt = name.bytes().fold(0_u64, |salt, byte| salt.wrapping_mul(131) + u64::from(byte));
    Numbers::of(seed ^ salt.rotate_left(32), n)
}

/// Base64 (RFC 4648, 4).
fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let mut bits = part.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        bits <<= 8 * (3 - part.len());
        for place in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * place) & 63).ok();
            let digit = digit.filter(|_| place <= part.len()).and_then(|at| DIGITS.get(at));
            out.push(digit.map_or('=', |digit| char::from(*digit)));
        }
    }
    out
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Most are small; some take several pages of the database.
fn filler(seed: u64, n: u64, name: &str) -> String {
    let mut numbers = salted(seed, n, name);
    let words = match numbers.below(12) {
        0 => 600 + numbers.below(1800),
        1 | 2 => 60 + numbers.below(200),
        _ => 4 + numbers.below(40),
    };
    (0..words)
        .map(|_| format!("{:016x} ", numbers.next()))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

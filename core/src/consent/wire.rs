//! What the objects of a consent share on the wire: claims, texts, lists.

use super::{CategorySet, ConsentError, Thumbprint};
use crate::codec::{Decoder, Encoder, Malformed};
use crate::host::Timestamp;
use crate::keys::{DidKey, SignedKind, Unverified, VerifyingKey};
use crate::record::{Category, LabelSet, SensitivityLabel, Text};

/// Takes a signed object apart and demands its kind.
pub(crate) fn unverified(kind: SignedKind, bytes: &[u8]) -> Result<Unverified<'_>, ConsentError> {
    Unverified::decode(kind, bytes).map_err(|_| match SignedKind::of(bytes) {
        Some(other) if other != kind => ConsentError::WrongType,
        _ => ConsentError::Invalid,
    })
}

/// Gives a text without the characters that cannot be seen or that turn others around.
#[must_use]
pub fn without_hidden(text: &str) -> Text {
    let mut shown = zeroize::Zeroizing::new(String::with_capacity(text.len()));
    shown.extend(text.chars().filter(|letter| !is_hidden(*letter)));
    Text::from(shown)
}

/// Demands a text that one line can show as it is: 1 to `most` bytes, nothing hidden.
pub(crate) fn plain(text: &str, most: usize) -> Result<&str, Malformed> {
    let shown = !text.chars().any(is_hidden) && text.trim() == text;
    if shown && (1..=most).contains(&text.len()) { Ok(text) } else { Err(Malformed) }
}

/// Demands a DID of at most 64 bytes.
pub(crate) fn did(text: &str) -> Result<&str, Malformed> {
    let formed = text.starts_with("did:") && text.bytes().all(|byte| byte.is_ascii_graphic());
    if formed { plain(text, DID) } else { Err(Malformed) }
}

/// Demands that a DID, if it is that of a key, is that of this key.
pub(crate) fn is_of(did: &str, key: &VerifyingKey) -> Result<(), Malformed> {
    let other = did.starts_with("did:key:") && DidKey::parse(did) != Ok(key.into());
    if other { Err(Malformed) } else { Ok(()) }
}

pub(crate) fn read_text(input: &mut Decoder<'_>, most: usize) -> Result<Text, Malformed> {
    plain(input.text()?, most).map(Text::from)
}

pub(crate) fn read_array<const N: usize>(input: &mut Decoder<'_>) -> Result<[u8; N], Malformed> {
    input.bytes()?.try_into().map_err(|_| Malformed)
}

pub(crate) fn read_key(input: &mut Decoder<'_>) -> Result<VerifyingKey, Malformed> {
    VerifyingKey::from_sec1(input.bytes()?).map_err(|_| Malformed)
}

/// Reads a time that a calendar can name.
pub(crate) fn read_time(input: &mut Decoder<'_>) -> Result<Timestamp, Malformed> {
    let seconds = input.uint()?;
    if seconds < YEAR_10000 { Ok(Timestamp::from_unix(seconds)) } else { Err(Malformed) }
}

/// Reads byte strings of one length in strictly ascending order.
pub(crate) fn read_ascending<const N: usize>(
    input: &mut Decoder<'_>,
    most: usize,
) -> Result<Vec<[u8; N]>, Malformed> {
    let count = input.array()?;
    if count > most {
        return Err(Malformed);
    }
    // The count is only a claim: room is made for what is there.
    let mut all: Vec<[u8; N]> = Vec::new();
    for _ in 0..count {
        let next = read_array(input)?;
        if all.last().is_some_and(|last| *last >= next) {
            return Err(Malformed);
        }
        all.push(next);
    }
    Ok(all)
}

pub(crate) fn write_list<'a, const N: usize>(
    out: &mut Encoder,
    all: impl ExactSizeIterator<Item = &'a [u8; N]>,
) {
    out.array(all.len());
    all.for_each(|one| out.bytes(one));
}

/// Reads codes of categories in strictly ascending order.
pub(crate) fn read_categories(input: &mut Decoder<'_>) -> Result<CategorySet, Malformed> {
    let count = input.array()?;
    let mut all = CategorySet::EMPTY;
    let mut last = None;
    for _ in 0..count {
        let code = input.narrow()?;
        if last.is_some_and(|last| last >= code) {
            return Err(Malformed);
        }
        last = Some(code);
        all = all.with(Category::from_code(code).map_err(|_| Malformed)?);
    }
    Ok(all)
}

pub(crate) fn write_categories(out: &mut Encoder, all: CategorySet) {
    out.array(all.len());
    all.iter().for_each(|category| out.uint(category.code().into()));
}

/// Reads codes of labels in their order; a code that stands for no label is refused, not skipped.
pub(crate) fn read_labels(input: &mut Decoder<'_>) -> Result<LabelSet, Malformed> {
    let count = input.array()?;
    let mut all = LabelSet::EMPTY;
    let mut left = SensitivityLabel::ALL.into_iter();
    for _ in 0..count {
        let code = input.text()?;
        all.insert(left.find(|label| label.code() == code).ok_or(Malformed)?);
    }
    Ok(all)
}

pub(crate) fn write_labels(out: &mut Encoder, all: LabelSet) {
    out.array(all.iter().count());
    all.iter().for_each(|label| out.text(label.code()));
}

pub(crate) fn read_thumbprint(input: &mut Decoder<'_>) -> Result<Thumbprint, Malformed> {
    read_array(input).map(Thumbprint::from_bytes)
}

/// Demands that a time has come, give or take what two clocks may differ.
pub(crate) fn has_come(at: Timestamp, now: Timestamp) -> Result<(), ConsentError> {
    let late = at.unix() > now.unix().saturating_add(SKEW);
    if late { Err(ConsentError::NotYetValid) } else { Ok(()) }
}

/// Demands that a life is one, and at most this long.
pub(crate) fn lives(from: Timestamp, to: Timestamp, most: u64) -> Result<(), ConsentError> {
    match to.unix().checked_sub(from.unix()) {
        None | Some(0) => Err(ConsentError::Invalid),
        Some(life) if life > most => Err(ConsentError::TooLong),
        Some(_) => Ok(()),
    }
}

pub(crate) const fn later(at: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_unix(at.unix().saturating_add(seconds))
}

/// Says whether a character cannot be seen, or changes the order of others (Unicode: Cc, Cf, Zl,
/// Zp, variation selectors, fillers, private use, noncharacters).
pub(crate) fn is_hidden(letter: char) -> bool {
    let at = u32::from(letter);
    letter.is_control()
        || at & 0xfffe == 0xfffe
        || HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&at))
}

const HIDDEN: [(u32, u32); 30] = [
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x0600, 0x0605),
    (0x061c, 0x061c),
    (0x06dd, 0x06dd),
    (0x070f, 0x070f),
    (0x0890, 0x0891),
    (0x08e2, 0x08e2),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xe000, 0xf8ff),
    (0xfdd0, 0xfdef),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0x110bd, 0x110bd),
    (0x110cd, 0x110cd),
    (0x13430, 0x1343f),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe0fff),
    (0xf0000, 0xffffd),
    (0x10_0000, 0x10_fffd),
];

/// How far two clocks may differ, in seconds: for the past only, never for the end of a life.
const SKEW: u64 = 120;
const YEAR_10000: u64 = 253_402_300_800;
pub(crate) const DAY: u64 = 24 * 3600;
/// The longest life of what says who somebody is.
pub(crate) const THREE_YEARS: u64 = (3 * 365 + 1) * DAY;
pub(crate) const VERSION: u64 = 1;

// Bytes of texts.
pub(crate) const DID: usize = 64;
pub(crate) const NAME: usize = 64;
pub(crate) const REASON: usize = 80;

// Claims: RFC 8392, RFC 8747 (8), RFC 9200 (9), and private ones below -65536.
pub(crate) const ISSUER: i64 = 1;
pub(crate) const SUBJECT: i64 = 2;
pub(crate) const AUDIENCE: i64 = 3;
pub(crate) const EXPIRES: i64 = 4;
pub(crate) const NOT_BEFORE: i64 = 5;
pub(crate) const ISSUED_AT: i64 = 6;
pub(crate) const ID: i64 = 7;
pub(crate) const CONFIRMATION: i64 = 8;
pub(crate) const SCOPE: i64 = 9;
pub(crate) const KEY: i64 = -70_002;
pub(crate) const ANSWER_KEY: i64 = -70_003;
pub(crate) const CREDENTIAL: i64 = -70_004;
pub(crate) const DELEGATION: i64 = -70_005;
pub(crate) const PROXY_KEYS: i64 = -70_006;
pub(crate) const PROXY_KEY: i64 = -70_007;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_shows_something_else_than_it_is_is_refused() {
        for text in ["Dr. Chen", "Müller & Söhne", "Клиника", "東京病院", "O’Brien", "עדה"]
        {
            assert_eq!(plain(text, NAME), Ok(text));
            assert_eq!(without_hidden(text).as_str(), text);
        }
        let hidden = [
            "\u{0}",
            "\n",
            "\u{7f}",
            "\u{85}",
            "\u{ad}",
            "\u{200b}",
            "\u{200e}",
            "\u{202e}",
            "\u{2028}",
            "\u{2066}",
            "\u{feff}",
            "\u{fe0f}",
            "\u{e0001}",
            "\u{e000}",
            "\u{ffff}",
            "\u{3164}",
            "\u{10ffff}",
        ];
        for hidden in hidden {
            let text = format!("Dr.{hidden}Chen");
            assert_eq!(plain(&text, NAME), Err(Malformed), "{hidden:?}");
            assert_eq!(without_hidden(&text).as_str(), "Dr.Chen", "{hidden:?}");
        }
        for text in ["", " ", " a", "a "] {
            assert_eq!(plain(text, NAME), Err(Malformed), "{text:?}");
        }
    }

    #[test]
    fn texts_are_measured_in_bytes() {
        assert!(plain(&"ä".repeat(32), NAME).is_ok());
        assert!(plain(&"ä".repeat(33), NAME).is_err());
        assert!(did(&format!("did:{}", "x".repeat(60))).is_ok());
        assert!(did(&format!("did:{}", "x".repeat(61))).is_err());
        assert!(did("urn:x").is_err() && did("did:web:ä").is_err() && did("did:a b").is_err());
    }

    #[test]
    fn a_did_of_a_key_is_that_of_one_key() {
        let key = |byte| {
            let secret = crate::keys::Secret::init_with(|bytes| bytes.fill(byte));
            crate::keys::SigningKey::from_secret(&secret).unwrap().verifying_key()
        };
        let did = DidKey::from(&key(1)).to_string();
        assert!(is_of(&did, &key(1)).is_ok() && is_of(&did, &key(2)).is_err());
        assert!(is_of("did:key:z6Mk", &key(1)).is_err(), "of another kind of key");
        assert!(is_of("did:web:clinic.example", &key(1)).is_ok());
    }

    #[test]
    fn codes_stand_in_order_and_none_is_skipped() {
        let labels = |codes: &[&str]| {
            let mut out = Encoder::default();
            out.array(codes.len());
            codes.iter().for_each(|code| out.text(code));
            read_labels(&mut Decoder::new(&out.finish()))
        };
        assert_eq!(labels(&["PSY", "GDIS"]).unwrap().iter().count(), 2);
        for wrong in [["HIV", "PSY"], ["PSY", "PSY"], ["PSY", "MH"], ["PSY", "XYZ"], ["PSY", "psy"]]
        {
            assert_eq!(labels(&wrong), Err(Malformed), "{wrong:?}");
        }
        let categories = |codes: &[u64]| {
            let mut out = Encoder::default();
            out.array(codes.len());
            codes.iter().for_each(|code| out.uint(*code));
            read_categories(&mut Decoder::new(&out.finish()))
        };
        let all: Vec<u64> = (0..19).collect();
        assert_eq!(categories(&all), Ok(CategorySet::ALL));
        for wrong in [[2, 1], [1, 1], [1, 19], [1, 300]] {
            assert_eq!(categories(&wrong), Err(Malformed), "{wrong:?}");
        }
    }

    #[test]
    fn a_list_is_read_for_what_is_there_not_for_what_it_claims() {
        let claims_much = [0x9a, 0xff, 0xff, 0xff, 0xff];
        let read = read_ascending::<8>(&mut Decoder::new(&claims_much), usize::MAX);
        assert_eq!(read, Err(Malformed));
    }
}

//! The visit of a patient, and a search of everything that the clinic holds afterwards.
//!
//! Which records are granted, what free text is, and how a record may differ from what the patient
//! has is decided here once more, from the documents and the JSON alone.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aho_corasick::AhoCorasick;
use patient_wallet::Session;
use patient_wallet::consent::{Alias, AliasKey, CategorySet, ConsentToken, Narrowing};
use patient_wallet::keys::{DidKey, Domain, Mnemonic, SealingKey, Secret, VerifyingKey};
use patient_wallet::record::{Category, LabelSet, RecordId, SensitivityLabel};
use patient_wallet::session::{ImportOptions, Query};
use patient_wallet::testing::TestWallet;
use serde_json::{Map, Value, json};

use crate::common::{import_with, words};
use crate::decoder::decode;
use crate::scene::*;

/// How much a search looked at.
#[derive(Debug)]
pub(crate) struct Searched {
    pub(crate) granted: usize,
    pub(crate) withheld: usize,
    /// Pieces of text that only withheld records hold.
    pub(crate) pieces: usize,
}

/// A record as the patient has it.
pub(crate) struct Mine {
    /// Names under which others refer to it.
    names: Vec<String>,
    category: Category,
    labels: LabelSet,
    json: Value,
    raw: Vec<u8>,
}

/// Lets a patient with this file see a clinic that may see their care without some labels, and
/// searches what the clinic holds then.
pub(crate) fn visit(file: &[u8]) -> Searched {
    let mut scene = Scene::of(|session| {
        import_with(session, file, &ImportOptions::default()).unwrap();
    });
    let (mine, theirs) = (words(&mut scene.session), words(scene.clinic.session()));
    let records = records(&mut scene.session);
    let mut candidates: Vec<RecordId> =
        records.iter().filter(|(_, mine)| is_granted(mine)).map(|(id, _)| *id).collect();
    candidates.sort_by_key(|id| &records[id].names);
    // One in five is held back by name.
    let except: Vec<RecordId> = candidates.iter().copied().step_by(5).collect();
    let granted: BTreeSet<RecordId> =
        candidates.into_iter().filter(|id| !except.contains(id)).collect();

    let narrowing = Narrowing::new().only(permitted()).deny(denied()).except(except);
    let given = scene.give(&narrowing);
    let parts = scene.open(&given).unwrap();
    assert_eq!(parts.len(), granted.len(), "exactly the granted records");
    let patient = DidKey::from(ConsentToken::read(given.token()).unwrap().key()).to_string();
    Judge::new(&records, &granted, patient).judge(&parts, &records, &granted);
    hand_on(&parts);

    let did = scene.clinic.profile().unwrap().did.to_string();
    scene.session.lock().unwrap();
    scene.clinic.lock().unwrap();
    let holdings = holdings(&scene.home, &theirs, &given, &parts);
    let needles = Needles::of(&scene.test, &mine, &did, &records, &granted);
    needles.search(&holdings);
    let withheld = records.len() - granted.len();
    Searched { granted: granted.len(), withheld, pieces: needles.pieces }
}

/// Writes what a clinic opened where `tools/check_disclosed.py` judges it, if that asks for it.
fn hand_on(parts: &[Part]) {
    let Some(folder) = std::env::var_os("WALLET_OPENED") else { return };
    for part in parts.iter().filter(|part| part.about.file().is_none()) {
        let name = format!("{}.json", part.about.alias());
        std::fs::write(std::path::Path::new(&folder).join(name), &part.bytes).unwrap();
    }
}

/// What a doctor needs for a visit.
pub(crate) fn permitted() -> CategorySet {
    categories(&[
        Category::Allergies,
        Category::Medications,
        Category::Conditions,
        Category::Immunizations,
        Category::Laboratory,
        Category::VitalSigns,
        Category::Procedures,
        Category::Imaging,
        Category::Encounters,
        Category::CarePlans,
        Category::Notes,
    ])
}

pub(crate) fn denied() -> LabelSet {
    labels(&[
        SensitivityLabel::MentalHealth,
        SensitivityLabel::SubstanceUse,
        SensitivityLabel::SexualHealth,
        SensitivityLabel::Violence,
    ])
}

fn records(session: &mut Session) -> BTreeMap<RecordId, Mine> {
    let ids = session.find(&Query::default()).unwrap().ids;
    ids.into_iter().map(|id| (id, Mine::read(session, id))).collect()
}

impl Mine {
    fn read(session: &mut Session, id: RecordId) -> Self {
        let record = session.record(id).unwrap();
        let resource = session.read(id, None).unwrap();
        let mut names = vec![record.reference.unwrap().as_str().to_owned()];
        names.extend(resource.full_url().map(|url| url.as_str().to_owned()));
        let raw = resource.json().to_vec();
        let json = serde_json::from_slice(&raw).unwrap();
        Self { names, category: record.category, labels: record.labels, json, raw }
    }
}

/// The decision of docs/formats.md for a consent that denies something, before the patient has
/// confirmed any label.
fn is_granted(mine: &Mine) -> bool {
    permitted().contains(mine.category)
        && !mine.labels.intersects(denied())
        && mine.category != Category::Notes
        && mine.json["resourceType"] != "Media"
        && !is_free_text("", &mine.json)
}

/// Says whether something is told in words that no code stands for.
fn is_free_text(name: &str, value: &Value) -> bool {
    let object = match value {
        Value::Array(items) => return items.iter().any(|item| is_free_text(name, item)),
        Value::Object(object) => object,
        _ => return false,
    };
    let has = |key: &str| object.contains_key(key);
    let coded = |value: &Value| value["code"].is_string();
    let codings = object.get("coding").and_then(Value::as_array).into_iter().flatten();
    let has_coding = codings.into_iter().any(coded);
    let attached = has("contentType") && (has("data") || has("url"));
    let named = |url: &Value| url.as_str().is_some_and(|url| url.ends_with("mothersMaidenName"));
    object.iter().any(|(key, value)| {
        let is_told = match key.as_str() {
            "div" => name == "text",
            "text" => has_coding || ["name", "address"].contains(&name),
            "display" => coded(&json!(object)) || has("reference") || SOMEBODY.contains(&name),
            "unit" => has("value"),
            "name" => ["Organization", "Location"].iter().any(|kind| value_of(object, kind)),
            "value" => ["identifier", "telecom"].contains(&name),
            "valueString" => object.get("url").is_some_and(named),
            key => !is_prose(key),
        };
        let texts = || match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            value => Vec::from_iter(value.as_str()),
        };
        let says = |text: &&str| text.chars().any(char::is_alphabetic);
        !is_told && texts().iter().any(says) || is_free_text(key, value)
    }) || attached
}

fn value_of(object: &Map<String, Value>, kind: &str) -> bool {
    object.get("resourceType").is_some_and(|value| value == kind)
}

/// Elements that FHIR R4 defines as prose, as far as the test data have any.
fn is_prose(key: &str) -> bool {
    key.ends_with("String") || key.ends_with("Markdown") || PROSE.contains(&key)
}

const PROSE: [&str; 9] = [
    "conclusion",
    "comment",
    "description",
    "details",
    "instruction",
    "patientInstruction",
    "series",
    "summary",
    "title",
];

/// References of the test data that lead nowhere but to somebody's name.
const SOMEBODY: [&str; 9] = [
    "assigner",
    "coverage",
    "insurer",
    "location",
    "payor",
    "performer",
    "provider",
    "requester",
    "subject",
];

/// What a clinic holds after a visit.
pub(crate) struct Held {
    /// The patient's key for it.
    pub(crate) key: VerifyingKey,
    all: Vec<(String, Vec<u8>)>,
}

impl Held {
    /// Gives whatever stands in so many bytes that follow each other.
    pub(crate) fn windows<const N: usize>(&self) -> HashSet<[u8; N]> {
        let windows = self.all.iter().flat_map(|(_, bytes)| bytes.windows(N));
        windows.map(|window| window.try_into().unwrap()).collect()
    }
}

/// Lets a patient give a clinic something, and gives everything that it holds of that.
pub(crate) fn held(scene: &mut Scene, narrowing: &Narrowing) -> Held {
    let words = words(scene.clinic.session());
    let given = scene.give(narrowing);
    let parts = scene.open(&given).unwrap();
    scene.clinic.session().suspend().unwrap();
    let all = holdings(&scene.home, &words, &given, &parts);
    scene.clinic.session().resume().unwrap();
    Held { key: *ConsentToken::read(given.token()).unwrap().key(), all }
}

/// Everything that the clinic holds, sealed and opened.
fn holdings(
    home: &TestWallet,
    words: &Mnemonic,
    given: &Given,
    parts: &[Part],
) -> Vec<(String, Vec<u8>)> {
    let mut holdings = vec![
        ("token".to_owned(), given.token().to_vec()),
        ("disclosure".to_owned(), given.disclosure.clone()),
    ];
    let asked = remembered(home, words, "pmw:asked");
    holdings.push(("key box".to_owned(), key_box(&given.disclosure, asked.last().unwrap())));
    for kind in ["asked", "received", "patient", "profile"] {
        let rows = remembered(home, words, &["pmw:", kind].concat()).into_iter();
        holdings.extend(rows.map(|row| (kind.to_owned(), row)));
    }
    let json = parts.iter().map(|part| ("record".to_owned(), part.bytes.clone()));
    holdings.extend(json);
    holdings
}

/// Opens the key box of a disclosure with what the clinic remembers of its request.
pub(crate) fn key_box(disclosure: &[u8], asked: &[u8]) -> Vec<u8> {
    use ciborium::Value as Item;
    let item = |mut bytes: &[u8]| -> Item { ciborium::from_reader(&mut bytes).unwrap() };
    let at = |map: Item, key: i64| {
        let pairs = map.into_map().unwrap().into_iter();
        let mut found = pairs.filter(|(found, _)| *found == Item::from(key));
        found.next().unwrap().1.into_bytes().unwrap()
    };
    let secret = Secret::from_slice(&at(item(asked), 2)).unwrap();
    let Item::Tag(18, signed) = item(disclosure) else { panic!("a COSE_Sign1") };
    let claims = signed.into_array().unwrap().remove(2).into_bytes().unwrap();
    let consent = at(item(&claims), 7);
    let scope = at(item(&claims), 9);
    let info = Domain::Disclosure.info(&[&consent, &at(item(&scope), 1)]);
    let sealed = at(item(&scope), 2);
    SealingKey::from_secret(&secret).open_cose(&info, b"", &sealed).unwrap().to_vec()
}

/// What must not be found, and what it is.
struct Needles {
    what: Vec<String>,
    needles: Vec<Vec<u8>>,
    pieces: usize,
}

impl Needles {
    fn of(
        test: &TestWallet,
        words: &Mnemonic,
        did: &str,
        records: &BTreeMap<RecordId, Mine>,
        granted: &BTreeSet<RecordId>,
    ) -> Self {
        let mut all = Self { what: Vec::new(), needles: Vec::new(), pieces: 0 };
        let decoded = decode(test, words);
        let node = decoded.keys.iter().find(|key| key.len() == 128).unwrap();
        let aliases = AliasKey::new(Secret::from_slice(&node[64..96]).unwrap());
        // The wallet's own keys, those of granted records too: each is sealed anew under another.
        for key in &decoded.keys {
            key.chunks_exact(32).for_each(|key| all.add("key", key));
        }
        for version in &decoded.versions {
            let hash = version.header.iter().find(|(key, _)| *key == 11).unwrap();
            all.add("body hash", hash.1.as_bytes().unwrap());
        }
        for (id, mine) in records {
            all.add("record id", id.as_bytes());
            all.add("record id in digits", id.to_string().as_bytes());
            if granted.contains(id) {
                continue;
            }
            let alias = Alias::derive(&aliases, did, id.as_bytes());
            all.add("alias", alias.as_bytes());
            all.add("alias in digits", alias.to_string().as_bytes());
            mine.names.iter().for_each(|name| all.add("reference", name.as_bytes()));
        }
        for label in SensitivityLabel::ALL.into_iter().filter(|label| denied().contains(*label)) {
            all.add("label", label.word().as_bytes());
        }
        let theirs = granted.iter().map(|id| records[id].raw.as_slice()).chain([WRITTEN]);
        for piece in only_withheld(records, granted, theirs) {
            all.pieces += 1;
            all.add("text", &piece);
        }
        all
    }

    fn add(&mut self, what: &str, needle: &[u8]) {
        assert!(needle.len() >= SHORTEST, "{what}");
        self.what.push(what.to_owned());
        self.needles.push(needle.to_vec());
    }

    fn search(&self, holdings: &[(String, Vec<u8>)]) {
        let search = AhoCorasick::new(&self.needles).unwrap();
        for (where_, bytes) in holdings {
            for found in search.find_overlapping_iter(bytes) {
                let index = found.pattern().as_usize();
                let (what, needle) = (&self.what[index], &self.needles[index]);
                let goes_on = bytes
                    .get(found.end())
                    .is_some_and(|next| next.is_ascii_alphanumeric() || b"-.".contains(next));
                let is_allowed = match what.as_str() {
                    // Another's name may begin like it.
                    "reference" => goes_on,
                    // A granted record may speak of anything in words of its own.
                    "label" => where_ == "record",
                    _ => false,
                };
                let needle = String::from_utf8_lossy(needle);
                assert!(is_allowed, "{what} {needle} is in the clinic's {where_}");
            }
        }
    }
}

/// What redaction itself writes for the patient.
const WRITTEN: &[u8] = b"urn:ietf:rfc:3986";

/// Texts that no granted record holds; of a long one, a few pieces.
fn only_withheld<'a>(
    records: &BTreeMap<RecordId, Mine>,
    granted: &BTreeSet<RecordId>,
    theirs: impl Iterator<Item = &'a [u8]>,
) -> Vec<Vec<u8>> {
    let mut pieces = BTreeSet::new();
    for (_, mine) in records.iter().filter(|(id, _)| !granted.contains(id)) {
        texts(&mine.json, &mut |text| {
            let step = (text.len() / PIECES).max(PIECE);
            let of_text =
                text.as_bytes().chunks(step).map(|chunk| &chunk[..chunk.len().min(PIECE)]);
            pieces.extend(of_text.filter(|piece| piece.len() >= SHORTEST).map(<[u8]>::to_vec));
        });
    }
    let pieces: Vec<_> = pieces.into_iter().collect();
    let search = AhoCorasick::new(&pieces).unwrap();
    let mut common = vec![false; pieces.len()];
    for granted in theirs {
        for found in search.find_overlapping_iter(granted) {
            common[found.pattern().as_usize()] = true;
        }
    }
    let pieces = pieces.into_iter().zip(common);
    pieces.filter(|(_, common)| !common).map(|(piece, _)| piece).collect()
}

/// Gives every text of a resource that stands in it as it is.
fn texts(value: &Value, take: &mut dyn FnMut(&str)) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| texts(value, take)),
        Value::Object(object) => object.values().for_each(|value| texts(value, take)),
        Value::String(text) if !text.contains(['"', '\\', '\n', '\t']) => take(text),
        _ => {}
    }
}

/// Pieces of a text that are searched for at most, and their bytes.
const PIECES: usize = 8;
const PIECE: usize = 24;
const SHORTEST: usize = 8;

/// Says how a record may differ from what the patient has.
struct Judge {
    /// Names of granted records.
    granted: HashSet<String>,
    /// Names of the patient's own resource.
    patients: HashSet<String>,
    /// Resource ids that only withheld records have.
    withheld: HashSet<String>,
    /// The patient as this clinic may know them.
    patient: Value,
}

impl Judge {
    fn new(
        records: &BTreeMap<RecordId, Mine>,
        granted: &BTreeSet<RecordId>,
        patient: String,
    ) -> Self {
        let names = |mine: &Mine| mine.names.clone();
        let patients = records.values().filter(|mine| mine.json["resourceType"] == "Patient");
        let ids = |is_granted: bool| -> HashSet<String> {
            let some = records.iter().filter(|(id, _)| granted.contains(id) == is_granted);
            some.filter_map(|(_, mine)| Some(mine.json["id"].as_str()?.to_owned())).collect()
        };
        Self {
            granted: granted.iter().flat_map(|id| names(&records[id])).collect(),
            withheld: &ids(false) - &ids(true),
            patients: patients.flat_map(names).collect(),
            patient: json!({
                "type": "Patient",
                "identifier": { "system": "urn:ietf:rfc:3986", "value": patient },
            }),
        }
    }

    /// Finds each part among the granted records and compares.
    fn judge(
        &self,
        parts: &[Part],
        records: &BTreeMap<RecordId, Mine>,
        granted: &BTreeSet<RecordId>,
    ) {
        let key = |json: &Value| (json["resourceType"].to_string(), json["id"].to_string());
        let mut mine: BTreeMap<_, Vec<&Mine>> = BTreeMap::new();
        for id in granted {
            mine.entry(key(&records[id].json)).or_default().push(&records[id]);
        }
        for part in parts {
            let opened: Value = serde_json::from_slice(&part.bytes).unwrap();
            let same = mine.get_mut(&key(&opened)).unwrap();
            let found = same.iter().position(|mine| self.is_like(&mine.json, &opened));
            let name = key(&opened);
            same.remove(found.unwrap_or_else(|| panic!("{name:?} is another: {opened}")));
        }
        assert!(mine.values().all(Vec::is_empty), "each once");
    }

    /// Says whether one is the other without narrative and without what leads elsewhere.
    fn is_like(&self, mine: &Value, opened: &Value) -> bool {
        match (mine, opened) {
            (Value::Object(mine), Value::Object(opened)) => match reference(mine) {
                Some(target) => self.is_like_reference(target, mine, opened),
                None if *opened == not_included() => self.may_go("", &Value::Object(mine.clone())),
                None => {
                    let kept = |(name, value): (&String, &Value)| match opened.get(name) {
                        Some(opened) => !is_narrative(name, value) && self.is_like(value, opened),
                        None => self.may_go(name, value),
                    };
                    mine.iter().all(kept) && opened.keys().all(|name| mine.contains_key(name))
                }
            },
            (Value::Array(mine), Value::Array(opened)) => {
                let mut rest = opened.as_slice();
                for value in mine {
                    match rest.split_first() {
                        Some((first, others)) if self.is_like(value, first) => rest = others,
                        _ if self.may_go("", value) => {}
                        _ => return false,
                    }
                }
                rest.is_empty()
            }
            _ => mine == opened,
        }
    }

    fn is_like_reference(
        &self,
        target: &str,
        mine: &Map<String, Value>,
        opened: &Map<String, Value>,
    ) -> bool {
        if self.patients.contains(target) {
            self.patient.as_object() == Some(opened)
        } else if self.granted.contains(target) || target.starts_with('#') {
            opened == mine
        } else {
            *opened == not_included()
        }
    }

    /// Says whether a value may be left out.
    fn may_go(&self, name: &str, value: &Value) -> bool {
        match value {
            _ if is_narrative(name, value) => true,
            Value::Array(values) => values.iter().all(|value| self.may_go(name, value)),
            Value::Object(object) => match reference(object) {
                Some(target) => {
                    !self.patients.contains(target)
                        && !self.granted.contains(target)
                        && !target.starts_with('#')
                }
                // Who is only named, or what is left empty.
                None if object.keys().all(|key| LOGICAL.contains(&key.as_str())) => true,
                None if object.get("value").is_some_and(|id| self.is_withheld_id(id)) => true,
                None => object.iter().all(|(name, value)| self.may_go(name, value)),
            },
            // What counts or points to parts that went.
            Value::Number(_) => name.ends_with("Sequence") || name == "rank",
            _ => false,
        }
    }

    fn is_withheld_id(&self, value: &Value) -> bool {
        value.as_str().is_some_and(|text| {
            self.withheld.contains(text.strip_prefix("urn:uuid:").unwrap_or(text))
        })
    }
}

fn reference(object: &Map<String, Value>) -> Option<&str> {
    object.get("reference").and_then(Value::as_str)
}

/// What a reference without a target consists of.
const LOGICAL: [&str; 3] = ["display", "identifier", "type"];

fn not_included() -> Map<String, Value> {
    Map::from_iter([("display".to_owned(), "not included".into())])
}

fn is_narrative(name: &str, value: &Value) -> bool {
    name == "text" && value.get("div").is_some()
}

//! Disclosures that nobody's software here would write, most of them signed by the patient's own key.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

use super::story::{self, Story, listen_to_nothing, search};
use super::{RECORDS, copy};
use crate::codec::{Buffer, Decoder, Encoder, Sign1, pad};
use crate::consent::ConsentId;
use crate::disclosure::body::{Place, seal};
use crate::disclosure::entry::{DisclosedPart, decode_all};
use crate::disclosure::inflate::Deflater;
use crate::disclosure::manifest::{self, Manifest};
use crate::disclosure::{Disclosure, DisclosureError, DisclosureId, FileId, MOST_PARTS};
use crate::host::{CancelToken, Timestamp};
use crate::keys::{
    ContentKey, SealingKey, Secret, SignedKind, SigningKey, Unverified, VerifyingKey, sign,
};
use crate::record::Text;
use crate::vault::attachments::file::padded;

type Claim<'a> = (i64, &'a dyn Fn(&mut Encoder));

/// A disclosure taken apart, to be put together in other ways.
struct Forged {
    issued_at: Timestamp,
    consent: ConsentId,
    id: DisclosureId,
    key: VerifyingKey,
    hashes: Vec<[u8; 32]>,
    entries: Vec<(DisclosedPart, Secret<32>)>,
    bodies: Vec<Vec<u8>>,
}

impl Forged {
    fn new(story: &Story) -> Self {
        let mut draft = story.draft();
        RECORDS.iter().for_each(|record| draft.record(record));
        draft.file("scan.dcm", &[7; 200_000]);
        Self::of(story, &draft.write())
    }

    fn of(story: &Story, bytes: &[u8]) -> Self {
        let (head, mut rest) = bytes.split_at(manifest_length(bytes));
        let unverified = Unverified::decode(SignedKind::Disclosure, head).unwrap();
        let manifest = Manifest::decode(unverified.dangerous_claims()).unwrap();
        let info = manifest::info(&manifest.consent, &manifest.id);
        let key_box = story.answer.open_cose(&info, b"", manifest.key_box).unwrap();
        let entries = decode_all(&key_box, manifest.hashes.len()).unwrap();
        let mut bodies = Vec::new();
        while !rest.is_empty() {
            let mut input = Decoder::new(rest);
            bodies.push(input.bytes().unwrap().to_vec());
            rest = input.rest();
        }
        let Manifest { issued_at, consent, id, key, hashes, .. } = manifest;
        Self { issued_at, consent, id, key, hashes, entries, bodies }
    }

    /// Seals the JSON of a record again, with whatever padding.
    fn reseal(&mut self, index: usize, plain: &[u8]) {
        let place = self.place(index);
        let key = content_key(&self.entries[index].1);
        let aad = [
            place.consent.as_bytes().as_slice(),
            place.disclosure.as_bytes(),
            place.alias.as_bytes(),
            &u32::try_from(index).unwrap().to_be_bytes(),
        ];
        self.bodies[index] = key.seal(&aad.concat(), plain).unwrap().to_vec();
        self.rehash();
    }

    fn place(&self, index: usize) -> Place {
        let alias = self.entries[index].0.alias();
        Place { consent: self.consent, disclosure: self.id, alias, index }
    }

    fn rehash(&mut self) {
        self.hashes = self.bodies.iter().map(|body| Sha256::digest(body).into()).collect();
    }

    fn key_box(&self, story: &Story) -> Buffer {
        let mut out = Encoder::default();
        out.array(self.entries.len());
        self.entries.iter().for_each(|(part, key)| write_entry(part, key, &mut out));
        let info = manifest::info(&self.consent, &self.id);
        story.answer.public_key().seal_cose(&info, b"", &out.finish()).unwrap()
    }

    fn claims(&self, key_box: &[u8]) -> Buffer {
        let (issued_at, consent, id, key) = (self.issued_at, self.consent, self.id, self.key);
        Manifest { issued_at, consent, id, key_box, hashes: self.hashes.clone(), key }.encode()
    }

    fn write(&self, story: &Story) -> Vec<u8> {
        self.write_with(&self.claims(&self.key_box(story)), &story.patient)
    }

    fn write_with(&self, claims: &[u8], signer: &SigningKey) -> Vec<u8> {
        let manifest = sign(SignedKind::Disclosure, signer, claims).unwrap();
        self.append_bodies(manifest.to_vec())
    }

    fn append_bodies(&self, manifest: Vec<u8>) -> Vec<u8> {
        self.bodies.iter().fold(manifest, |mut bytes, body| {
            let mut out = Encoder::default();
            out.bytes(body);
            bytes.extend_from_slice(&out.finish());
            bytes
        })
    }
}

fn manifest_length(bytes: &[u8]) -> usize {
    Sign1::length(&bytes[..64]).unwrap().try_into().unwrap()
}

fn content_key(key: &Secret<32>) -> ContentKey {
    ContentKey::from_secret(Secret::from_slice(key.expose()).unwrap())
}

fn write_entry(part: &DisclosedPart, key: &Secret<32>, out: &mut Encoder) {
    out.array(if part.file().is_some() { 8 } else { 6 });
    out.bytes(part.alias().as_bytes());
    out.bytes(key.expose());
    out.uint(part.category().code().into());
    out.uint(part.labels().bits().into());
    out.text(part.media_type());
    out.uint(part.length());
    if let Some(file) = part.file() {
        out.bytes(file.id().as_bytes());
        out.text(file.name());
    }
}

/// Opens, checks, and gives every part; nothing may be given of a part that is refused.
fn read(story: &Story, bytes: &[u8]) -> Result<(), DisclosureError> {
    let mut disclosure = story.open(bytes)?;
    let mut failed = None;
    for index in 0..disclosure.parts().len() {
        let (mut out, mut source) = (Vec::new(), Cursor::new(bytes));
        let cancel = CancelToken::new();
        let copied = disclosure.copy(&mut source, index, &mut out, &listen_to_nothing, &cancel);
        if let Err(error) = copied {
            assert_eq!(out.len(), 0, "part {index}");
            failed.get_or_insert(error);
        }
        let record = disclosure.record(&mut source, index);
        assert_eq!(record.is_err(), copied.is_err() || disclosure.parts()[index].file().is_some());
    }
    let mut source = Cursor::new(bytes);
    let checked = disclosure.check(&mut source, &listen_to_nothing, &CancelToken::new());
    assert_eq!(checked.err(), failed);
    checked
}

#[test]
fn put_together_again_it_opens() {
    let story = Story::new();
    let forged = Forged::new(&story);
    assert_eq!(read(&story, &forged.write(&story)), Ok(()));
}

#[test]
fn swapped_ciphertexts_are_refused() {
    let story = Story::new();
    let mut swapped = Forged::new(&story);
    swapped.bodies.swap(0, 1);
    let bytes = swapped.write(&story);
    assert_eq!(read(&story, &bytes), Err(DisclosureError::Undecryptable), "by their hashes");
    swapped.rehash();
    let bytes = swapped.write(&story);
    assert_eq!(read(&story, &bytes), Err(DisclosureError::Undecryptable), "by their keys");
    swapped.entries.swap(0, 1);
    let bytes = swapped.write(&story);
    assert_eq!(read(&story, &bytes), Err(DisclosureError::Undecryptable), "by their places");
}

#[test]
fn a_ciphertext_under_another_alias_is_refused() {
    let story = Story::new();
    let mut renamed = Forged::new(&story);
    renamed.entries[0].0.alias = story::alias(77);
    assert_eq!(read(&story, &renamed.write(&story)), Err(DisclosureError::Undecryptable));
}

#[test]
fn a_body_of_another_disclosure_is_refused() {
    let story = Story::new();
    let (mut one, mut other) = (Forged::new(&story), Forged::new(&story));
    one.bodies[0] = other.bodies.remove(0);
    one.entries[0] = other.entries.remove(0);
    one.rehash();
    assert_eq!(read(&story, &one.write(&story)), Err(DisclosureError::Undecryptable));
}

#[test]
fn a_truncated_key_box_is_refused() {
    let story = Story::new();
    let forged = Forged::new(&story);
    let key_box = forged.key_box(&story);
    for end in [0, 1, 10, 43, 60, key_box.len() - 1] {
        let bytes = forged.write_with(&forged.claims(&key_box[..end]), &story.patient);
        assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Undecryptable), "{end}");
    }
    let longer = [&*key_box, &[0]].concat();
    let bytes = forged.write_with(&forged.claims(&longer), &story.patient);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Undecryptable));
}

#[test]
fn the_key_box_of_another_disclosure_is_refused() {
    let story = Story::new();
    let (one, other) = (Forged::new(&story), Forged::new(&story));
    let bytes = one.write_with(&one.claims(&other.key_box(&story)), &story.patient);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Undecryptable));
}

#[test]
fn a_disclosure_under_another_consent_is_refused() {
    let mut story = Story::new();
    let mut forged = Forged::new(&story);
    let bytes = forged.write(&story);
    // Another consent of the same patient, whose key box is that of the first.
    let key_box = forged.key_box(&story);
    story.consent = story::consent(&story.patient, story.now);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::OtherConsent));
    forged.consent = story.consent.id();
    let bytes = forged.write_with(&forged.claims(&key_box), &story.patient);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Undecryptable));
    // The key box made anew; the bodies still belong to the first.
    let bytes = forged.write(&story);
    assert_eq!(read(&story, &bytes), Err(DisclosureError::Undecryptable));
}

#[test]
fn another_answer_key_is_refused() {
    let mut story = Story::new();
    let bytes = Forged::new(&story).write(&story);
    story.answer = SealingKey::generate().unwrap();
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Undecryptable));
}

#[test]
fn another_signer_is_refused_whatever_it_claims() {
    let story = Story::new();
    let stranger = SigningKey::generate().unwrap();
    let mut forged = Forged::new(&story);
    let claims = forged.claims(&forged.key_box(&story));
    let bytes = forged.write_with(&claims, &stranger);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Invalid), "its own kid");
    let good = sign(SignedKind::Disclosure, &story.patient, &claims).unwrap();
    let frame = Sign1::decode(&good).unwrap();
    let signature = stranger.sign(&frame.sig_structure()).to_bytes();
    let bytes = forged.append_bodies(Sign1 { signature: &signature, ..frame }.encode().to_vec());
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Invalid), "the patient's kid");
    forged.key = stranger.verifying_key();
    let claims = forged.claims(&forged.key_box(&story));
    let bytes = forged.write_with(&claims, &stranger);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::OtherConsent), "all its own");
}

#[test]
fn another_kind_is_refused_by_name() {
    let story = Story::new();
    let forged = Forged::new(&story);
    let claims = forged.claims(&forged.key_box(&story));
    for kind in SignedKind::ALL.iter().filter(|kind| **kind != SignedKind::Disclosure) {
        let manifest = sign(*kind, &story.patient, &claims).unwrap();
        let bytes = forged.append_bodies(manifest.to_vec());
        assert_eq!(story.open(&bytes).err(), Some(DisclosureError::WrongType), "{kind:?}");
    }
}

#[test]
fn a_body_moved_is_refused() {
    let story = Story::new();
    for (from, to) in [(0, 2), (3, 0), (1, 2)] {
        let mut moved = Forged::new(&story);
        let body = moved.bodies.remove(from);
        moved.bodies.insert(to, body);
        let refused = read(&story, &moved.write(&story)).unwrap_err();
        let named = [DisclosureError::Undecryptable, DisclosureError::TooLarge];
        assert!(named.contains(&refused), "{from} to {to}: {refused:?}");
    }
}

#[test]
fn a_disclosure_cut_or_extended_anywhere_is_refused() {
    let story = Story::new();
    let mut draft = story.draft();
    draft.record(RECORDS[0]);
    draft.file("scan.dcm", b"a scan");
    let bytes = draft.write();
    for end in 0..bytes.len() {
        let refused = story.open(&bytes[..end]).err();
        // Before, nothing says how long it should be.
        let expected = if end < 29 { DisclosureError::Invalid } else { DisclosureError::Truncated };
        assert_eq!(refused, Some(expected), "cut at {end}");
    }
    for more in [&[0][..], &[0x40], &bytes] {
        let longer = [&*bytes, more].concat();
        assert_eq!(story.open(&longer).err(), Some(DisclosureError::Invalid));
    }
}

#[test]
fn a_body_cut_or_extended_under_its_own_hash_is_refused() {
    let story = Story::new();
    for index in [0, 3] {
        let change = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut forged = Forged::new(&story);
            change(&mut forged.bodies[index]);
            forged.rehash();
            read(&story, &forged.write(&story))
        };
        let refused = Err(DisclosureError::Undecryptable);
        assert_eq!(change(&|body| body.truncate(body.len() - 1)), refused);
        assert_eq!(change(&|body| body.push(0)), refused);
        assert_eq!(change(&Vec::clear), refused);
    }
}

#[test]
fn every_flipped_byte_is_refused() {
    let story = Story::new();
    let mut draft = story.draft();
    draft.record(RECORDS[0]);
    draft.file("scan.dcm", b"a scan");
    let bytes = draft.write();
    assert_eq!(read(&story, &bytes), Ok(()));
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(read(&story, &flipped).is_err(), "byte {at}");
    }
}

#[test]
fn a_text_of_another_length_than_told_is_refused() {
    let story = Story::new();
    let length = u64::try_from(RECORDS[0].len()).unwrap();
    for told in [0, length - 1, length + 1] {
        let mut forged = Forged::new(&story);
        forged.entries[0].0.length = told;
        let refused = read(&story, &forged.write(&story));
        assert_eq!(refused, Err(DisclosureError::Invalid), "{told}");
    }
    // Of files, the class of the size and the padding tell.
    for told in [0, 199_999, 210_000, 64 << 30] {
        let mut forged = Forged::new(&story);
        forged.entries[3].0.length = told;
        assert!(read(&story, &forged.write(&story)).is_err(), "{told}");
    }
}

#[test]
fn a_deflate_bomb_is_refused() {
    let story = Story::new();
    let deflated = Deflater::new().deflate(&vec![b' '; 64 << 20]);
    for told in [100_000, 16 << 20] {
        let mut bomb = Forged::new(&story);
        bomb.entries[0].0.length = told;
        let plain = pad(&deflated, |n| padded(n.try_into().unwrap()).try_into().ok());
        bomb.reseal(0, &plain.unwrap());
        let refused = read(&story, &bomb.write(&story));
        assert_eq!(refused, Err(DisclosureError::Invalid), "{told}");
    }
    for (index, told) in [(0, (16 << 20) + 1), (0, u64::MAX), (3, (64 << 30) + 1), (3, u64::MAX)] {
        let mut bomb = Forged::new(&story);
        bomb.entries[index].0.length = told;
        let refused = story.open(&bomb.write(&story)).err();
        assert_eq!(refused, Some(DisclosureError::TooLarge), "{told}");
    }
}

#[test]
fn padding_is_that_of_the_format() {
    let story = Story::new();
    // A text whose class has room for some zeros.
    let (text, bare, class) = (500..)
        .find_map(|length| {
            let text = story::text(length);
            let deflated = Deflater::new().deflate(text.as_bytes());
            let length = u32::try_from(deflated.len()).unwrap().to_be_bytes();
            let bare = [length.as_slice(), &deflated].concat();
            let class = usize::try_from(padded(bare.len().try_into().unwrap())).unwrap();
            (class > bare.len() + 2).then_some((text, bare, class))
        })
        .unwrap();
    let to = |size: usize, last: u8| {
        let mut plain = bare.clone();
        plain.resize(size, 0);
        plain.push(last);
        plain
    };
    let forge = || {
        let mut forged = Forged::new(&story);
        forged.entries[0].0.length = text.len().try_into().unwrap();
        forged
    };
    let mut good = forge();
    good.reseal(0, &to(class - 1, 0));
    assert_eq!(read(&story, &good.write(&story)), Ok(()));
    for plain in [to(class - 1, 1), to(class, 0), to(700, 0), bare[..bare.len() - 1].to_vec()] {
        let mut forged = forge();
        forged.reseal(0, &plain);
        assert_eq!(read(&story, &forged.write(&story)), Err(DisclosureError::Invalid));
    }
    let mut none = forge();
    none.reseal(0, b"");
    assert_eq!(read(&story, &none.write(&story)), Err(DisclosureError::Invalid));
}

#[test]
fn a_body_larger_than_its_text_can_be_is_refused_unread() {
    let story = Story::new();
    let mut forged = Forged::new(&story);
    forged.bodies[0] = vec![7; 1000];
    forged.rehash();
    let bytes = forged.write(&story);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::TooLarge));
}

#[test]
fn twenty_thousand_and_one_entries_are_refused() {
    let story = Story::new();
    let mut forged = Forged::new(&story);
    forged.hashes = vec![[7; 32]; MOST_PARTS + 1];
    let bytes = forged.write(&story);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::TooManyEntries));
    forged.hashes.pop();
    let bytes = forged.write(&story);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Invalid), "not in the key box");
}

#[test]
fn a_manifest_of_four_mebibytes_and_one_byte_is_refused() {
    let story = Story::new();
    let forged = Forged::new(&story);
    let overhead = forged.write_with(&forged.claims(&[7; 100_000]), &story.patient);
    let overhead = manifest_length(&overhead) - 100_000;
    let most = SignedKind::Disclosure.largest() - overhead;
    let bytes = forged.write_with(&forged.claims(&vec![7; most]), &story.patient);
    assert_eq!(manifest_length(&bytes), 4 << 20);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Undecryptable), "not too large");
    let claims = forged.claims(&vec![7; most + 1]);
    let frame =
        Sign1 { kid: &[7; 8], typ: "pmw-pk", payload: &claims, signature: &[7; 64] }.encode();
    assert_eq!(story.open(&frame).err(), Some(DisclosureError::TooLarge));
}

#[test]
fn a_record_or_a_file_twice_is_refused() {
    let story = Story::new();
    let mut forged = Forged::new(&story);
    forged.entries[1].0.alias = forged.entries[0].0.alias;
    let bytes = forged.write(&story);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Invalid));
    let mut draft = story.draft();
    draft.file("one", b"one");
    draft.file("two", b"two");
    let mut forged = Forged::of(&story, &draft.write());
    forged.entries[1].0.file.as_mut().unwrap().id = forged.entries[0].0.file().unwrap().id();
    let bytes = forged.write(&story);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Invalid));
}

#[test]
fn keys_and_hashes_are_as_many() {
    let story = Story::new();
    let mut fewer = Forged::new(&story);
    fewer.entries.pop();
    assert_eq!(story.open(&fewer.write(&story)).err(), Some(DisclosureError::Invalid));
    let mut more = Forged::new(&story);
    more.hashes.pop();
    assert_eq!(story.open(&more.write(&story)).err(), Some(DisclosureError::Invalid));
    more.entries.pop();
    let bytes = more.write(&story);
    assert_eq!(story.open(&bytes).err(), Some(DisclosureError::Invalid), "a body nobody names");
    more.bodies.pop();
    assert_eq!(read(&story, &more.write(&story)), Ok(()));
}

#[test]
fn entries_of_another_shape_are_refused() {
    let story = Story::new();
    let refused = |forge: &dyn Fn(&mut DisclosedPart)| {
        let mut forged = Forged::new(&story);
        forge(&mut forged.entries[3].0);
        story.open(&forged.write(&story)).err()
    };
    let invalid = Some(DisclosureError::Invalid);
    let name = |part: &mut DisclosedPart, name: &str| {
        part.file.as_mut().unwrap().name = Text::from(name);
    };
    assert_eq!(refused(&|part| name(part, "fdp.\u{202e}exe")), invalid);
    assert_eq!(refused(&|part| name(part, "two\nlines")), invalid);
    assert_eq!(refused(&|part| name(part, &"x".repeat(121))), invalid);
    assert_eq!(refused(&|part| part.media_type = Text::from("text/plain\0")), invalid);
    assert_eq!(refused(&|part| part.media_type = Text::from(&*"x".repeat(81))), invalid);

    let forged = Forged::new(&story);
    let info = manifest::info(&forged.consent, &forged.id);
    let with = |category: u64, labels: u64, items: usize, key: usize| {
        let mut out = Encoder::default();
        out.array(4);
        for (part, key) in &forged.entries[..3] {
            write_entry(part, key, &mut out);
        }
        out.array(items);
        out.bytes(&[1; 16]);
        out.bytes(&[2; 32][..key]);
        out.uint(category);
        out.uint(labels);
        out.text("text/plain");
        out.uint(200_000);
        if items > 6 {
            out.bytes(FileId::generate().unwrap().as_bytes());
        }
        if items > 7 {
            out.text("name");
        }
        let key_box = story.answer.public_key().seal_cose(&info, b"", &out.finish()).unwrap();
        let bytes = forged.write_with(&forged.claims(&key_box), &story.patient);
        story.open(&bytes).err()
    };
    assert_eq!(with(18, 0x7f, 8, 32), None);
    assert_eq!(with(19, 0, 8, 32), invalid, "a category that is none");
    assert_eq!(with(300, 0, 8, 32), invalid);
    assert_eq!(with(18, 0x80, 8, 32), invalid, "a label that is none");
    assert_eq!(with(18, 0, 7, 32), invalid, "a file without a name");
    assert_eq!(with(18, 0, 8, 31), invalid, "a short key");
}

#[test]
fn claims_of_another_shape_are_refused() {
    let story = Story::new();
    let forged = Forged::new(&story);
    let key_box = forged.key_box(&story);
    let scope = |version: u64, more: bool| {
        let mut out = Encoder::default();
        out.map(4 + usize::from(more));
        out.int(0);
        out.uint(version);
        out.int(1);
        out.bytes(forged.id.as_bytes());
        out.int(2);
        out.bytes(&key_box);
        out.int(3);
        out.array(forged.hashes.len());
        forged.hashes.iter().for_each(|hash| out.bytes(hash));
        if more {
            out.int(4);
            out.uint(0);
        }
        out.finish()
    };
    let open = |claims: &[Claim<'_>]| {
        let mut out = Encoder::default();
        out.map(claims.len());
        for (key, value) in claims {
            out.int(*key);
            value(&mut out);
        }
        let bytes = forged.write_with(&out.finish(), &story.patient);
        story.open(&bytes).err()
    };
    let invalid = Some(DisclosureError::Invalid);
    let at = |out: &mut Encoder| out.uint(forged.issued_at.unix());
    let id = |out: &mut Encoder| out.bytes(forged.consent.as_bytes());
    let good = |out: &mut Encoder| out.bytes(&scope(1, false));
    let key = |out: &mut Encoder| out.bytes(&forged.key.to_sec1());
    assert_eq!(open(&[(6, &at), (7, &id), (9, &good), (-70_002, &key)]), None);
    assert_eq!(open(&[(7, &id), (6, &at), (9, &good), (-70_002, &key)]), invalid, "unordered");
    assert_eq!(open(&[(6, &at), (9, &good), (-70_002, &key)]), invalid, "no consent");
    assert_eq!(open(&[(6, &at), (7, &id), (9, &good)]), invalid, "no key");
    assert_eq!(open(&[(6, &at), (7, &id), (9, &good), (9, &good), (-70_002, &key)]), invalid);
    let newer = |out: &mut Encoder| out.bytes(&scope(2, false));
    assert_eq!(open(&[(6, &at), (7, &id), (9, &newer), (-70_002, &key)]), invalid, "version 2");
    let more = |out: &mut Encoder| out.bytes(&scope(1, true));
    assert_eq!(open(&[(6, &at), (7, &id), (9, &more), (-70_002, &key)]), invalid, "unknown key");
    let trailing = |out: &mut Encoder| out.bytes(&[&*scope(1, false), &[0]].concat());
    assert_eq!(open(&[(6, &at), (7, &id), (9, &trailing), (-70_002, &key)]), invalid);
    let short = |out: &mut Encoder| out.bytes(&forged.consent.as_bytes()[1..]);
    assert_eq!(open(&[(6, &at), (7, &short), (9, &good), (-70_002, &key)]), invalid);
}

#[test]
fn chunks_of_a_file_reordered_or_dropped_are_refused() {
    const HEADER: usize = 22;
    const CHUNK: usize = (64 << 10) + 16;
    let story = Story::new();
    let change = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut forged = Forged::new(&story);
        change(&mut forged.bodies[3]);
        forged.rehash();
        read(&story, &forged.write(&story))
    };
    assert_eq!(change(&|_| {}), Ok(()));
    let refused = Err(DisclosureError::Undecryptable);
    assert_eq!(change(&|body| body[HEADER..HEADER + 2 * CHUNK].rotate_left(CHUNK)), refused);
    assert_eq!(change(&|body| drop(body.drain(HEADER..HEADER + CHUNK))), refused);
    assert_eq!(change(&|body| body.truncate(HEADER + 3 * CHUNK)), refused);
    assert_eq!(change(&|body| body.truncate(HEADER)), refused);
    assert_eq!(change(&|body| body[HEADER - 1] ^= 1), refused, "another prefix");
    // With a length to match, the last chunk is missed: only it says that it is the last.
    let mut cut = Forged::new(&story);
    cut.bodies[3].truncate(HEADER + 2 * CHUNK);
    cut.entries[3].0.length = 128 << 10;
    cut.rehash();
    assert_eq!(read(&story, &cut.write(&story)), refused);
    // A file under another id.
    let mut renamed = Forged::new(&story);
    renamed.entries[3].0.file.as_mut().unwrap().id = FileId::generate().unwrap();
    assert_eq!(read(&story, &renamed.write(&story)), refused);
}

#[test]
fn a_record_for_a_file_and_a_file_for_a_record_are_refused() {
    let story = Story::new();
    let mut forged = Forged::new(&story);
    forged.entries[3].0.file = None;
    assert!(read(&story, &forged.write(&story)).is_err());
    let mut forged = Forged::new(&story);
    let file = forged.entries[3].0.file.clone();
    forged.entries[0].0.file = file;
    forged.entries[0].0.file.as_mut().unwrap().id = FileId::generate().unwrap();
    assert_eq!(read(&story, &forged.write(&story)), Err(DisclosureError::Undecryptable));
}

#[test]
fn a_source_that_changes_after_it_was_checked_gives_nothing_foreign() {
    let story = Story::new();
    let bytes = Forged::new(&story).write(&story);
    let mut disclosure = story.open(&bytes).unwrap();
    let mut source = Cursor::new(&bytes);
    disclosure.check(&mut source, &listen_to_nothing, &CancelToken::new()).unwrap();
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut out = Vec::new();
    let mut source = Cursor::new(&flipped);
    let copied = disclosure.copy(&mut source, 3, &mut out, &listen_to_nothing, &CancelToken::new());
    assert_eq!(copied, Err(DisclosureError::Undecryptable));
    assert!(out.len() < 200_000 && out.iter().all(|byte| *byte == 7), "whole chunks, its own");
    assert_eq!(copy(&disclosure, &bytes[..bytes.len() - 1], 0).unwrap(), RECORDS[0].as_bytes());
    assert!(copy(&disclosure, &bytes[..600], 2).is_err());
}

#[test]
fn nothing_of_a_withheld_record_is_in_what_the_reader_holds() {
    const WITHHELD: &str = r#"{"resourceType":"Condition","code":{"text":"Depressive episode"}}"#;
    let story = Story::new();
    let write = |records: &[&str]| {
        let mut draft = story.draft();
        records.iter().for_each(|record| draft.record(record));
        draft.write()
    };
    let bytes = write(&RECORDS[..2]);
    let mut forged = Forged::of(&story, &bytes);
    let mut held = bytes.clone();
    for (index, (part, key)) in forged.entries.iter().enumerate() {
        held.extend_from_slice(key.expose());
        held.extend_from_slice(part.media_type().as_bytes());
        held.extend(copy(&story.open(&bytes).unwrap(), &bytes, index).unwrap());
    }
    assert!(search(&held, b"Muster"), "what is disclosed is found");
    for part in [WITHHELD.as_bytes(), b"Condition", b"Depress", story::alias(2).as_bytes()] {
        assert!(!search(&held, part));
    }
    // It is the same in every length and count as if the patient had no other record.
    assert_eq!((forged.entries.len(), forged.hashes.len(), forged.bodies.len()), (2, 2, 2));
    forged.rehash();
    assert_eq!(write(&RECORDS[..2]).len(), bytes.len());
}

#[test]
fn garbage_is_refused_after_a_few_bytes() {
    struct Counted<'a>(Cursor<&'a [u8]>, usize);
    impl Read for Counted<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(out)?;
            self.1 += read;
            Ok(read)
        }
    }
    impl Seek for Counted<'_> {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }
    let story = Story::new();
    let good = Forged::new(&story).write(&story);
    let mut claims_more = good[..26].to_vec();
    claims_more.extend([0x5b, 0, 0, 0x7f, 0, 0, 0, 0, 0]);
    claims_more.resize(200_000, 0);
    for (bytes, expected) in [
        (vec![], DisclosureError::Invalid),
        (vec![0; 200_000], DisclosureError::Invalid),
        (b"{\"resourceType\":\"Bundle\"}".repeat(10_000), DisclosureError::Invalid),
        (claims_more, DisclosureError::TooLarge),
    ] {
        let mut source = Counted(Cursor::new(&bytes), 0);
        let refused = Disclosure::open(&mut source, &story.consent, &story.answer).err();
        assert_eq!(refused, Some(expected));
        assert!(source.1 <= 64, "{}", source.1);
    }
    // 4 MiB that are claimed and not there.
    let mut short = good[..26].to_vec();
    short.extend([0x5a, 0, 0x3f, 0, 0]);
    short.resize(200_000, 0);
    let mut source = Counted(Cursor::new(&short), 0);
    let refused = Disclosure::open(&mut source, &story.consent, &story.answer).err();
    assert_eq!((refused, source.1), (Some(DisclosureError::Truncated), 64));
}

#[test]
fn a_body_seals_the_same_way_twice() {
    let story = Story::new();
    let forged = Forged::new(&story);
    let key = content_key(&forged.entries[0].1);
    let mut deflater = Deflater::new();
    let mut again =
        |iv| seal(&forged.place(0), (&key, iv), RECORDS[0].as_bytes(), &mut deflater).unwrap();
    assert_eq!(*again([1; 12]), *again([1; 12]));
    assert_ne!(*again([1; 12]), *again([2; 12]));
}

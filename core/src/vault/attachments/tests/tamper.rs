//! Everything that can be done to a sealed file without its key, and that it is noticed.

use sha2::{Digest, Sha256};

use super::*;
use crate::vault::attachments::file::{Chunks, HEADER, Layout};

/// Three chunks of 512 bytes: two full ones and one of 128, of which 52 are padding.
const SIZE: usize = 1100;

/// A file in the form in which it is tampered with.
struct Tampered {
    home: Home,
    written: (AttachmentId, Meta),
    whole: Vec<u8>,
}

impl Tampered {
    fn new(size: usize) -> Self {
        let home = Home::new();
        let written = home.write(&data(size));
        let whole = fs::read(home.file(written.0)).unwrap();
        Self { home, written, whole }
    }

    fn chunks(&self) -> Vec<&[u8]> {
        self.whole[HEADER..].chunks(512 + TAG).collect()
    }

    /// Puts bytes in the place of the file; says what reading and checking make of it.
    fn put(&self, bytes: &[u8]) -> [Result<(), AttachmentError>; 2] {
        fs::write(self.home.file(self.written.0), bytes).unwrap();
        [self.home.read(&self.written).map(drop), self.home.check(&self.written)]
    }

    fn put_chunks(&self, chunks: &[&[u8]]) -> [Result<(), AttachmentError>; 2] {
        self.put(&[&self.whole[..HEADER], &chunks.concat()].concat())
    }
}

const NOTICED: [Result<(), AttachmentError>; 2] = [Err(AttachmentError::Damaged); 2];

#[test]
fn every_flipped_byte_is_noticed() {
    let file = Tampered::new(SIZE);
    for at in 0..file.whole.len() {
        let mut flipped = file.whole.clone();
        flipped[at] ^= 1 << (at % 8);
        assert_eq!(file.put(&flipped), NOTICED, "byte {at}");
    }
    assert_eq!(file.put(&file.whole), [Ok(()); 2]);
}

#[test]
fn every_flipped_byte_of_an_empty_file_is_noticed_by_the_check() {
    let file = Tampered::new(0);
    assert_eq!(file.whole.len(), HEADER + TAG);
    for at in 0..file.whole.len() {
        let mut flipped = file.whole.clone();
        flipped[at] ^= 1;
        assert_eq!(file.put(&flipped)[1], Err(AttachmentError::Damaged), "byte {at}");
    }
}

#[test]
fn a_flipped_byte_spoils_its_own_chunk_only() {
    let file = Tampered::new(SIZE);
    let mut flipped = file.whole.clone();
    flipped[HEADER + 512 + TAG] ^= 1;
    assert_eq!(file.put(&flipped), NOTICED);
    let (id, meta) = &file.written;
    let mut reader = file.home.folder.open(*id, meta).unwrap();
    let mut out = [0; 512];
    for _ in 0..2 {
        assert_eq!(reader.read_at(1024, &mut out), Ok(76));
        assert_eq!(out[..76], data(SIZE)[1024..]);
        assert_eq!(reader.read_at(0, &mut out), Ok(512));
        assert_eq!(out, data(SIZE)[..512]);
        assert_eq!(reader.read_at(512, &mut out), Err(AttachmentError::Damaged));
        assert_eq!(reader.read_at(0, &mut out), Ok(512));
        assert_eq!(out, data(SIZE)[..512]);
        assert_eq!(reader.read_at(1023, &mut out), Err(AttachmentError::Damaged));
    }
}

#[test]
fn swapped_duplicated_and_dropped_chunks_are_noticed() {
    let file = Tampered::new(SIZE);
    let [first, second, last] = file.chunks()[..] else { unreachable!("it has three chunks") };
    for order in [
        &[second, first, last][..],
        &[first, first, last],
        &[second, second, last],
        &[first, last, second],
        &[first, second, last, last],
        &[first, second, second, last],
        &[first, last],
        &[second, last],
        &[first, second],
        &[last],
        &[],
    ] {
        assert_eq!(file.put_chunks(order), NOTICED);
    }
}

#[test]
fn a_truncated_file_is_noticed_wherever_it_ends() {
    let file = Tampered::new(SIZE);
    for length in 0..file.whole.len() {
        assert_eq!(file.put(&file.whole[..length]), NOTICED, "{length} bytes");
    }
}

#[test]
fn appended_bytes_are_noticed() {
    let file = Tampered::new(SIZE);
    for more in [1, 15, 16, 17, 528, 5000] {
        assert_eq!(file.put(&[&file.whole[..], &vec![0; more]].concat()), NOTICED, "{more} bytes");
    }
    assert_eq!(file.put(&file.whole), [Ok(()); 2]);
    let (id, meta) = &file.written;
    let mut reader = file.home.folder.open(*id, meta).unwrap();
    assert_eq!(file.put(&[&file.whole[..], &[0]].concat()), NOTICED);
    let checked = reader.check(&|_, _| {}, &CancelToken::new());
    assert_eq!(checked, Err(AttachmentError::Damaged), "behind an open reader");
}

#[test]
fn a_file_cut_behind_a_chunk_does_not_pass_for_a_shorter_one() {
    // Even if the sealed size were that of the shorter file: the last chunk is not marked so.
    let mut file = Tampered::new(1536);
    file.written.1.size = 1024;
    file.written.1.address = address(&file.whole[..HEADER + 2 * (512 + TAG)]);
    assert_eq!(file.put_chunks(&file.chunks()[..2]), NOTICED);
}

#[test]
fn a_moved_missing_or_second_last_mark_is_noticed() {
    let mut file = Tampered::new(1024);
    let (id, meta) = &file.written;
    let header = Header::decode(file.whole[..HEADER].try_into().unwrap()).unwrap();
    let chunks = Chunks::new(*id, &meta.key, header);
    for (marks, noticed) in [
        ([false, true], false),
        ([true, false], true),
        ([false, false], true),
        ([true, true], true),
    ] {
        let mut sealed = [[0; 512 + TAG]; 2];
        for (number, mark) in marks.into_iter().enumerate() {
            chunks.seal(u64::try_from(number).unwrap(), mark, &mut sealed[number]).unwrap();
        }
        // The address is right: the marks alone must show it.
        file.written.1.address = address(&[&file.whole[..HEADER], sealed.as_flattened()].concat());
        let found = file.put_chunks(&[sealed.as_flattened()]);
        assert_eq!(found, if noticed { NOTICED } else { [Ok(()); 2] }, "{marks:?}");
    }
}

#[test]
fn an_empty_chunk_after_a_full_one_is_noticed() {
    let mut file = Tampered::new(512);
    let (id, meta) = &file.written;
    let header = Header::decode(file.whole[..HEADER].try_into().unwrap()).unwrap();
    let chunks = Chunks::new(*id, &meta.key, header);
    let (mut full, mut empty) = ([0; 512 + TAG], [0; TAG]);
    chunks.seal(0, false, &mut full).unwrap();
    chunks.seal(1, true, &mut empty).unwrap();
    let whole = [&file.whole[..HEADER], &full, &empty].concat();
    file.written.1.address = address(&whole);
    assert_eq!(file.put(&whole), NOTICED);
}

#[test]
fn padding_that_is_not_zeros_is_noticed_by_the_check() {
    let mut file = Tampered::new(SIZE);
    let (id, meta) = &file.written;
    let header = Header::decode(file.whole[..HEADER].try_into().unwrap()).unwrap();
    let layout = Layout::new(header, meta.size);
    let chunks = Chunks::new(*id, &meta.key, header);
    let mut last = file.chunks()[2].to_vec();
    chunks.open(2, true, &mut last).unwrap();
    assert_eq!((layout.length(2), last.len()), (128, 128 + TAG));
    for at in 76..128 {
        let mut dirty = last.clone();
        dirty[at] = 1;
        chunks.seal(2, true, &mut dirty).unwrap();
        let whole = [&file.whole[..HEADER + 2 * (512 + TAG)], &dirty].concat();
        file.written.1.address = address(&whole);
        assert_eq!(file.put(&whole), [Ok(()), Err(AttachmentError::Damaged)], "byte {at}");
    }
}

#[test]
fn the_file_of_another_attachment_is_noticed_even_under_the_same_key() {
    let home = Home::new();
    let write = |id| home.write_as(drawn(id, 2, 3), &mut &data(SIZE)[..], 1 << 20).unwrap();
    let (ours, mut other) = (described(write(1)), described(write(9)));
    other.1.address = ours.1.address;
    fs::copy(home.file(ours.0), home.file(other.0)).unwrap();
    assert_eq!(home.read(&ours).map(drop), Ok(()));
    assert_eq!(home.read(&other), Err(AttachmentError::Damaged));
    assert_eq!(home.check(&other), Err(AttachmentError::Damaged));
}

#[test]
fn an_earlier_file_of_the_same_id_is_noticed() {
    // Such a file is never written: each has a key of its own. If it were, its hash would tell.
    let home = Home::new();
    let earlier = described(home.write_as(drawn(1, 2, 3), &mut &data(SIZE)[..], 1 << 20).unwrap());
    let replayed = fs::read(home.file(earlier.0)).unwrap();
    home.folder.remove(earlier.0).unwrap();
    let later = described(home.write_as(drawn(1, 2, 4), &mut &data(SIZE)[..], 1 << 20).unwrap());
    fs::write(home.file(later.0), &replayed).unwrap();
    assert_eq!(home.check(&earlier), Ok(()));
    assert_eq!(home.check(&later), Err(AttachmentError::Damaged));
    home.folder.remove(later.0).unwrap();
    let later = home.write_as(drawn(1, 5, 3), &mut &data(SIZE)[..], 1 << 20).unwrap();
    fs::write(home.file(later.id), &replayed).unwrap();
    assert_eq!(home.read(&described(later)), Err(AttachmentError::Damaged), "another key");
}

#[test]
fn what_is_no_file_is_damage_and_what_is_gone_is_missing() {
    let file = Tampered::new(SIZE);
    let path = file.home.file(file.written.0);
    fs::remove_file(&path).unwrap();
    assert_eq!(file.home.read(&file.written), Err(AttachmentError::Missing));
    fs::create_dir(&path).unwrap();
    assert_eq!(file.home.read(&file.written), Err(AttachmentError::Damaged));
    fs::remove_dir(&path).unwrap();
    #[cfg(unix)]
    {
        let aside = file.home.home.path().join("aside");
        fs::write(&aside, &file.whole).unwrap();
        std::os::unix::fs::symlink(aside, &path).unwrap();
        assert_eq!(file.home.read(&file.written), Err(AttachmentError::Damaged));
    }
}

fn address(bytes: &[u8]) -> ContentAddress {
    ContentAddress::from_bytes(Sha256::digest(bytes).into())
}

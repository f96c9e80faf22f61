mod tamper;

use std::cell::Cell;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::path::PathBuf;

use proptest::prelude::*;

use super::file::{Header, TAG};
use super::folder::{Folder, Written};
use super::meta::Meta;
use super::*;
use crate::host::{CancelToken, Timestamp};
use crate::keys::Secret;
use crate::record::Text;

/// A folder of attachments in a home of its own.
struct Home {
    home: tempfile::TempDir,
    folder: Folder,
}

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::of(home.path());
        Self { home, folder }
    }

    /// Writes with chunks of 512 bytes.
    fn write(&self, data: &[u8]) -> (AttachmentId, Meta) {
        let drawn = (AttachmentId::generate().unwrap(), Secret::generate().unwrap(), header());
        described(self.write_as(drawn, &mut &*data, LARGEST_ATTACHMENT).unwrap())
    }

    fn write_as(
        &self,
        drawn: (AttachmentId, Secret<32>, Header),
        source: &mut dyn Read,
        limit: u64,
    ) -> Result<Written, AttachmentError> {
        self.folder.write_as(drawn, source, limit, &|_, _| {}, &CancelToken::new())
    }

    fn attach(&self, source: &mut dyn Read) -> Result<Written, AttachmentError> {
        self.folder.write(source, &|_, _| {}, &CancelToken::new())
    }

    /// Reads everything.
    fn read(&self, (id, meta): &(AttachmentId, Meta)) -> Result<Vec<u8>, AttachmentError> {
        let mut out = vec![0; usize::try_from(meta.size).unwrap()];
        let length = self.folder.open(*id, meta)?.read_at(0, &mut out)?;
        assert_eq!(length, out.len());
        Ok(out)
    }

    fn check(&self, (id, meta): &(AttachmentId, Meta)) -> Result<(), AttachmentError> {
        self.folder.open(*id, meta)?.check(&|_, _| {}, &CancelToken::new())
    }

    fn file(&self, id: AttachmentId) -> PathBuf {
        self.home.path().join("attachments").join(id.to_string())
    }

    /// Gives the names of all files, whatever they are.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.path().join("attachments")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn header() -> Header {
    Header::generate(9).unwrap()
}

fn described(written: Written) -> (AttachmentId, Meta) {
    let meta = Meta {
        record: RecordId::from_bytes([1; 16]),
        key: written.key,
        size: written.size,
        address: written.address,
        name: Text::from("file"),
        media_type: Text::from("application/octet-stream"),
        at: Timestamp::from_unix(0),
        locators: Vec::new(),
    };
    (written.id, meta)
}

fn data(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

fn drawn(id: u8, key: u8, prefix: u8) -> (AttachmentId, Secret<32>, Header) {
    let key = Secret::init_with(|bytes| bytes.fill(key));
    (AttachmentId::from_bytes([id; 16]), key, Header::new(9, [prefix; 16]))
}

#[test]
fn the_bytes_are_those_of_another_implementation() {
    // Computed by core/tests/vectors/attachment.py.
    let home = Home::new();
    let tiny = home.write_as(drawn(0x11, 0x22, 0x33), &mut &b"a tiny attachment"[..], 17).unwrap();
    assert_eq!(
        hex::encode(fs::read(home.file(tiny.id)).unwrap()),
        "504d5741010933333333333333333333333333333333d0587f6780497125dc140b42ffb753726004d345a463eed1\
         76a52838c64dc5beab55"
    );
    assert_eq!(
        tiny.address.to_string(),
        "755e76eff6e774dee9bb022c331873abf0e2df798ae6ccd2a655c28afd4bac9c"
    );
    let home = Home::new();
    let long = home.write_as(drawn(0x11, 0x22, 0x33), &mut &data(1100)[..], 1100).unwrap();
    assert_eq!(fs::metadata(home.file(long.id)).unwrap().len(), 1222);
    assert_eq!(
        long.address.to_string(),
        "7ad475740c43a113c5517c90247ada7452c8c11517790628d6e523231739b865"
    );
    assert_eq!(long.address.cid(), "bafkreid22r2xidcduej4kul4sashvwtuklemcfixpedcrvxfemrroonymu");
    let home = Home::new();
    let (id, key, _) = drawn(0x11, 0x22, 0);
    let empty = (id, key, Header::new(16, [0x33; 16]));
    home.write_as(empty, &mut io::empty(), 0).unwrap();
    assert_eq!(
        hex::encode(fs::read(home.file(id)).unwrap()),
        "504d5741011033333333333333333333333333333333bd9f76c3f359f72a740d75839e314665"
    );
}

#[test]
fn the_cid_of_nothing_is_the_well_known_one() {
    use sha2::Digest;
    let nothing = ContentAddress::from_bytes(sha2::Sha256::digest([]).into());
    assert_eq!(nothing.cid(), "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
}

#[test]
fn every_size_around_a_chunk_comes_back() {
    let home = Home::new();
    for size in [0, 1, 2, 511, 512, 513, 1023, 1024, 1025, 1536, 5120, 65_535, 65_536, 65_537] {
        let written = home.write(&data(size));
        assert_eq!(written.1.size, u64::try_from(size).unwrap());
        assert_eq!(home.read(&written), Ok(data(size)), "{size}");
        assert_eq!(home.check(&written), Ok(()), "{size}");
    }
}

#[test]
fn what_is_attached_has_chunks_of_64_kib() {
    let home = Home::new();
    let written = described(home.attach(&mut &data(200_000)[..]).unwrap());
    assert_eq!(fs::read(home.file(written.0)).unwrap()[..6], *b"PMWA\x01\x10");
    assert_eq!(home.read(&written), Ok(data(200_000)));
    assert_eq!(home.check(&written), Ok(()));
}

#[test]
fn the_length_of_the_file_tells_no_more_than_the_class_of_its_size() {
    let home = Home::new();
    let lengths: Vec<_> = [100_000, 100_100, 100_352]
        .map(|size| fs::metadata(home.file(home.write(&data(size)).0)).unwrap().len())
        .into();
    assert_eq!(lengths, [lengths[0]; 3]);
}

#[test]
fn a_copy_takes_any_range_and_ends_at_the_end() {
    let home = Home::new();
    let (id, meta) = home.write(&data(3000));
    let mut reader = home.folder.open(id, &meta).unwrap();
    for (range, expected) in [
        (0..3000, 0..3000),
        (0..u64::MAX, 0..3000),
        (511..513, 511..513),
        (1024..1536, 1024..1536),
        (2999..3001, 2999..3000),
        (3000..4000, 3000..3000),
        (7..7, 7..7),
        (u64::MAX..u64::MAX, 3000..3000),
    ] {
        let (mut out, heard) = (Vec::new(), Cell::new((0, None)));
        let hear = |done, total| heard.set((done, total));
        let copied = reader.copy(range, &mut out, &hear, &CancelToken::new()).unwrap();
        assert_eq!(out, data(3000)[expected.clone()]);
        assert_eq!(copied, u64::try_from(expected.len()).unwrap());
        if !expected.is_empty() {
            assert_eq!(heard.get(), (copied, Some(copied)));
        }
    }
}

#[test]
fn a_failing_output_is_told_apart_from_the_wallets_own_files() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let home = Home::new();
    let (id, meta) = home.write(&data(600));
    let mut reader = home.folder.open(id, &meta).unwrap();
    let copied = reader.copy(0..600, &mut Closed, &|_, _| {}, &CancelToken::new());
    assert_eq!(copied, Err(AttachmentError::Output { kind: ErrorKind::BrokenPipe }));
}

/// Gives bytes, then what it was told to; notes how much was asked for at once.
struct Source {
    left: usize,
    end: Result<usize, ErrorKind>,
    most: usize,
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.most = self.most.max(out.len());
        if self.left == 0 {
            return self.end.map_err(Into::into);
        }
        let given = self.left.min(out.len());
        out[..given].fill(7);
        self.left -= given;
        Ok(given)
    }
}

#[test]
fn a_failing_source_leaves_nothing_behind() {
    let home = Home::new();
    for left in [0, 1, 511, 512, 513, 100_000, 200_000] {
        let mut source = Source { left, end: Err(ErrorKind::TimedOut), most: 0 };
        let failed = home.attach(&mut source).unwrap_err();
        assert_eq!(failed, AttachmentError::Read { kind: ErrorKind::TimedOut });
        assert_eq!(home.names(), [""; 0]);
    }
    let mut broken = Source { left: 10, end: Ok(usize::MAX), most: 0 };
    let failed = home.attach(&mut broken).unwrap_err();
    assert_eq!(failed, AttachmentError::Read { kind: ErrorKind::InvalidData });
    assert_eq!(home.names(), [""; 0]);
}

#[test]
fn an_interrupted_read_is_tried_again() {
    struct Interrupted(bool);
    impl Read for Interrupted {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            self.0 = !self.0;
            if self.0 { Err(ErrorKind::Interrupted.into()) } else { Ok(0) }
        }
    }
    assert_eq!(Home::new().attach(&mut Interrupted(false)).unwrap().size, 0);
}

#[test]
fn a_cancel_at_any_step_leaves_nothing_behind() {
    let home = Home::new();
    // The steps of the data, of the padding, and the one before the first.
    for steps in 0..9 {
        let (cancel, heard) = (CancelToken::new(), Cell::new(0));
        if steps == 0 {
            cancel.cancel();
        }
        let listen = |_, _| {
            heard.set(heard.get() + 1);
            if heard.get() == steps {
                cancel.cancel();
            }
        };
        let drawn = (AttachmentId::generate().unwrap(), Secret::generate().unwrap(), header());
        let data = data(9 * 512 + 1);
        let stopped = home.folder.write_as(drawn, &mut &data[..], 1 << 20, &listen, &cancel);
        assert_eq!(stopped.unwrap_err(), AttachmentError::Cancelled, "{steps}");
        assert_eq!((heard.get(), home.names()), (steps, Vec::new()));
    }
}

#[test]
fn a_cancelled_reading_stops() {
    let home = Home::new();
    let (id, meta) = home.write(&data(3000));
    let cancel = CancelToken::new();
    cancel.cancel();
    let mut reader = home.folder.open(id, &meta).unwrap();
    let copied = reader.copy(0..3000, &mut io::sink(), &|_, _| {}, &cancel);
    assert_eq!(copied, Err(AttachmentError::Cancelled));
    assert_eq!(reader.check(&|_, _| {}, &cancel), Err(AttachmentError::Cancelled));
}

#[test]
fn one_byte_above_the_limit_is_refused_and_leaves_nothing_behind() {
    let home = Home::new();
    for limit in [0, 1, 512, 1000, 1024] {
        let most = usize::try_from(limit).unwrap();
        let above = home.write_as(drawn(1, 2, 3), &mut &data(most + 1)[..], limit).unwrap_err();
        assert_eq!(above, AttachmentError::TooLarge { limit });
        assert_eq!(home.names(), [""; 0]);
        let written = home.write_as(drawn(1, 2, 3), &mut &data(most)[..], limit).unwrap();
        home.folder.remove(written.id).unwrap();
    }
    assert_eq!(LARGEST_ATTACHMENT, 64 << 30);
}

#[test]
fn one_chunk_is_all_that_is_held() {
    struct Widest(usize);
    impl Write for Widest {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.max(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let home = Home::new();
    let mut source = Source { left: 4 << 20, end: Ok(0), most: 0 };
    let (id, meta) = described(home.attach(&mut source).unwrap());
    assert_eq!(source.most, (64 << 10) + 1);
    let (mut reader, mut out) = (home.folder.open(id, &meta).unwrap(), Widest(0));
    reader.copy(0..u64::MAX, &mut out, &|_, _| {}, &CancelToken::new()).unwrap();
    assert_eq!(out.0, 64 << 10);
    assert_eq!(file::buffer(Header::new(16, [0; 16])).capacity(), (64 << 10) + TAG);
}

#[test]
fn ids_and_keys_are_never_used_again() {
    let home = Home::new();
    let first = home.attach(&mut &b"same"[..]).unwrap();
    let second = home.attach(&mut &b"same"[..]).unwrap();
    assert!(first.id != second.id && first.key != second.key && first.address != second.address);
    let before = fs::read(home.file(first.id)).unwrap();
    let again = (first.id, Secret::generate().unwrap(), header());
    let refused = home.write_as(again, &mut &b"other"[..], 5).unwrap_err();
    assert_eq!(refused, AttachmentError::Storage { kind: ErrorKind::AlreadyExists });
    assert_eq!(fs::read(home.file(first.id)).unwrap(), before);
    let refused = home.folder.receive(first.id, |out| Ok(out.write_all(&before)?));
    assert_eq!(refused, Err(AttachmentError::Storage { kind: ErrorKind::AlreadyExists }));
}

#[cfg(unix)]
#[test]
fn folder_and_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let (id, _) = home.write(b"x");
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(home.home.path().join("attachments")), 0o700);
    assert_eq!(mode(home.file(id)), 0o600);
}

#[test]
fn what_no_row_names_is_swept_and_nothing_else() {
    let home = Home::new();
    assert_eq!(home.folder.sweep(|_| false), Ok(0), "there is no folder yet");
    let (kept, gone) = (home.write(b"kept"), home.write(b"gone"));
    let begun = home.home.path().join("attachments").join(format!("{}.new", gone.0));
    fs::write(begun, b"PMWA").unwrap();
    let foreign = home.home.path().join("attachments/notes.txt");
    fs::write(&foreign, b"not ours").unwrap();
    let mut ids = home.folder.ids().unwrap();
    ids.sort();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&kept.0) && ids.contains(&gone.0));
    assert_eq!(home.folder.sweep(|id| *id == kept.0), Ok(2));
    let mut left = vec![kept.0.to_string(), "notes.txt".to_owned()];
    left.sort();
    assert_eq!(home.names(), left);
    assert_eq!(home.folder.sweep(|id| *id == kept.0), Ok(0));
    assert_eq!(home.read(&kept), Ok(b"kept".to_vec()));
}

#[test]
fn a_removed_file_is_missing_and_may_be_removed_again() {
    let home = Home::new();
    let written = home.write(b"x");
    assert_eq!(home.folder.remove(written.0), Ok(()));
    assert_eq!(home.folder.remove(written.0), Ok(()));
    assert_eq!(home.read(&written), Err(AttachmentError::Missing));
    assert_eq!(home.names(), [""; 0]);
}

#[test]
fn sealed_bytes_move_to_another_home_as_they_are() {
    let (ours, theirs) = (Home::new(), Home::new());
    let written = ours.write(&data(200_000));
    let (id, address) = (written.0, written.1.address);
    let mut sealed = Vec::new();
    ours.folder.sealed(id).unwrap().read_to_end(&mut sealed).unwrap();
    let staging = Home::new();
    let received =
        staging.folder.receive(id, |out| Ok::<_, AttachmentError>(out.write_all(&sealed)?));
    assert_eq!(received, Ok(address));
    theirs.folder.take(&staging.folder, id).unwrap();
    assert_eq!(theirs.read(&written), Ok(data(200_000)));
    assert_eq!(theirs.check(&written), Ok(()));
    for changed in [&sealed[..sealed.len() - 1], &[&sealed[..], &[0]].concat()] {
        let received =
            staging.folder.receive(id, |out| Ok::<_, AttachmentError>(out.write_all(changed)?));
        assert_ne!(received, Ok(address));
        staging.folder.remove(id).unwrap();
    }
    let stopped = staging.folder.receive(id, |out| {
        out.write_all(&sealed)?;
        Err(AttachmentError::Cancelled)
    });
    assert_eq!((stopped, staging.names()), (Err(AttachmentError::Cancelled), Vec::new()));
}

#[test]
fn a_full_disk_and_a_full_quota_have_one_name() {
    for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
        assert_eq!(AttachmentError::from(io::Error::from(kind)), AttachmentError::StorageFull);
    }
    let denied = AttachmentError::from(io::Error::from(ErrorKind::PermissionDenied));
    assert_eq!(denied, AttachmentError::Storage { kind: ErrorKind::PermissionDenied });
    assert_eq!(AttachmentError::StorageFull.code(), "vault.storage-full");
}

#[test]
fn an_id_is_shown_as_32_lower_case_digits_and_read_back() {
    let id = AttachmentId::from_bytes([0xab; 16]);
    assert_eq!(id.to_string(), "ab".repeat(16));
    assert_eq!(id.to_string().parse(), Ok(id));
    for wrong in ["", "ab", &"AB".repeat(16), &"ag".repeat(16)] {
        assert_eq!(wrong.parse::<AttachmentId>(), Err(AttachmentError::InvalidId));
    }
}

#[test]
fn debug_shows_no_key_and_no_content() {
    let home = Home::new();
    let (id, meta) = home.write(&[0xa7; 600]);
    let mut reader = home.folder.open(id, &meta).unwrap();
    reader.read_at(0, &mut [0; 600]).unwrap();
    let shown = format!("{reader:?}");
    assert!(!shown.contains("167, 167"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn reading_anywhere_gives_what_was_there(
        source in proptest::collection::vec(any::<u8>(), 0..4000),
        reads in proptest::collection::vec((0_u64..4200, 0_usize..1500), 1..20),
    ) {
        let home = Home::new();
        let (id, meta) = home.write(&source);
        let mut reader = home.folder.open(id, &meta).unwrap();
        prop_assert_eq!(reader.size(), meta.size);
        for (at, length) in reads {
            let mut out = vec![0; length];
            let read = reader.read_at(at, &mut out).unwrap();
            let rest = source.get(usize::try_from(at).unwrap()..).unwrap_or_default();
            prop_assert_eq!(&out[..read], &rest[..length.min(rest.len())]);
        }
    }
}

//! What was opened, in a folder: each record and each file that came with one, in clear.

use std::io::{Read, Seek};
use std::path::Path;

use crate::consent::Flags;
use crate::disclosure::{DisclosedPart, DisclosureId};
use crate::error::Error;
use crate::file::{FileError, NewFolder};
use crate::host::{CancelToken, ProgressListener};
use crate::record::Text;
use crate::requester::names::{FILES, Names};
use crate::requester::{Checked, GivenReceipt, Opened, Requester, Verified};

/// What stands in a folder into which a disclosure was opened.
#[derive(Clone, Debug)]
pub struct OpenedFolder {
    /// The consent that it was opened under, and what is known of the patient.
    pub verified: Verified,
    /// Names the disclosure.
    pub disclosure: DisclosureId,
    /// Records and files, in the order of the disclosure.
    pub parts: Vec<WrittenPart>,
    /// The receipt of it, which waits to be handed out.
    pub receipt: GivenReceipt,
}

/// A record, or a file that belongs to one, which was written.
#[derive(Clone, Debug)]
pub struct WrittenPart {
    /// What it is.
    pub part: DisclosedPart,
    /// Where it stands in the folder, `/` between the parts.
    pub path: Text,
    /// SHA-256 of what stands there.
    pub sha256: [u8; 32],
}

impl Requester {
    /// Opens a disclosure, as [`Requester::open`] does, into a folder that is there whole or not at
    /// all. `progress` hears the bytes that are checked, then those that are written.
    ///
    /// It can be cancelled until it is noted that it was opened. What a consent of a single use
    /// gives opens once, and so it takes its room on the disk before that.
    ///
    /// # Errors
    /// [`FileError`]; as [`Requester::open`].
    pub fn open_into<S: Read + Seek>(
        &mut self,
        token: &[u8],
        source: S,
        mut folder: NewFolder,
        patient: Option<&Text>,
        progress: &dyn ProgressListener,
        cancel: &CancelToken,
    ) -> Result<OpenedFolder, Error> {
        let half = |done, total: Option<u64>| {
            progress.progress(done, total.map(|total| total.saturating_mul(2)));
        };
        let checked = self.check(token, source, patient, &half, cancel)?;
        let before = checked.bytes();
        let rest = |done, total| half(before.saturating_add(done), total);
        let mut opened = checked.begin_in(self, &mut folder, &[])?;
        let parts = opened.write(&mut folder, &rest)?;
        opened.keep(self, &parts, &[])?;
        folder.finish()?;
        Ok(OpenedFolder {
            verified: opened.verified().clone(),
            disclosure: opened.id(),
            parts,
            receipt: opened.receipt().clone(),
        })
    }
}

impl<S: Read + Seek> Checked<S> {
    /// Opens it, as [`Checked::begin`] does, into a folder where files of these lengths will stand
    /// beside; where the folder will be is noted with it ([`Opened::keep`]).
    ///
    /// # Errors
    /// [`FileError`] when there is no room for what opens once; as [`Checked::begin`].
    pub fn begin_in(
        self,
        requester: &mut Requester,
        folder: &mut NewFolder,
        beside: &[u64],
    ) -> Result<Opened<S>, Error> {
        if self.verified().consent.scope().flags().contains(Flags::SINGLE_USE) {
            let lengths = self.parts().iter().map(DisclosedPart::length);
            folder.take_room(lengths.chain(beside.iter().copied()))?;
        }
        self.begin_into(requester, Some(folder.path()))
    }
}

impl<S: Read + Seek> Opened<S> {
    /// Writes every record and every file into a folder. `progress` hears the bytes written.
    ///
    /// # Errors
    /// [`FileError`]; [`crate::disclosure::DisclosureError`].
    pub fn write(
        &mut self,
        folder: &mut NewFolder,
        progress: &dyn ProgressListener,
    ) -> Result<Vec<WrittenPart>, Error> {
        let parts = self.parts().to_vec();
        if parts.iter().any(|part| part.file().is_some()) {
            folder.folder(FILES)?;
        }
        let names = Names::of(parts.len());
        let total = parts.iter().map(DisclosedPart::length).fold(0, u64::saturating_add);
        let (mut before, mut written) = (0_u64, Vec::with_capacity(parts.len()));
        for (place, part) in parts.into_iter().enumerate() {
            let told = |done, _| progress.progress(before.saturating_add(done), Some(total));
            let (path, sha256) = match part.file() {
                Some(file) => {
                    let path = names.file(place, file.name());
                    let sha256 = folder.file(Path::new(path.as_str()), part.length(), |out| {
                        self.copy(place, out, &told, &CancelToken::new()).map(drop)
                    })?;
                    (path, sha256)
                }
                None => self.write_record(place, &part, names, folder)?,
            };
            before = before.saturating_add(part.length());
            progress.progress(before, Some(total));
            written.push(WrittenPart { part, path, sha256 });
        }
        Ok(written)
    }

    fn write_record(
        &mut self,
        place: usize,
        part: &DisclosedPart,
        names: Names,
        folder: &mut NewFolder,
    ) -> Result<(Text, [u8; 32]), Error> {
        let json = self.record(place)?;
        let path = names.record(place, part, &json);
        let sha256 = folder.file(Path::new(path.as_str()), part.length(), |out| {
            out.write_all(&json).map_err(FileError::unwritable)
        })?;
        Ok((path, sha256))
    }
}

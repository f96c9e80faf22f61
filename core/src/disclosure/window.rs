//! A stretch of a file, as if it were one.

use std::io::{self, Read, Seek, SeekFrom};

/// Reads the bytes from `start` on, and no more than `length`.
#[derive(Debug)]
pub(super) struct Window<'a, S> {
    source: &'a mut S,
    start: u64,
    length: u64,
    at: u64,
}

impl<'a, S: Read + Seek> Window<'a, S> {
    /// Opens a window; nothing is read yet.
    pub(super) const fn new(source: &'a mut S, start: u64, length: u64) -> Self {
        Self { source, start, length, at: 0 }
    }
}

impl<S: Read + Seek> Read for Window<'_, S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let room = out.len().min(left);
        let room = out.get_mut(..room).unwrap_or_default();
        if room.is_empty() {
            return Ok(0);
        }
        self.source.seek(SeekFrom::Start(self.start.saturating_add(self.at)))?;
        let read = self.source.read(room)?;
        self.at = self.at.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

impl<S: Read + Seek> Seek for Window<'_, S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_window_begins_at_zero_and_ends_at_its_length() {
        let mut source = Cursor::new(*b"beforeINSIDEafter");
        let mut window = Window::new(&mut source, 6, 6);
        let mut all = Vec::new();
        window.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"INSIDE");
        assert_eq!(window.seek(SeekFrom::End(-2)).unwrap(), 4);
        assert_eq!(window.seek(SeekFrom::Current(-1)).unwrap(), 3);
        let mut two = [0; 2];
        window.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"ID");
        assert_eq!(window.seek(SeekFrom::Start(6)).unwrap(), 6);
        assert!(window.read_exact(&mut two).is_err());
        assert_eq!(window.seek(SeekFrom::End(5)).unwrap(), 11);
        assert_eq!(window.read(&mut two).unwrap(), 0);
        assert!(window.seek(SeekFrom::Start(0)).is_ok() && window.seek(SeekFrom::End(-7)).is_err());
    }
}

//! Where an envelope goes.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use patient_wallet::codec::encode_text;
use patient_wallet::consent::ConsentError;
use patient_wallet::file::{NewFile, Output as _};
use patient_wallet::qr::{QrCode, Theme};
use serde::Serialize;

use crate::answer::Tell;
use crate::errors::Failure;
use crate::files;
use crate::screen::Screen;

/// The options of a command that makes one envelope.
#[derive(Args, Debug)]
pub(crate) struct Output {
    /// Writes it to this file: .png, .svg and .txt show its QR code; else its text goes to stdout
    #[arg(short, long = "output", value_name = "FILE", value_parser = files::named)]
    output: Option<PathBuf>,
    #[command(flatten)]
    shown: Shown,
}

/// The option that shows a QR code.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Shown {
    /// Shows its QR code above the text; light: for dark letters on light ground
    #[arg(long, value_enum, value_name = "GROUND", num_args = 0..=1, require_equals = true,
        default_missing_value = "dark")]
    qr: Option<Ground>,
}

/// What the letters of a terminal stand on.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Ground {
    Dark,
    Light,
}

impl Output {
    /// Finds the place; a file that is there is never replaced.
    pub(crate) fn place(&self) -> Result<Place, Failure> {
        Place::find(self.output.as_deref(), self.shown)
    }
}

/// Where an envelope will go.
pub(crate) struct Place {
    file: Option<(PathBuf, NewFile)>,
    shown: Shown,
}

impl Place {
    /// Finds the place before there is anything to put; without a file it is stdout.
    pub(crate) fn find(output: Option<&Path>, shown: Shown) -> Result<Self, Failure> {
        let begin = |path: &Path| Ok((path.to_owned(), files::begin(path, false)?));
        output.map(begin).transpose().map(|file| Self { file, shown })
    }

    /// Puts an envelope there. What cannot be written is told as text: it was signed, and may be
    /// noted already.
    pub(crate) fn put(self, envelope: &[u8]) -> Result<Put, Failure> {
        let (file, unwritten) = match self.file {
            Some((path, file)) => match written(file, &path, envelope) {
                Ok(()) => (Some(path), None),
                Err(failure) => (None, Some(failure)),
            },
            None => (None, None),
        };
        let text = if file.is_none() { Some(text(envelope)?) } else { None };
        let code =
            self.shown.qr.map(|ground| code_of(envelope).map(|it| it.to_terminal(ground.theme())));
        let (code, undrawn) = match code.transpose() {
            Ok(code) => (code, None),
            Err(failure) => (None, Some(failure)),
        };
        Ok(Put { file, text, code, failure: unwritten.or(undrawn) })
    }
}

/// Where an envelope went: a file, or else its text.
#[derive(Debug, Serialize)]
pub(crate) struct Put {
    file: Option<PathBuf>,
    text: Option<String>,
    #[serde(skip)]
    code: Option<String>,
    #[serde(skip)]
    failure: Option<Failure>,
}

impl Put {
    /// Tells an envelope as text that found no place.
    pub(crate) fn unplaced(envelope: &[u8], failure: Failure) -> Result<Self, Failure> {
        Ok(Self { file: None, text: Some(text(envelope)?), code: None, failure: Some(failure) })
    }

    /// Gives the file.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Gives the text, where there is no file.
    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// Shows the QR code and the text: what stands in a file is not shown again.
impl Tell for Put {
    fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if let Some(code) = &self.code {
            writeln!(screen, "{code}")?;
        }
        match &self.text {
            Some(text) => writeln!(screen, "{text}"),
            None => Ok(()),
        }
    }

    fn shortfall(&mut self) -> Option<Failure> {
        self.failure.take()
    }
}

/// Writes an envelope into its file, as a picture where the name of the file asks for one.
pub(crate) fn written(mut file: NewFile, path: &Path, envelope: &[u8]) -> Result<(), Failure> {
    let picture = picture(path, envelope)?;
    file.write_all(picture.as_deref().unwrap_or(envelope))
        .map_err(|error| Failure::Answer(error.kind()))?;
    file.finish().map_err(|error| files::at(path, error))
}

/// Draws the picture that the name of a file asks for.
fn picture(path: &Path, envelope: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    Ok(match ending.as_deref() {
        Some("png") => Some(code_of(envelope)?.to_png(SCALE)),
        Some("svg") => Some(code_of(envelope)?.to_svg().into_bytes()),
        Some("txt") => {
            let drawn = code_of(envelope)?.to_terminal(Theme::Light);
            Some(format!("{drawn}\n{}\n", text(envelope)?).into_bytes())
        }
        _ => None,
    })
}

fn code_of(envelope: &[u8]) -> Result<QrCode, Failure> {
    Ok(QrCode::of(envelope)?)
}

fn text(envelope: &[u8]) -> Result<String, Failure> {
    encode_text(envelope).map_err(|_| ConsentError::Invalid.into())
}

impl Ground {
    const fn theme(self) -> Theme {
        match self {
            Self::Dark => Theme::Dark,
            Self::Light => Theme::Light,
        }
    }
}

/// Pixels of a side of a module.
const SCALE: u8 = 8;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::envelope;

    fn put(path: &Path, envelope: &[u8]) -> Put {
        Place::find(Some(path), Shown { qr: None }).unwrap().put(envelope).unwrap()
    }

    #[test]
    fn the_name_of_the_file_says_what_stands_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let signed = [0xd2, 0x84, 1, 2, 3];
        for (name, start) in
            [("a", &signed[..]), ("a.PNG", b"\x89PNG"), ("a.svg", b"<svg"), ("a.txt", b"  ")]
        {
            let path = folder.path().join(name);
            let put = put(&path, &signed);
            assert_eq!((put.file(), put.text()), (Some(path.as_path()), None));
            assert!(fs::read(&path).unwrap().starts_with(start), "{name}");
        }
        assert_eq!(*envelope::read(&folder.path().join("a.txt")).unwrap(), signed);
    }

    #[test]
    fn what_is_too_large_for_a_picture_is_told_as_text() {
        let folder = tempfile::tempdir().unwrap();
        let noise = (0..2000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8);
        let signed: Vec<u8> = [0xd2, 0x84].into_iter().chain(noise).collect();
        let path = folder.path().join("a.png");
        let mut put = put(&path, &signed);
        assert_eq!(put.shortfall().unwrap().code(), "qr.too-large");
        assert_eq!(put.file(), None);
        assert_eq!(*envelope::read(Path::new(put.text().unwrap())).unwrap(), signed);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

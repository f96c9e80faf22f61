//! How far long work has come: a bar on stderr, which draws nothing where there is no terminal.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts bytes; their number may come to be known on the way.
pub(crate) fn bytes(file: &Path, length: Option<u64>) -> ProgressBar {
    let bar = length.map_or_else(ProgressBar::no_length, ProgressBar::new);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes}") {
        bar.set_style(style);
    }
    bar.set_message(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
    bar
}

/// A line that counts things of which nobody knows how many there are.
pub(crate) fn count(name: &Path) -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{msg} {pos}") {
        bar.set_style(style);
    }
    bar.set_message(name.to_string_lossy().into_owned());
    bar
}

/// Moves a bar on.
pub(crate) fn moved(bar: &ProgressBar, done: u64, total: Option<u64>) {
    if let Some(total) = total {
        bar.set_length(total);
    }
    bar.set_position(done);
}

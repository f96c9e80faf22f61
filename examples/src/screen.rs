//! Text for a person: colour where there is a terminal, tables that fit 80 columns.

use std::io::{self, IsTerminal, Write};

/// Where text for a person goes.
pub(crate) struct Screen<'a> {
    out: &'a mut dyn Write,
    colour: bool,
}

impl<'a> Screen<'a> {
    /// Writes to what leads to stdout.
    pub(crate) fn stdout(out: &'a mut dyn Write) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { out, colour: is_coloured(io::stdout().is_terminal(), no_colour) }
    }

    /// Writes where nobody looks.
    #[cfg(test)]
    pub(crate) fn plain(out: &'a mut dyn Write) -> Self {
        Self { out, colour: false }
    }

    /// Writes a line that stands out.
    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        if self.colour { writeln!(self, "\x1b[1m{text}\x1b[0m") } else { writeln!(self, "{text}") }
    }

    /// Writes text broken into lines between words.
    pub(crate) fn paragraph(&mut self, text: &str) -> io::Result<()> {
        wrapped(text, WIDTH).iter().try_for_each(|line| writeln!(self, "{line}"))
    }

    /// Writes `name  value`, a long value broken under its beginning.
    pub(crate) fn fact(&mut self, name: &str, value: &str) -> io::Result<()> {
        let indent = NAME_WIDTH + 2;
        let mut name = name;
        for line in wrapped(value, WIDTH - indent) {
            writeln!(self, "{}", format!("{name:NAME_WIDTH$}  {line}").trim_end())?;
            name = "";
        }
        Ok(())
    }
}

impl Write for Screen<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

const fn is_coloured(is_terminal: bool, no_colour: bool) -> bool {
    is_terminal && !no_colour
}

/// Breaks text between words; a word longer than a line stands alone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let text = clean(text);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if length > 0 && length + 1 + letters > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += letters;
    }
    lines.push(line);
    lines
}

/// Takes out what would steer the terminal: records are written by others.
fn clean(text: &str) -> String {
    let steers = |letter: char| {
        matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || letter.is_control() && !letter.is_whitespace()
    };
    text.chars().map(|letter| if steers(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Shortens text to a number of letters, on one line.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    let text = clean(text).replace(|letter: char| letter.is_control(), " ");
    if text.chars().count() <= width {
        return text;
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A table: each cell as wide as its column needs, one column gives way, a cell may have lines.
pub(crate) struct Table<const N: usize> {
    head: [&'static str; N],
    gives_way: usize,
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// Makes a table; the column at `gives_way` is shortened until the table fits.
    pub(crate) const fn new(head: [&'static str; N], gives_way: usize) -> Self {
        Self { head, gives_way, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: [String; N]) {
        self.rows.push(row);
    }

    /// Writes the table.
    pub(crate) fn tell(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let widths = self.widths();
        let head = self.head.map(str::to_owned);
        let mut line = Vec::new();
        tell_row(&mut line, &head, &widths)?;
        screen.heading(String::from_utf8_lossy(&line).trim_end())?;
        self.rows.iter().try_for_each(|row| tell_row(screen, row, &widths))
    }

    fn widths(&self) -> [usize; N] {
        let mut widths = self.head.map(|cell| cell.chars().count());
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                let longest = cell.lines().map(|line| line.chars().count()).max();
                *width = (*width).max(longest.unwrap_or(0));
            }
        }
        let gaps = 2 * N.saturating_sub(1);
        let total: usize = widths.iter().sum::<usize>() + gaps;
        if let Some(width) = widths.get_mut(self.gives_way) {
            *width = width.saturating_sub(total.saturating_sub(WIDTH)).max(NARROWEST);
        }
        widths
    }
}

fn tell_row<const N: usize>(
    out: &mut dyn Write,
    row: &[String; N],
    widths: &[usize; N],
) -> io::Result<()> {
    let height = row.iter().map(|cell| cell.lines().count()).max().unwrap_or(0);
    for at in 0..height {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let text = shortened(cell.lines().nth(at).unwrap_or(""), *width);
            line.push_str(&format!("{text:width$}  "));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

const WIDTH: usize = 80;
const NAME_WIDTH: usize = 12;
const NARROWEST: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_needs_a_terminal_and_nobody_against_it() {
        assert!(is_coloured(true, false));
        assert!(!is_coloured(true, true));
        assert!(!is_coloured(false, false));
    }

    #[test]
    fn a_table_fits_80_columns_and_shortens_one_of_them() {
        let mut table = Table::new(["id", "title", "labels"], 1);
        table.push(["3f9a01".into(), "ä".repeat(200), "hiv\nunclassified".into()]);
        let mut out = Vec::new();
        table.tell(&mut Screen::plain(&mut out)).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].chars().count() <= 80 && lines[1].contains('…'), "{text}");
        assert!(lines[2].ends_with("  unclassified") && lines[2].chars().count() == 80, "{text}");
    }

    #[test]
    fn text_of_others_does_not_steer_the_terminal() {
        assert_eq!(
            shortened("a\x1b[2Jb\nc\u{202e}d\u{9b}", 20),
            "a\u{fffd}[2Jb c\u{fffd}d\u{fffd}"
        );
        assert_eq!(wrapped("a\x1b]0;b\nc", 20), ["a\u{fffd}]0;b c"]);
    }

    #[test]
    fn text_breaks_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible it is", 5), ["incomprehensible", "it is"]);
    }
}

//! Text for a person: colour where there is a terminal, tables that fit 80 columns.

mod lines;

use std::io::{self, IsTerminal, Write};

pub(crate) use lines::{clean, columns, shortened, wrapped};

use self::lines::padded;

/// Where text for a person goes.
pub(crate) struct Screen<'a> {
    out: &'a mut dyn Write,
    colour: bool,
}

impl<'a> Screen<'a> {
    /// Writes to what leads to stdout.
    pub(crate) fn stdout(out: &'a mut dyn Write) -> Self {
        Self { out, colour: is_coloured(io::stdout().is_terminal(), no_colour()) }
    }

    /// Writes to what leads to stderr.
    pub(crate) fn stderr(out: &'a mut dyn Write) -> Self {
        Self { out, colour: is_coloured(io::stderr().is_terminal(), no_colour()) }
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

    /// Writes a heading in which others have a word: clean, and on lines that fit.
    pub(crate) fn title(&mut self, text: &str) -> io::Result<()> {
        wrapped(text, WIDTH).iter().try_for_each(|line| self.heading(line))
    }

    /// Writes text broken into lines between words.
    pub(crate) fn paragraph(&mut self, text: &str) -> io::Result<()> {
        wrapped(text, WIDTH).iter().try_for_each(|line| writeln!(self, "{line}"))
    }

    /// Writes lines, each broken where it is too long.
    pub(crate) fn lines(&mut self, text: &str) -> io::Result<()> {
        text.lines().try_for_each(|line| self.paragraph(line))
    }

    /// Writes `name  value`, a long value broken under its beginning.
    pub(crate) fn fact(&mut self, name: &str, value: &str) -> io::Result<()> {
        let mut name = shortened(name, WIDEST_NAME);
        let indent = columns(&name).max(NAME_WIDTH);
        for line in wrapped(value, WIDTH - indent - 2) {
            writeln!(self, "{}", format!("{}  {line}", padded(&name, indent)).trim_end())?;
            name.clear();
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

fn no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

const fn is_coloured(is_terminal: bool, no_colour: bool) -> bool {
    is_terminal && !no_colour
}

/// Says how many there are of something that takes an s.
pub(crate) fn counted(count: impl Into<u64>, what: &str) -> String {
    let count = count.into();
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Says how many things there are in a list of something that takes an s.
pub(crate) fn many<T>(things: &[T], what: &str) -> String {
    counted(u64::try_from(things.len()).unwrap_or(u64::MAX), what)
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
        let mut widths = self.head.map(columns);
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                let longest = cell.lines().map(columns).max();
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
            line.push_str(&padded(&text, *width));
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Columns of the narrowest terminal.
pub(crate) const WIDTH: usize = 80;
const NAME_WIDTH: usize = 12;
const WIDEST_NAME: usize = 36;
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
        table.push(["3f9a01".into(), "血".repeat(200), "hiv\nunclassified".into()]);
        let mut out = Vec::new();
        table.tell(&mut Screen::plain(&mut out)).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(columns(lines[1]) <= 80 && lines[1].contains('…'), "{text}");
        assert!(lines[2].ends_with("  unclassified") && columns(lines[2]) == 80, "{text}");
    }

    #[test]
    fn a_fact_fits_80_columns_whatever_its_name_and_value() {
        let mut out = Vec::new();
        let mut screen = Screen::plain(&mut out);
        screen.fact("status", "final").unwrap();
        screen.fact(&"name".repeat(40), &"血".repeat(100)).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("status        final\n"), "{text}");
        assert!(text.lines().all(|line| columns(line) <= 80), "{text}");
        assert_eq!(text.matches('血').count(), 100);
    }
}

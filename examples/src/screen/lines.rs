//! Text as lines: clean of what steers a terminal, measured in its columns (UAX 11).

use unicode_width::UnicodeWidthChar;

/// Breaks text between words; a word longer than a line is broken itself.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let text = clean(text);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut taken = 0;
    for word in text.split_whitespace() {
        let long = columns(word);
        if taken > 0 && taken + 1 + long > width {
            lines.push(std::mem::take(&mut line));
            taken = 0;
        }
        if taken > 0 {
            line.push(' ');
            taken += 1;
        }
        for letter in word.chars() {
            let wide = columns_of(letter);
            if taken > 0 && taken + wide > width {
                lines.push(std::mem::take(&mut line));
                taken = 0;
            }
            line.push(letter);
            taken += wide;
        }
    }
    lines.push(line);
    lines
}

/// Takes out what would steer the terminal: records are written by others.
pub(crate) fn clean(text: &str) -> String {
    let steers = |letter: char| {
        matches!(
            letter,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        ) || letter.is_control() && !letter.is_whitespace()
    };
    text.chars().map(|letter| if steers(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Shortens text to a number of columns, on one line.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    let text = clean(text).replace(
        |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}'),
        " ",
    );
    if columns(&text) <= width {
        return text;
    }
    let mut short = String::new();
    let mut taken = 0;
    for letter in text.chars() {
        taken += columns_of(letter);
        if taken >= width {
            break;
        }
        short.push(letter);
    }
    short.push('…');
    short
}

/// Fills text up to a number of columns.
pub(crate) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Counts the columns that text takes; letters that a terminal may join are counted each.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(letter: char) -> usize {
    letter.width().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_does_not_steer_the_terminal() {
        assert_eq!(
            shortened("a\x1b[2Jb\nc\u{202e}d\u{9b}\u{61c}", 20),
            "a\u{fffd}[2Jb c\u{fffd}d\u{fffd}\u{fffd}"
        );
        assert_eq!(wrapped("a\x1b]0;b\nc", 20), ["a\u{fffd}]0;b c"]);
    }

    #[test]
    fn text_breaks_between_words_and_long_words_break_themselves() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("an incomprehensible it", 6), ["an", "incomp", "rehens", "ible", "it"]);
        assert_eq!(wrapped("", 6), [""]);
    }

    #[test]
    fn wide_letters_take_two_columns_and_joined_ones_none() {
        assert_eq!(wrapped("血液型血液型", 5), ["血液", "型血", "液型"]);
        assert_eq!(
            (shortened("血液型", 6), shortened("血液型", 5)),
            ("血液型".into(), "血液…".into())
        );
        assert_eq!(shortened("血液型", 4), "血…");
        assert_eq!(padded("血e\u{301}", 5), "血e\u{301}  ");
    }
}

//! A code as SVG and as letters of a terminal.

use std::fmt::Write;

use super::{MARGIN, QrCode};

/// The colours of the terminal that shows a code: a code must stay dark on light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Light letters on dark ground.
    Dark,
    /// Dark letters on light ground.
    Light,
}

impl QrCode {
    /// Draws the code as an SVG document of one unit a module.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let side = self.side();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
             shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
             <path d=\""
        );
        for y in 0..side {
            let mut x = 0;
            while x < side {
                let run = (x..side).take_while(|x| self.dark(*x, y)).count();
                if run > 0 {
                    let _ = write!(svg, "M{x} {y}h{run}v1h-{run}z");
                }
                x += run + 1;
            }
        }
        svg.push_str("\"/></svg>\n");
        svg
    }

    /// Draws the code in letters, two rows of modules a line.
    #[must_use]
    pub fn to_terminal(&self, theme: Theme) -> String {
        let side = self.side();
        let lit = |x, y| y < side && self.dark(x, y) == (theme == Theme::Light);
        let mut text = String::new();
        for y in (0..side).step_by(2) {
            text.extend((0..side).map(|x| match (lit(x, y), lit(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            }));
            text.push('\n');
        }
        text
    }

    /// Returns the modules of a side with the margin.
    pub(super) const fn side(&self) -> usize {
        self.width + 2 * MARGIN
    }

    /// Tells whether a module is dark, counted from the corner of the margin.
    pub(super) fn dark(&self, x: usize, y: usize) -> bool {
        let inside = x.checked_sub(MARGIN).zip(y.checked_sub(MARGIN));
        inside.is_some_and(|(x, y)| self.is_dark(x, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns 1 and 2 of row 0, and column 1 of row 2, of three by three.
    fn small() -> QrCode {
        let modules = [0, 1, 1, 0, 0, 0, 0, 1, 0].map(|module| module == 1).to_vec();
        QrCode { version: 1, width: 3, modules }
    }

    #[test]
    fn svg_has_a_rectangle_for_each_run() {
        assert_eq!(
            small().to_svg(),
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 11 11\" \
             shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h11v11H0z\"/>\
             <path d=\"M5 4h2v1h-2zM5 6h1v1h-1z\"/></svg>\n"
        );
    }

    #[test]
    fn terminal_shows_dark_on_light_in_either_theme() {
        let light =
            "           \n           \n     ▀▀    \n     ▀     \n           \n           \n";
        assert_eq!(small().to_terminal(Theme::Light), light);
        let full = "███████████\n";
        let dark = [full, full, "█████▄▄████\n", "█████▄█████\n", full, "▀▀▀▀▀▀▀▀▀▀▀\n"].concat();
        assert_eq!(small().to_terminal(Theme::Dark), dark);
    }
}

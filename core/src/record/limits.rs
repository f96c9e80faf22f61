//! How much an import may ask of the phone (docs/formats.md 12).

/// Bounds what a reader accepts; the default is what the product uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole file, inflated.
    pub file: u64,
    /// Bytes of one resource.
    pub resource: usize,
    /// Levels of nesting inside one resource.
    pub depth: usize,
    /// Resources in one file.
    pub entries: usize,
    /// Inflated bytes for each compressed byte.
    pub ratio: u64,
}

impl Limits {
    /// Inflated bytes up to which no ratio is computed: a short run of blanks is no bomb.
    pub const RATIO_FREE: u64 = 1 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self { file: 1 << 30, resource: 16 << 20, depth: 64, entries: 200_000, ratio: 200 }
    }
}

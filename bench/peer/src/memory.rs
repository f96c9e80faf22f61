//! Memory of this process, as Linux counts it.

use std::fs;

use crate::Result;

/// Gives the KiB that are resident now.
///
/// # Errors
/// When the system does not tell.
pub fn resident_kib() -> Result<f64> {
    field("VmRSS:")
}

/// Gives the most KiB that were resident since [`forget_peak`], or the start.
///
/// # Errors
/// When the system does not tell.
pub fn peak_kib() -> Result<f64> {
    field("VmHWM:")
}

/// Counts the peak from now on.
///
/// # Errors
/// When the system does not allow it.
pub fn forget_peak() -> Result<()> {
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

fn field(name: &str) -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such field")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

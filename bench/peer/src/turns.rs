//! Sides take turns where the disk decides, because other work on the machine disturbs it from one
//! second to the next.

use std::io::{self, Write};

use crate::Result;

/// What a side says when it waits for its turn.
pub const READY: &str = "ready";

/// Says that this side is ready and waits for a line.
///
/// # Errors
/// When there is nobody to listen.
pub fn wait() -> Result<()> {
    println!("{READY}");
    io::stdout().flush()?;
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}

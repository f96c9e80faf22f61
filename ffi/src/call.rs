//! One call from outside: a panic inside ends it with a fixed text, on no stream and without data.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::Path;
use std::sync::Once;

use crate::error::WalletError;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
}

/// What a panic has thrown.
pub(crate) type Defect = Box<dyn Any + Send>;

/// Runs one call. What panics inside is thrown on as `defect at FILE:LINE`, a place of this
/// library's source: the text of the panic itself may quote what was being read.
///
/// # Panics
/// When `work` does, with that text; the generated code catches it.
pub(crate) fn call<T>(work: impl FnOnce() -> Result<T, WalletError>) -> Result<T, WalletError> {
    attempt(work).unwrap_or_else(|defect| panic::resume_unwind(defect))
}

/// Runs something and gives back what it threw; the outermost replaces its text.
pub(crate) fn attempt<T>(work: impl FnOnce() -> T) -> Result<T, Defect> {
    let (mut work, mut done) = (Some(work), None);
    run(&mut || done = work.take().map(|work| work()))?;
    Ok(done.expect("what has not thrown is done"))
}

/// Does what [`attempt`] does; apart, so that it is there once for all calls.
fn run(work: &mut dyn FnMut()) -> Result<(), Defect> {
    quiet_hook();
    let is_within = INSIDE.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(is_within);
    done.map_err(|defect| {
        if is_within {
            return defect;
        }
        let place = PLACE.take().map(|(file, line)| format!("defect at {file}:{line}"));
        Box::new(place.unwrap_or_else(|| "defect".to_owned())) as Defect
    })
}

/// Keeps panics inside of a call off the error stream; others go to whom they went before.
fn quiet_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if INSIDE.get() {
                PLACE.set(place(info));
            } else {
                before(info);
            }
        }));
    });
}

fn place(info: &PanicHookInfo<'_>) -> Option<(String, u32)> {
    let location = info.location()?;
    // The whole path would be one of the machine that built it.
    let file = Path::new(location.file()).file_name()?.to_str()?;
    Some((file.to_owned(), location.line()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_keeps_its_text_to_itself() {
        let defect = attempt(|| "Penicillin".split_at(99).0.len()).unwrap_err();
        let text = defect.downcast::<String>().unwrap();
        assert!(text.starts_with("defect at ") && !text.contains("Penicillin"), "{text}");
        assert!(!text.contains('/'), "{text}");
    }

    #[test]
    fn the_place_of_a_panic_comes_through() {
        let inner = || attempt(|| "Penicillin".split_at(99).0.len());
        let defect = attempt(|| inner().unwrap_or_else(|defect| panic::resume_unwind(defect)));
        let text = defect.unwrap_err().downcast::<String>().unwrap();
        assert!(text.starts_with("defect at ") && !text.contains("Penicillin"), "{text}");
    }
}

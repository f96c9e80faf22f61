use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use super::*;
use crate::error::CallbackError;
use crate::host::WalletClock;

/// A clock that can be told to fail.
#[derive(Default)]
struct Clock {
    fails: AtomicBool,
    asked: AtomicU64,
}

impl WalletClock for Clock {
    fn now(&self) -> Result<u64, CallbackError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.fails.load(Ordering::SeqCst) { Err(CallbackError::Failed) } else { Ok(1) }
    }

    fn monotonic_ms(&self) -> Result<u64, CallbackError> {
        Ok(1)
    }
}

/// Something that notes when it is dropped, and may have a defect in that.
struct Home {
    dropped: Arc<AtomicBool>,
    is_defective: bool,
}

impl Drop for Home {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::SeqCst);
        assert!(!self.is_defective, "a defect while forgetting Penicillin");
    }
}

fn unlocked(is_defective: bool) -> (Arc<Unlocked<Home>>, Arc<Clock>, Arc<AtomicBool>) {
    let (clock, dropped) = (Arc::new(Clock::default()), Arc::new(AtomicBool::new(false)));
    let home = Home { dropped: Arc::clone(&dropped), is_defective };
    let home = Unlocked::new(home, DeviceClock::new(Arc::clone(&clock) as _));
    (Arc::new(home), clock, dropped)
}

fn code<T>(answer: Result<T, WalletError>) -> String {
    answer.err().map_or_else(|| "done".to_owned(), |error| error.to_string())
}

#[test]
fn a_lock_stops_the_call_that_runs_and_waits_for_it() {
    let (home, _, dropped) = unlocked(false);
    let (entered, wait) = mpsc::channel();
    let running = {
        let home = Arc::clone(&home);
        thread::spawn(move || {
            let cancel = CancelToken::new();
            home.long_call(&cancel, |_| {
                entered.send(()).unwrap();
                while !cancel.is_cancelled() {
                    thread::yield_now();
                }
                Err::<(), _>(refused(error::WalletError::Cancelled))
            })
        })
    };
    wait.recv().unwrap();
    assert_eq!(home.glance(|_| ()), None, "a glance waited");
    assert_eq!(code(home.end(|_home| Ok(()))), "done");
    assert!(dropped.load(Ordering::SeqCst));
    assert_eq!(code(running.join().unwrap()), "wallet.cancelled");
    assert_eq!(code(home.call(|_| Ok(()))), "wallet.locked");
    assert_eq!(home.end(|_| Ok(())).unwrap(), None, "it ended twice");
}

#[test]
fn who_waits_when_a_lock_comes_gets_no_turn() {
    let (home, _, _) = unlocked(false);
    let (entered, wait) = mpsc::channel();
    let first = {
        let home = Arc::clone(&home);
        thread::spawn(move || {
            let cancel = CancelToken::new();
            home.long_call(&cancel, |_| {
                entered.send(()).unwrap();
                while !cancel.is_cancelled() {
                    thread::yield_now();
                }
                Ok(())
            })
        })
    };
    wait.recv().unwrap();
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let home = Arc::clone(&home);
            thread::spawn(move || home.call(|_| Ok(())))
        })
        .collect();
    assert_eq!(code(home.end(|_| Ok(()))), "done");
    assert_eq!(code(first.join().unwrap()), "done");
    for call in waiting {
        assert_eq!(code(call.join().unwrap()), "wallet.locked");
    }
}

#[test]
fn a_call_from_inside_a_call_is_busy() {
    let (home, _, _) = unlocked(false);
    let inner = home.call(|_| {
        assert_eq!(code(home.end(|_| Ok(()))), "wallet.busy");
        Ok(code(home.call(|_| Ok(()))))
    });
    assert_eq!(inner.unwrap(), "wallet.busy");
    assert_eq!(code(home.call(|_| Ok(()))), "done", "the refused lock locked");
    let glanced = home.glance(|_| code(home.call(|_| Ok(()))));
    assert_eq!(glanced.unwrap(), "wallet.busy");
}

#[test]
fn a_panic_closes_and_says_nothing() {
    for is_defective in [false, true] {
        let (home, _, dropped) = unlocked(is_defective);
        let defect = attempt(|| home.call(|_| Ok("Penicillin".split_at(99).0.len())));
        let text = defect.unwrap_err().downcast::<String>().unwrap();
        assert!(text.starts_with("defect at ") && !text.contains("Penicillin"), "{text}");
        assert!(dropped.load(Ordering::SeqCst), "it stayed open");
        assert_eq!(code(home.call(|_| Ok(()))), "wallet.locked");
    }
}

#[test]
fn forgetting_never_panics() {
    let (home, _, dropped) = unlocked(true);
    drop(home);
    assert!(dropped.load(Ordering::SeqCst));
}

#[test]
fn a_clock_that_fails_locks_before_anything_is_done() {
    let (home, clock, dropped) = unlocked(false);
    assert_eq!(code(home.call(|_| Ok(()))), "done");
    clock.fails.store(true, Ordering::SeqCst);
    let done = AtomicBool::new(false);
    let refused = home.call(|_| {
        done.store(true, Ordering::SeqCst);
        Ok(())
    });
    assert_eq!(code(refused), "wallet.no-clock");
    assert!(!done.load(Ordering::SeqCst), "done without a clock");
    assert!(dropped.load(Ordering::SeqCst));
    clock.fails.store(false, Ordering::SeqCst);
    assert_eq!(code(home.call(|_| Ok(()))), "wallet.locked");
    assert_eq!(clock.asked.load(Ordering::SeqCst), 2);
}

#[test]
fn threads_take_turns() {
    let (clock, counter) = (Arc::new(Clock::default()), AtomicU64::new(0));
    let home = Unlocked::new(0_u64, DeviceClock::new(clock as _));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let add = |count: &mut u64| {
                        let before = *count;
                        counter.store(before, Ordering::Relaxed);
                        thread::yield_now();
                        *count = before + 1;
                        Ok(())
                    };
                    home.call(add).unwrap();
                }
            });
        }
    });
    assert_eq!(home.call(|count| Ok(*count)).unwrap(), 4000);
}

//! Counts the objects that foreign code holds; only with the feature `testing`.

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Wallet,
    Session,
    Requester,
    Directory,
    CancelToken,
}

/// Stands for one live object.
pub(crate) struct Live {
    #[cfg(feature = "testing")]
    kind: Kind,
}

#[cfg(not(feature = "testing"))]
impl Live {
    pub(crate) const fn new(_: Kind) -> Self {
        Self {}
    }
}

#[cfg(feature = "testing")]
mod counting {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::{Kind, Live};

    static COUNTS: [AtomicI64; 5] = [const { AtomicI64::new(0) }; 5];

    /// Tells how many objects of a kind are held.
    pub(crate) fn count(kind: Kind) -> i64 {
        counter(kind).map_or(0, |counter| counter.load(Ordering::SeqCst))
    }

    fn counter(kind: Kind) -> Option<&'static AtomicI64> {
        COUNTS.get(kind as usize)
    }

    impl Live {
        pub(crate) fn new(kind: Kind) -> Self {
            if let Some(counter) = counter(kind) {
                counter.fetch_add(1, Ordering::SeqCst);
            }
            Self { kind }
        }
    }

    impl Drop for Live {
        fn drop(&mut self) {
            if let Some(counter) = counter(self.kind) {
                counter.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}

#[cfg(feature = "testing")]
pub(crate) use counting::count;

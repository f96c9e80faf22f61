//! An allocator for tests that never gives memory back, so that what was freed can be searched.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// Keeps every block that is freed while it is watching.
#[derive(Debug)]
pub struct Keeper {
    watching: AtomicBool,
    count: AtomicUsize,
    blocks: [AtomicPtr<u8>; CAPACITY],
    sizes: [AtomicUsize; CAPACITY],
}

impl Keeper {
    /// Makes an allocator that is not watching yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a static needs a const constructor")]
    pub const fn new() -> Self {
        Self {
            watching: AtomicBool::new(false),
            count: AtomicUsize::new(0),
            blocks: [const { AtomicPtr::new(std::ptr::null_mut()) }; CAPACITY],
            sizes: [const { AtomicUsize::new(0) }; CAPACITY],
        }
    }

    /// Keeps from now on what is freed, or gives it back again.
    pub fn watch(&self, watching: bool) {
        self.watching.store(watching, Ordering::SeqCst);
    }

    /// Gives the number of blocks kept.
    pub fn kept(&self) -> usize {
        let kept = self.count.load(Ordering::SeqCst);
        assert!(kept < CAPACITY, "more was freed than can be kept");
        kept
    }

    /// Gives every kept block.
    pub fn blocks(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.kept()).map(|at| self.block(at))
    }

    fn block(&self, at: usize) -> &[u8] {
        let (block, size) = (&self.blocks[at], &self.sizes[at]);
        let (block, size) = (block.load(Ordering::SeqCst), size.load(Ordering::SeqCst));
        // SAFETY: a kept block is never given back to the system nor written again, and was as
        // large as its layout said. Bytes that its owner never wrote are zero: see `alloc`.
        unsafe { std::slice::from_raw_parts(block, size) }
    }
}

// SAFETY: every call goes to the system's allocator with the layout it came with; a block that is
// kept is simply never freed.
unsafe impl GlobalAlloc for Keeper {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.watching.load(Ordering::SeqCst) {
            let at = self.count.fetch_add(1, Ordering::SeqCst);
            if let (Some(place), Some(size)) = (self.blocks.get(at), self.sizes.get(at)) {
                size.store(layout.size(), Ordering::SeqCst);
                place.store(block, Ordering::SeqCst);
                return;
            }
        }
        // SAFETY: the caller upholds the contract of `dealloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Blocks that can be kept.
const CAPACITY: usize = 4_000_000;

//! Lists cross in pages.

/// The most items of a page.
const LARGEST: u32 = 1000;

/// What a page holds of a list.
pub(crate) struct Part<T> {
    pub(crate) items: Vec<T>,
    pub(crate) total: u64,
    pub(crate) next: Option<u64>,
}

/// Gives how many items a page may have.
pub(crate) fn limited(limit: u32) -> usize {
    usize::try_from(limit.min(LARGEST)).unwrap_or(usize::MAX)
}

/// Gives an offset as the core counts.
pub(crate) fn at(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Cuts a page out of a list and turns only what is in it.
pub(crate) fn part<T, U>(
    all: Vec<T>,
    offset: u64,
    limit: u32,
    turn: impl FnMut(T) -> U,
) -> Part<U> {
    let count = all.len();
    let items: Vec<U> = all.into_iter().skip(at(offset)).take(limited(limit)).map(turn).collect();
    let end = at(offset).saturating_add(items.len());
    Part {
        items,
        total: crate::parse::count(count),
        next: (end < count).then_some(crate::parse::count(end)),
    }
}

/// Declares the page of a kind of item.
macro_rules! page {
    ($(#[$doc:meta])+ $name:ident of $item:ty) => {
        $(#[$doc])+
        #[derive(Clone, PartialEq, Eq, uniffi::Record)]
        pub struct $name {
            /// The items of this page.
            pub items: Vec<$item>,
            /// Number of items of all pages.
            pub total: u64,
            /// Offset of the next page; absent at the end.
            pub next: Option<u64>,
        }

        impl From<crate::page::Part<$item>> for $name {
            fn from(part: crate::page::Part<$item>) -> Self {
                Self { items: part.items, total: part.total, next: part.next }
            }
        }
    };
}

pub(crate) use page;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_put_together_are_the_list() {
        let list: Vec<u32> = (0..25).collect();
        let (mut seen, mut offset) = (Vec::new(), Some(0));
        while let Some(at) = offset {
            let part = part(list.clone(), at, 10, |it| it);
            assert_eq!(part.total, 25);
            seen.extend(part.items);
            offset = part.next;
        }
        assert_eq!(seen, list);
        assert!(part(list.clone(), 99, 10, |it| it).items.is_empty());
        assert_eq!(part(list, u64::MAX, u32::MAX, |it| it).next, None);
    }

    #[test]
    fn a_page_has_its_largest_size() {
        assert_eq!(limited(u32::MAX), 1000);
    }
}

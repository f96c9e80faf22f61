//! A CBOR writer that can be made to break one rule at one place.

use patient_wallet::codec::Sign1;

/// One CBOR item; `Nested` is a byte string that holds an item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Uint(u64),
    /// -1 - n
    Negative(u64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Nested(Box<Self>),
}

/// A change of claims, and what it is called.
pub(crate) type Change<'a> = (&'a str, &'a dyn Fn(&mut Item));

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Break {
    /// A head is longer than it need be.
    LongHead,
    /// A length is left open.
    Indefinite,
    /// A tag stands before the item.
    Tagged,
    /// A float stands for the item.
    Float,
    /// The item is null.
    Null,
    /// The first pair stands there twice.
    Twice,
    /// The last two pairs are swapped.
    Swapped,
    /// A key that nobody knows comes last.
    Unknown,
    /// An array has one item more.
    More,
    /// Something stands behind the item of a byte string.
    Behind,
}

impl Break {
    pub(crate) const ALL: [Self; 10] = [
        Self::LongHead,
        Self::Indefinite,
        Self::Tagged,
        Self::Float,
        Self::Null,
        Self::Twice,
        Self::Swapped,
        Self::Unknown,
        Self::More,
        Self::Behind,
    ];
}

impl Item {
    /// Reads the claims of a signed object.
    pub(crate) fn claims(envelope: &[u8]) -> Self {
        let payload = Sign1::decode(envelope).unwrap().payload;
        let mut rest = payload;
        let item = read(&mut rest, false);
        assert!(rest.is_empty());
        assert_eq!(item.written(), payload);
        item
    }

    pub(crate) fn at(&mut self, key: i64) -> &mut Self {
        let pairs = match self {
            Self::Map(pairs) => pairs,
            Self::Nested(inner) => return inner.at(key),
            _ => panic!("no map"),
        };
        let found = pairs.iter_mut().find(|(at, _)| *at == int(key));
        &mut found.unwrap().1
    }

    pub(crate) fn set(&mut self, key: i64, value: Self) {
        *self.at(key) = value;
    }

    /// Inserts a pair at its place.
    pub(crate) fn insert(&mut self, key: i64, value: Self) {
        match self {
            Self::Map(pairs) => {
                pairs.push((int(key), value));
                pairs.sort_by_key(|(key, _)| key.written());
            }
            Self::Nested(inner) => inner.insert(key, value),
            _ => panic!("no map"),
        }
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        let mut writer = Writer { out: Vec::new(), left: usize::MAX, how: Break::LongHead };
        writer.item(self);
        writer.out
    }

    /// Writes with one rule broken at the n-th item; `None` when there is no such place.
    pub(crate) fn broken(&self, how: Break, place: usize) -> Option<Vec<u8>> {
        let mut writer = Writer { out: Vec::new(), left: place, how };
        writer.item(self);
        (writer.left == usize::MAX).then_some(writer.out)
    }

    /// Counts the items, each map and array and what they hold.
    pub(crate) fn count(&self) -> usize {
        1 + match self {
            Self::Array(items) => items.iter().map(Self::count).sum(),
            Self::Map(pairs) => pairs.iter().map(|(key, value)| key.count() + value.count()).sum(),
            Self::Nested(inner) => inner.count(),
            _ => 0,
        }
    }
}

struct Writer {
    out: Vec<u8>,
    /// Items to go until the rule is broken; `usize::MAX` when it is done or never.
    left: usize,
    how: Break,
}

impl Writer {
    fn item(&mut self, item: &Item) {
        let here = match self.left {
            usize::MAX => false,
            0 => true,
            _ => {
                self.left -= 1;
                false
            }
        };
        if !here {
            return self.plain(item, false);
        }
        match (self.how, item) {
            (Break::LongHead, _) => {
                self.left = usize::MAX;
                self.plain(item, true);
            }
            (Break::Tagged, _) => {
                self.left = usize::MAX;
                self.out.push(0xc1);
                self.plain(item, false);
            }
            (Break::Float, _) => {
                self.left = usize::MAX;
                self.out.extend([0xf9, 0x3c, 0x00]);
            }
            (Break::Null, _) => {
                self.left = usize::MAX;
                self.out.push(0xf6);
            }
            (Break::Indefinite, _) => self.indefinite(item),
            (Break::Twice, Item::Map(pairs)) if !pairs.is_empty() => {
                let mut pairs = pairs.clone();
                pairs.insert(0, pairs[0].clone());
                self.instead(&Item::Map(pairs));
            }
            (Break::Swapped, Item::Map(pairs)) if pairs.len() > 1 => {
                let mut pairs = pairs.clone();
                let last = pairs.len() - 1;
                pairs.swap(last - 1, last);
                self.instead(&Item::Map(pairs));
            }
            (Break::Unknown, Item::Map(pairs)) => {
                let mut pairs = pairs.clone();
                pairs.push((Item::Negative(99_999), Item::Uint(0)));
                self.instead(&Item::Map(pairs));
            }
            (Break::More, Item::Array(items)) => {
                let mut items = items.clone();
                items.push(Item::Uint(0));
                self.instead(&Item::Array(items));
            }
            (Break::Behind, Item::Nested(inner)) => {
                let behind = [inner.written(), vec![0]].concat();
                self.instead(&Item::Bytes(behind));
            }
            _ => self.plain(item, false),
        }
    }

    fn instead(&mut self, item: &Item) {
        self.left = usize::MAX;
        self.plain(item, false);
    }

    fn indefinite(&mut self, item: &Item) {
        let major = match item {
            Item::Bytes(_) | Item::Nested(_) => 2,
            Item::Text(_) => 3,
            Item::Array(_) => 4,
            Item::Map(_) => 5,
            Item::Uint(_) | Item::Negative(_) => return self.plain(item, false),
        };
        self.left = usize::MAX;
        self.out.push(major << 5 | 31);
        match item {
            Item::Array(items) => items.iter().for_each(|item| self.item(item)),
            Item::Map(pairs) => pairs.iter().for_each(|(key, value)| {
                self.item(key);
                self.item(value);
            }),
            // One chunk.
            _ => self.plain(item, false),
        }
        self.out.push(0xff);
    }

    fn plain(&mut self, item: &Item, long: bool) {
        match item {
            Item::Uint(value) => self.head(0, *value, long),
            Item::Negative(value) => self.head(1, *value, long),
            Item::Bytes(bytes) => self.string(2, bytes, long),
            Item::Text(text) => self.string(3, text.as_bytes(), long),
            Item::Array(items) => {
                self.head(4, items.len() as u64, long);
                items.iter().for_each(|item| self.item(item));
            }
            Item::Map(pairs) => {
                self.head(5, pairs.len() as u64, long);
                for (key, value) in pairs {
                    self.item(key);
                    self.item(value);
                }
            }
            Item::Nested(inner) => {
                let mut writer = Self { out: Vec::new(), left: self.left, how: self.how };
                writer.item(inner);
                self.left = writer.left;
                self.string(2, &writer.out, long);
            }
        }
    }

    fn string(&mut self, major: u8, bytes: &[u8], long: bool) {
        self.head(major, bytes.len() as u64, long);
        self.out.extend_from_slice(bytes);
    }

    fn head(&mut self, major: u8, argument: u64, long: bool) {
        let widths = [(0, 24), (1, 0x100), (2, 0x1_0000), (4, 0x1_0000_0000), (8, u64::MAX)];
        let at = widths.iter().position(|(_, most)| argument < *most).unwrap_or(4);
        let (width, _) = widths[(at + usize::from(long)).min(4)];
        let info = match width {
            0 => u8::try_from(argument).unwrap(),
            1 => 24,
            2 => 25,
            4 => 26,
            _ => 27,
        };
        self.out.push(major << 5 | info);
        self.out.extend_from_slice(&argument.to_be_bytes()[8 - width..]);
    }
}

fn int(key: i64) -> Item {
    if key < 0 { Item::Negative(key.unsigned_abs() - 1) } else { Item::Uint(key.unsigned_abs()) }
}

/// Reads one item; the value of claim 9 holds another.
fn read(rest: &mut &[u8], nested: bool) -> Item {
    let (first, tail) = rest.split_first().unwrap();
    let width = match first & 0x1f {
        info if info < 24 => 0,
        24 => 1,
        25 => 2,
        26 => 4,
        _ => 8,
    };
    let (argument, tail) = tail.split_at(width);
    let argument = match width {
        0 => u64::from(first & 0x1f),
        _ => argument.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)),
    };
    *rest = tail;
    let length = usize::try_from(argument).unwrap_or(usize::MAX);
    match first >> 5 {
        0 => Item::Uint(argument),
        1 => Item::Negative(argument),
        2 if nested => {
            let (mut inner, tail) = tail.split_at(length);
            *rest = tail;
            Item::Nested(Box::new(read(&mut inner, false)))
        }
        2 | 3 => {
            let (bytes, tail) = tail.split_at(length);
            *rest = tail;
            match first >> 5 {
                2 => Item::Bytes(bytes.to_vec()),
                _ => Item::Text(String::from_utf8(bytes.to_vec()).unwrap()),
            }
        }
        4 => Item::Array((0..length).map(|_| read(rest, false)).collect()),
        5 => {
            let pair = |_| {
                let key = read(rest, false);
                let nested = key == Item::Uint(9);
                let value = read(rest, nested && rest[0] >> 5 == 2);
                (key, value)
            };
            Item::Map((0..length).map(pair).collect())
        }
        _ => panic!("not written here"),
    }
}

//! Every object against every broken byte and every loose encoding.

use patient_wallet::consent::ConsentError;
use patient_wallet::keys::sign;

use crate::bench::{kinds, signing};
use crate::loose::{Break, Item};

#[test]
fn the_good_ones_are_good() {
    for kind in kinds() {
        assert_eq!((kind.judge)(&kind.good), Ok(()), "{}", kind.name);
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    for kind in kinds() {
        let mut bytes = kind.good.clone();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let refused = (kind.judge)(&bytes);
            let named = matches!(refused, Err(ConsentError::Invalid | ConsentError::WrongType));
            assert!(named, "{} bit {bit}: {refused:?}", kind.name);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn every_truncation_and_extension_is_refused() {
    for kind in kinds() {
        for end in 0..kind.good.len() {
            let refused = (kind.judge)(&kind.good[..end]);
            assert_eq!(refused, Err(ConsentError::Invalid), "{} cut at {end}", kind.name);
        }
        for byte in [0x00, 0x40, 0xa0, 0xff] {
            let longer = [kind.good.as_slice(), &[byte]].concat();
            assert_eq!((kind.judge)(&longer), Err(ConsentError::Invalid), "{}", kind.name);
        }
        let twice = kind.good.repeat(2);
        assert_eq!((kind.judge)(&twice), Err(ConsentError::Invalid), "{}", kind.name);
    }
}

#[test]
fn every_loose_encoding_is_refused_at_every_nesting() {
    for kind in kinds() {
        let claims = Item::claims(&kind.good);
        let mut broken = 0;
        for how in Break::ALL {
            for place in 0..claims.count() {
                let good = claims.written();
                // Eight bytes are the longest head there is.
                let broken_claims = claims.broken(how, place).filter(|bytes| *bytes != good);
                let Some(claims) = broken_claims else { continue };
                let bytes = sign(kind.kind, &kind.key, &claims).unwrap();
                let refused = (kind.judge)(&bytes);
                let name = kind.name;
                assert_eq!(refused, Err(ConsentError::Invalid), "{name}: {how:?} at {place}");
                broken += 1;
            }
        }
        assert!(broken > 5 * claims.count() / 2, "{}: {broken} of {}", kind.name, claims.count());
    }
}

#[test]
fn a_missing_or_further_claim_is_refused() {
    for kind in kinds() {
        let Item::Map(pairs) = Item::claims(&kind.good) else { panic!("claims are a map") };
        let judge = |pairs: Vec<(Item, Item)>| {
            (kind.judge)(&sign(kind.kind, &kind.key, &Item::Map(pairs).written()).unwrap())
        };
        // The only claims that need not be there.
        let optional =
            [Item::Uint(1), Item::Uint(3), Item::Negative(70_002), Item::Negative(70_003)];
        for at in 0..pairs.len() {
            let mut fewer = pairs.clone();
            let (key, _) = fewer.remove(at);
            let optional = optional.contains(&key) && kind.name != "credential";
            let expected = match (optional, kind.name, &key) {
                (true, "request", Item::Negative(70_002)) => Err(ConsentError::Invalid),
                // Without it, it is what a stranger signed.
                (_, "proxied token", Item::Negative(70_004)) => Err(ConsentError::WrongPatientKey),
                (_, "proxied denial", Item::Negative(70_004)) => Ok(()),
                (true, ..) => Ok(()),
                (false, ..) => Err(ConsentError::Invalid),
            };
            assert_eq!(judge(fewer), expected, "{} without {key:?}", kind.name);
        }
        let mut more = pairs.clone();
        more.push((Item::Negative(70_009), Item::Uint(0)));
        assert_eq!(judge(more), Err(ConsentError::Invalid), "{}", kind.name);
    }
}

#[test]
fn another_key_than_the_claimed_one_does_not_sign() {
    for kind in kinds() {
        let claims = Item::claims(&kind.good).written();
        let bytes = sign(kind.kind, &signing(0x71), &claims).unwrap();
        assert_eq!((kind.judge)(&bytes), Err(ConsentError::Invalid), "{}", kind.name);
    }
}

#[test]
fn nothing_larger_than_its_kind_is_looked_at() {
    for kind in kinds() {
        let mut bytes = kind.good.clone();
        bytes.resize(kind.kind.largest() + 1, 0);
        assert_eq!((kind.judge)(&bytes), Err(ConsentError::Invalid), "{}", kind.name);
    }
}

#[test]
fn any_bytes_are_refused_without_a_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let kinds = kinds();
    for round in 0..8_000 {
        let length = usize::try_from(next() % 400).unwrap();
        let mut bytes: Vec<u8> = (0..length).map(|_| next().to_le_bytes()[0]).collect();
        let kind = &kinds[round % kinds.len()];
        assert!((kind.judge)(&bytes).is_err());
        // The claims of a good frame, with anything in it.
        bytes.insert(0, 0xa7);
        let signed = sign(kind.kind, &kind.key, &bytes).unwrap();
        assert!((kind.judge)(&signed).is_err());
    }
}

use bip32::{ChildNumber, XPrv};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

const BIP32: &str = include_str!("../../../tests/vectors/bip32.json");
const SLIP13: &str = include_str!("../../../tests/vectors/slip13.json");

#[test]
fn every_hardened_chain_of_bip32_known_answer() {
    let vectors: Value = serde_json::from_str(BIP32).unwrap();
    let mut chains = 0;
    for vector in vectors["valid"].as_array().unwrap() {
        let seed = hex::decode(vector["seed"].as_str().unwrap()).unwrap();
        for chain in vector["chains"].as_array().unwrap() {
            let path = chain["path"].as_str().unwrap();
            if path.split('/').skip(1).all(|step| step.ends_with('\'')) {
                let node = path.split('/').skip(1).fold(Node::from_seed(&seed), |node, step| {
                    node?.derive_hardened(step.trim_end_matches('\'').parse().unwrap())
                });
                assert_same(&node.unwrap(), &chain["prv"].as_str().unwrap().parse().unwrap());
                chains += 1;
            }
        }
    }
    // m of all four, m/0' of 1, 3 and 4, m/0'/1' of 4.
    assert_eq!(chains, 8);
}

#[test]
fn every_hardened_step_of_bip32_known_answer() {
    // Hardened steps below a normal one, which the chains above do not reach.
    let vectors: Value = serde_json::from_str(BIP32).unwrap();
    let mut steps = 0;
    for vector in vectors["valid"].as_array().unwrap() {
        for pair in vector["chains"].as_array().unwrap().windows(2) {
            let step = pair[1]["path"].as_str().unwrap().rsplit('/').next().unwrap();
            if let Some(index) = step.strip_suffix('\'') {
                let parent = node_of(&pair[0]["prv"].as_str().unwrap().parse().unwrap());
                let child = parent.derive_hardened(index.parse().unwrap()).unwrap();
                assert_same(&child, &pair[1]["prv"].as_str().unwrap().parse().unwrap());
                steps += 1;
            }
        }
    }
    assert_eq!(steps, 7);
}

#[test]
fn slip13_worked_example() {
    let example: Value = serde_json::from_str(SLIP13).unwrap();
    let path: Vec<u32> = serde_json::from_value(example["path"].clone()).unwrap();
    let index = u32::try_from(example["index"].as_u64().unwrap()).unwrap();
    assert_eq!(path[0], PURPOSE | HARDENED);
    assert_eq!(slip13_path(example["uri"].as_str().unwrap(), index).as_slice(), &path[1..]);
}

#[test]
fn uri_and_index_each_change_the_key() {
    let node = IdentityNode::from_seed(&[1; 64]).unwrap();
    let key = |uri: &str, index| node.derive_signing_key(uri, index).unwrap().verifying_key();
    assert_eq!(key("pmw://identity", 0), key("pmw://identity", 0));
    assert_ne!(key("pmw://identity", 0), key("pmw://identity", 1));
    assert_ne!(key("pmw://identity", 0), key("pmw://recovery", 0));
}

#[test]
fn the_stored_node_derives_the_same_keys() {
    let node = IdentityNode::from_seed(&[1; 64]).unwrap();
    let stored = IdentityNode::from_secret(node.to_secret()).unwrap();
    let key = |node: &IdentityNode| node.derive_signing_key("pmw://audit", 0).unwrap().to_secret();
    assert_eq!(key(&stored), key(&node));
}

#[test]
fn a_node_without_a_private_key_is_refused() {
    for byte in [0x00, 0xff] {
        let node = IdentityNode::from_secret(Secret::init_with(|node| node[..32].fill(byte)));
        assert_eq!(node.unwrap_err(), KeyError::Invalid);
    }
}

#[test]
fn debug_does_not_leak_key_material() {
    assert_eq!(format!("{:?}", IdentityNode::from_seed(&[1; 64]).unwrap()), "IdentityNode(..)");
}

proptest! {
    #[test]
    fn derivation_agrees_with_the_bip32_crate(seed: [u8; 64], uri: String, index: u32) {
        let ours = IdentityNode::from_seed(&seed).unwrap().derive_signing_key(&uri, index).unwrap();
        let mut theirs = XPrv::new(&seed).unwrap();
        for step in std::iter::once(PURPOSE).chain(slip13_path(&uri, index)) {
            theirs = theirs.derive_child(ChildNumber(step | HARDENED)).unwrap();
        }
        prop_assert_eq!(ours.to_secret(), Secret::from_slice(&theirs.to_bytes()).unwrap());
    }
}

fn node_of(key: &XPrv) -> Node {
    let bytes = [key.to_bytes(), key.attrs().chain_code].concat();
    Node::new(Secret::from_slice(&bytes).unwrap()).unwrap()
}

fn assert_same(ours: &Node, theirs: &XPrv) {
    assert_eq!(ours.0, node_of(theirs).0);
}

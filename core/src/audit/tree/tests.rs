//! The crate `ct-merkle` (RFC 6962, the same hashes) is the oracle.

use std::convert::Infallible;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;

use super::*;

/// Every complete subtree of a log, by height.
struct Log(Vec<Vec<Hash>>);

impl Log {
    fn new(leaves: impl IntoIterator<Item = Hash>) -> Self {
        let mut nodes: Vec<Vec<Hash>> = Vec::new();
        let mut frontier = Frontier::default();
        for leaf in leaves {
            frontier.push(leaf, |height, index, hash| {
                let height = usize::from(height);
                if nodes.len() == height {
                    nodes.push(Vec::new());
                }
                assert_eq!(u64::try_from(nodes[height].len()), Ok(index), "height {height}");
                nodes[height].push(*hash);
            });
        }
        Self(nodes)
    }
}

impl Nodes for Log {
    type Error = Infallible;
    fn node(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[usize::from(height)][usize::try_from(index).unwrap()])
    }
}

fn leaf(index: u64) -> [u8; 8] {
    index.to_be_bytes()
}

fn log(size: u64) -> Log {
    Log::new((0..size).map(|index| leaf_hash(&leaf(index))))
}

fn oracle(size: u64) -> MemoryBackedTree<Sha256, [u8; 8]> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|index| tree.push(leaf(index)));
    tree
}

fn hashes(proof: &[u8]) -> Vec<Hash> {
    proof.as_chunks().0.to_vec()
}

fn root(nodes: &Log, size: u64) -> Hash {
    let Ok(root) = root_at(nodes, size);
    root
}

fn inclusion(nodes: &Log, index: u64, size: u64) -> Vec<Hash> {
    let Ok(path) = inclusion_path(nodes, index, size);
    path.unwrap()
}

fn consistency(nodes: &Log, from: u64, to: u64) -> Vec<Hash> {
    let Ok(path) = consistency_path(nodes, from, to);
    path.unwrap()
}

const MOST: u64 = 300;

#[test]
fn roots_are_those_of_another_implementation() {
    let nodes = log(MOST);
    let mut tree = oracle(0);
    let mut frontier = Frontier::default();
    for size in 0..=MOST {
        if size > 0 {
            assert_eq!(frontier.root(), tree.root().as_bytes().as_slice(), "{size}");
        }
        assert_eq!(root(&nodes, size), frontier.root(), "{size}");
        assert_eq!(Frontier::load(&nodes, size), Ok(frontier.clone()));
        assert_eq!(frontier.size(), size);
        frontier.push(leaf_hash(&leaf(size)), |_, _, _| {});
        tree.push(leaf(size));
    }
    assert_eq!(root(&nodes, 0), empty_root());
}

#[test]
fn inclusion_paths_are_those_of_another_implementation_and_verify() {
    let nodes = log(MOST);
    let mut tree = oracle(0);
    for size in 1..=MOST {
        tree.push(leaf(size - 1));
        let root = root(&nodes, size);
        for index in 0..size {
            let path = inclusion(&nodes, index, size);
            let theirs = tree.prove_inclusion(usize::try_from(index).unwrap());
            assert_eq!(path, hashes(theirs.as_bytes()), "{index} of {size}");
            let hash = leaf_hash(&leaf(index));
            assert_eq!(verify_inclusion(&hash, index, &path, size, &root), Ok(()));
        }
    }
    assert_eq!(inclusion_path(&nodes, MOST, MOST), Ok(None));
}

#[test]
fn consistency_paths_are_those_of_another_implementation_and_verify() {
    let nodes = log(MOST);
    let mut tree = oracle(0);
    for to in 1..=MOST {
        tree.push(leaf(to - 1));
        let to_root = root(&nodes, to);
        for from in 1..=to {
            let path = consistency(&nodes, from, to);
            let theirs = tree.prove_consistency(usize::try_from(to - from).unwrap());
            assert_eq!(path, hashes(theirs.as_bytes()), "{from} to {to}");
            let from_root = root(&nodes, from);
            assert_eq!(verify_consistency((from, &from_root), (to, &to_root), &path), Ok(()));
        }
    }
    assert_eq!(consistency_path(&nodes, 0, 5), Ok(Some(vec![])));
    assert_eq!(verify_consistency((0, &empty_root()), (5, &root(&nodes, 5)), &[]), Ok(()));
    assert_eq!(consistency_path(&nodes, 6, 5), Ok(None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn large_logs_agree_with_another_implementation(
        size in 300_u64..6_000, first in any::<u64>(), second in any::<u64>(),
    ) {
        let (nodes, tree) = (log(size), oracle(size));
        let (index, from) = (first % size, 1 + second % size);
        let to = root(&nodes, size);
        prop_assert!(to == tree.root().as_bytes().as_slice());
        let path = inclusion(&nodes, index, size);
        let theirs = tree.prove_inclusion(usize::try_from(index).unwrap());
        prop_assert_eq!(&path, &hashes(theirs.as_bytes()));
        prop_assert_eq!(verify_inclusion(&leaf_hash(&leaf(index)), index, &path, size, &to), Ok(()));
        let path = consistency(&nodes, from, size);
        let theirs = tree.prove_consistency(usize::try_from(size - from).unwrap());
        prop_assert_eq!(&path, &hashes(theirs.as_bytes()));
        let before = root(&nodes, from);
        prop_assert_eq!(verify_consistency((from, &before), (size, &to), &path), Ok(()));
    }

    #[test]
    fn hostile_proofs_end_in_a_refusal(
        sizes in any::<[u64; 2]>(), path in prop::collection::vec(any::<Hash>(), 0..70),
    ) {
        let [one, other] = sizes;
        let zero = [0; 32];
        prop_assert_eq!(verify_inclusion(&zero, one, &path, other, &[1; 32]), Err(Unproven));
        prop_assert_eq!(verify_consistency((one, &zero), (other, &[1; 32]), &path), Err(Unproven));
    }
}

#[test]
fn the_largest_sizes_are_refused_without_overflow() {
    let path = vec![[0; 32]; 64];
    for size in [1 << 62, 1 << 63, (1 << 63) + 1, u64::MAX - 1, u64::MAX] {
        for index in [0, 1, size / 2, size - 1, size] {
            for count in 0..=path.len() {
                let refused = verify_inclusion(&[0; 32], index, &path[..count], size, &[1; 32]);
                assert_eq!(refused, Err(Unproven));
                let ends = ((index, &[0; 32]), (size, &[1; 32]));
                assert_eq!(verify_consistency(ends.0, ends.1, &path[..count]), Err(Unproven));
            }
        }
    }
}

#[test]
fn a_proof_of_something_else_is_refused() {
    let nodes = log(40);
    for size in 2..=40 {
        let to = root(&nodes, size);
        for index in 0..size {
            let (hash, path) = (leaf_hash(&leaf(index)), inclusion(&nodes, index, size));
            let holds = |index, path: &[Hash], size, hash: &Hash| {
                verify_inclusion(hash, index, path, size, &to).is_ok()
            };
            assert!(!holds(index, &path, size, &leaf_hash(&leaf(index + 1))), "another leaf");
            assert!((0..=size).all(|other| other == index || !holds(other, &path, size, &hash)));
            assert!(!holds(index, path.split_last().unwrap().1, size, &hash), "a hash less");
            assert!(!holds(index, &[path.as_slice(), &[to]].concat(), size, &hash), "one more");
            for at in 0..path.len() {
                let mut changed = path.clone();
                changed[at][at % 32] ^= 1;
                assert!(!holds(index, &changed, size, &hash));
            }
        }
        for from in 1..size {
            let (before, path) = (root(&nodes, from), consistency(&nodes, from, size));
            let holds = |from, before: &Hash, path: &[Hash]| {
                verify_consistency((from, before), (size, &to), path).is_ok()
            };
            assert!(!holds(from, &root(&nodes, from - 1), &path), "another root");
            assert!(!holds(from, &before, &[path.as_slice(), &[to]].concat()), "one more");
            for at in 0..path.len() {
                let mut changed = path.clone();
                changed[at][at % 32] ^= 1;
                assert!(!holds(from, &before, &changed));
                changed.truncate(at);
                assert!(!holds(from, &before, &changed));
            }
        }
    }
}

#[test]
fn one_root_cannot_stand_for_two_sizes() {
    let root = root(&log(4), 4);
    for to in 5..40 {
        assert_eq!(verify_consistency((4, &root), (to, &root), &[]), Err(Unproven), "{to}");
    }
    assert_eq!(verify_consistency((8, &root), (4, &root), &[]), Err(Unproven), "shrunk");
    assert_eq!(verify_consistency((4, &root), (4, &root), &[]), Ok(()));
    assert_eq!(verify_consistency((4, &root), (4, &root), &[root]), Err(Unproven));
    assert_eq!(verify_consistency((0, &empty_root()), (4, &root), &[root]), Err(Unproven));
}

/// What an attacker would do to a log that somebody has a root of, at size 20.
#[test]
fn a_changed_log_cannot_continue_the_one_it_was() {
    let leaves = |size: u64| (0..size).map(|index| leaf_hash(&leaf(index))).collect::<Vec<_>>();
    let before = root(&log(20), 20);
    let mut forked = leaves(30);
    forked[19] = leaf_hash(b"something else");
    let mut reordered = leaves(30);
    reordered.swap(3, 4);
    let mut shortened = leaves(30);
    shortened.remove(7);
    let mut inserted = leaves(30);
    inserted.insert(0, leaf_hash(b"backdated"));
    for leaves in [forked, reordered, shortened, inserted] {
        let (size, nodes) = (u64::try_from(leaves.len()).unwrap(), Log::new(leaves));
        let now = root(&nodes, size);
        let path = consistency(&nodes, 20, size);
        assert_eq!(verify_consistency((20, &before), (size, &now), &path), Err(Unproven));
        assert_eq!(verify_consistency((20, &root(&nodes, 20)), (size, &now), &path), Ok(()));
    }
    let truncated = log(10);
    let now = root(&truncated, 10);
    assert_eq!(verify_consistency((20, &before), (10, &now), &[]), Err(Unproven));
}

#[test]
fn neighbours_hash_to_the_subtree_above_them() {
    let nodes = log(64);
    assert_eq!(subtree_hash(&nodes.0[0][8..16]), Some(nodes.0[3][1]));
    assert_eq!(subtree_hash(&nodes.0[0][8..9]), Some(nodes.0[0][8]));
    assert_eq!(subtree_hash(&nodes.0[0][..3]), None);
    assert_eq!(subtree_hash(&[]), None);
}

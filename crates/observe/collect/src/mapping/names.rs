//! The names that pages ask for, as numbers.
//!
//! A name is a path: names of nested objects joined by dots. A record may nest (`{"a":{"b":1}}`) or
//! join the names itself (`{"a.b":1}`); both are the same path here. While a record is read, each of
//! its names is looked up once, below the number of the object it stands in, so that nobody has to
//! put paths together or compare them later.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The number of a path.
pub(super) type Node = u32;

/// The record itself.
pub(super) const ROOT: Node = 0;

/// A path that no page asks for, and everything below it.
pub(super) const UNKNOWN: Node = Node::MAX;

/// All paths that pages ask for.
#[derive(Clone, Debug)]
pub(super) struct Names {
    below: Vec<HashMap<Box<str>, Node, BuildHasherDefault<Fast>>>,
}

impl Default for Names {
    fn default() -> Self {
        Self { below: vec![HashMap::default()] }
    }
}

impl Names {
    /// How many numbers there are; all are below this one.
    pub(super) fn len(&self) -> usize {
        self.below.len()
    }

    /// The number of a path, made if there is none yet.
    pub(super) fn insert(&mut self, path: &str) -> Node {
        path.split('.').fold(ROOT, |above, name| {
            let next = Node::try_from(self.below.len()).unwrap_or(UNKNOWN);
            let Some(names) = self.below.get_mut(above as usize) else { return UNKNOWN };
            if let Some(node) = names.get(name) {
                return *node;
            }
            names.insert(name.into(), next);
            self.below.push(HashMap::default());
            next
        })
    }

    /// The number of a name below another number; the name may be several, joined by dots.
    pub(super) fn find(&self, above: Node, name: &str) -> Node {
        let Some(names) = self.below.get(above as usize) else { return UNKNOWN };
        if names.is_empty() {
            return UNKNOWN;
        }
        match names.get(name) {
            Some(node) => *node,
            None => match name.split_once('.') {
                Some((first, rest)) => match names.get(first) {
                    Some(node) => self.find(*node, rest),
                    None => UNKNOWN,
                },
                None => UNKNOWN,
            },
        }
    }
}

/// A hash for our own names: quick, and safe because nothing foreign is ever put into the tables.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fast(u64);

impl Hasher for Fast {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_nesting_are_the_same() {
        let mut names = Names::default();
        let deep = names.insert("annotations.authorization.k8s.io/decision");
        assert_eq!(names.insert("annotations.authorization.k8s.io/decision"), deep);
        let annotations = names.find(ROOT, "annotations");
        assert_eq!(names.find(annotations, "authorization.k8s.io/decision"), deep);
        assert_eq!(names.find(ROOT, "annotations.authorization.k8s.io/decision"), deep);
        assert_eq!(names.find(annotations, "authorization.k8s.io/reason"), UNKNOWN);
        assert_eq!(names.find(UNKNOWN, "annotations"), UNKNOWN);
        assert_eq!(names.find(deep, ""), UNKNOWN);
    }
}

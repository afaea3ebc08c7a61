//! Which page a record belongs to, without asking every page.
//!
//! Each shape (a way to tell the records of a page) is filed under the one of its paths that the
//! fewest shapes ask for. A record shows its paths; only the shapes filed under one of them are
//! tested. Of several that fit, the user's own goes first, then the one that asks for more.

use super::flat::{Flat, Slots};
use super::names::Node;
use super::take::Table;
use std::collections::HashMap;

pub(super) use super::take::Pattern;

/// A way to tell the records of a page.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) page: usize,
    rank: (bool, usize),
    tests: Vec<(Node, Test)>,
}

/// What is asked of a path.
#[derive(Clone, Debug)]
pub(super) enum Test {
    There,
    Absent,
    Equals(Vec<Box<str>>),
    Fits(Vec<Pattern>),
}

/// All shapes, filed.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    shapes: Vec<Shape>,
    /// By path: the shapes filed under it.
    under: Vec<Box<[u32]>>,
}

impl Shape {
    pub(super) fn new(page: usize, is_own: bool, tests: Vec<(Node, Test)>) -> Self {
        let weight = |test: &Test| match test {
            Test::There | Test::Absent => 1,
            Test::Equals(_) | Test::Fits(_) => 4,
        };
        let rank = (is_own, tests.iter().map(|(_, test)| weight(test)).sum());
        Self { page, rank, tests }
    }

    fn fits(&self, flat: &Flat<'_>, slots: &Slots) -> bool {
        self.tests.iter().all(|(node, test)| match test {
            Test::There => slots.is_there(*node),
            Test::Absent => !slots.is_there(*node),
            Test::Equals(values) => has(*node, flat, slots, &|text| values.iter().any(|value| **value == *text)),
            Test::Fits(patterns) => has(*node, flat, slots, &|text| patterns.iter().any(|pattern| pattern.fits(text))),
        })
    }
}

/// Whether a value of a path is as wanted.
fn has(node: Node, flat: &Flat<'_>, slots: &Slots, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    let mut at = slots.first(node);
    while let Some(entry) = flat.get(at) {
        if is_wanted(&entry.value.text()) {
            return true;
        }
        at = entry.next;
    }
    false
}

impl Files {
    pub(super) fn new(shapes: Vec<Shape>, paths: usize) -> Self {
        let mut asked: HashMap<Node, usize> = HashMap::new();
        for (node, _) in shapes.iter().flat_map(|shape| &shape.tests) {
            *asked.entry(*node).or_default() += 1;
        }
        let mut under = vec![Vec::new(); paths];
        for (number, shape) in shapes.iter().enumerate() {
            let needed = shape.tests.iter().filter(|(_, test)| !matches!(test, Test::Absent));
            let rarest = needed.min_by_key(|(node, _)| asked.get(node).copied().unwrap_or_default());
            if let Some(list) = rarest.and_then(|(node, _)| under.get_mut(*node as usize))
                && let Ok(number) = u32::try_from(number)
            {
                list.push(number);
            }
        }
        Self { shapes, under: under.into_iter().map(Into::into).collect() }
    }

    /// The page of a record.
    pub(super) fn page(&self, flat: &Flat<'_>, slots: &Slots) -> Option<usize> {
        let filed = |node: &Node| self.under.get(*node as usize).into_iter().flatten();
        let here = slots.touched().iter().flat_map(filed).filter_map(|number| self.shapes.get(*number as usize));
        let mut best: Option<&Shape> = None;
        for shape in here {
            let goes_before = best.is_none_or(|best| (shape.rank, best.page) > (best.rank, shape.page));
            if goes_before && shape.fits(flat, slots) {
                best = Some(shape);
            }
        }
        best.map(|shape| shape.page)
    }

    /// The most shapes filed under one path: what a record may cost.
    #[cfg(test)]
    pub(super) fn most(&self) -> usize {
        self.under.iter().map(|list| list.len()).max().unwrap_or_default()
    }
}

/// The first case that is left when every decision was asked; `cases` when none is.
pub(super) fn case(decisions: &[super::compile::Decision], cases: usize, flat: &Flat<'_>, slots: &Slots) -> usize {
    let mut left = (1_u64 << cases) - 1;
    for decision in decisions {
        if left == 0 {
            break;
        }
        let value = decision.from.iter().find_map(|node| flat.get(slots.first(*node)));
        left &= decision.others
            | match value {
                None => decision.absent,
                Some(entry) => decision.there | allowed(&decision.table, &entry.value.text()),
            };
    }
    if left == 0 { cases } else { left.trailing_zeros() as usize }
}

fn allowed(table: &Table<u64>, text: &str) -> u64 {
    table.all(text).fold(0, |all, bits| all | bits)
}

//! What an event must contain for a rule to have a chance.
//!
//! From a rule's condition follows a set of literals of which at least one has to be in the event,
//! or there is no such set. Holds: a condition that is true has one of its literals in the event
//! (the differential test runs every rule with and without them). More literals than needed cost
//! time, a missing one would cost a detection: when in doubt there is no set, and the rule is always
//! looked at.

use super::view::Slot;
use crate::rule::tree::{Check, Item, Node, Relation, Test};

/// Shorter texts are in nearly every event.
const TEXT_CHARS_MIN: usize = 2;
/// How much a number is worth, in characters of text.
const NUMBER_WORTH: usize = 4;

/// Something that is in the event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Literal {
    /// A folded text in a field; without a slot, anywhere in the event.
    Text(Option<Slot>, Box<str>),
    /// A field that is this number, as the bits of the floating-point number.
    Number(Slot, u64),
}

/// The literals of which one has to be there; `None` when nothing can be said.
pub(crate) fn literals(node: &Node<Slot>) -> Option<Vec<Literal>> {
    match node {
        Node::All(parts) => parts.iter().filter_map(literals).max_by_key(|set| worth(set)),
        Node::Any(parts) => united(parts.iter().map(literals)),
        // One of any `len - count + 1` parts holds; all of them is a plain and safe choice.
        Node::AtLeast(1.., parts) => united(parts.iter().map(literals)),
        Node::AtLeast(..) | Node::Not(_) => None,
        Node::Item(item) => of_item(item),
    }
}

/// A number of a field, as the bits that [`Literal::Number`] holds.
pub(crate) fn bits(number: f64) -> u64 {
    // Zero has two forms that are equal.
    if number == 0.0 { 0 } else { number.to_bits() }
}

fn of_item(item: &Item<Slot>) -> Option<Vec<Literal>> {
    let Check::Tests(tests) = &item.check else { return None };
    if item.negated || item.without_field() {
        return None;
    }
    let sets = tests.iter().map(|test| of_test(item.field, test));
    if item.every { sets.flatten().max_by_key(|set| worth(set)) } else { united(sets) }
}

fn of_test(slot: Option<Slot>, test: &Test) -> Option<Vec<Literal>> {
    let text = |text: &str| (text.chars().count() >= TEXT_CHARS_MIN).then(|| Literal::Text(slot, text.into()));
    match test {
        Test::Pattern(pattern) => Some(vec![text(&pattern.literal())?]),
        Test::Contained(_, texts) => texts.iter().map(|value| text(value)).collect(),
        Test::Number(Relation::Equal, number) => Some(vec![Literal::Number(slot?, bits(number.real()))]),
        _ => None,
    }
}

fn united(sets: impl Iterator<Item = Option<Vec<Literal>>>) -> Option<Vec<Literal>> {
    let sets: Option<Vec<_>> = sets.collect();
    Some(sets?.concat())
}

/// Long literals are rare in events, few literals are rarer than many.
fn worth(set: &[Literal]) -> (usize, std::cmp::Reverse<usize>) {
    let shortest = set.iter().map(|literal| match literal {
        Literal::Text(_, text) => text.len(),
        Literal::Number(..) => NUMBER_WORTH,
    });
    (shortest.min().unwrap_or(0), std::cmp::Reverse(set.len()))
}

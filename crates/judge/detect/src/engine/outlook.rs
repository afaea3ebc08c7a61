//! What a condition can come to in a log source, before any event.
//!
//! The tree is judged with three values. What asks for a field that the source never has is as if
//! the field were missing; what asks for something that is the same in all events of the source
//! (class, parser, program) is decided; everything else is open.

use super::source::Source;
use crate::rule::pattern::fold;
use crate::rule::tree::{Check, Item, Node, Test};
use std::collections::BTreeSet;

/// Whether a condition is about a source at all: it does not ask for another class or program.
pub(super) fn concerns(node: &Node<String>, source: &Source) -> bool {
    outlook(node, source, &mut None) != Outlook::Never
}

/// Whether a condition can be met by events of a source; notes the fields it asks for in vain.
pub(super) fn can_match(node: &Node<String>, source: &Source, gaps: &mut BTreeSet<String>) -> bool {
    outlook(node, source, &mut Some(gaps)) != Outlook::Never
}

/// What is known of a condition without an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outlook {
    Always,
    Never,
    Open,
}

/// Where gaps are noted; without it, only what a source is (class, parser, program) counts and every
/// field is taken to be there.
type Gaps<'g> = Option<&'g mut BTreeSet<String>>;

fn outlook(node: &Node<String>, source: &Source, gaps: &mut Gaps<'_>) -> Outlook {
    let mut each = |parts: &[Node<String>]| parts.iter().map(|part| outlook(part, source, gaps)).collect::<Vec<_>>();
    match node {
        Node::All(parts) => at_least(parts.len(), &each(parts)),
        Node::Any(parts) => at_least(1, &each(parts)),
        Node::AtLeast(count, parts) => at_least(*count, &each(parts)),
        Node::Not(part) => match outlook(part, source, gaps) {
            Outlook::Always => Outlook::Never,
            Outlook::Never => Outlook::Always,
            Outlook::Open => Outlook::Open,
        },
        Node::Item(item) => of_item(item, source, gaps),
    }
}

fn at_least(count: usize, parts: &[Outlook]) -> Outlook {
    let of = |outlook| parts.iter().filter(|part| **part == outlook).count();
    if of(Outlook::Always) >= count {
        Outlook::Always
    } else if parts.len() - of(Outlook::Never) < count {
        Outlook::Never
    } else {
        Outlook::Open
    }
}

fn of_item(item: &Item<String>, source: &Source, gaps: &mut Gaps<'_>) -> Outlook {
    if item.field.as_ref().is_some_and(|name| is_excluded(item, name, source)) {
        return Outlook::Never;
    }
    let Some(gaps) = gaps else { return Outlook::Open };
    let mut has = |name: &String| {
        let has = source.can_set(&source.places(name));
        if !has {
            gaps.insert(name.clone());
        }
        has
    };
    let others = match &item.check {
        Check::Fields { others, .. } => {
            let there = others.iter().filter(|other| has(other)).count();
            if item.every { there == others.len() } else { there > 0 }
        }
        Check::Tests(_) => true,
    };
    match &item.field {
        Some(field) if !has(field) => {
            if item.without_field() {
                Outlook::Always
            } else {
                Outlook::Never
            }
        }
        _ if !others && !item.negated => Outlook::Never,
        _ => Outlook::Open,
    }
}

/// Whether what is the same in all events of a source rules this item out.
fn is_excluded(item: &Item<String>, name: &str, source: &Source) -> bool {
    let places = source.places(name);
    let (Check::Tests(tests), Some(place)) = (&item.check, places.first()) else { return false };
    let Some(constants) = source.constants(place) else { return false };
    let passes = |text: &&str| {
        let folded = fold(text);
        let pass = |test: &Test| test.text(text, &folded);
        (if item.every { tests.iter().all(pass) } else { tests.iter().any(pass) }) != item.negated
    };
    !constants.iter().any(passes)
}

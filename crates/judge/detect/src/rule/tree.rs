//! A rule's condition as a tree of tests.
//!
//! Fields are names until the tree is bound to a log source; then they are places in an event.
//! Holds: a tree without [`Node::Not`] and negated items only turns true when values are added.

use super::calendar::{TimePart, time_of_number, time_of_text};
use super::pattern::{Pattern, Place, fold};
use aho_corasick::AhoCorasick;
use ipnet::IpNet;
use regex::Regex;
use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;
use vigie_model::time::Timestamp;

/// A condition.
#[derive(Clone, Debug)]
pub(crate) enum Node<F> {
    /// Every part.
    All(Vec<Self>),
    /// At least one part.
    Any(Vec<Self>),
    /// At least this many parts.
    AtLeast(usize, Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// One field.
    Item(Item<F>),
}

/// What is asked of one field, or of the whole event.
#[derive(Clone, Debug)]
pub(crate) struct Item<F> {
    /// The field; without one, the words of the whole event are searched.
    pub(crate) field: Option<F>,
    /// What is asked.
    pub(crate) check: Check<F>,
    /// Whether every value has to fit, or one.
    pub(crate) every: bool,
    /// `neq`: the field is there and what is asked does not hold.
    pub(crate) negated: bool,
}

/// What is asked of a field.
#[derive(Clone, Debug)]
pub(crate) enum Check<F> {
    /// Values of the rule.
    Tests(Arc<[Test]>),
    /// Values of other fields of the same event.
    Fields {
        /// The other fields.
        others: Vec<F>,
        /// Where their text has to be.
        place: Place,
        /// Whether case counts.
        cased: bool,
    },
}

/// One value of a rule.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// A text with its place.
    Pattern(Pattern),
    /// One of many texts, folded, anywhere.
    Contained(AhoCorasick, Arc<[Box<str>]>),
    /// A regular expression.
    Regex(Regex),
    /// An address within a network.
    Network(IpNet),
    /// A number in this relation to the value.
    Number(Relation, Number),
    /// A boolean.
    Boolean(bool),
    /// The field is missing.
    Missing,
    /// The field is there, or is not.
    Present(bool),
    /// A part of a point in time in this relation to the value.
    Time(TimePart, Relation, Number),
}

/// How a number relates to a rule's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Equal.
    Equal,
    /// Greater.
    Greater,
    /// Greater or equal.
    AtLeast,
    /// Less.
    Less,
    /// Less or equal.
    AtMost,
}

/// A number, exact where it is whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Whole.
    Whole(i64),
    /// With a fraction, or beyond the whole ones.
    Real(f64),
}

impl<F> Node<F> {
    /// The same condition over other fields.
    pub(crate) fn bind<G>(&self, bind: &mut impl FnMut(&F) -> G) -> Node<G> {
        match self {
            Self::All(parts) => Node::All(parts.iter().map(|part| part.bind(bind)).collect()),
            Self::Any(parts) => Node::Any(parts.iter().map(|part| part.bind(bind)).collect()),
            Self::AtLeast(count, parts) => Node::AtLeast(*count, parts.iter().map(|part| part.bind(bind)).collect()),
            Self::Not(part) => Node::Not(Box::new(part.bind(bind))),
            Self::Item(item) => Node::Item(item.bind(bind)),
        }
    }
}

impl<F> Item<F> {
    fn bind<G>(&self, bind: &mut impl FnMut(&F) -> G) -> Item<G> {
        let field = self.field.as_ref().map(&mut *bind);
        let check = match &self.check {
            Check::Tests(tests) => Check::Tests(Arc::clone(tests)),
            Check::Fields { others, place, cased } => {
                Check::Fields { others: others.iter().map(bind).collect(), place: *place, cased: *cased }
            }
        };
        Item { field, check, every: self.every, negated: self.negated }
    }

    /// Whether an event without the field satisfies this.
    pub(crate) fn without_field(&self) -> bool {
        let Check::Tests(tests) = &self.check else { return false };
        let missing = |test: &Test| matches!(test, Test::Missing | Test::Present(false));
        let satisfied = if self.every { tests.iter().all(missing) } else { tests.iter().any(missing) };
        satisfied && !self.negated
    }
}

impl Test {
    /// Whether a text passes. `folded` is the text's [`fold`].
    pub(crate) fn text(&self, text: &str, folded: &str) -> bool {
        match self {
            Self::Pattern(pattern) => pattern.fits(text, folded),
            Self::Contained(automaton, _) => automaton.is_match(folded),
            Self::Regex(regex) => regex.is_match(text),
            Self::Network(network) => text.parse::<IpAddr>().is_ok_and(|address| network.contains(&unmapped(address))),
            Self::Number(relation, value) => Number::parse(text).is_some_and(|number| relation.holds(number, *value)),
            Self::Boolean(expected) => boolean(folded) == Some(*expected),
            Self::Missing => false,
            Self::Present(expected) => *expected,
            Self::Time(part, relation, value) => {
                time_of_text(text).is_some_and(|time| relation.holds(Number::Whole(part.of(time)), *value))
            }
        }
    }

    /// Whether a number passes.
    pub(crate) fn integer(&self, number: i64) -> bool {
        match self {
            Self::Number(relation, value) => relation.holds(Number::Whole(number), *value),
            Self::Time(part, relation, value) => relation.holds(Number::Whole(part.of(time_of_number(number))), *value),
            Self::Boolean(_) | Self::Network(_) | Self::Missing => false,
            Self::Present(expected) => *expected,
            Self::Pattern(_) | Self::Contained(..) | Self::Regex(_) => {
                let text = number.to_string();
                self.text(&text, &text)
            }
        }
    }

    /// Whether a boolean passes.
    pub(crate) fn boolean(&self, value: bool) -> bool {
        match self {
            Self::Boolean(expected) => value == *expected,
            _ => {
                let text = if value { "true" } else { "false" };
                self.text(text, text)
            }
        }
    }

    /// Whether a point in time passes.
    pub(crate) fn time(&self, time: Timestamp) -> bool {
        match self {
            Self::Time(part, relation, value) => relation.holds(Number::Whole(part.of(time)), *value),
            _ => {
                let text = time.to_string();
                self.text(&text, &fold(&text))
            }
        }
    }
}

impl Relation {
    /// Whether a number stands in this relation to a value.
    pub(crate) fn holds(self, number: Number, value: Number) -> bool {
        let order = match (number, value) {
            (Number::Whole(number), Number::Whole(value)) => Some(number.cmp(&value)),
            _ => number.real().partial_cmp(&value.real()),
        };
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::Greater => order == Some(Ordering::Greater),
            Self::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::Less => order == Some(Ordering::Less),
            Self::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }
}

impl Number {
    /// The number a text is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Most texts are no numbers: not worth two parsers.
        if !text.bytes().next_back()?.is_ascii_digit() && !text.ends_with('.') {
            return None;
        }
        text.parse().map(Self::Whole).ok().or_else(|| text.parse().map(Self::Real).ok())
    }

    /// The number with a fraction; whole ones beyond 2^53 lose their last digits.
    pub(crate) fn real(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Real(number) => number,
        }
    }
}

/// An IPv4 address within IPv6 (`::ffff:192.0.2.1`) as the IPv4 address it is.
fn unmapped(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn boolean(folded: &str) -> Option<bool> {
    match folded {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let equal = |text: &str, value| Test::Number(Relation::Equal, value).text(text, text);
        assert!(equal("4625", Number::Whole(4625)));
        assert!(equal("4625.0", Number::Whole(4625)));
        assert!(!equal("4625x", Number::Whole(4625)));
        assert!(!equal("", Number::Whole(0)));
        assert!(equal("0.5", Number::Real(0.5)));
        // Beyond 2^53 neighbours are still told apart.
        assert!(!Test::Number(Relation::Equal, Number::Whole(i64::MAX)).integer(i64::MAX - 1));
        assert!(Test::Number(Relation::AtLeast, Number::Whole(10)).integer(10));
        assert!(!Test::Number(Relation::Greater, Number::Whole(10)).integer(10));
    }

    #[test]
    fn addresses_within_networks() {
        let network = Test::Network("10.0.0.0/8".parse().unwrap());
        assert!(network.text("10.1.2.3", "10.1.2.3"));
        assert!(network.text("::ffff:10.1.2.3", "::ffff:10.1.2.3"));
        assert!(!network.text("11.0.0.1", "11.0.0.1"));
        assert!(!network.text("host", "host"));
        assert!(Test::Network("fe80::/10".parse().unwrap()).text("fe80::1", "fe80::1"));
    }
}

//! Holding a query against one event.

use super::expr::{Expr, Term, Test};
use super::names::Target;
use super::pattern::folded;
use crate::address;
use crate::row::{Part, Row};
use vigie_model::event::Label;

impl Expr {
    /// Whether an event satisfies it.
    pub(crate) fn matches(&self, row: &dyn Row) -> bool {
        match self {
            Self::All => true,
            Self::And(parts) => parts.iter().all(|part| part.matches(row)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(row)),
            Self::Not(part) => !part.matches(row),
            Self::Term(term) => term.matches(row),
        }
    }
}

impl Term {
    fn matches(&self, row: &dyn Row) -> bool {
        let test = &self.test;
        match &self.target {
            Target::Field(field) => row.visit(*field, &mut |part| test.holds(part)),
            Target::Id => test.holds_number(row.id().0.cast_signed()),
            Target::Time => test.holds_number(row.time().micros()),
            Target::Received => test.holds_number(row.received().micros()),
            Target::Severity => test.holds_number(i64::from(row.severity().number())),
            Target::Class | Target::Activity => match test {
                Test::Classes(classes) => classes.contains(&row.class()),
                Test::Activities(pairs) => pairs.contains(&(row.class(), row.activity())),
                test => test.holds_number(i64::from(row.activity())),
            },
            Target::Source => test.holds_own_text(row.source()),
            Target::Format => test.holds_own_text(row.format()),
            Target::Host => test.holds_own_text(row.host()),
            Target::Label(Label::Tenant) => test.holds_text(row.tenant()),
            Target::Label(label) => row.label(*label).is_some_and(|value| test.holds_text(value)),
            Target::Raw => match test {
                Test::Contains(needle) => needle.is_in(row.raw()),
                test => *test == Test::Present && !row.raw().is_empty(),
            },
            Target::Unmapped(None) => row.visit_unmapped(&mut |_, value| test.holds_text(value)),
            Target::Unmapped(Some(wanted)) => {
                row.visit_unmapped(&mut |name, value| folded(name) == **wanted && test.holds_text(value))
            }
        }
    }
}

impl PartialEq for Test {
    /// Only for the tests that carry nothing.
    fn eq(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Present, Self::Present))
    }
}

impl Test {
    /// Whether a value passes.
    pub(crate) fn holds(&self, part: Part<'_>) -> bool {
        match part {
            Part::Text(text) => self.holds_text(text),
            Part::Integer(number) => self.holds_number(number),
            Part::Boolean(truth) => matches!(self, Self::Present) || matches!(self, Self::Boolean(wanted) if *wanted == truth),
        }
    }

    /// Whether a text passes.
    pub(crate) fn holds_text(&self, text: &str) -> bool {
        match self {
            Self::Present => true,
            Self::Text(pattern) => pattern.matches(text),
            Self::TextRange(range) => range.holds(&folded(text)),
            Self::Network(network) => address::parse(text).is_some_and(|address| network.contains(&address)),
            Self::Addresses(low, high) => address::parse(text).is_some_and(|address| *low <= address && address <= *high),
            Self::Contains(needle) => needle.is_in(text.as_bytes()),
            Self::Integer(..) | Self::Boolean(_) | Self::Classes(_) | Self::Activities(_) => false,
        }
    }

    /// Whether a text passes that every event has, if only an empty one.
    pub(crate) fn holds_own_text(&self, text: &str) -> bool {
        if matches!(self, Self::Present) { !text.is_empty() } else { self.holds_text(text) }
    }

    /// Whether a number passes.
    pub(crate) fn holds_number(&self, number: i64) -> bool {
        match self {
            Self::Present => true,
            Self::Integer(low, high) => (*low..=*high).contains(&number),
            _ => false,
        }
    }
}

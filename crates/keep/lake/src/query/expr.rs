//! A query as it is evaluated: conditions on one value each, and how they hang together.

use super::names::Target;
use super::needle::Needle;
use super::pattern::Pattern;
use ipnet::IpNet;
use std::net::IpAddr;
use vigie_model::event::Class;

/// How conditions hang together. Two-valued: a condition on a value that is not there is false, and
/// its negation true.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    /// Every event.
    All,
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Term(Term),
}

/// A condition on one value, or on any value of one field.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    pub(crate) target: Target,
    pub(crate) test: Test,
}

/// What a value must be.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// There.
    Present,
    /// A text that looks like this.
    Text(Pattern),
    /// A text in this range, case ignored.
    TextRange(TextRange),
    /// A number in this range, ends included.
    Integer(i64, i64),
    /// This truth value.
    Boolean(bool),
    /// An address of this network.
    Network(IpNet),
    /// An address between these, both included.
    Addresses(IpAddr, IpAddr),
    /// A record that contains this.
    Contains(Needle),
    /// One of these classes.
    Classes(Vec<Class>),
    /// One of these activities of a class.
    Activities(Vec<(Class, u8)>),
}

/// A range of folded texts; an end may be open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextRange {
    pub(crate) low: Option<(Box<str>, bool)>,
    pub(crate) high: Option<(Box<str>, bool)>,
}

impl TextRange {
    /// Whether a folded text is in the range.
    pub(crate) fn holds(&self, folded: &str) -> bool {
        let above = self.low.as_ref().is_none_or(|(low, included)| folded > &**low || *included && folded == &**low);
        let below = self.high.as_ref().is_none_or(|(high, included)| folded < &**high || *included && folded == &**high);
        above && below
    }
}

impl Expr {
    /// Both, without needless nesting.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, other) | (other, Self::All) => other,
            (Self::And(mut parts), Self::And(more)) => {
                parts.extend(more);
                Self::And(parts)
            }
            (Self::And(mut parts), other) => {
                parts.push(other);
                Self::And(parts)
            }
            (one, other) => Self::And(vec![one, other]),
        }
    }

    /// Any of these.
    pub(super) fn any(mut parts: Vec<Self>) -> Self {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Self::Or(parts)
            }
            None => Self::Not(Box::new(Self::All)),
        }
    }

    /// The parts of which all must hold.
    pub(crate) fn conjuncts(&self) -> &[Self] {
        match self {
            Self::And(parts) => parts,
            Self::All => &[],
            one => std::slice::from_ref(one),
        }
    }

    /// Whether some condition in it holds for a term.
    pub(crate) fn has(&self, wanted: &dyn Fn(&Term) -> bool) -> bool {
        match self {
            Self::All => false,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.has(wanted)),
            Self::Not(part) => part.has(wanted),
            Self::Term(term) => wanted(term),
        }
    }
}

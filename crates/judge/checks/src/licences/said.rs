//! What a package says of its licences, and what a policy makes of that.

use super::UNKNOWN;
use super::class::Class;
use super::policy::{Policy, Ruling};
use spdx::expression::{ExprNode, Operator};
use spdx::{Expression, LicenseReq, ParseMode};

/// Spellings that are out of use count, too.
pub(super) const LAX: ParseMode = ParseMode { allow_deprecated: true, allow_unknown: false, ..ParseMode::LAX };

/// The longest text that is read as an expression; nobody needs longer ones.
const EXPRESSION_BYTES_MAX: usize = 1024;

/// What nobody holds rights to, as SPDX has no name for it.
const PUBLIC_DOMAIN: &str = "LicenseRef-public-domain";

/// One package's statements; all of them count.
pub(super) struct Said {
    statements: Vec<Option<Expression>>,
}

/// What is worst in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Worst {
    pub(super) ruling: Ruling,
    /// The licence, as SPDX spells it.
    pub(super) name: String,
}

impl Said {
    pub(super) fn read(statements: &[String]) -> Self {
        let said = statements.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        Self { statements: said.map(expression).collect() }
    }

    pub(super) fn judged(&self, policy: &Policy) -> Worst {
        let of_statement =
            |statement: &Option<Expression>| statement.as_ref().map_or_else(|| unknown(policy), |it| judged(it, policy));
        let nothing = || Worst { ruling: policy.of_nothing(), name: UNKNOWN.to_owned() };
        self.statements.iter().map(of_statement).reduce(worse).unwrap_or_else(nothing)
    }
}

/// An expression, or the licence that people call so.
fn expression(text: &str) -> Option<Expression> {
    if text.len() > EXPRESSION_BYTES_MAX {
        return None;
    }
    Expression::parse_mode(text, LAX).ok().or_else(|| {
        let lower = text.to_ascii_lowercase();
        let (id, length) = spdx::imprecise_license_id(&lower)?;
        // What stands behind the name may change what it means.
        (length == lower.len()).then(|| Expression::parse_mode(id.name, LAX).ok()).flatten()
    })
}

/// Operators follow what they join.
fn judged(expression: &Expression, policy: &Policy) -> Worst {
    let mut open: Vec<Worst> = Vec::new();
    for node in expression.iter() {
        let next = match node {
            ExprNode::Req(requirement) => Some(of_licence(&requirement.req, policy)),
            ExprNode::Op(operator) => open.pop().zip(open.pop()).map(|(later, sooner)| match operator {
                Operator::And => worse(sooner, later),
                Operator::Or => better(sooner, later),
            }),
        };
        open.extend(next);
    }
    open.pop().unwrap_or_else(|| unknown(policy))
}

fn of_licence(requirement: &LicenseReq, policy: &Policy) -> Worst {
    let whole = requirement.to_string();
    let Some(id) = requirement.license.id() else {
        // Nobody holds a right to it, so nobody can ask for anything.
        let (class, name) = match whole.as_str() {
            PUBLIC_DOMAIN => (Class::Permissive, PUBLIC_DOMAIN),
            _ => (Class::Unknown, UNKNOWN),
        };
        return Worst { ruling: policy.of(&[&whole], class), name: name.to_owned() };
    };
    let family = id.name.trim_end_matches("-only").trim_end_matches("-or-later").trim_end_matches('+');
    let class = Class::of(id.name, requirement.addition.is_some());
    let names: &[&str] = if requirement.addition.is_some() { &[&whole] } else { &[&whole, id.name, family] };
    Worst { ruling: policy.of(names, class), name: whole }
}

fn unknown(policy: &Policy) -> Worst {
    Worst { ruling: policy.of(&[], Class::Unknown), name: UNKNOWN.to_owned() }
}

fn worse(one: Worst, other: Worst) -> Worst {
    if other.ruling > one.ruling { other } else { one }
}

fn better(one: Worst, other: Worst) -> Worst {
    if other.ruling < one.ruling { other } else { one }
}

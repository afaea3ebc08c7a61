//! Correlations as they are written, checked.
//!
//! Holds: a definition that was read can be met. A count that no group may reach, a time span
//! beyond what state is kept for, or a condition that its type does not have are refused here.

use super::{ENTRIES_PER_GROUP_MAX, TIMESPAN_SECONDS_MAX};
use crate::rule::{Refusal, RuleInfo};
use rsigma_parser::{ConditionExpr, ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType, WindowMode};
use std::collections::HashMap;

/// A correlation: rules whose matches mean something together.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) info: RuleInfo,
    pub(crate) kind: Kind,
    /// The rules and correlations it looks at, by the names it uses for them.
    pub(crate) rules: Vec<String>,
    /// What makes events belong together.
    pub(crate) group: Vec<GroupField>,
    /// The longest time between the first and the last event, in microseconds.
    pub(crate) timespan: i64,
    /// The fields whose values are counted or summed.
    pub(crate) fields: Vec<String>,
    pub(crate) condition: Condition,
    /// Its rules also report by themselves.
    pub(crate) generate: bool,
}

/// What is looked at in the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// How many events.
    Events,
    /// How many different values of the fields.
    Values,
    /// Which rules matched.
    Rules,
    /// Which rules matched, one after the other.
    RulesInOrder,
    /// The sum of a field.
    Sum,
    /// The average of a field.
    Average,
    /// The value that so many percent of a field's values do not exceed.
    Percentile(f64),
}

/// A field that makes events belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupField {
    /// Its name: a field, or an alias.
    pub(crate) name: String,
    /// The field that an alias means in the events of a rule.
    aliases: HashMap<String, String>,
}

/// When a correlation holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    /// The measure satisfies all of these.
    Measure(Vec<(ConditionOperator, u64)>),
    /// Every rule matched.
    AllRules,
    /// These of the rules matched.
    Rules(Expression),
}

/// A condition over rules.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// The number of a rule in [`Definition::rules`].
    Rule(usize),
}

impl GroupField {
    /// The field in the events of a rule.
    pub(crate) fn of_rule(&self, names: &[&str]) -> &str {
        names.iter().find_map(|name| self.aliases.get(*name)).unwrap_or(&self.name)
    }
}

impl Definition {
    /// Reads a correlation.
    pub(crate) fn read(info: RuleInfo, rule: &CorrelationRule) -> Result<Self, Refusal> {
        if rule.rules.is_empty() {
            return Err(Refusal::EmptySelection);
        }
        if rule.window != WindowMode::Sliding {
            return Err(Refusal::Beyond { what: format!("window: {}", rule.window.as_str()) });
        }
        let seconds = i64::try_from(rule.timespan.seconds).ok().filter(|seconds| (1..=TIMESPAN_SECONDS_MAX).contains(seconds));
        let beyond = || Refusal::Value { field: "timespan".into(), value: rule.timespan.original.clone() };
        let aliases = |name: &String| rule.aliases.iter().find(|alias| alias.alias == *name).map(|alias| alias.mapping.clone());
        Ok(Self {
            info,
            kind: kind(rule),
            rules: rule.rules.clone(),
            group: rule
                .group_by
                .iter()
                .map(|name| GroupField { name: name.clone(), aliases: aliases(name).unwrap_or_default() })
                .collect(),
            timespan: seconds.ok_or_else(beyond)?.saturating_mul(1_000_000),
            fields: fields(rule)?,
            condition: condition(rule)?,
            generate: rule.generate,
        })
    }

    /// A text that differs when the meaning of stored state does.
    pub(crate) fn fingerprint(&self) -> String {
        let Self { kind, rules, group, timespan, fields, .. } = self;
        let group: Vec<_> = group.iter().map(|field| &field.name).collect();
        format!("{kind:?} {rules:?} {group:?} {timespan} {fields:?}")
    }
}

fn kind(rule: &CorrelationRule) -> Kind {
    let percentile = match &rule.condition {
        CorrelationCondition::Threshold { percentile: Some(percentile), .. } => (*percentile).min(100) as f64,
        _ => 50.0,
    };
    match rule.correlation_type {
        CorrelationType::EventCount => Kind::Events,
        CorrelationType::ValueCount => Kind::Values,
        CorrelationType::Temporal => Kind::Rules,
        CorrelationType::TemporalOrdered => Kind::RulesInOrder,
        CorrelationType::ValueSum => Kind::Sum,
        CorrelationType::ValueAvg => Kind::Average,
        CorrelationType::ValuePercentile => Kind::Percentile(percentile),
        CorrelationType::ValueMedian => Kind::Percentile(50.0),
    }
}

fn fields(rule: &CorrelationRule) -> Result<Vec<String>, Refusal> {
    let CorrelationCondition::Threshold { field, .. } = &rule.condition else { return Ok(Vec::new()) };
    let fields = field.clone().unwrap_or_default();
    let fits = match kind(rule) {
        Kind::Events | Kind::Rules | Kind::RulesInOrder => true,
        Kind::Values => !fields.is_empty(),
        Kind::Sum | Kind::Average | Kind::Percentile(_) => fields.len() == 1,
    };
    if fits { Ok(fields) } else { Err(Refusal::Condition) }
}

fn condition(rule: &CorrelationRule) -> Result<Condition, Refusal> {
    let about_rules = matches!(kind(rule), Kind::Rules | Kind::RulesInOrder);
    match &rule.condition {
        CorrelationCondition::Extended(written) if about_rules => Ok(Condition::Rules(expression(written, &rule.rules)?)),
        CorrelationCondition::Extended(_) => Err(Refusal::Condition),
        // What the parser gives when the rule says nothing: all rules, says the specification.
        CorrelationCondition::Threshold { predicates, .. } if about_rules && predicates[..] == [(ConditionOperator::Gte, 1)] => {
            Ok(Condition::AllRules)
        }
        CorrelationCondition::Threshold { predicates, .. } => {
            let most = match kind(rule) {
                Kind::Events | Kind::Values => ENTRIES_PER_GROUP_MAX as u64,
                Kind::Rules | Kind::RulesInOrder => rule.rules.len() as u64,
                Kind::Sum | Kind::Average | Kind::Percentile(_) => i64::MAX.unsigned_abs(),
            };
            match predicates.iter().find(|(_, value)| *value > most) {
                Some((_, value)) => Err(Refusal::Value { field: "condition".into(), value: value.to_string() }),
                None => Ok(Condition::Measure(predicates.clone())),
            }
        }
    }
}

fn expression(written: &ConditionExpr, rules: &[String]) -> Result<Expression, Refusal> {
    let each = |parts: &[ConditionExpr]| parts.iter().map(|part| expression(part, rules)).collect::<Result<Vec<_>, _>>();
    match written {
        ConditionExpr::And(parts) => Ok(Expression::All(each(parts)?)),
        ConditionExpr::Or(parts) => Ok(Expression::Any(each(parts)?)),
        ConditionExpr::Not(part) => Ok(Expression::Not(Box::new(expression(part, rules)?))),
        ConditionExpr::Identifier(name) => {
            let place = rules.iter().position(|rule| rule == name);
            place.map(Expression::Rule).ok_or_else(|| Refusal::NoRule { name: name.clone() })
        }
        ConditionExpr::Selector { .. } => Err(Refusal::Condition),
    }
}

impl Expression {
    /// Whether it holds when `matched` says which rules did.
    pub(crate) fn holds(&self, matched: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(matched)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(matched)),
            Self::Not(part) => !part.holds(matched),
            Self::Rule(rule) => matched(*rule),
        }
    }
}

/// Whether a measure satisfies all bounds.
pub(crate) fn satisfies(measure: f64, bounds: &[(ConditionOperator, u64)]) -> bool {
    bounds.iter().all(|(operator, bound)| {
        let bound = *bound as f64;
        match operator {
            ConditionOperator::Lt => measure < bound,
            ConditionOperator::Lte => measure <= bound,
            ConditionOperator::Gt => measure > bound,
            ConditionOperator::Gte => measure >= bound,
            ConditionOperator::Eq => (measure - bound).abs() < f64::EPSILON,
            ConditionOperator::Neq => (measure - bound).abs() >= f64::EPSILON,
        }
    })
}

//! Which fields of a log source a matching rule needs: for its entity, and for the correlations that
//! look at it.
//!
//! A correlation takes its group from the event. One that looks at another correlation takes what
//! that one groups by from there, and everything else from the event that completed it (the
//! specification: "the correlation rule only uses its own `group-by`").

use crate::correlation::{Counted, KEY_BYTES_MAX, Kind, Linked, RuleRef};
use crate::engine::Engine;
use crate::engine::view::{Slot, View};
use crate::finding::ENTITY;
use crate::rule::tree::Number;
use std::collections::HashMap;

/// What is done with the matches of a rule in a log source.
#[derive(Debug, Default)]
pub(crate) struct Binding {
    pub(crate) entity: Vec<(String, Slot)>,
    pub(crate) branches: Vec<Branch>,
}

/// A correlation that is told of a match, and those that are told when it is met.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) correlation: usize,
    pub(crate) rule: u16,
    pub(crate) group: Vec<Pick>,
    pub(crate) values: Vec<Pick>,
    pub(crate) above: Vec<Branch>,
}

/// Where a correlation takes a value from.
#[derive(Clone, Debug)]
pub(crate) enum Pick {
    /// A field of the event.
    Event(Slot, String),
    /// A value of the group below.
    Group(usize),
}

/// The values of fields, or the name of the first that has none.
pub(crate) fn picked<'p>(picks: &'p [Pick], below: &[Box<str>], view: &View<'_>) -> Result<Vec<Box<str>>, &'p str> {
    let value = |pick: &'p Pick| match pick {
        Pick::Group(place) => below.get(*place).cloned().ok_or(""),
        Pick::Event(slot, name) => {
            let text = view.cell(*slot).and_then(|cell| cell.text().map(|text| cut(&text))).ok_or(name.as_str())?;
            if text.is_empty() { Err(name.as_str()) } else { Ok(text) }
        }
    };
    picks.iter().map(value).collect()
}

pub(crate) fn counted<'p>(kind: Kind, picks: &'p [Pick], below: &[Box<str>], view: &View<'_>) -> Result<Counted, &'p str> {
    match kind {
        Kind::Events | Kind::Rules | Kind::RulesInOrder => Ok(Counted::Nothing),
        // Several fields count as one value; lengths keep them apart.
        Kind::Values => {
            let values = picked(picks, below, view)?;
            let joined: String = values.iter().map(|value| format!("{}:{value}", value.len())).collect();
            Ok(Counted::Text(if values.len() == 1 { values.concat().into() } else { joined.into() }))
        }
        Kind::Sum | Kind::Average | Kind::Percentile(_) => {
            let values = picked(picks, below, view)?;
            let number = values.first().and_then(|value| Number::parse(value)).map(Number::real);
            let name = picks.first().map_or("", |pick| match pick {
                Pick::Event(_, name) => name,
                Pick::Group(_) => "",
            });
            number.filter(|number| number.is_finite()).map(Counted::Number).ok_or(name)
        }
    }
}

/// A value cut to the length a group may be made of.
fn cut(text: &str) -> Box<str> {
    let mut end = text.len().min(KEY_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().into()
}

/// Binds entities and groups to the fields of each log source.
pub(crate) fn bindings(engine: &mut Engine, linked: &Linked) -> HashMap<(usize, usize), Binding> {
    let pairs: Vec<(usize, usize)> = engine
        .partitions()
        .iter()
        .enumerate()
        .flat_map(|(source, (_, partition))| partition.rules().map(move |rule| (source, rule)))
        .collect();
    let mut bindings = HashMap::new();
    for (source, rule) in pairs {
        let Some(info) = engine.rules().get(rule).map(|rule| rule.info.clone()) else { continue };
        let mut names = info.entity.clone();
        if names.is_empty() {
            names = ENTITY.map(str::to_owned).to_vec();
        }
        let mut slot = |name: &str| engine.slot(source, name).unwrap_or(Slot(usize::MAX));
        let entity = names.into_iter().map(|name| (name.clone(), slot(&name))).collect();
        let called: Vec<&str> = info.names().collect();
        let branches = branches(linked, RuleRef::Rule(rule), &called, None, &mut slot);
        bindings.insert((source, rule), Binding { entity, branches });
    }
    bindings
}

/// The correlations that look at a rule, each with those that look at it.
fn branches(
    linked: &Linked,
    below: RuleRef,
    called: &[&str],
    child: Option<usize>,
    slot: &mut impl FnMut(&str) -> Slot,
) -> Vec<Branch> {
    let mut branches = Vec::new();
    for (number, (definition, rules)) in linked.definitions.iter().zip(&linked.rules).enumerate() {
        let Some(place) = rules.iter().position(|rule| *rule == below) else { continue };
        let child = child.and_then(|child| linked.definitions.get(child));
        let mut pick = |field: &str| {
            let of_child = child.and_then(|child| child.group.iter().position(|own| own.name == field));
            of_child.map_or_else(|| Pick::Event(slot(field), field.to_owned()), Pick::Group)
        };
        let group = definition.group.iter().map(|field| pick(field.of_rule(called))).collect();
        let values = definition.fields.iter().map(|field| pick(field)).collect();
        let called: Vec<&str> = definition.info.names().collect();
        let above = self::branches(linked, RuleRef::Correlation(number), &called, Some(number), slot);
        let rule = u16::try_from(place).unwrap_or(u16::MAX);
        branches.push(Branch { correlation: number, rule, group, values, above });
    }
    branches
}

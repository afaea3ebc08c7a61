//! What every object has: a group and version, a name, a namespace, labels.

use super::at::{At, Faults};
use std::collections::BTreeMap;
use vigie_model::configuration::{Form, Piece};
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// An object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    pub(crate) piece: &'a Piece,
}

impl<'a> Object<'a> {
    /// A piece as an object.
    pub(crate) const fn of(piece: &'a Piece) -> Self {
        Self { piece }
    }

    /// All objects among pieces.
    pub(crate) fn all(pieces: &'a [Piece]) -> impl Iterator<Item = Self> {
        pieces.iter().filter(|piece| piece.form == Form::Kubernetes).map(Self::of)
    }

    /// A place in it.
    pub(crate) fn at(self, path: &str) -> At<'a> {
        At::top(self.piece).to(path)
    }

    /// `apps/v1`.
    pub(crate) fn version(self) -> &'a str {
        self.at("apiVersion").word()
    }

    /// `apps`; empty for the core.
    pub(crate) fn group(self) -> &'a str {
        self.version().rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Whether it is of a kind in a group.
    pub(crate) fn is(self, group: &str, kind: &str) -> bool {
        self.piece.kind == kind && self.group() == group
    }

    /// Its name; empty where it has none.
    pub(crate) fn name(self) -> &'a str {
        self.at("metadata/name").word()
    }

    /// Its namespace; empty where whoever applies it chooses.
    pub(crate) fn namespace(self) -> &'a str {
        self.at("metadata/namespace").word()
    }

    /// Its labels.
    pub(crate) fn labels(self) -> BTreeMap<&'a str, &'a str> {
        self.at("metadata/labels").texts().into_iter().collect()
    }
}

/// The verdict of something that is judged of objects of some kinds.
pub(crate) fn judged<'a>(piece: &'a Piece, kinds: &[(&str, &str)], judge: impl FnOnce(Object<'a>, &mut Faults<'a>)) -> Verdict {
    let object = Object::of(piece);
    if !kinds.iter().any(|(group, kind)| object.is(group, kind)) {
        let names = kinds.iter().map(|(_, kind)| *kind).collect::<Vec<_>>().join(", ");
        return Verdict::not_applicable(text!(
            en "the object is no {names}",
            fr "l’objet n’est pas de genre {names}",
            de "das Objekt ist nicht von der Art {names}"
        ));
    }
    let mut faults = Faults::default();
    judge(object, &mut faults);
    faults.verdict()
}

/// Whether a label selector chooses some labels (`matchLabels` and `matchExpressions`; an empty one chooses all).
pub(crate) fn selects(selector: &At<'_>, labels: &BTreeMap<&str, &str>) -> bool {
    let equal = selector.to("matchLabels").texts().iter().all(|(name, value)| labels.get(name) == Some(value));
    equal
        && selector.to("matchExpressions").items().iter().all(|rule| {
            let value = labels.get(rule.to("key").word());
            let among = || value.is_some_and(|value| rule.to("values").words().contains(value));
            match rule.to("operator").word() {
                "In" => among(),
                "NotIn" => !among(),
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}

//! Labels: to whom and to what part of a system an event belongs.
//!
//! Six names, the same for every source, so that people, rules and rights ask alike whatever was
//! collected. Host, source and format are not among them: every event has those
//! ([`Origin`](super::Origin)). Labels of a source's own are values of the event, not labels.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest value of a label, in bytes; what is longer is cut.
pub const LABEL_MAX: usize = 255;

/// The tenant of events that nobody gave one: no event has a label that says so.
pub const DEFAULT_TENANT: &str = "default";

/// A label's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Label {
    /// Whose events these are. Said by the intake (its configuration, its token), never by a record:
    /// it decides who may read them and in which files they lie.
    Tenant,
    /// `production`, `staging`.
    Environment,
    /// The cluster it runs in.
    Cluster,
    /// The namespace within the cluster.
    Namespace,
    /// The deployment, stateful set, job or service.
    Workload,
    /// Who answers for it.
    Team,
}

/// The labels of an event. Cheap to clone: the events of a source share them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(Option<Arc<Pairs>>);

/// Sorted by label, each once.
type Pairs = [(Label, Box<str>)];

/// A text is no label's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a label: tenant, environment, cluster, namespace, workload, team")]
pub struct NotALabel(pub String);

impl Label {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [Self::Tenant, Self::Environment, Self::Cluster, Self::Namespace, Self::Workload, Self::Team];

    /// Its name, as queries, columns and settings write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Environment => "environment",
            Self::Cluster => "cluster",
            Self::Namespace => "namespace",
            Self::Workload => "workload",
            Self::Team => "team",
        }
    }
}

impl FromStr for Label {
    type Err = NotALabel;

    fn from_str(text: &str) -> Result<Self, NotALabel> {
        Self::ALL.into_iter().find(|label| label.name() == text).ok_or_else(|| NotALabel(text.to_owned()))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Labels {
    /// None.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// The value of a label.
    #[must_use]
    pub fn get(&self, label: Label) -> Option<&str> {
        self.iter().find(|(own, _)| *own == label).map(|(_, value)| value)
    }

    /// The labels, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Label, &str)> {
        self.0.iter().flat_map(|all| all.iter()).map(|(label, value)| (*label, &**value))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// These and others; where both have a label, the value of the others counts.
    #[must_use]
    pub fn with<'v>(&self, others: impl IntoIterator<Item = (Label, &'v str)>) -> Self {
        let mut all: [Option<Box<str>>; Label::ALL.len()] = Default::default();
        let own = self.iter().map(|(label, value)| (label, value.to_owned()));
        let others = others.into_iter().map(|(label, value)| (label, cut(value.trim()).to_owned()));
        for (label, value) in own.chain(others).filter(|(_, value)| !value.is_empty()) {
            if let Some(place) = all.get_mut(label as usize) {
                let says_nothing = label == Label::Tenant && value == DEFAULT_TENANT;
                *place = (!says_nothing).then(|| value.into());
            }
        }
        let all: Vec<(Label, Box<str>)> =
            Label::ALL.into_iter().zip(all).filter_map(|(label, value)| Some((label, value?))).collect();
        Self((!all.is_empty()).then(|| all.into()))
    }
}

impl<'v> FromIterator<(Label, &'v str)> for Labels {
    fn from_iter<I: IntoIterator<Item = (Label, &'v str)>>(pairs: I) -> Self {
        Self::none().with(pairs)
    }
}

fn cut(value: &str) -> &str {
    value.get(..value.floor_char_boundary(LABEL_MAX)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_value_counts_and_empty_ones_do_not() {
        let own = Labels::from_iter([(Label::Team, "shop"), (Label::Cluster, " prod "), (Label::Namespace, "")]);
        assert_eq!(own.iter().collect::<Vec<_>>(), [(Label::Cluster, "prod"), (Label::Team, "shop")]);
        let both = own.with([(Label::Cluster, "test"), (Label::Workload, "api")]);
        assert_eq!((both.get(Label::Cluster), both.get(Label::Workload)), (Some("test"), Some("api")));
        assert_eq!(own.get(Label::Workload), None);
        assert!(Labels::from_iter([(Label::Team, "  ")]).is_empty());
        assert!(Labels::from_iter([(Label::Tenant, "acme")]).with([(Label::Tenant, DEFAULT_TENANT)]).is_empty());
    }

    #[test]
    fn names_are_read_as_written() {
        for label in Label::ALL {
            assert_eq!(label.name().parse(), Ok(label));
        }
        assert!("pod".parse::<Label>().is_err());
        let long = "é".repeat(LABEL_MAX);
        assert_eq!(Labels::from_iter([(Label::Team, &*long)]).get(Label::Team).map(str::len), Some(LABEL_MAX - 1));
    }
}

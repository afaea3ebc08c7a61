//! The policy: which licences are allowed, which somebody should look at, which are denied.
//!
//! ```toml
//! [licences]
//! allow = ["permissive", "weak-copyleft"]
//! review = ["GPL-2.0-only WITH Classpath-exception-2.0", "unknown"]
//! deny = ["strong-copyleft", "network-copyleft", "non-free"]
//! default = "review"   # what is in no list
//! missing = "allow"    # packages that say nothing
//!
//! [[licences.except]]
//! package = "pkg:npm/left-pad"
//! reason = "we bought it"
//! ```
//!
//! A licence's own name goes before its family; within one of them, deny before review before allow.

use super::class::Class;
use serde::Deserialize;

/// The largest policy that is read.
pub(super) const BYTES_MAX: usize = 1024 * 1024;

/// What a policy says of a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Fine.
    Allow,
    /// Somebody should look at it.
    Review,
    /// Not here.
    Deny,
}

impl Ruling {
    /// The word in policies and titles.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Review => "review",
            Self::Deny => "deny",
        }
    }
}

/// A policy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    allow: Vec<String>,
    review: Vec<String>,
    deny: Vec<String>,
    default: Ruling,
    missing: Ruling,
    except: Vec<Exception>,
}

/// A package that the policy leaves alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    /// By purl without version.
    package: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    licences: Policy,
}

/// Why a text is no policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is too large.
    #[error("it has more than {BYTES_MAX} bytes")]
    TooLarge,
    /// It is not TOML of this form.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// A name in its lists is none.
    #[error("`{name}` is neither a licence that SPDX lists nor a family of licences")]
    Name {
        /// The name.
        name: String,
    },
    /// An exception without a reason.
    #[error("the exception for `{package}` has no reason")]
    Reason {
        /// The package.
        package: String,
    },
}

impl Default for Policy {
    /// Nothing is denied; strong copyleft, restricted and unknown licences are worth a look.
    fn default() -> Self {
        let review = ["strong-copyleft", "network-copyleft", "non-free", "unknown"];
        Self {
            allow: Vec::new(),
            review: review.map(str::to_owned).into(),
            deny: Vec::new(),
            default: Ruling::Allow,
            missing: Ruling::Allow,
            except: Vec::new(),
        }
    }
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`]: every name and every member must be known, so that a slip denies nothing by silence.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > BYTES_MAX {
            return Err(PolicyError::TooLarge);
        }
        let File { licences: policy } = toml::from_str(text)?;
        for name in policy.allow.iter().chain(&policy.review).chain(&policy.deny) {
            let is_known = Class::from_word(name).is_some()
                || spdx::Licensee::parse_mode(name, super::said::LAX).is_ok()
                || spdx::license_id(&format!("{name}-only")).is_some();
            if !is_known {
                return Err(PolicyError::Name { name: name.clone() });
            }
        }
        match policy.except.iter().find(|exception| exception.reason.trim().is_empty()) {
            Some(exception) => Err(PolicyError::Reason { package: exception.package.clone() }),
            None => Ok(policy),
        }
    }

    /// What is said of a licence under these names, most exact first, and of its family.
    pub(super) fn of(&self, names: &[&str], class: Class) -> Ruling {
        let lists = [(&self.deny, Ruling::Deny), (&self.review, Ruling::Review), (&self.allow, Ruling::Allow)];
        let by_name = |name: &&str| {
            let holds = |list: &Vec<String>| list.iter().any(|listed| listed.eq_ignore_ascii_case(name));
            lists.iter().find(|(list, _)| holds(list)).map(|(_, ruling)| *ruling)
        };
        let of_class = |list: &Vec<String>| list.iter().any(|listed| Class::from_word(listed) == Some(class));
        let by_class = || lists.iter().find(|(list, _)| of_class(list)).map(|(_, ruling)| *ruling);
        names.iter().find_map(by_name).or_else(by_class).unwrap_or(self.default)
    }

    /// What is said of a package that says nothing.
    pub(super) const fn of_nothing(&self) -> Ruling {
        self.missing
    }

    /// Whether a package is left alone.
    pub(super) fn excepts(&self, purl: &str) -> bool {
        self.except.iter().any(|exception| exception.package == purl)
    }
}

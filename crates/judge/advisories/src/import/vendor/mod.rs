//! What those who build packages say of vulnerabilities in them, each in a format of its own.
//!
//! One file for each format, with `read(bytes, sink)`: it turns the format into the same records that
//! OSV has and hands them to a [`Sink`] one by one, so that nothing has to be kept twice. What vendors
//! know better than OSV comes along: that a package is *not* affected, and why there is no repair.

pub mod alpine;
pub mod csaf;
pub mod debian;
pub mod nvd;
pub mod ubuntu;

use super::limits::{ID_BYTES_MAX, NAME_BYTES_MAX, VERSION_BYTES_MAX};
use super::osv::{Record, is_sound};

/// Takes what a reader finds.
pub trait Sink {
    /// One vulnerability in packages of this vendor.
    fn take(&mut self, record: &Record<'_>);
    /// Something that could not be used: where, and why.
    fn note(&mut self, place: &str, detail: &str);
}

/// Why a file of a vendor cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// It is not JSON, or not of this shape.
    #[error("not {format}: {source}")]
    NotJson {
        /// What it should be.
        format: &'static str,
        /// The parser's words.
        #[source]
        source: serde_json::Error,
    },
    /// It is text of another kind.
    #[error("not {format}")]
    Other {
        /// What it should be.
        format: &'static str,
    },
    /// It has more of something than is taken.
    #[error("more than {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are taken.
        max: usize,
    },
}

/// Reads a JSON file of a vendor.
pub(super) fn json<'a, T: serde::Deserialize<'a>>(format: &'static str, bytes: &'a [u8]) -> Result<T, FormatError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|source| FormatError::NotJson { format, source })
}

pub(super) fn is_id(text: &str) -> bool {
    is_sound(text, ID_BYTES_MAX)
}

pub(super) fn is_name(text: &str) -> bool {
    is_sound(text, NAME_BYTES_MAX)
}

pub(super) fn is_version(text: &str) -> bool {
    is_sound(text, VERSION_BYTES_MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::import::osv::Event;

    /// Keeps what was found, a line for each affected package:
    /// `ID ECOSYSTEM PACKAGE [from,fixed) STATE SEVERITY`.
    #[derive(Default)]
    pub(crate) struct Lines {
        pub(crate) lines: Vec<String>,
        pub(crate) notes: Vec<String>,
    }

    impl Sink for Lines {
        fn take(&mut self, record: &Record<'_>) {
            for affected in &record.affected {
                let ranges: Vec<String> = affected.ranges.iter().map(|events| range(events)).collect();
                let state = match (affected.not_affected, affected.unfixed) {
                    (true, _) => "not_affected",
                    (false, Some(unfixed)) => unfixed.word(),
                    (false, None) => "-",
                };
                let severity = affected.severity.or(record.severity).map_or("-", vigie_model::severity::Severity::word);
                let (ecosystem, package) = (affected.ecosystem.as_str(), affected.package.as_str());
                self.lines.push(format!("{} {ecosystem} {package} {} {state} {severity}", record.id.as_str(), ranges.join("|")));
            }
        }

        fn note(&mut self, place: &str, detail: &str) {
            self.notes.push(format!("{place}: {detail}"));
        }
    }

    fn range(events: &[Event<'_>]) -> String {
        let words = events.iter().map(|event| match event {
            Event::Introduced(version) => format!("[{},", version.as_str()),
            Event::Fixed(version) => format!("{})", version.as_str()),
            Event::LastAffected(version) => format!("{}]", version.as_str()),
        });
        words.collect()
    }

    #[track_caller]
    pub(crate) fn check(read: fn(&[u8], &mut dyn Sink) -> Result<(), FormatError>, bytes: &str, expected: &str) {
        let mut lines = Lines::default();
        read(bytes.as_bytes(), &mut lines).unwrap();
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.lines, expected);
        assert_eq!(lines.notes, Vec::<String>::new());
    }
}

//! The way a file is written: where its records end and what their header looks like.
//!
//! Most log files are syslog. Package managers and auditd have their own; [`Dialect::of`] knows
//! them by their file names, which no distribution changes.

use crate::format;
use crate::frame::Framing;
use crate::header::{Clock, Line, LocalTime, syslog};
use crate::meaning::Meaning;
use crate::seek::Seek;
use crate::source::file::is_container_log;
use std::path::Path;
use vigie_model::event::ocsf::field;
use vigie_model::time::Timestamp;

/// The way a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// RFC 3164 and 5424, in all that passes for them.
    Syslog,
    /// `/var/log/dpkg.log`.
    Dpkg,
    /// `/var/log/apt/history.log`.
    Apt,
    /// `/var/log/dnf.rpm.log`.
    Dnf,
    /// `/var/log/zypp/history`.
    Zypper,
    /// `/var/log/audit/audit.log`.
    Audit,
    /// The log of a container, in the form of its engine: Docker, containerd, CRI-O, Podman.
    Container,
    /// `Security.evtx`: an event log of Windows that was copied from there.
    EventLog,
    /// PostgreSQL's `csvlog`: `postgresql-*.csv`, and any `.csv` in a folder called `pg_log` or `postgresql`.
    PostgresCsv,
}

impl Dialect {
    /// The dialect of a file by its path.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
        match (folder, name) {
            (_, "dpkg.log") => Self::Dpkg,
            ("apt", "history.log") => Self::Apt,
            (_, "dnf.rpm.log") => Self::Dnf,
            ("zypp", "history") => Self::Zypper,
            (_, "audit.log") => Self::Audit,
            (_, name) if name.ends_with(".evtx") => Self::EventLog,
            _ if is_csvlog(folder, name) => Self::PostgresCsv,
            _ if is_container_log(path) => Self::Container,
            _ => Self::Syslog,
        }
    }

    /// Where its records end.
    #[must_use]
    pub const fn framing(self) -> Framing {
        match self {
            Self::Apt => Framing::Paragraphs,
            Self::EventLog => Framing::EventLog,
            Self::PostgresCsv => Framing::Quoted,
            Self::Container => Framing::Container,
            Self::Audit => Framing::Audit,
            Self::Syslog => Framing::Traces,
            Self::Dpkg | Self::Dnf | Self::Zypper => Framing::Lines,
        }
    }

    /// Reads a record.
    pub(crate) fn read<'a>(self, text: &'a str, received: Timestamp, local: &mut LocalTime) -> (Line<'a>, Option<Meaning>) {
        match self {
            Self::Syslog | Self::PostgresCsv | Self::Container => read_syslog(text, received, local),
            Self::Dpkg => format::dpkg::read(text, local),
            Self::Apt => format::apt::read(text, local),
            Self::Dnf => format::dnf::read(text, local),
            Self::Zypper => format::zypper::read(text, local),
            Self::Audit => format::audit::read(text),
            // Records are JSON, which pages describe.
            Self::EventLog => (Line { message: text, ..Line::default() }, None),
        }
    }
}

fn is_csvlog(folder: &str, name: &str) -> bool {
    let is_ours = name.starts_with("postgresql") || matches!(folder, "pg_log" | "postgresql");
    is_ours && Path::new(name).extension().is_some_and(|extension| extension == "csv")
}

fn read_syslog<'a>(text: &'a str, received: Timestamp, local: &mut LocalTime) -> (Line<'a>, Option<Meaning>) {
    let mut clock = Clock::new(received, local);
    if let Some((line, meaning)) = format::shape::read(text, &mut clock) {
        return (clock.noted(line), Some(meaning));
    }
    understand(syslog::parse(text, received, local))
}

/// The meaning of a line whose header is taken off, also of one that rsyslog summed up.
pub(crate) fn understand(mut line: Line<'_>) -> (Line<'_>, Option<Meaning>) {
    let whole = line.message;
    let Some((count, inner)) = repeated(whole) else {
        let meaning = format::understand(&line);
        return (line, meaning);
    };
    line.message = inner;
    let mut meaning = format::understand(&line);
    if let Some(meaning) = &mut meaning {
        meaning.set(field::COUNT, count);
        meaning.set(field::MESSAGE, whole);
    }
    line.message = if meaning.is_some() { inner } else { whole };
    (line, meaning)
}

/// `message repeated 5 times: [ text]`, as rsyslog sums up: how often, and the text.
fn repeated(message: &str) -> Option<(i64, &str)> {
    let (count, inner) = message.strip_prefix("message repeated ")?.cut(" times: [")?;
    Some((crate::header::number(count)?, inner.trim_start_matches(' ').strip_suffix(']')?))
}

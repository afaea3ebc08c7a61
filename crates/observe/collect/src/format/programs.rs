//! Which parser reads the messages of a program, for the many programs that have one parser each.

use super::{apache, haproxy, mysql, openldap, postgres, shape};
use crate::header::{Clock, Line, LocalTime};
use crate::meaning::Meaning;
use jiff::tz::TimeZone;
use vigie_model::time::Timestamp;

/// Reads a message; the name of the program goes first.
type Parse = fn(&str, &Line<'_>) -> Option<Meaning>;

/// By name, in the order of names.
const PROGRAMS: &[(&str, Parse)] = &[
    ("apache", |_, line| apache::parse(line).or_else(|| formed(line))),
    ("apache2", |_, line| apache::parse(line).or_else(|| formed(line))),
    ("haproxy", |_, line| haproxy::parse(line)),
    ("httpd", |_, line| apache::parse(line).or_else(|| formed(line))),
    ("mariadbd", |_, line| mysql::parse(line)),
    ("mysql-server_auditing", |_, line| mysql::parse(line)),
    ("mysqld", |_, line| mysql::parse(line)),
    ("postgres", |_, line| postgres::parse(line)),
    ("postgresql", |_, line| postgres::parse(line)),
    ("slapd", |_, line| openldap::parse(line)),
];

/// The meaning of a message by the program that wrote it.
pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let at = PROGRAMS.binary_search_by(|(name, _)| (*name).cmp(program)).ok()?;
    PROGRAMS.get(at)?.1(program, line)
}

/// The meaning of a message that has a form of its own: a web server's line over syslog, a container's output.
pub(super) fn formed(line: &Line<'_>) -> Option<Meaning> {
    // The time of the header counts.
    let mut local = LocalTime::new(TimeZone::UTC);
    let mut clock = Clock::new(Timestamp::EPOCH, &mut local);
    shape::read(line.message, &mut clock).map(|(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_in_order() {
        assert!(PROGRAMS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

//! What a record says before its message: time, host, program, process id, priority.
//!
//! [`Line`] is what message parsers see, whatever the header looked like: [`syslog`] reads RFC 3164
//! in its many dialects and RFC 5424, [`journal`] the fields of a journal entry. A header that makes
//! no sense is no error: the whole text is the message then.

mod clock;
pub mod journal;
pub mod syslog;
mod time;
mod zone;

pub(crate) use clock::{Clock, epoch};
pub(crate) use time::{Civil, LocalTime, When, number, settle};
pub(crate) use zone::{Zone, read_zone};

use std::borrow::Cow;
use vigie_model::time::Timestamp;

/// A record, its header taken off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line<'a> {
    /// When it was written, as it says itself.
    pub time: Option<Timestamp>,
    /// The machine that wrote it.
    pub host: Option<&'a str>,
    /// The program that wrote it, as it calls itself; may be empty.
    pub program: &'a str,
    /// Its process id.
    pub pid: Option<i64>,
    /// Syslog facility, 0 to 23.
    pub facility: Option<u8>,
    /// Syslog severity, 0 emergency to 7 debug.
    pub severity: Option<u8>,
    /// The message.
    pub message: &'a str,
    /// What the header says beyond that, by its own names.
    pub more: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl Line<'_> {
    /// A value of the header by its own name.
    #[must_use]
    pub fn more(&self, name: &str) -> Option<&str> {
        self.more.iter().find(|(own, _)| own == name).map(|(_, value)| &**value)
    }
}

/// The name of a syslog facility (RFC 5424 §6.2.1), as syslog.conf(5) writes it.
#[must_use]
pub fn facility_name(facility: u8) -> Option<&'static str> {
    const NAMES: [&str; 24] = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit",
        "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ];
    NAMES.get(usize::from(facility)).copied()
}

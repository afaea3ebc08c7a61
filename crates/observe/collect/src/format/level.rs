//! Words for how bad something is, as programs write them.

use vigie_model::event::EventSeverity;

/// The severity of a level, case ignored, as syslog orders them.
pub(super) fn severity(level: &str) -> Option<EventSeverity> {
    syslog(level).map(EventSeverity::from_syslog)
}

/// The number of a level in syslog, 0 the worst.
fn syslog(level: &str) -> Option<u8> {
    const LEVELS: [(&str, u8); 27] = [
        ("info", 6),
        ("error", 3),
        ("warn", 4),
        ("warning", 4),
        ("notice", 5),
        ("debug", 7),
        ("note", 5),
        ("err", 3),
        ("trace", 7),
        ("crit", 2),
        ("fatal", 2),
        ("critical", 2),
        ("alert", 1),
        ("emerg", 0),
        ("panic", 0),
        ("severe", 3),
        ("fine", 7),
        ("finer", 7),
        ("finest", 7),
        ("config", 6),
        ("information", 6),
        ("verbose", 7),
        ("dpanic", 2),
        ("emergency", 0),
        ("log", 6),
        ("system", 5),
        ("security", 4),
    ];
    LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(level)).map(|(_, number)| *number)
}

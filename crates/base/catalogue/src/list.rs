//! The list of all entries: one line each, sorted by path. `cargo xtask new` adds a line.

use crate::entry::Family;

/// The files of one entry.
pub(crate) struct Source {
    pub(crate) family: Family,
    pub(crate) path: &'static str,
    pub(crate) en: &'static str,
    pub(crate) fr: &'static str,
    pub(crate) de: &'static str,
    pub(crate) rule: Option<&'static str>,
    pub(crate) fires: &'static str,
    pub(crate) silent: &'static str,
}

macro_rules! file {
    ($path:literal, $name:literal) => {
        include_str!(concat!("../../../../content/", $path, "/", $name))
    };
}

macro_rules! check {
    ($path:literal) => {
        Source {
            family: Family::Checks,
            path: $path,
            en: file!($path, "en.md"),
            fr: file!($path, "fr.md"),
            de: file!($path, "de.md"),
            rule: None,
            fires: "",
            silent: "",
        }
    };
}

macro_rules! detection {
    ($path:literal) => {
        Source {
            family: Family::Detections,
            path: $path,
            en: file!($path, "en.md"),
            fr: file!($path, "fr.md"),
            de: file!($path, "de.md"),
            rule: Some(file!($path, "rule.yml")),
            fires: file!($path, "fires.jsonl"),
            silent: file!($path, "silent.jsonl"),
        }
    };
}

/// All entries.
pub(crate) static SOURCES: &[Source] = &[
    // One line each, sorted by path.
    check!("checks/host/ssh-root-login"),
];

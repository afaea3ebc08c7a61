//! Speaking to whoever started us: data to standard output, talk to standard error.

use serde::Serialize;
use std::error::Error as _;
use std::io::{self, IsTerminal, Write};
use vigie_kit::problem::{Kind, Problem};
use vigie_model::lang::Lang;
use vigie_model::text;

/// The language of the environment, by POSIX: `LC_ALL`, then `LC_MESSAGES`, then `LANG`.
pub(crate) fn language(variable: impl Fn(&str) -> Option<String>) -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    set.and_then(|locale| Lang::from_tag(&locale)).unwrap_or_default()
}

/// Writes a line of data.
pub(crate) fn line(text: &str) -> Result<(), Problem> {
    writeln!(io::stdout().lock(), "{text}").map_err(unwritable)
}

/// Writes data as it is.
pub(crate) fn bytes(data: &[u8]) -> Result<(), Problem> {
    io::stdout().lock().write_all(data).map_err(unwritable)
}

/// Writes a value as JSON, readable on a terminal and in files alike.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Problem> {
    let text = serde_json::to_string_pretty(value).map_err(|error| unwritable(error.into()))?;
    line(&text)
}

/// Says something to the person; a closed standard error is nobody listening.
pub(crate) fn say(text: &str) {
    let _unheard = writeln!(io::stderr(), "{text}");
}

/// Whether standard error is a terminal, where progress may be shown.
pub(crate) fn shows_progress() -> bool {
    io::stderr().is_terminal()
}

/// Whether a problem is only that nobody reads our output any more.
pub(crate) fn is_broken_pipe(problem: &Problem) -> bool {
    let mut next = problem.source();
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            return true;
        }
        next = error.source();
    }
    false
}

fn unwritable(error: io::Error) -> Problem {
    Problem::new(
        Kind::Environment,
        text!(
            en "The answer could not be written",
            fr "La réponse n’a pas pu être écrite",
            de "Die Antwort konnte nicht geschrieben werden",
        ),
    )
    .because(error)
}

/// Text from outside made fit for a terminal: control characters, which could rewrite the screen,
/// are shown as `\u{..}`.
pub(crate) fn visible(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_environments() {
        let with = |set: &'static [(&str, &str)]| {
            language(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(with(&[("LANG", "de_DE.UTF-8")]), Lang::De);
        assert_eq!(with(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "fr_FR")]), Lang::Fr);
        assert_eq!(with(&[("LC_ALL", ""), ("LANG", "fr")]), Lang::Fr);
        assert_eq!(with(&[("LANG", "C.UTF-8")]), Lang::En);
        assert_eq!(with(&[]), Lang::En);
    }

    #[test]
    fn a_name_cannot_rewrite_the_screen() {
        assert_eq!(visible("a\u{1b}[2Jb\r"), "a\\u{1b}[2Jb\\r");
    }

    #[test]
    fn a_closed_pipe_is_known_under_its_wrapping() {
        assert!(is_broken_pipe(&unwritable(io::ErrorKind::BrokenPipe.into())));
        assert!(!is_broken_pipe(&unwritable(io::ErrorKind::StorageFull.into())));
    }
}

//! The log: structured lines to standard error, so that standard output stays data.

use std::io::{self, IsTerminal};
use std::str::FromStr;
use tracing::level_filters::LevelFilter;

/// How much is logged. Each level says what the operator has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Something failed and somebody must act.
    Error,
    /// Something is off and somebody should look.
    #[default]
    Warn,
    /// Nothing to do: what the program did.
    Info,
    /// For whoever looks for a defect.
    Debug,
    /// Everything.
    Trace,
}

/// Why a word is not a level.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a log level: use error, warn, info, debug or trace")]
pub struct NotALevel(String);

/// Why the log did not start.
#[derive(Debug, thiserror::Error)]
#[error("the log was already started")]
pub struct AlreadyStarted;

impl FromStr for Level {
    type Err = NotALevel;

    fn from_str(word: &str) -> Result<Self, NotALevel> {
        match word {
            "error" => Ok(Self::Error),
            "warn" => Ok(Self::Warn),
            "info" => Ok(Self::Info),
            "debug" => Ok(Self::Debug),
            "trace" => Ok(Self::Trace),
            _ => Err(NotALevel(word.to_owned())),
        }
    }
}

/// Sends the log of this process to standard error, coloured only on a terminal without `NO_COLOR`.
///
/// # Errors
/// [`AlreadyStarted`] when somebody else did so before.
pub fn start(level: Level) -> Result<(), AlreadyStarted> {
    let filter = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(filter)
        .with_ansi(colour)
        .try_init()
        .map_err(|_| AlreadyStarted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_levels() {
        assert_eq!("info".parse::<Level>().unwrap(), Level::Info);
        assert_eq!(
            "loud".parse::<Level>().unwrap_err().to_string(),
            "`loud` is not a log level: use error, warn, info, debug or trace"
        );
    }
}

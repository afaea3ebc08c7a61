//! The log: structured lines to standard error, so that standard output stays data; and [`traces`], where somebody wants them.

pub mod traces;

use std::io::{self, IsTerminal};
use std::str::FromStr;
use traces::{TraceSettings, Traces};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

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
    start_with(level, None, "").map(drop)
}

/// The same, and traces of this version of the program to where the settings say, until they are finished.
///
/// # Errors
/// [`AlreadyStarted`] when somebody else did so before.
pub fn start_with(level: Level, traces: Option<TraceSettings>, version: &str) -> Result<Option<Traces>, AlreadyStarted> {
    let filter = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    // Spans are for traces: lines of the log are as they are without.
    let lines = filter_fn(move |metadata| metadata.is_event() && *metadata.level() <= filter).with_max_level_hint(filter);
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(colour).with_filter(lines);
    let Some(settings) = traces else {
        return tracing_subscriber::registry().with(log).try_init().map(|()| None).map_err(|_| AlreadyStarted);
    };
    let (traces, layer) = Traces::start(settings, version);
    tracing_subscriber::registry().with(log).with(layer).try_init().map_err(|_| AlreadyStarted)?;
    traces.tell_counts();
    Ok(Some(traces))
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

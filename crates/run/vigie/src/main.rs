//! The one binary. One file per verb in [`verbs`]; what they share is beside this file.
//!
//! Data goes to standard output, talk and progress to standard error. Exit codes: 0 clean, 1
//! findings at or above the bar, 2 could not do it.

mod args;
mod ask;
mod config;
mod help;
mod out;
mod remote;
mod table;
mod verbs;
mod watched;

use clap::{CommandFactory, FromArgMatches};
use std::io::Write;
use std::process::ExitCode;
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;

/// Events are made on one thread and let go on another, by the hundred thousand a second: this one is made for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a verb that did its work ended.
pub(crate) enum Ended {
    /// Nothing at or above the bar.
    Clean,
    /// Findings at or above the bar.
    Findings,
}

fn main() -> ExitCode {
    let lang = out::language(|name| std::env::var(name).ok());
    let matches = help::translated(args::Args::command(), lang).get_matches();
    let args = match args::Args::from_arg_matches(&matches) {
        Ok(args) => args,
        Err(error) => error.exit(),
    };
    match verbs::run(args, &matches, lang) {
        Ok(Ended::Clean) => ExitCode::SUCCESS,
        Ok(Ended::Findings) => ExitCode::from(1),
        Err(problem) => failed(&problem, lang),
    }
}

/// Tells what did not work. A reader that went away (`| head`) is no failure.
fn failed(problem: &Problem, lang: Lang) -> ExitCode {
    if out::is_broken_pipe(problem) {
        return ExitCode::SUCCESS;
    }
    tracing::debug!(chain = problem.chain(), "failed");
    // Standard error may be closed as well; there is nobody left to tell.
    let _untold = writeln!(std::io::stderr(), "error: {}", problem.told(lang));
    ExitCode::from(2)
}

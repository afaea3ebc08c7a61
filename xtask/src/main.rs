//! Automation of this repository: `cargo xtask <task>`.
//!
//! Generates what is generated, writes the skeleton of new catalogue entries, renders the reference
//! and checks what neither compiler nor linter checks. Everything it checks is also a test of this
//! crate, so `cargo test --workspace` says the same as `cargo xtask tidy`.

mod arrows;
mod docs;
mod error;
mod goldens;
mod links;
mod new;
mod ocsf;
mod peers;
mod purity;
mod tidy;

use clap::{Parser, Subcommand};
use error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Automation of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generates the event classes and fields from the OCSF data kept in crates/base/model/ocsf.
    Ocsf {
        /// First refreshes that data from a checkout of the OCSF schema.
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Writes the skeleton of a new catalogue entry.
    New(new::NewEntry),
    /// Renders docs/reference from the catalogue.
    Docs,
    /// Checks what neither compiler nor linter checks.
    Tidy {
        /// First writes the arrows between our crates down as the ones that are meant.
        #[arg(long)]
        bless: bool,
    },
    /// Runs our scans and those of installed peers on the same input, and compares time and memory.
    BenchPeers(peers::Peers),
    /// Compares our answers with what Trivy's integration tests and Grype's matcher tests expect.
    Goldens(goldens::Goldens),
}

fn main() -> ExitCode {
    let done = match Args::parse().task {
        Task::Ocsf { from } => ocsf::run(&root(), from.as_deref()),
        Task::New(entry) => new::run(&root(), &entry),
        Task::Docs => docs::run(&root()),
        Task::Tidy { bless } => tidy::run(&root(), bless),
        Task::BenchPeers(peers) => peers::run(&peers),
        Task::Goldens(goldens) => goldens::run(&goldens),
    };
    match done {
        Ok(said) => {
            // A closed pipe is the reader's wish, not a failure of the task.
            drop(writeln!(std::io::stdout(), "{said}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            report(&error);
            ExitCode::from(2)
        }
    }
}

fn report(error: &Error) {
    let mut text = format!("error: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!("\n  because: {cause}"));
        source = cause.source();
    }
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new(".")).to_owned()
}

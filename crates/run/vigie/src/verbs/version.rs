//! `vigie version`.

use crate::args::{Format, VersionArgs};
use crate::{Ended, out};
use serde::Serialize;
use vigie_kit::problem::Problem;

/// JSON form of the version.
#[derive(Serialize)]
struct VersionView {
    schema: &'static str,
    version: &'static str,
    /// Version of OCSF that events follow.
    ocsf: &'static str,
    /// Entries of the catalogue.
    rules: usize,
}

/// Tells the version.
pub(crate) fn run(args: &VersionArgs) -> Result<Ended, Problem> {
    let view = VersionView {
        schema: "vigie.version/1",
        version: vigie_server::VERSION,
        ocsf: vigie_model::event::OCSF_VERSION,
        rules: vigie_catalogue::all().len(),
    };
    match args.format {
        Format::Json => out::json(&view)?,
        Format::Table | Format::Csv => out::line(&format!("vigie {}", view.version))?,
    }
    Ok(Ended::Clean)
}

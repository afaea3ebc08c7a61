//! The verbs, one file each.

mod audit;
mod db;
mod findings;
mod lake;
mod parsers;
mod scan;
mod search;
mod searches;
mod sequences;
mod token;
mod up;
mod version;

use crate::Ended;
use crate::args::{Args, Level, Verb};
use crate::ask::data_path;
use crate::config::Config;
use clap::ArgMatches;
use vigie_kit::problem::Problem;
use vigie_kit::telemetry::traces::TraceSettings;
use vigie_kit::telemetry::{self, Level as Told};
use vigie_model::lang::Lang;

/// Does what was asked.
pub(crate) fn run(mut args: Args, matches: &ArgMatches, lang: Lang) -> Result<Ended, Problem> {
    let variable = |name: &str| std::env::var(name).ok();
    let settings = match (&mut args.verb, matches.subcommand_matches("up")) {
        (Verb::Up(up), Some(matches)) => {
            let config = Config::read(up.config.as_deref(), &data_path(args.data.as_deref())?)?;
            up.over(config, matches, &variable);
            args.log = up.log_in_file.unwrap_or(args.log);
            TraceSettings::of(up.otlp_endpoint.as_deref(), up.trace_ratio, variable)?
        }
        _ => None,
    };
    // Nobody started it before us: this is the first thing the program does.
    let traces = telemetry::start_with(level(args.log), settings, env!("CARGO_PKG_VERSION")).ok().flatten();
    let ended = run_verb(args, lang);
    if let Some(traces) = traces {
        traces.finish();
    }
    ended
}

fn run_verb(args: Args, lang: Lang) -> Result<Ended, Problem> {
    let data = args.data.as_deref();
    match args.verb {
        Verb::Up(args) => up::run(&args, data, lang),
        Verb::Scan(args) => scan::run(args.target, data, lang),
        Verb::Findings(args) => findings::run(args.verb, data, lang),
        Verb::Search(args) => search::run(&args, data, lang),
        Verb::Searches(args) => searches::run(args.verb, data, lang),
        Verb::Db(args) => db::run(args.verb, data, lang),
        Verb::Token(args) => token::run(args.verb, data, lang),
        Verb::Lake(args) => lake::run(args.verb, data, lang),
        Verb::Parsers(args) => parsers::run(args.verb, data, lang),
        Verb::Audit(args) => audit::run(args.verb, data, lang),
        Verb::Version(args) => version::run(&args),
    }
}

const fn level(level: Level) -> Told {
    match level {
        Level::Error => Told::Error,
        Level::Warn => Told::Warn,
        Level::Info => Told::Info,
        Level::Debug => Told::Debug,
    }
}

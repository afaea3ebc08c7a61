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
use vigie_kit::problem::Problem;
use vigie_kit::telemetry::{self, Level as Told};
use vigie_model::lang::Lang;

/// Does what was asked.
pub(crate) fn run(args: Args, lang: Lang) -> Result<Ended, Problem> {
    // Nobody started it before us: this is the first thing the program does.
    drop(telemetry::start(level(args.log)));
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

//! `vigie parsers list|check|test|draft|coverage`: what reads log formats, and what is read by nothing.

mod coverage;
mod draft;
mod trial;

use crate::args::{Format, ParsersListArgs, ParsersVerb};
use crate::ask::data_path;
use crate::{Ended, out, table};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use vigie_collect::mapping::Mappings;
use vigie_collect::trial as read;
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;

/// The folder of the data directory that holds pages of the user.
const PAGES: &str = "parsers";

/// Does one of the verbs.
pub(crate) fn run(verb: ParsersVerb, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    match verb {
        ParsersVerb::List(args) => list(&args, data).map(|()| Ended::Clean),
        ParsersVerb::Check(args) => trial::check(&args, lang),
        ParsersVerb::Test(args) => trial::test(&args, data, lang).map(|()| Ended::Clean),
        ParsersVerb::Draft(args) => draft::write(&args, data, lang).map(|()| Ended::Clean),
        ParsersVerb::Coverage(args) => coverage::show(&args, data, lang).map(|()| Ended::Clean),
    }
}

/// The pages there are, with those of the data directory if there is one; what is wrong with these is said.
fn pages(data: Option<&Path>) -> Result<Arc<Mappings>, Problem> {
    let (mappings, wrong) = Mappings::of_folder(&data_path(data)?.join(PAGES));
    for error in wrong {
        out::say(&out::visible(&error.to_string()));
    }
    Ok(mappings)
}

fn list(args: &ParsersListArgs, data: Option<&Path>) -> Result<(), Problem> {
    const COLUMNS: [&str; 3] = ["format", "read by", "title"];
    let (all, shipped) = (pages(data)?, Mappings::shipped());
    let ours = shipped.formats();
    let mut rows: BTreeMap<String, [String; 3]> = BTreeMap::new();
    for format in read::parsers() {
        rows.insert((*format).to_owned(), [(*format).to_owned(), "parser".to_owned(), String::new()]);
    }
    for (format, title) in all.formats() {
        let by = if ours.contains(&(format, title)) { "page" } else { "own page" };
        let row = rows.entry(format.to_owned()).or_insert_with(|| [format.to_owned(), String::new(), String::new()]);
        let [_, reads, titles] = row;
        for (list, more) in [(reads, by), (titles, title)] {
            if !list.split(", ").any(|known| known == more) {
                let comma = if list.is_empty() { "" } else { ", " };
                *list = format!("{list}{comma}{more}");
            }
        }
    }
    let rows = rows.into_values();
    match args.format {
        Format::Json => {
            let formats: Vec<_> =
                rows.map(|[format, by, title]| json!({ "format": format, "read_by": by.split(", ").collect::<Vec<_>>(), "title": title })).collect();
            out::json(&json!({ "schema": "vigie.parsers/1", "formats": formats }))
        }
        Format::Csv => out::bytes(&table::csv(&COLUMNS, rows)?),
        Format::Table => table::write(COLUMNS, rows),
    }
}

//! `vigie parsers draft`: a first page for lines that somebody has.

use super::{pages, trial};
use crate::args::ParsersDraftArgs;
use crate::out;
use std::path::Path;
use vigie_collect::draft::{Draft, Drafted, draft};
use vigie_collect::mapping::{Sample, try_page};
use vigie_kit::clock::{Clock, SystemClock};
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;
use vigie_model::say;

/// Writes the page; says which of the lines are read already.
pub(super) fn write(args: &ParsersDraftArgs, data: Option<&Path>, lang: Lang) -> Result<(), Problem> {
    let text = String::from_utf8_lossy(&trial::records(&args.records)?).into_owned();
    let now = SystemClock.now();
    let Drafted { lines, draft } = draft(&text, &pages(data)?, now);
    let mut known: Vec<&str> = lines.iter().filter_map(|line| line.format.as_deref()).collect();
    let (read, all) = (known.len(), lines.len());
    known.sort_unstable();
    known.dedup();
    let known = known.join(", ");
    if read > 0 {
        out::say(&say!(lang,
            en "{read} of {all} lines are read already: {known}",
            fr "{read} lignes sur {all} sont déjà lues : {known}",
            de "{read} von {all} Zeilen werden schon gelesen: {known}"));
    }
    let Some(draft) = draft else { return Ok(()) };
    let draft = Draft { title: args.name.clone(), format: args.name.clone(), ..draft };
    let of_nobody: Vec<&str> = lines.iter().filter(|line| line.format.is_none()).map(|line| line.line.as_str()).collect();
    let tried = try_page(&draft.to_page(&[]), &of_nobody.join("\n"), now).unwrap_or_default();
    let samples: Vec<Sample> =
        tried.iter().filter(|tried| tried.is_by_page).take(SAMPLES).map(|tried| Sample::of(&tried.event)).collect();
    out::line(draft.to_page(&samples).trim_end())
}

/// Samples that a first page has at most.
const SAMPLES: usize = 10;

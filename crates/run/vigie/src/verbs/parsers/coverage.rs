//! `vigie parsers coverage`: what of each source was understood since the platform was started, and what the rest looks like.

use crate::args::{Format, ParsersCoverageArgs};
use crate::ask::House;
use crate::{out, table};
use serde_json::{Value, json};
use std::path::Path;
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;
use vigie_model::say;

/// Shows the coverage.
pub(super) fn show(args: &ParsersCoverageArgs, data: Option<&Path>, lang: Lang) -> Result<(), Problem> {
    const COLUMNS: [&str; 6] = ["source", "received", "parsed", "unparsed", "set aside", "formats"];
    let answer = House::open(data, lang)?.get("/sources/coverage")?;
    let is_asked = |source: &&Value| {
        args.source.as_deref().is_none_or(|asked| source["source"].as_str().is_some_and(|name| name.contains(asked)))
    };
    let sources: Vec<&Value> = answer["sources"].as_array().into_iter().flatten().filter(is_asked).collect();
    let rows = sources.iter().map(|source| row(source));
    match args.format {
        Format::Json => return out::json(&json!({ "schema": answer["schema"], "sources": sources })),
        Format::Csv => return out::bytes(&table::csv(&COLUMNS, rows)?),
        Format::Table => table::write(COLUMNS, rows)?,
    }
    if sources.is_empty() {
        out::say(&say!(lang,
            en "No source of events is running",
            fr "Aucune source d’événements n’est active",
            de "Es läuft keine Quelle von Ereignissen"));
    }
    for source in &sources {
        unparsed(source, lang)?;
    }
    Ok(())
}

fn row(source: &Value) -> [String; 6] {
    let count = |name: &str| source[name].as_u64().unwrap_or(0).to_string();
    let formats = source["formats"].as_array().into_iter().flatten().map(|row| {
        let name = row["format"].as_str().filter(|name| !name.is_empty()).unwrap_or("…");
        format!("{name} {}", row["events"])
    });
    let name = source["source"].as_str().unwrap_or_default().to_owned();
    [name, count("received"), count("parsed"), count("unparsed"), count("set_aside"), formats.collect::<Vec<_>>().join(", ")]
}

/// Lines of a source that nobody understood, with how often such a one came.
fn unparsed(source: &Value, lang: Lang) -> Result<(), Problem> {
    let forms = source["forms"].as_array().map(Vec::as_slice).unwrap_or_default();
    if forms.is_empty() {
        return Ok(());
    }
    let name = out::visible(source["source"].as_str().unwrap_or_default());
    out::line(&say!(lang,
        en "\n{name}: not understood",
        fr "\n{name} : non compris",
        de "\n{name}: nicht verstanden"))?;
    for form in forms {
        let events = form["events"].as_u64().unwrap_or(0);
        out::line(&format!("{events:>10} × {}", out::visible(form["line"].as_str().unwrap_or_default())))?;
    }
    match source["of_other_forms"].as_u64().unwrap_or(0) {
        0 => Ok(()),
        others => out::line(&say!(lang,
            en "{others:>10} × of other forms",
            fr "{others:>10} × d’autres formes",
            de "{others:>10} × in anderen Formen")),
    }
}

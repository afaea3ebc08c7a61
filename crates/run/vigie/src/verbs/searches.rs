//! `vigie searches list|show|save|remove`: searches that are kept.

use super::search::{encoded, seconds};
use crate::args::{Format, SearchesListArgs, SearchesSaveArgs, SearchesShowArgs, SearchesVerb};
use crate::ask::House;
use crate::{Ended, out, table};
use serde_json::{Value, json};
use std::path::Path;
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;
use vigie_model::say;

/// Does one of the verbs.
pub(crate) fn run(verb: SearchesVerb, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let house = House::open(data, lang)?;
    match verb {
        SearchesVerb::List(args) => list(&house, &args)?,
        SearchesVerb::Show(args) => show(&house, &args, lang)?,
        SearchesVerb::Save(args) => save(&house, &args, lang)?,
        SearchesVerb::Remove(args) => {
            let removed = house.delete(&format!("/searches/{}", encoded(&args.search)))?;
            let name = out::visible(removed["name"].as_str().unwrap_or_default());
            out::say(&say!(lang, en "{name} is removed", fr "{name} est supprimée", de "{name} ist entfernt"));
        }
    }
    Ok(Ended::Clean)
}

const COLUMNS: [&str; 5] = ["id", "name", "query", "window", "owner"];

fn list(house: &House, args: &SearchesListArgs) -> Result<(), Problem> {
    let searches = house.get("/searches")?;
    let rows = searches.as_array().into_iter().flatten().map(row);
    match args.format {
        Format::Json => out::json(&json!({ "schema": "vigie.searches/1", "searches": searches })),
        Format::Csv => out::bytes(&table::csv(&COLUMNS, rows)?),
        Format::Table => table::write(COLUMNS, rows),
    }
}

fn row(search: &Value) -> [String; 5] {
    let word = |name: &str| search[name].as_str().unwrap_or_default().to_owned();
    [word("id"), word("name"), word("q"), window(search), word("owner")]
}

/// The window as it was typed, or could have been.
fn window(search: &Value) -> String {
    let Some(seconds) = search["last_s"].as_i64() else {
        let word = |name: &str| search[name].as_str().unwrap_or_default().to_owned();
        return format!("{} – {}", word("from"), word("to"));
    };
    let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
    match units.into_iter().find(|(unit, _)| seconds % unit == 0) {
        Some((unit, sign)) => format!("{}{sign}", seconds / unit),
        None => format!("{seconds}s"),
    }
}

fn show(house: &House, args: &SearchesShowArgs, lang: Lang) -> Result<(), Problem> {
    let mut search = house.get(&format!("/searches/{}", encoded(&args.search)))?;
    if args.format != Format::Table {
        search["schema"] = "vigie.search/1".into();
        return out::json(&search);
    }
    let [id, name, query, window, owner] = row(&search);
    out::line(&out::visible(&name))?;
    let labels = match lang {
        Lang::En => ["id", "query", "window", "owner", "columns"],
        Lang::Fr => ["identifiant", "requête", "fenêtre", "propriétaire", "colonnes"],
        Lang::De => ["Kennung", "Abfrage", "Zeitfenster", "Eigentümer", "Spalten"],
    };
    let columns = columns(&search).join(", ");
    for (label, value) in labels.into_iter().zip([id, query, window, owner, columns]) {
        out::line(&format!("  {label}: {}", out::visible(&value)))?;
    }
    Ok(())
}

/// The columns of a saved search; none for the usual ones.
pub(super) fn columns(search: &Value) -> Vec<String> {
    search["columns"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn save(house: &House, args: &SearchesSaveArgs, lang: Lang) -> Result<(), Problem> {
    let body = json!({
        "name": args.name,
        "q": args.query.join(" "),
        "last_s": seconds(&args.last)?,
        "columns": args.columns,
        "shared": args.shared,
    });
    let known = house.get("/searches")?;
    let same =
        known.as_array().into_iter().flatten().find(|search| search["name"] == *args.name && search["shared"] == args.shared);
    let saved = match same.and_then(|search| search["id"].as_str()).filter(|_| args.replace) {
        Some(id) => house.put(&format!("/searches/{}", encoded(id)), &body)?,
        None => house.post("/searches", &body)?,
    };
    let name = out::visible(saved["name"].as_str().unwrap_or_default());
    out::say(&say!(lang,
        en "{name} is saved: `vigie search --saved NAME` asks it",
        fr "{name} est enregistrée : `vigie search --saved NOM` la pose",
        de "{name} ist gespeichert: `vigie search --saved NAME` stellt sie"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_told_in_its_largest_unit() {
        let told = |seconds: i64| window(&json!({ "last_s": seconds }));
        assert_eq!([told(86_400), told(7200), told(900), told(90)], ["1d", "2h", "15m", "90s"]);
    }
}

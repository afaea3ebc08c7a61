//! `vigie searches list|show|save|alert|remove`: searches that are kept, and when they alert.

use super::search::{encoded, seconds};
use crate::args::{Format, SearchesAlertArgs, SearchesListArgs, SearchesSaveArgs, SearchesShowArgs, SearchesVerb};
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
        SearchesVerb::Alert(args) => alert(&house, &args, lang)?,
        SearchesVerb::Remove(args) => {
            let removed = house.delete(&format!("/searches/{}", encoded(&args.search)))?;
            let name = out::visible(removed["name"].as_str().unwrap_or_default());
            out::say(&say!(lang, en "{name} is removed", fr "{name} est supprimée", de "{name} ist entfernt"));
        }
    }
    Ok(Ended::Clean)
}

const COLUMNS: [&str; 6] = ["id", "name", "query", "window", "owner", "alert"];

fn list(house: &House, args: &SearchesListArgs) -> Result<(), Problem> {
    let searches = house.get("/searches")?;
    let rows = searches.as_array().into_iter().flatten().map(row);
    match args.format {
        Format::Json => out::json(&json!({ "schema": "vigie.searches/1", "searches": searches })),
        Format::Csv => out::bytes(&table::csv(&COLUMNS, rows)?),
        Format::Table => table::write(COLUMNS, rows),
    }
}

fn row(search: &Value) -> [String; 6] {
    let word = |name: &str| search[name].as_str().unwrap_or_default().to_owned();
    [word("id"), word("name"), word("q"), window(search), word("owner"), word_of_alert(&search["alert"])]
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
    let [id, name, query, window, owner, state] = row(&search);
    out::line(&out::visible(&name))?;
    let labels = match lang {
        Lang::En => ["id", "query", "window", "owner", "columns", "alert"],
        Lang::Fr => ["identifiant", "requête", "fenêtre", "propriétaire", "colonnes", "alerte"],
        Lang::De => ["Kennung", "Abfrage", "Zeitfenster", "Eigentümer", "Spalten", "Alarm"],
    };
    let columns = columns(&search).join(", ");
    let alert = &search["alert"];
    let state = if alert.is_null() { state } else { format!("{} ({state})", bar(alert)) };
    for (label, value) in labels.into_iter().zip([id, query, window, owner, columns, state]) {
        out::line(&format!("  {label}: {}", out::visible(&value)))?;
    }
    Ok(())
}

/// How an alert stands; empty for none.
fn word_of_alert(alert: &Value) -> String {
    let word = |name: &str| alert[name].as_str().map(str::to_owned);
    match (word("state"), word("trouble")) {
        (Some(state), Some(trouble)) => format!("{state}: {trouble}"),
        (state, _) => state.unwrap_or_default(),
    }
}

/// When an alert alerts, in the words of its flags.
fn bar(alert: &Value) -> String {
    let (flag, count) = match alert["at_least"].as_u64() {
        Some(count) => ("at-least", count),
        None => ("fewer-than", alert["fewer_than"].as_u64().unwrap_or_default()),
    };
    let by = alert["by"].as_str().map_or_else(String::new, |by| format!(" by {by}"));
    let seconds = |name: &str| alert[name].as_i64().unwrap_or_default();
    format!(
        "{flag} {count}{by} within {}s every {}s, {}",
        seconds("window_s"),
        seconds("every_s"),
        alert["severity"].as_str().unwrap_or_default()
    )
}

fn alert(house: &House, args: &SearchesAlertArgs, lang: Lang) -> Result<(), Problem> {
    let path = format!("/searches/{}/alert", encoded(&args.search));
    if args.off {
        let search = house.delete(&path)?;
        let name = out::visible(search["name"].as_str().unwrap_or_default());
        out::say(&say!(lang, en "{name} alerts no more", fr "{name} n’alerte plus", de "{name} löst keinen Alarm mehr aus"));
        return Ok(());
    }
    let given = |text: &Option<String>| text.as_deref().map(seconds).transpose();
    let body = json!({
        "at_least": args.at_least,
        "fewer_than": args.fewer_than,
        "by": args.by,
        "window_s": seconds(&args.within)?,
        "every_s": given(&args.every)?,
        "lag_s": given(&args.lag)?,
        "severity": args.severity.map(vigie_model::severity::Severity::word),
    });
    let search = house.put(&path, &body)?;
    let (name, bar) = (out::visible(search["name"].as_str().unwrap_or_default()), bar(&search["alert"]));
    out::say(&say!(lang, en "{name} alerts: {bar}", fr "{name} alerte : {bar}", de "{name} löst Alarm aus: {bar}"));
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

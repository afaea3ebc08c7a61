//! `vigie findings list|show|decide|export`.

use super::scan::explain::tell_sections;
use super::search::encoded;
use crate::args::{FilterArgs, FindingsDecideArgs, FindingsExportArgs, FindingsListArgs, FindingsShowArgs, FindingsVerb, Format};
use crate::ask::House;
use crate::{Ended, out, table};
use serde_json::{Map, Value, json};
use std::path::Path;
use vigie_kit::problem::{Kind, Problem};
use vigie_model::lang::Lang;
use vigie_model::severity::Severity;
use vigie_model::time::Day;
use vigie_model::{say, text};

/// The most findings that one request gives.
const PAGE: usize = 500;

/// Does one of the verbs.
pub(crate) fn run(verb: FindingsVerb, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let house = House::open(data, lang)?;
    match verb {
        FindingsVerb::List(args) => list(&house, &args),
        FindingsVerb::Show(args) => show(&house, &args, lang),
        FindingsVerb::Decide(args) => decide(&house, &args, lang),
        FindingsVerb::Export(args) => export(&house, &args),
    }
}

fn list(house: &House, args: &FindingsListArgs) -> Result<Ended, Problem> {
    let query = format!("{}&sort={}", filter(&args.filter), encoded(&args.sort));
    let findings = pages(house, &query, args.limit)?;
    match args.format {
        Format::Json => out::json(&json!({ "schema": "vigie.findings/1", "findings": findings }))?,
        Format::Csv => out::bytes(&table::csv(&COLUMNS, findings.iter().map(row))?)?,
        Format::Table => table::write(COLUMNS, findings.iter().map(row))?,
    }
    Ok(at_or_above(&findings, args.fail_on))
}

const COLUMNS: [&str; 7] = ["id", "priority", "severity", "state", "asset", "title", "fixed in"];

fn row(finding: &Value) -> [String; 7] {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    [
        word(&finding["id"]).chars().take(12).collect(),
        finding["priority"].to_string(),
        word(&finding["severity"]),
        word(&finding["state"]["state"]),
        word(&finding["asset"]["name"]),
        word(&finding["title"]),
        word(&finding["fixed_version"]),
    ]
}

fn pages(house: &House, query: &str, limit: usize) -> Result<Vec<Value>, Problem> {
    let mut findings = Vec::new();
    let mut after = String::new();
    while findings.len() < limit {
        let want = (limit - findings.len()).min(PAGE);
        let mut answer = house.get(&format!("/findings?{query}&limit={want}{after}"))?;
        let Value::Array(page) = answer["findings"].take() else { break };
        findings.extend(page);
        match answer["next"].as_str() {
            Some(cursor) => after = format!("&after={}", encoded(cursor)),
            None => break,
        }
    }
    Ok(findings)
}

fn at_or_above(findings: &[Value], bar: Option<Severity>) -> Ended {
    let severities = findings.iter().filter_map(|finding| finding["severity"].as_str()?.parse::<Severity>().ok());
    let reached = bar.is_some_and(|bar| severities.into_iter().any(|severity| severity >= bar));
    if reached { Ended::Findings } else { Ended::Clean }
}

fn show(house: &House, args: &FindingsShowArgs, lang: Lang) -> Result<Ended, Problem> {
    let mut finding = house.get(&format!("/findings/{}", encoded(&args.id)))?;
    let explanation = house.get(&format!("/findings/{}/explanation", encoded(&args.id)))?;
    if args.format != Format::Table {
        finding["explanation"] = explanation;
        finding["schema"] = "vigie.finding/1".into();
        out::json(&finding)?;
        return Ok(Ended::Clean);
    }
    let [id, priority, severity, state, asset, title, fixed] = row(&finding);
    out::line(&out::visible(&title))?;
    let labels = match lang {
        Lang::En => ["id", "priority", "severity", "state", "asset", "fixed in"],
        Lang::Fr => ["identifiant", "priorité", "sévérité", "état", "actif", "corrigé dans"],
        Lang::De => ["Kennung", "Priorität", "Schweregrad", "Zustand", "Asset", "behoben in"],
    };
    for (label, value) in labels.into_iter().zip([id, priority, severity, state, asset, fixed]) {
        out::line(&format!("  {label}: {}", out::visible(&value)))?;
    }
    tell_sections(&explanation["sections"])?;
    paragraphs(&finding, lang)?;
    history(&finding)?;
    Ok(Ended::Clean)
}

fn paragraphs(finding: &Value, lang: Lang) -> Result<(), Problem> {
    let why = say!(lang, en "Why it matters", fr "Pourquoi c’est important", de "Warum es wichtig ist");
    match finding["texts"]["why"].as_str() {
        Some(text) => out::line(&format!("\n{why}\n{text}")),
        None => Ok(()),
    }
}

fn history(finding: &Value) -> Result<(), Problem> {
    out::line("")?;
    for change in finding["history"].as_array().into_iter().flatten() {
        let word = |name: &str| out::visible(change[name].as_str().unwrap_or_default());
        out::line(&format!("{}  {}  {}  {}", word("at"), word("what"), word("who"), word("why")))?;
    }
    Ok(())
}

fn decide(house: &House, args: &FindingsDecideArgs, lang: Lang) -> Result<Ended, Problem> {
    let until = &args.until;
    let expires_at = Day::parse(until)
        .map_err(|error| {
            Problem::new(
                Kind::User,
                text!(en "`{until}` is no day", fr "`{until}` n’est pas un jour", de "`{until}` ist kein Tag"),
            )
            .hint(text!(en "write it as 2027-03-31", fr "écrivez-le ainsi : 2027-03-31", de "schreiben Sie ihn so: 2027-03-31"))
            .because(error)
        })?
        .start();
    let mut selector = Map::new();
    if !args.ids.is_empty() {
        selector.insert("findings".into(), json!(args.ids));
    }
    for (name, value) in [("subject", &args.subject), ("package", &args.package)] {
        if let Some(value) = value {
            selector.insert(name.into(), json!(value));
        }
    }
    let ruling = match args.ruling.as_str() {
        "accept" => json!({ "ruling": "accept", "until": expires_at }),
        "not_affected" => json!({ "ruling": "not_affected", "justification": args.justification }),
        other => json!({ "ruling": other }),
    };
    let body = json!({ "selector": selector, "ruling": ruling, "reason": args.reason, "expires_at": expires_at });
    let answer = house.post("/decisions", &body)?;
    let applied = answer["applied"].as_i64().unwrap_or(0);
    out::say(&say!(lang,
        en "The decision covers {applied} findings",
        fr "La décision couvre {applied} constats",
        de "Die Entscheidung betrifft {applied} Befunde"));
    Ok(Ended::Clean)
}

fn export(house: &House, args: &FindingsExportArgs) -> Result<Ended, Problem> {
    let format = if args.format == Format::Csv { "csv" } else { "json" };
    out::bytes(&house.bytes(&format!("/findings/export?format={format}&{}", filter(&args.filter)))?)?;
    Ok(Ended::Clean)
}

fn filter(args: &FilterArgs) -> String {
    let mut query = format!("state={}", encoded(&args.state));
    for (name, value) in [("severity", &args.severity), ("kind", &args.kind), ("text", &args.text)] {
        if let Some(value) = value {
            query.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    for (name, wanted) in [("fixable", args.fixable), ("kev", args.kev)] {
        if wanted {
            query.push_str(&format!("&{name}=true"));
        }
    }
    query
}

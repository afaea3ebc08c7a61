//! `vigie audit verify`.

use crate::args::{AuditVerb, Format};
use crate::ask::House;
use crate::{Ended, out};
use std::path::Path;
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;
use vigie_model::say;

/// Walks the audit trail. A broken chain exits with 1.
pub(crate) fn run(verb: AuditVerb, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let AuditVerb::Verify(args) = verb;
    let house = House::open(data, lang)?;
    let mut answer = house.get("/audit/verify")?;
    let whole = answer["whole"].as_bool().unwrap_or(false);
    let entries = answer["entries"].as_i64().unwrap_or(0);
    if args.format == Format::Json {
        answer["schema"] = "vigie.audit/1".into();
        out::json(&answer)?;
    } else if whole {
        let head = answer["head"].as_str().unwrap_or_default();
        out::line(&say!(lang,
            en "whole: {entries} entries, head {head}",
            fr "entière : {entries} entrées, tête {head}",
            de "heil: {entries} Einträge, Kopf {head}"))?;
    } else {
        let at = answer["broken_at"].as_i64().unwrap_or(0);
        out::line(&say!(lang,
            en "broken: entry {at} does not follow from the one before",
            fr "rompue : l’entrée {at} ne découle pas de la précédente",
            de "gebrochen: Eintrag {at} folgt nicht aus dem vorigen"))?;
    }
    Ok(if whole { Ended::Clean } else { Ended::Findings })
}

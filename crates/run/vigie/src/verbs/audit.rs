//! `vigie audit verify`: the trail of what people did, and the chain of stored events.

use super::search::encoded;
use crate::args::{AuditVerb, AuditVerifyArgs, Format};
use crate::ask::House;
use crate::{Ended, out};
use serde_json::Value;
use std::path::Path;
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;
use vigie_model::say;

/// Walks both chains. A break exits with 1.
pub(crate) fn run(verb: AuditVerb, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let AuditVerb::Verify(args) = verb;
    let house = House::open(data, lang)?;
    let mut trail = house.get("/audit/verify")?;
    let events = house.get(&events_path(&args))?;
    let is_whole = |verdict: &Value| verdict["whole"].as_bool().unwrap_or(false);
    let whole = is_whole(&trail) && is_whole(&events);
    if args.format == Format::Json {
        trail["schema"] = "vigie.audit/1".into();
        trail["events"] = events;
        out::json(&trail)?;
    } else if args.head && whole {
        out::line(&format!("trail {}", text(&trail["head"])))?;
        out::line(&format!("events {}", text(&events["head"])))?;
    } else {
        tell_trail(&trail, lang)?;
        tell_events(&events, &args, lang)?;
    }
    Ok(if whole { Ended::Clean } else { Ended::Findings })
}

fn events_path(args: &AuditVerifyArgs) -> String {
    let files = !args.head && !args.links_only;
    let expect = args.expect.as_ref().map_or_else(String::new, |head| format!("&expect={}", encoded(head)));
    format!("/audit/verify/events?files={files}{expect}")
}

fn tell_trail(trail: &Value, lang: Lang) -> Result<(), Problem> {
    let (entries, at) = (&trail["entries"], &trail["broken_at"]);
    let head = text(&trail["head"]);
    out::line(&if at.is_null() {
        say!(lang,
            en "audit trail: whole: {entries} entries, head {head}",
            fr "piste d’audit : entière : {entries} entrées, tête {head}",
            de "Prüfspur: heil: {entries} Einträge, Kopf {head}")
    } else {
        say!(lang,
            en "audit trail: broken: entry {at} does not follow from the one before",
            fr "piste d’audit : rompue : l’entrée {at} ne découle pas de la précédente",
            de "Prüfspur: gebrochen: Eintrag {at} folgt nicht aus dem vorigen")
    })
}

fn tell_events(events: &Value, args: &AuditVerifyArgs, lang: Lang) -> Result<(), Problem> {
    let (links, files, bytes, head) = (&events["links"], &events["files"], &events["bytes"], text(&events["head"]));
    let faults = events["faults"].as_array().map_or(&[][..], Vec::as_slice);
    if faults.is_empty() {
        let read = !args.head && !args.links_only;
        out::line(&if read {
            say!(lang,
                en "events: whole: {links} links, {files} files of {bytes} bytes, head {head}",
                fr "événements : entiers : {links} maillons, {files} fichiers de {bytes} octets, tête {head}",
                de "Ereignisse: heil: {links} Glieder, {files} Dateien mit {bytes} Bytes, Kopf {head}")
        } else {
            say!(lang,
                en "events: the chain is whole: {links} links, head {head}; files were not read",
                fr "événements : la chaîne est entière : {links} maillons, tête {head} ; les fichiers n’ont pas été lus",
                de "Ereignisse: die Kette ist heil: {links} Glieder, Kopf {head}; Dateien wurden nicht gelesen")
        })?;
        if let Some(at) = events["expected_at"].as_i64() {
            out::line(&say!(lang,
                en "events: the expected link is there, as number {at}",
                fr "événements : le maillon attendu est là, au numéro {at}",
                de "Ereignisse: das erwartete Glied ist da, als Nummer {at}"))?;
        }
        return Ok(());
    }
    let total = &events["faults_total"];
    out::line(&say!(lang,
        en "events: broken in {total} places, the first of them:",
        fr "événements : rompus en {total} endroits, dont d’abord :",
        de "Ereignisse: gebrochen an {total} Stellen, zuerst:"))?;
    faults.iter().try_for_each(|fault| out::line(&format!("  {}", told(fault, lang))))
}

fn told(fault: &Value, lang: Lang) -> String {
    let (path, at) = (out::visible(text(&fault["path"])), &fault["number"]);
    match text(&fault["kind"]) {
        "missing" => say!(lang, en "{path} is gone", fr "{path} a disparu", de "{path} ist weg"),
        "changed" => say!(lang, en "{path} has changed", fr "{path} a été modifié", de "{path} wurde verändert"),
        "unreadable" => say!(lang, en "{path} cannot be read", fr "{path} est illisible", de "{path} ist nicht lesbar"),
        "link" => say!(lang,
            en "link {at} does not follow from the one before: a row was altered, or one was taken out",
            fr "le maillon {at} ne découle pas du précédent : une ligne a été modifiée ou retirée",
            de "Glied {at} folgt nicht aus dem vorigen: eine Zeile wurde verändert oder entfernt"),
        "act" => say!(lang,
            en "what link {at} says was done is not what the catalogue shows",
            fr "ce que le maillon {at} dit avoir été fait ne correspond pas au catalogue",
            de "was Glied {at} als getan angibt, stimmt nicht mit dem Verzeichnis überein"),
        _ => say!(lang,
            en "the expected link is nowhere in the chain: it was made anew, or its end was cut",
            fr "le maillon attendu n’est nulle part dans la chaîne : elle a été refaite, ou sa fin coupée",
            de "das erwartete Glied ist nirgends in der Kette: sie wurde neu gemacht, oder ihr Ende abgeschnitten"),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_fault_is_told_in_each_language() {
        for kind in ["missing", "changed", "unreadable", "link", "act", "unexpected"] {
            let fault = json!({ "kind": kind, "path": "a.parquet", "number": 7 });
            let told: Vec<String> = Lang::ALL.into_iter().map(|lang| told(&fault, lang)).collect();
            assert!(told[0] != told[1] && told[1] != told[2], "{told:?}");
        }
    }
}

//! `vigie lake hold|erase|erasures|delta`: what of the stored events must stay, what must go, and who else reads them.

use super::search::{encoded, point};
use crate::args::{
    Format, LakeDeltaArgs, LakeEraseArgs, LakeErasuresArgs, LakeHoldAddArgs, LakeHoldListArgs, LakeHoldVerb, LakeVerb,
};
use crate::ask::House;
use crate::{Ended, out, table};
use serde_json::{Value, json};
use std::path::Path;
use vigie_kit::clock::{Clock, SystemClock};
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;
use vigie_model::say;

/// Does one of the verbs.
pub(crate) fn run(verb: LakeVerb, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let house = House::open(data, lang)?;
    match verb {
        LakeVerb::Hold(args) => match args.verb {
            LakeHoldVerb::Add(args) => add(&house, &args, lang)?,
            LakeHoldVerb::List(args) => list(&house, &args)?,
            LakeHoldVerb::Release(args) => {
                let path = format!("/lake/holds/{}/release", encoded(&args.name));
                house.post(&path, &json!({ "reason": args.reason }))?;
                let name = args.name;
                out::say(&say!(lang,
                    en "{name} is released: the next retention drops what it kept",
                    fr "{name} est levée : la prochaine purge supprimera ce qu’elle retenait",
                    de "{name} ist aufgehoben: die nächste Bereinigung löscht, was sie hielt"));
            }
        },
        LakeVerb::Erase(args) => erase(&house, &args, lang)?,
        LakeVerb::Erasures(args) => erasures(&house, &args)?,
        LakeVerb::Delta(args) => delta(&house, &args, lang)?,
    }
    Ok(Ended::Clean)
}

fn add(house: &House, args: &LakeHoldAddArgs, lang: Lang) -> Result<(), Problem> {
    let body = json!({
        "name": args.name,
        "q": args.query.join(" "),
        "class": args.class,
        "from": time(args.from.as_deref())?,
        "to": time(args.to.as_deref())?,
        "until": time(args.until.as_deref())?,
        "reason": args.reason,
    });
    let hold = house.post("/lake/holds", &body)?;
    let (name, files, events) = (out::visible(&args.name), &hold["files"], &hold["events"]);
    out::say(&say!(lang,
        en "{name} is in force: {files} files with {events} events stay",
        fr "{name} est en vigueur : {files} fichiers contenant {events} événements restent",
        de "{name} gilt: {files} Dateien mit {events} Ereignissen bleiben"));
    Ok(())
}

fn list(house: &House, args: &LakeHoldListArgs) -> Result<(), Problem> {
    const COLUMNS: [&str; 8] = ["name", "state", "query", "reason", "who", "files", "events", "overdue"];
    let holds = house.get("/lake/holds")?;
    let names = ["name", "state", "q", "reason", "who", "files", "events", "overdue"];
    let rows = holds.as_array().into_iter().flatten().map(|hold| names.map(|name| cell(&hold[name])));
    match args.format {
        Format::Json => out::json(&json!({ "schema": "vigie.holds/1", "holds": holds })),
        Format::Csv => out::bytes(&table::csv(&COLUMNS, rows)?),
        Format::Table => table::write(COLUMNS, rows),
    }
}

/// Without `--yes` it only tells what would go.
fn erase(house: &House, args: &LakeEraseArgs, lang: Lang) -> Result<(), Problem> {
    let body = json!({
        "q": args.query.join(" "),
        "from": time(args.from.as_deref())?,
        "to": time(args.to.as_deref())?,
        "reason": args.reason,
        "keep_query": args.keep_query,
        "spare_held": args.spare_held,
        "preview": !args.yes,
    });
    let mut answer = house.post("/lake/erasures", &body)?;
    let (events, held) = (answer["events"].clone(), answer["held"].clone());
    if args.format == Format::Json {
        answer["schema"] = "vigie.erasure/1".into();
        out::json(&answer)?;
    } else if args.yes {
        let proof = cell(&answer["proof"]);
        out::line(&say!(lang,
            en "erased: {events} events; under a hold: {held}; proof: {proof}",
            fr "effacés : {events} événements ; sous séquestre : {held} ; preuve : {proof}",
            de "gelöscht: {events} Ereignisse; gesperrt: {held}; Nachweis: {proof}"))?;
    } else {
        out::line(&say!(lang,
            en "would be erased: {events} events; under a hold: {held}",
            fr "seraient effacés : {events} événements ; sous séquestre : {held}",
            de "würden gelöscht: {events} Ereignisse; gesperrt: {held}"))?;
    }
    if !args.yes {
        out::say(&say!(lang,
            en "Nothing was erased. There is no way back: say `--yes` to do it.",
            fr "Rien n’a été effacé. C’est sans retour : ajoutez `--yes` pour le faire.",
            de "Es wurde nichts gelöscht. Es gibt kein Zurück: mit `--yes` geschieht es."));
    }
    if let Some(secret) = answer["secret"].as_str() {
        out::say(&say!(lang,
            en "Keep this with the request; it shows whom the proof is about, and is stored nowhere: {secret}",
            fr "Gardez ceci avec la demande : il montre qui la preuve concerne et n’est enregistré nulle part : {secret}",
            de "Bewahren Sie dies beim Antrag auf; es zeigt, wen der Nachweis betrifft, und ist nirgends gespeichert: {secret}"));
    }
    for (name, rest) in [("still_read", 0), ("set_aside", 1)] {
        let count = answer[name].as_u64().unwrap_or(0);
        match (count, rest) {
            (0, _) => {}
            (_, 0) => out::say(&say!(lang,
                en "{count} old files are still read by a search; they go when it ends",
                fr "{count} anciens fichiers sont encore lus par une recherche ; ils disparaîtront à sa fin",
                de "{count} alte Dateien liest noch eine Suche; sie verschwinden, wenn sie endet")),
            _ => out::say(&say!(lang,
                en "{count} stretches of damaged log lie in lake/log/damaged; nobody can say what is in them: look, and delete them",
                fr "{count} morceaux de journal endommagé se trouvent dans lake/log/damaged ; nul ne sait ce qu’ils contiennent : examinez-les, puis supprimez-les",
                de "{count} beschädigte Stücke des Protokolls liegen in lake/log/damaged; niemand kann sagen, was darin steht: sehen Sie nach und löschen Sie sie")),
        }
    }
    Ok(())
}

fn erasures(house: &House, args: &LakeErasuresArgs) -> Result<(), Problem> {
    const COLUMNS: [&str; 6] = ["proof", "at", "who", "reason", "events", "held"];
    let proofs = house.get("/lake/erasures")?;
    let names = ["number", "at", "who", "reason", "events", "held"];
    let rows = proofs.as_array().into_iter().flatten().map(|proof| names.map(|name| cell(&proof[name])));
    match args.format {
        Format::Json => out::json(&json!({ "schema": "vigie.erasures/1", "erasures": proofs })),
        Format::Csv => out::bytes(&table::csv(&COLUMNS, rows)?),
        Format::Table => table::write(COLUMNS, rows),
    }
}

fn delta(house: &House, args: &LakeDeltaArgs, lang: Lang) -> Result<(), Problem> {
    let mut answer = house.post("/lake/delta", &json!({ "on": !args.stop }))?;
    if args.format == Format::Json {
        answer["schema"] = "vigie.delta/1".into();
        return out::json(&answer);
    }
    if args.stop {
        out::say(&say!(lang,
            en "The Delta log is removed; the files are as they were",
            fr "Le journal Delta est supprimé ; les fichiers restent tels quels",
            de "Das Delta-Protokoll ist entfernt; die Dateien sind, wie sie waren"));
        return Ok(());
    }
    let [path, version, files, events] = ["path", "version", "files", "events"].map(|name| cell(&answer[name]));
    let path = out::visible(&path);
    out::line(&say!(lang,
        en "{path}: version {version}, {files} files with {events} events; kept up to date from now on",
        fr "{path} : version {version}, {files} fichiers contenant {events} événements ; tenu à jour désormais",
        de "{path}: Version {version}, {files} Dateien mit {events} Ereignissen; wird von nun an aktuell gehalten"))
}

fn time(text: Option<&str>) -> Result<Option<String>, Problem> {
    let now = SystemClock.now();
    text.map(|text| Ok(point(text, now)?.to_string())).transpose()
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

//! `vigie parsers check` and `vigie parsers test`: records tried with a page, or with all there is.

use super::pages;
use crate::args::{Format, ParsersCheckArgs, ParsersTestArgs};
use crate::{Ended, out, table};
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};
use vigie_collect::mapping::{self, PAGE_MAX, PageError, TRIED_MAX, Tried, Unlike};
use vigie_collect::trial;
use vigie_kit::clock::{Clock, SystemClock};
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Event, ValueRef};
use vigie_model::lang::Lang;
use vigie_model::{say, text};

/// Most bytes of records that are tried.
const RECORDS_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Standard input.
const STDIN: &str = "-";

/// Checks pages of the user: each is right, and reads all of its samples.
pub(super) fn check(args: &ParsersCheckArgs, lang: Lang) -> Result<Ended, Problem> {
    let mut all_right = true;
    for path in &args.pages {
        let (page, name) = (page(path)?, out::visible(&path.display().to_string()));
        match tried(path, &name, &page, lang) {
            Ok(is_right) => all_right &= is_right?,
            Err(error) => {
                let error = PageError { page: name, ..error };
                out::line(&out::visible(&error.to_string()))?;
                hint(path, &error, lang);
                all_right = false;
            }
        }
    }
    Ok(if all_right { Ended::Clean } else { Ended::Findings })
}

/// Tries a page with the samples in it and those beside it; whether all hold.
fn tried(path: &Path, name: &str, page: &str, lang: Lang) -> Result<Result<bool, Problem>, PageError> {
    let now = SystemClock.now();
    let (own, unlike) = mapping::test_page(page, now)?;
    mapping::check_page(name, page)?;
    let beside = samples_of(path);
    if own == 0 && beside.is_none() {
        out::say(&say!(lang,
            en "{name} is right. It has no samples: put records into a file of its name that ends in .log or .json, beside it",
            fr "{name} est correcte. Elle n’a pas d’exemples : mettez des enregistrements dans un fichier du même nom en .log ou .json, à côté",
            de "{name} ist richtig. Beispiele fehlen: legen Sie Einträge in eine Datei gleichen Namens mit der Endung .log oder .json daneben"));
    }
    let told_of_own = if own == 0 { Ok(true) } else { tell_unlike(name, own, &unlike, lang) };
    let Some(samples) = beside else { return Ok(told_of_own) };
    let records = match files::read_bounded(&samples, RECORDS_BYTES_MAX) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => return Ok(Err(error.explain())),
    };
    let tried = mapping::try_page(page, &records, now)?;
    Ok(told_of_own.and_then(|own| Ok(told(name, &tried, lang)? && own)))
}

/// Says which samples of a page become something else than it says.
fn tell_unlike(name: &str, samples: usize, unlike: &[Unlike], lang: Lang) -> Result<bool, Problem> {
    for Unlike { record, place, expected, found } in unlike {
        let (record, found) = (out::visible(record), out::visible(found));
        out::line(&match place.as_str() {
            "" => say!(lang, en "not read: {record}", fr "non lu : {record}", de "nicht gelesen: {record}"),
            place => say!(lang,
                en "{place} should be {expected} and is {found}: {record}",
                fr "{place} devrait être {expected} et vaut {found} : {record}",
                de "{place} sollte {expected} sein und ist {found}: {record}"),
        })?;
    }
    let right = samples - unlike.len().min(samples);
    out::say(&say!(lang,
        en "{right} of the {samples} samples in {name} become what it says",
        fr "{right} des {samples} exemples de {name} deviennent ce qu’elle dit",
        de "{right} von {samples} Beispielen in {name} werden, was sie sagt"));
    Ok(unlike.is_empty())
}

/// What to do about a file that is no page at all.
fn hint(path: &Path, error: &PageError, lang: Lang) {
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    if is_toml && !error.place.starts_with("line ") {
        return;
    }
    let file = out::visible(&path.display().to_string());
    out::say(&if is_toml {
        say!(lang,
            en "hint: pages are written in TOML: NAME = \"VALUE\" on each line; `vigie parsers draft LINES` writes a first one",
            fr "conseil : les pages s’écrivent en TOML : NOM = \"VALEUR\" sur chaque ligne ; `vigie parsers draft LIGNES` en écrit une première",
            de "Hinweis: Seiten sind in TOML geschrieben: NAME = \"WERT\" in jeder Zeile; `vigie parsers draft ZEILEN` schreibt eine erste")
    } else {
        say!(lang,
            en "hint: a page is a file that ends in .toml; if {file} holds log lines, `vigie parsers test {file}` shows what becomes of them and `vigie parsers draft {file}` writes a page for them",
            fr "conseil : une page est un fichier en .toml ; si {file} contient des lignes de journal, `vigie parsers test {file}` montre ce qu’elles deviennent et `vigie parsers draft {file}` écrit une page pour elles",
            de "Hinweis: eine Seite ist eine Datei mit der Endung .toml; enthält {file} Logzeilen, so zeigt `vigie parsers test {file}`, was aus ihnen wird, und `vigie parsers draft {file}` schreibt eine Seite für sie")
    });
}

/// Says how many samples a page reads, and shows those that it does not; whether it reads all.
fn told(name: &str, tried: &[Tried], lang: Lang) -> Result<bool, Problem> {
    let (read, all) = (tried.iter().filter(|tried| tried.is_by_page).count(), tried.len());
    for unread in tried.iter().filter(|tried| !tried.is_by_page) {
        let record = out::visible(&String::from_utf8_lossy(&unread.event.raw));
        out::line(&say!(lang, en "not read: {record}", fr "non lu : {record}", de "nicht gelesen: {record}"))?;
    }
    out::say(&say!(lang,
        en "{name} reads {read} of its {all} samples",
        fr "{name} lit {read} de ses {all} exemples",
        de "{name} liest {read} von {all} Beispielen"));
    Ok(read == all)
}

/// The samples of a page, if there are some.
fn samples_of(page: &Path) -> Option<PathBuf> {
    let (folder, stem) = (page.parent()?, page.file_stem()?);
    [folder.to_owned(), folder.join("samples")]
        .into_iter()
        .flat_map(|folder| ["log", "json", "jsonl"].map(|ending| folder.join(stem).with_extension(ending)))
        .find(|path| path.is_file())
}

fn page(path: &Path) -> Result<String, Problem> {
    let bytes = files::read_bounded(path, PAGE_MAX).map_err(Explain::explain)?;
    String::from_utf8(bytes).map_err(|error| {
        let path = path.display();
        Problem::new(Kind::User, text!(en "{path} is no text", fr "{path} n’est pas du texte", de "{path} ist kein Text"))
            .because(error)
    })
}

/// Shows what becomes of records.
pub(super) fn test(args: &ParsersTestArgs, data: Option<&Path>, lang: Lang) -> Result<(), Problem> {
    let records = records(&args.records)?;
    let now = SystemClock.now();
    let events: Vec<Event> = match &args.page {
        Some(path) => {
            let tried = mapping::try_page(&page(path)?, &String::from_utf8_lossy(&records), now).map_err(|error| {
                let said = PageError { page: path.display().to_string(), ..error }.to_string();
                Problem::new(Kind::User, text!(en "The page is wrong: {said}", fr "La page est incorrecte : {said}", de "Die Seite ist falsch: {said}"))
            })?;
            tried.into_iter().map(|tried| tried.event).collect()
        }
        None => {
            let mut events = Vec::new();
            let path = args.path.as_deref().unwrap_or(&args.records);
            trial::events(path, &records, pages(data)?, now, &mut |event| {
                if events.len() < TRIED_MAX {
                    events.push(event);
                }
            });
            events
        }
    };
    show(&events, args.format)?;
    let (read, all) = (events.iter().filter(|event| event.is_parsed()).count(), events.len());
    out::say(&say!(lang,
        en "{read} of {all} records were understood",
        fr "{read} enregistrements compris sur {all}",
        de "{read} von {all} Einträgen wurden verstanden"));
    if all == TRIED_MAX {
        out::say(&say!(lang,
            en "no more than the first {TRIED_MAX} were tried",
            fr "seuls les {TRIED_MAX} premiers ont été essayés",
            de "nur die ersten {TRIED_MAX} wurden versucht"));
    }
    Ok(())
}

pub(super) fn records(path: &Path) -> Result<Vec<u8>, Problem> {
    if path != Path::new(STDIN) {
        return files::read_bounded(path, RECORDS_BYTES_MAX).map_err(Explain::explain);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(RECORDS_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| {
        Problem::new(
            Kind::Environment,
            text!(
                en "Standard input cannot be read",
                fr "L’entrée standard ne peut pas être lue",
                de "Die Standardeingabe kann nicht gelesen werden",
            ),
        )
        .because(error)
    })?;
    Ok(bytes)
}

fn show(events: &[Event], format: Format) -> Result<(), Problem> {
    const COLUMNS: [&str; 5] = ["time", "format", "class", "activity", "says"];
    let rows = events.iter().map(|event| {
        [
            event.time.to_string(),
            event.origin.format.to_string(),
            event.class.name().to_owned(),
            event.class.activity_caption(event.activity).unwrap_or_default().to_owned(),
            said(event),
        ]
    });
    match format {
        Format::Json => {
            let unmapped = |event: &Event| event.unmapped.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>();
            let shown: Vec<Value> = events
                .iter()
                .map(|event| json!({ "format": &*event.origin.format, "ocsf": event.to_ocsf(), "unmapped": unmapped(event) }))
                .collect();
            out::json(&json!({ "schema": "vigie.tried/1", "events": shown }))
        }
        Format::Csv => out::bytes(&table::csv(&COLUMNS, rows)?),
        Format::Table => table::write(COLUMNS, rows),
    }
}

/// The fields of an event in one line, or its record where there are none.
fn said(event: &Event) -> String {
    let fields = event.fields.iter().filter(|(id, _)| id.path() != field::MESSAGE.id().path());
    let mut said: Vec<String> = fields.map(|(id, value)| format!("{}={}", id.path(), shown(value))).collect();
    said.extend(event.unmapped.iter().map(|(name, value)| format!("{name}={value}")));
    if said.is_empty() { String::from_utf8_lossy(&event.raw).into_owned() } else { said.join(" ") }
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Text(text) => text.to_string(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Boolean(truth) => truth.to_string(),
        ValueRef::Texts(texts) => texts.join(","),
    }
}

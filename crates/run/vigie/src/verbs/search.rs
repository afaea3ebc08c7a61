//! `vigie search QUERY`.

use super::{searches, sequences};
use crate::args::{Format, SearchArgs, SearchFormat};
use crate::ask::House;
use crate::{Ended, out, table};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::Path;
use vigie_kit::clock::{Clock, SystemClock};
use vigie_kit::problem::{Kind, Problem};
use vigie_model::lang::Lang;
use vigie_model::time::Timestamp;
use vigie_model::{say, text};

/// The most events that one request gives.
const PAGE: usize = 1000;
/// How far back is looked when nobody says, in seconds.
const LAST_SECONDS: i64 = 86_400;

/// Searches events.
pub(crate) fn run(args: &SearchArgs, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let house = House::open(data, lang)?;
    let asked = Asked::of(&house, args)?;
    let window = asked.parameters();
    let format = match args.format {
        SearchFormat::Table => Format::Table,
        SearchFormat::Json => Format::Json,
        SearchFormat::Csv => Format::Csv,
        SearchFormat::Parquet => {
            export(&house, &asked, args)?;
            return Ok(Ended::Clean);
        }
    };
    if sequences::is_meant(&asked.query) && !args.count && args.top.is_none() {
        sequences::show(&house, &window, args.limit.get(), format, lang)?;
        return house.all_was_read().map(|()| Ended::Clean);
    }
    if args.count {
        let answer = house.get_watched(&format!("/events/histogram?{window}&buckets=1"))?;
        tell_partial(&answer, lang);
        let total = answer["total"].clone();
        match format {
            Format::Json => out::json(&json!({ "schema": "vigie.count/1", "count": total, "partial": answer["partial"] }))?,
            Format::Table | Format::Csv => out::line(&total.to_string())?,
        }
        return house.all_was_read().map(|()| Ended::Clean);
    }
    if let Some(name) = &args.top {
        let limit = args.limit.get().min(PAGE);
        let answer = house.get_watched(&format!("/events/top?{window}&by={}&limit={limit}", encoded(name)))?;
        tell_partial(&answer, lang);
        show_top(name, &answer, format)?;
        return house.all_was_read().map(|()| Ended::Clean);
    }
    let events = pages(&house, &window, args.limit.get(), lang)?;
    show(&events, format, &asked.columns)?;
    if let Some(word) = bare_word(&args.query).filter(|_| events.is_empty()) {
        let said = text!(en "`{word}` is found as a whole word; `*{word}*` finds it inside of words, too",
                         fr "`{word}` est cherché comme mot entier ; `*{word}*` le trouve aussi à l’intérieur des mots",
                         de "`{word}` wird als ganzes Wort gesucht; `*{word}*` findet es auch innerhalb von Wörtern");
        out::say(&format!("hint: {}", said.get(lang)));
    }
    house.all_was_read().map(|()| Ended::Clean)
}

/// What is asked: as typed, or as saved.
struct Asked {
    query: String,
    from: Timestamp,
    to: Timestamp,
    /// The columns of a saved search.
    columns: Vec<String>,
    /// How long it may take, in seconds.
    deadline: Option<i64>,
}

impl Asked {
    fn of(house: &House, args: &SearchArgs) -> Result<Self, Problem> {
        let now = SystemClock.now();
        let typed = args.query.join(" ");
        let saved = match &args.saved {
            Some(name) => house.get(&format!("/searches/{}", encoded(name)))?,
            None => Value::Null,
        };
        if sequences::is_meant(saved["q"].as_str().unwrap_or_default()) && !typed.trim().is_empty() {
            return Err(sequences::not_of_a_sequence(&typed));
        }
        let at = |name: &str| saved[name].as_str().and_then(|text| Timestamp::parse(text).ok());
        let ago = |seconds: i64| now.plus_seconds(-seconds);
        let kept = at("from").unwrap_or_else(|| ago(saved["last_s"].as_i64().unwrap_or(LAST_SECONDS)));
        let given = |text: &Option<String>| text.as_deref().map(|text| point(text, now)).transpose();
        let (from, to) = (given(&args.from)?.unwrap_or(kept), given(&args.to)?.or_else(|| at("to")).unwrap_or(now));
        if to <= from {
            return Err(ends_before_it_begins(from, to));
        }
        Ok(Self {
            query: narrowed(saved["q"].as_str().unwrap_or_default(), &typed),
            from,
            to,
            columns: searches::columns(&saved),
            deadline: args.deadline.as_deref().map(seconds).transpose()?,
        })
    }

    fn parameters(&self) -> String {
        let Self { query, from, to, deadline, .. } = self;
        let deadline = deadline.map_or_else(String::new, |seconds| format!("&deadline_ms={}", seconds.saturating_mul(1000)));
        format!("q={}&from={}&to={}{deadline}", encoded(query), encoded(&from.to_string()), encoded(&to.to_string()))
    }
}

fn ends_before_it_begins(from: Timestamp, to: Timestamp) -> Problem {
    Problem::new(
        Kind::User,
        text!(
            en "the window ends ({to}) before it begins ({from})",
            fr "la fenêtre se termine ({to}) avant de commencer ({from})",
            de "das Zeitfenster endet ({to}), bevor es beginnt ({from})",
        ),
    )
    .hint(text!(
        en "--from is the earlier end: `--from 2h --to 1h`",
        fr "--from est la borne la plus ancienne : `--from 2h --to 1h`",
        de "--from ist die frühere Grenze: `--from 2h --to 1h`",
    ))
}

/// One query and another: both must hold.
fn narrowed(saved: &str, typed: &str) -> String {
    match (saved.trim(), typed.trim()) {
        (saved, "") => saved.to_owned(),
        ("", typed) => typed.to_owned(),
        (saved, typed) => format!("({saved}) AND ({typed})"),
    }
}

/// A word of a query that is looked for in the record, its ends not open.
fn bare_word(query: &[String]) -> Option<&str> {
    let words = query.iter().flat_map(|part| part.split_whitespace());
    let is_bare = |word: &&str| {
        !["AND", "OR", "NOT"].contains(word)
            && word.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '.' | '-' | '_' | '@'))
    };
    words.filter(|word| !word.is_empty()).find(is_bare)
}

/// Writes all events that match, as they come.
fn export(house: &House, asked: &Asked, args: &SearchArgs) -> Result<(), Problem> {
    let besides = [("--count", args.count), ("--top", args.top.is_some()), ("--deadline", args.deadline.is_some())];
    if let Some((flag, _)) = besides.into_iter().find(|(_, said)| *said) {
        return Err(not_of_parquet(flag));
    }
    if sequences::is_meant(&asked.query) {
        return Err(sequences::not_of_a_sequence("--format parquet"));
    }
    if std::io::stdout().is_terminal() {
        return Err(Problem::new(
            Kind::User,
            text!(
                en "Parquet is not for a terminal",
                fr "Parquet n’est pas fait pour un terminal",
                de "Parquet ist nicht für ein Terminal gemacht",
            ),
        )
        .hint(text!(
            en "write it to a file: `> events.parquet`",
            fr "écrivez-le dans un fichier : `> events.parquet`",
            de "schreiben Sie es in eine Datei: `> events.parquet`",
        )));
    }
    house.copy(&format!("/events/export?format=parquet&{}", asked.parameters()))
}

fn not_of_parquet(flag: &str) -> Problem {
    Problem::new(
        Kind::User,
        text!(
            en "{flag} does not go with --format parquet",
            fr "{flag} ne va pas avec --format parquet",
            de "{flag} passt nicht zu --format parquet",
        ),
    )
}

/// Says what of the events was not looked at.
pub(super) fn tell_partial(answer: &Value, lang: Lang) {
    let covered = &answer["covered"];
    if answer["partial"] == true && covered["events"] != covered["events_total"] {
        let (events, total) = (&answer["covered"]["events"], &answer["covered"]["events_total"]);
        out::say(&say!(lang,
            en "This is not all: {events} of {total} events were looked at",
            fr "Ce n’est pas tout : {events} événements sur {total} ont été examinés",
            de "Das ist nicht alles: {events} von {total} Ereignissen wurden angesehen"));
    }
}

fn pages(house: &House, window: &str, limit: usize, lang: Lang) -> Result<Vec<Value>, Problem> {
    let mut events = Vec::new();
    let mut before = String::new();
    while events.len() < limit {
        let want = (limit - events.len()).min(PAGE);
        let mut answer = house.get_watched(&format!("/events?{window}&limit={want}{before}"))?;
        tell_partial(&answer, lang);
        let Value::Array(page) = answer["events"].take() else { break };
        events.extend(page);
        match answer["next"].as_str() {
            Some(cursor) => before = format!("&before={}", encoded(cursor)),
            None => break,
        }
    }
    Ok(events)
}

/// The values that occur most, and how many events have each.
fn show_top(name: &str, answer: &Value, format: Format) -> Result<(), Problem> {
    let values = answer["values"].as_array().map_or(&[][..], Vec::as_slice);
    let rows = values.iter().map(|it| [it["value"].as_str().unwrap_or_default().to_owned(), it["count"].to_string()]);
    match format {
        Format::Json => {
            let mut answer = answer.clone();
            answer["schema"] = json!("vigie.top/1");
            answer["by"] = json!(name);
            out::json(&answer)
        }
        Format::Csv => out::bytes(&crate::table::csv(&[name, "count"], rows)?),
        Format::Table => table::write([name, "count"], rows),
    }
}

fn show(events: &[Value], format: Format, columns: &[String]) -> Result<(), Problem> {
    let cell = |event: &Value, name: &str| {
        // What is no member of the row is one of its fields or its labels.
        match [&event[name], &event["fields"][name], &event["labels"][name]].into_iter().find(|value| !value.is_null()) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    };
    if !columns.is_empty() && format != Format::Json {
        let headings: Vec<&str> = columns.iter().map(String::as_str).collect();
        let rows = events.iter().map(|event| headings.iter().map(|name| cell(event, name)).collect());
        return match format {
            Format::Csv => out::bytes(&table::csv_of(&headings, rows)),
            _ => table::write_of(&headings, rows),
        };
    }
    match format {
        // One event a line, as other log tools read and write it.
        Format::Json => events.iter().try_for_each(|event| out::line(&event.to_string())),
        Format::Csv => {
            let columns = ["time", "host", "class", "activity", "severity", "source", "message"];
            let rows = events.iter().map(|event| columns.map(|name| cell(event, name)));
            out::bytes(&crate::table::csv(&columns, rows)?)
        }
        Format::Table => table::write(
            ["time", "host", "class", "activity", "message"],
            events.iter().map(|event| ["time", "host", "class", "activity", "message"].map(|name| cell(event, name))),
        ),
    }
}

/// A point in time: RFC 3339, of which the zone (then UTC), the seconds or the time of day may be left out; `now`; or so
/// long ago (`90s`, `15m`, `24h`, `7d`, `now-2w`).
pub(super) fn point(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let written = text.trim().replacen(' ', "T", 1);
    let left_out = ["", "Z", ":00Z", "T00:00:00Z"].into_iter();
    if let Some(time) = left_out.map(|rest| format!("{written}{rest}")).find_map(|whole| Timestamp::parse(&whole).ok()) {
        return Ok(time);
    }
    if written == "now" {
        return Ok(now);
    }
    let ago = written.strip_prefix("now-").unwrap_or(&written);
    let wrong = || {
        Problem::new(
            Kind::User,
            text!(en "`{text}` is no time", fr "`{text}` n’est pas un moment", de "`{text}` ist kein Zeitpunkt"),
        )
        .hint(text!(
            en "write 2026-11-21T08:00:00Z, 2026-11-21, or 90s, 15m, 24h, 7d for so long ago",
            fr "écrivez 2026-11-21T08:00:00Z, 2026-11-21, ou 90s, 15m, 24h, 7d pour une durée passée",
            de "schreiben Sie 2026-11-21T08:00:00Z, 2026-11-21, oder 90s, 15m, 24h, 7d für so lange her",
        ))
    };
    Ok(now.plus_seconds(-span(ago).ok_or_else(wrong)?))
}

/// The seconds of a duration (`90s`, `15m`, `24h`, `7d`, `2w`).
pub(super) fn seconds(text: &str) -> Result<i64, Problem> {
    span(text).ok_or_else(|| {
        Problem::new(
            Kind::User,
            text!(en "`{text}` is no duration", fr "`{text}` n’est pas une durée", de "`{text}` ist keine Dauer"),
        )
        .hint(text!(
            en "write 90s, 15m, 24h or 7d",
            fr "écrivez 90s, 15m, 24h ou 7d",
            de "schreiben Sie 90s, 15m, 24h oder 7d",
        ))
    })
}

fn span(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let number: i64 = text.trim_end_matches(unit).parse().ok()?;
    Some(number.saturating_mul(seconds))
}

/// Percent-encodes a value for the query of an address.
pub(super) fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut done, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => done.push(char::from(byte)),
            other => done.push_str(&format!("%{other:02X}")),
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_points_or_so_long_ago() {
        let now = Timestamp::parse("2026-11-21T08:00:00Z").unwrap();
        assert_eq!(point("15m", now).unwrap().to_string(), "2026-11-21T07:45:00Z");
        assert_eq!(point("2026-11-20T00:00:00+02:00", now).unwrap().to_string(), "2026-11-19T22:00:00Z");
        for (written, time) in [
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20T20:15", "2026-11-20T20:15:00Z"),
            ("2026-11-20 20:15:10", "2026-11-20T20:15:10Z"),
            ("now", "2026-11-21T08:00:00Z"),
            ("now-1h", "2026-11-21T07:00:00Z"),
            ("1w", "2026-11-14T08:00:00Z"),
        ] {
            assert_eq!(point(written, now).unwrap().to_string(), time, "{written}");
        }
        for wrong in ["", "h", "yesterday", "1y", "é", "now-", "nowh"] {
            assert!(point(wrong, now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_word_without_signs_is_bare() {
        let bare = |query: &str| bare_word(&[query.to_owned()]).map(str::to_owned);
        assert_eq!(bare("user:root AND fail"), Some("fail".to_owned()));
        assert_eq!(bare("fail* NOT user:root \"a b\""), None);
        assert_eq!(bare(""), None);
    }

    #[test]
    fn what_is_typed_narrows_what_is_saved() {
        assert_eq!(narrowed("a OR b", "c OR d"), "(a OR b) AND (c OR d)");
        assert_eq!((narrowed("a OR b", " "), narrowed("", "c")), ("a OR b".to_owned(), "c".to_owned()));
    }

    #[test]
    fn a_query_survives_the_address() {
        assert_eq!(encoded("a b&c=é%"), "a%20b%26c%3D%C3%A9%25");
    }
}

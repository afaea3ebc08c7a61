//! `vigie search 'sequence …'`: events that follow each other.

use super::search::{encoded, tell_partial};
use crate::args::Format;
use crate::ask::House;
use crate::{out, table};
use serde_json::Value;
use vigie_kit::problem::{Kind, Problem};
use vigie_model::lang::Lang;
use vigie_model::text;

/// The most sequences that one request gives.
const MOST: usize = 500;

/// Whether a query is meant as a sequence.
pub(super) fn is_meant(query: &str) -> bool {
    let mut words = query.split_whitespace();
    words.next() == Some("sequence") && words.next().is_some_and(|word| word == "by" || word == "with" || word.starts_with('['))
}

/// Finds sequences and shows them.
pub(super) fn show(house: &House, parameters: &str, limit: usize, format: Format, lang: Lang) -> Result<(), Problem> {
    let sequences = pages(house, parameters, limit.max(1), lang)?;
    let sequences = sequences.as_slice();
    match format {
        // One sequence a line, as events are one a line.
        Format::Json => sequences.iter().try_for_each(|sequence| out::line(&sequence.to_string())),
        Format::Csv => out::bytes(&table::csv(&COLUMNS, rows(sequences))?),
        Format::Table => table::write(COLUMNS, rows(sequences)),
    }
}

/// Reads on until there are as many as are wanted, or somebody ended it.
fn pages(house: &House, parameters: &str, limit: usize, lang: Lang) -> Result<Vec<Value>, Problem> {
    let mut sequences = Vec::new();
    let mut before = String::new();
    while sequences.len() < limit {
        let want = (limit - sequences.len()).min(MOST);
        let mut answer = house.get_watched(&format!("/events/sequences?{parameters}&limit={want}{before}"))?;
        tell_partial(&answer, lang);
        let Value::Array(page) = answer["sequences"].take() else { break };
        sequences.extend(page);
        match answer["next"].as_str() {
            Some(cursor) if answer["partial"] != true => before = format!("&before={}", encoded(cursor)),
            _ => break,
        }
    }
    Ok(sequences)
}

const COLUMNS: [&str; 6] = ["sequence", "of", "time", "host", "class", "message"];

/// A row for each event; the first of a sequence has its number.
fn rows(sequences: &[Value]) -> impl Iterator<Item = [String; 6]> {
    sequences.iter().zip(1_usize..).flat_map(|(sequence, number)| {
        let by = sequence["by"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
        sequence["events"].as_array().into_iter().flatten().map(move |event| {
            let word = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            [number.to_string(), by.clone(), word("time"), word("host"), word("class"), word("message")]
        })
    })
}

/// A sequence is not narrowed by what is typed beside it, nor written as Parquet.
pub(super) fn not_of_a_sequence(what: &str) -> Problem {
    Problem::new(
        Kind::User,
        text!(
            en "{what} does not go with a sequence",
            fr "{what} ne va pas avec une séquence",
            de "{what} passt nicht zu einer Sequenz",
        ),
    )
    .hint(text!(
        en "say it in one of its steps: `[ … ]`",
        fr "dites-le dans une de ses étapes : `[ … ]`",
        de "sagen Sie es in einem ihrer Schritte: `[ … ]`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_event_of_a_sequence_is_a_row() {
        let event = |message: &str| json!({ "time": "t", "host": "h", "class": "c", "message": message });
        let sequences = [json!({ "by": ["eva", "web"], "events": [event("a"), event("b")] })];
        let rows: Vec<_> = rows(&sequences).map(|row| row.join(" ")).collect();
        assert_eq!(rows, ["1 eva, web t h c a", "1 eva, web t h c b"]);
        assert!(is_meant("sequence by user") && !is_meant("sequence of things"));
    }
}

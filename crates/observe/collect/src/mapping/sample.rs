//! Samples that stand in a page, and what is expected of them: the page's test.

use super::{PageError, Tried, page};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Event, FieldId, ValueRef};
use vigie_model::time::Timestamp;

/// Most samples of a page.
pub const SAMPLES_MAX: usize = 100;

/// A record that the page reads, and what it becomes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// The record.
    pub record: String,
    /// The name of its class.
    pub class: Option<String>,
    /// Its activity, as the class calls it.
    pub activity: Option<String>,
    /// Its fields by path, as texts; further ones it may have.
    pub fields: Vec<(String, String)>,
}

/// What a sample has become that it should not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlike {
    /// The record.
    pub record: String,
    /// What it is about: a path, `class`, `activity`; empty where the page does not read the record at all.
    pub place: String,
    /// What was expected.
    pub expected: String,
    /// What there is.
    pub found: String,
}

impl Sample {
    /// What an event is, as it is expected from now on.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        // A time that is not believed today may be tomorrow.
        let lasting = event.fields.iter().filter(|(id, _)| *id != field::METADATA_ORIGINAL_TIME.id());
        let fields = lasting.map(|(field, value)| (field.path().to_owned(), shown(value)));
        Self {
            record: String::from_utf8_lossy(&event.raw).into_owned(),
            class: Some(event.class.name().to_owned()),
            activity: event.class.activity_caption(event.activity).map(str::to_owned),
            fields: fields.collect(),
        }
    }

    fn unlike(&self, tried: &Tried) -> Option<Unlike> {
        let event = &tried.event;
        let unlike = |place: &str, expected: &str, found: &str| {
            let (place, expected, found) = (place.to_owned(), expected.to_owned(), found.to_owned());
            Some(Unlike { record: self.record.clone(), place, expected, found })
        };
        if !tried.is_by_page {
            return unlike("", "", "");
        }
        let activity = event.class.activity_caption(event.activity).unwrap_or_default();
        for (place, expected, found) in [("class", &self.class, event.class.name()), ("activity", &self.activity, activity)] {
            if expected.as_ref().is_some_and(|expected| expected != found) {
                return unlike(place, expected.as_deref().unwrap_or_default(), found);
            }
        }
        self.fields.iter().find_map(|(path, expected)| {
            let value = FieldId::from_path(path).and_then(|field| event.fields.get(field));
            let found = value.map(shown).unwrap_or_default();
            if found == *expected { None } else { unlike(path, expected, &found) }
        })
    }
}

/// A value as text.
fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Text(text) => text.to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Boolean(truth) => truth.to_string(),
        ValueRef::Texts(texts) => texts.join(", "),
    }
}

/// Tries a page with the samples that stand in it: how many there are, and those that become something else.
///
/// # Errors
/// [`PageError`]: the first thing that is wrong in the page.
pub fn test_page(text: &str, received: Timestamp) -> Result<(usize, Vec<Unlike>), PageError> {
    let samples = page::read("page", text)?.samples;
    let mut unlike = Vec::new();
    let records: Vec<&str> = samples.iter().map(|sample| sample.record.as_str()).collect();
    for (sample, tried) in samples.iter().zip(super::own::try_records(text, &records, received)?) {
        unlike.extend(sample.unlike(&tried));
    }
    Ok((samples.len(), unlike))
}

/// The records that stand in a page as samples.
///
/// # Errors
/// [`PageError`] when it is no page.
pub fn samples_of(text: &str) -> Result<Vec<Sample>, PageError> {
    Ok(page::read("page", text)?.samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::try_page;

    const PAGE: &str = r#"
title = "Till"
format = "till"
class = "api_activity"
activity = "create"
line = "till %{word:who} pays %{int:n}"
[fields]
"actor.user.name" = "who"
[[sample]]
record = "till eva pays 7"
class = "api_activity"
activity = "Create"
fields = { "actor.user.name" = "eva" }
"#;

    #[test]
    fn samples_hold_or_it_is_said_what_does_not() {
        assert_eq!(test_page(PAGE, Timestamp::EPOCH).unwrap(), (1, vec![]));
        let (_, unlike) = test_page(&PAGE.replace("= \"eva\"", "= \"ada\""), Timestamp::EPOCH).unwrap();
        let shown: Vec<(&str, &str, &str)> = unlike.iter().map(|it| (&*it.place, &*it.expected, &*it.found)).collect();
        assert_eq!(shown, [("actor.user.name", "ada", "eva")]);
        let (_, unlike) = test_page(&PAGE.replace("record = \"till eva", "record = \"eva"), Timestamp::EPOCH).unwrap();
        assert_eq!(unlike[0].place, "");
        let (_, unlike) = test_page(&PAGE.replace("\"Create\"", "\"Read\""), Timestamp::EPOCH).unwrap();
        assert_eq!((&*unlike[0].place, &*unlike[0].found), ("activity", "Create"));
        let error = test_page(&PAGE.replace("record = ", "line = "), Timestamp::EPOCH).unwrap_err();
        assert_eq!((&*error.place, &*error.what), ("sample 1: line", "is none of record, class, activity, fields"));
    }

    #[test]
    fn what_an_event_is_becomes_what_is_expected() {
        let tried = try_page(PAGE, "till eva pays 7", Timestamp::EPOCH).unwrap();
        assert_eq!(Sample::of(&tried[0].event), samples_of(PAGE).unwrap()[0]);
    }
}

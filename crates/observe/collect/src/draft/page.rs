//! A form as a page, and a page as a form where it says no more than a form can.

use super::{Draft, HOST, Kind, Part, SEVERITY, TIME};
use crate::mapping::Sample;
use toml::{Table, Value};

impl Draft {
    /// The page, with samples as its test.
    #[must_use]
    pub fn to_page(&self, samples: &[Sample]) -> String {
        let mut page = String::new();
        line(&mut page, "title", &self.title);
        line(&mut page, "format", &self.format);
        line(&mut page, "class", &self.class);
        if !self.activity.is_empty() {
            line(&mut page, "activity", &self.activity);
        }
        if self.kind == Kind::Pairs {
            line(&mut page, "records_are", "pairs");
        }
        match self.lines.as_slice() {
            [] => {}
            [only] => line(&mut page, "line", only),
            lines => {
                page.push_str("line = [\n");
                lines.iter().for_each(|pattern| put(&mut page, format_args!("    {},\n", quoted(pattern))));
                page.push_str("]\n");
            }
        }
        for word in [TIME, HOST, SEVERITY] {
            let names = self.names_of(word);
            if !names.is_empty() {
                put(&mut page, format_args!("{word} = {}\n", listed(&names)));
            }
        }
        if self.kind != Kind::Text {
            let has: Vec<&str> = self.recognise.iter().map(String::as_str).collect();
            put(&mut page, format_args!("\n[[recognise]]\nhas = {}\n", Value::from(has)));
        }
        self.write_fields(&mut page);
        samples.iter().for_each(|sample| write_sample(&mut page, sample));
        page
    }

    fn names_of(&self, target: &str) -> Vec<&str> {
        self.parts.iter().filter(|part| part.target == target).map(|part| part.name.as_str()).collect()
    }

    fn write_fields(&self, page: &mut String) {
        let mut targets: Vec<&str> = self.parts.iter().map(|part| part.target.as_str()).collect();
        targets.retain(|target| !matches!(*target, "" | TIME | HOST | SEVERITY));
        targets.sort_unstable();
        targets.dedup();
        if !targets.is_empty() {
            page.push_str("\n[fields]\n");
        }
        for target in targets {
            put(page, format_args!("{} = {}\n", key(target), listed(&self.names_of(target))));
        }
    }

    /// The form of a page; none where the page says more than a form can.
    #[must_use]
    pub fn of_page(page: &str) -> Option<Self> {
        // Whoever writes comments wants to keep them.
        if page.lines().any(|line| line.trim_start().starts_with('#')) {
            return None;
        }
        let table: Table = toml::from_str(page).ok()?;
        let text = |name: &str| table.get(name).map_or(Some(String::new()), |value| value.as_str().map(str::to_owned));
        let lines = texts(table.get("line"))?;
        let recognise = match table.get("recognise").map(Value::as_array) {
            None => Vec::new(),
            Some(Some(all)) if all.len() == 1 => texts(all.first()?.get("has"))?,
            Some(_) => return None,
        };
        let kind = match (lines.is_empty(), text("records_are")?.as_str()) {
            (false, _) => Kind::Text,
            (true, "pairs") => Kind::Pairs,
            (true, _) => Kind::Json,
        };
        let mut parts = Vec::new();
        let fields = table.get("fields").map_or_else(|| Some(Table::new()), |fields| fields.as_table().cloned())?;
        let words = [TIME, HOST, SEVERITY].into_iter().filter_map(|word| Some((word, table.get(word)?)));
        for (target, value) in words.chain(fields.iter().map(|(path, value)| (path.as_str(), value))) {
            let part = |name| Part { name, example: String::new(), target: target.to_owned() };
            parts.extend(texts(Some(value))?.into_iter().map(part));
        }
        let draft = Self {
            title: text("title")?,
            format: text("format")?,
            kind,
            class: text("class")?,
            activity: text("activity")?,
            lines,
            recognise,
            parts,
        };
        // Nothing of the page may be lost.
        let mut again: Table = toml::from_str(&draft.to_page(&[])).ok()?;
        if let Some(samples) = table.get("sample") {
            again.insert("sample".to_owned(), samples.clone());
        }
        (again == table).then_some(draft)
    }
}

/// A text or a list of texts; nothing is an empty list.
fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    match value {
        None => Some(Vec::new()),
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(values)) => values.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    }
}

fn write_sample(page: &mut String, sample: &Sample) {
    page.push_str("\n[[sample]]\n");
    line(page, "record", &sample.record);
    for (word, value) in [("class", &sample.class), ("activity", &sample.activity)] {
        if let Some(value) = value {
            line(page, word, value);
        }
    }
    if !sample.fields.is_empty() {
        page.push_str("[sample.fields]\n");
        sample.fields.iter().for_each(|(path, value)| put(page, format_args!("{} = {}\n", key(path), quoted(value))));
    }
}

/// Adds samples to the end of a page.
#[must_use]
pub fn with_samples(page: &str, samples: &[Sample]) -> String {
    let mut page = page.trim_end().to_owned();
    page.push('\n');
    samples.iter().for_each(|sample| write_sample(&mut page, sample));
    page
}

fn line(page: &mut String, word: &str, value: &str) {
    put(page, format_args!("{word} = {}\n", quoted(value)));
}

fn put(page: &mut String, what: std::fmt::Arguments<'_>) {
    page.push_str(&what.to_string());
}

/// A text as TOML writes it; on one line, whatever it holds.
fn quoted(text: &str) -> String {
    let is_plain = !text.contains('\'') && !text.chars().any(char::is_control);
    if is_plain && text.contains(['"', '\\']) {
        return format!("'{text}'");
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if control.is_control() => put(&mut quoted, format_args!("\\u{:04X}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn key(path: &str) -> String {
    quoted(path)
}

fn listed(names: &[&str]) -> String {
    match names {
        [only] => quoted(only),
        names => format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")),
    }
}

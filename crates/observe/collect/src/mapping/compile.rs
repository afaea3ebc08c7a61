//! From pages to what is used on the way of every record; and the check of a page.

use super::names::{Names, Node};
use super::page::{self, Page, Rules};
use super::recognise::{Shape, Test};
use super::take::{Form, Pattern, Table, Take, TakeTime};
use super::value::{TimeForm, Unit};
use super::{CASES_MAX, LINES_MAX, PageError};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use vigie_model::event::{Class, EventSeverity, FieldId, FieldKind, Label, Value};

/// A page, ready for use.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub(super) format: Arc<str>,
    pub(super) title: Box<str>,
    /// In the order of the page; the last is for every record.
    pub(super) cases: Vec<Case>,
    pub(super) decisions: Vec<Decision>,
    pub(super) pairs: Vec<Pairs>,
    /// The first that fits a line counts.
    pub(super) patterns: Vec<regex::Regex>,
    /// Whether its records are pairs of key and value.
    pub(super) is_pairs: bool,
    /// Texts that may hold a record of their own.
    pub(super) inner: Box<[Node]>,
    /// Beginnings of paths that the names of unmapped values do without, and whether the next letter
    /// is made large; the longest first.
    pub(super) short: Vec<(Box<str>, bool)>,
}

/// What a record becomes.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) class: Class,
    pub(super) activity: Option<Take>,
    pub(super) severity: Option<Take>,
    pub(super) time: Option<TakeTime>,
    pub(super) host: Option<Take>,
    /// Shared by the cases of a page where they are the page's own.
    pub(super) fields: Vec<(FieldId, Arc<Take>)>,
    pub(super) labels: Vec<(Label, Take)>,
}

/// Which cases a value leaves possible: one bit for each.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) from: Box<[Node]>,
    pub(super) table: Table<u64>,
    /// Cases that ask for a value, whatever it is.
    pub(super) there: u64,
    /// Cases that ask for none.
    pub(super) absent: u64,
    /// Cases that do not ask.
    pub(super) others: u64,
}

/// A list of objects that each hold a name and its value.
#[derive(Clone, Debug)]
pub(super) struct Pairs {
    pub(super) list: Node,
    pub(super) name: Node,
    pub(super) values: Box<[Node]>,
}

/// A document of several records.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    /// The name of the list of records.
    pub(super) list: Box<str>,
    /// The names that may stand beside it.
    pub(super) beside: Vec<Box<str>>,
}

/// Compiles the pages of one set.
#[derive(Debug, Default)]
pub(super) struct Compiler {
    pub(super) names: Names,
    pub(super) shapes: Vec<Shape>,
    pub(super) pages: Vec<Ready>,
    pub(super) records: Vec<Envelope>,
}

/// The place in a page that is compiled.
struct Desk<'a> {
    name: &'a str,
    page: &'a Page,
    names: &'a mut Names,
}

impl Compiler {
    /// Adds a page. `is_own` are pages of the user: they go before ours.
    pub(super) fn add(&mut self, name: &str, text: &str, is_own: bool) -> Result<(), PageError> {
        let mut page = page::read(name, text)?;
        if page.is_ocsf {
            add_ocsf(&mut page);
        }
        let number = self.pages.len();
        let mut desk = Desk { name, page: &page, names: &mut self.names };
        let ready = desk.ready()?;
        let shapes = desk.shapes(number, is_own)?;
        for (list, beside) in page.records {
            let place = self.records.iter().position(|known| *known.list == *list).unwrap_or_else(|| {
                self.records.push(Envelope { list: list.as_str().into(), beside: Vec::new() });
                self.records.len() - 1
            });
            if let Some(known) = self.records.get_mut(place) {
                known.beside.extend(beside.into_iter().map(Into::into));
            }
        }
        self.shapes.extend(shapes);
        self.pages.push(ready);
        Ok(())
    }
}

fn cuts_of(take: &page::Take) -> Box<[(page::CutAt, Box<str>)]> {
    take.cut.iter().map(|(at, sign)| (*at, sign.as_str().into())).collect()
}

/// What a value has to be where its path says it and the page does not.
fn form_by_path(ready: &mut Take, take: &page::Take, path: &str) {
    if ready.form == Form::Plain && ready.table.is_none() && take.form.is_none() {
        ready.form = match path.rsplit('.').next() {
            Some("ip") => Form::Address,
            Some("hostname") => Form::Host,
            _ => Form::Plain,
        };
    }
    if let (Some(ready), Some(take)) = (&mut ready.or, &take.or) {
        form_by_path(ready, take, path);
    }
}

impl Desk<'_> {
    fn wrong<T>(&self, place: &str, what: impl Into<String>) -> Result<T, PageError> {
        Err(PageError { page: self.name.to_owned(), place: place.to_owned(), what: what.into() })
    }

    fn ready(&mut self) -> Result<Ready, PageError> {
        let is_name = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if !is_name(&self.page.format) {
            return self.wrong("format", "has to be small letters, digits and hyphens");
        }
        if self.page.title.is_empty() {
            return self.wrong("title", "is missing");
        }
        if self.page.cases.len() >= CASES_MAX {
            return self.wrong("case", format!("there are more than {} of them", CASES_MAX - 1));
        }
        let mut common = Vec::new();
        for (path, take) in &self.page.common.fields {
            if let Some((field, take)) = self.field(&format!("fields.\"{path}\""), path, take)? {
                common.push((field, Arc::new(take)));
            }
        }
        let mut cases = Vec::new();
        for (number, case) in self.page.cases.iter().enumerate() {
            cases.push(self.case(&format!("case {}", number + 1), &case.rules, &common)?);
        }
        cases.push(self.case("", &Rules::default(), &common)?);
        self.check_common(&cases)?;
        let patterns = self.patterns()?;
        Ok(Ready {
            format: self.page.format.as_str().into(),
            title: self.page.title.as_str().into(),
            cases,
            decisions: self.decisions(),
            pairs: self.pairs(),
            patterns,
            is_pairs: self.page.is_pairs,
            short: self.short()?,
            inner: self.nodes(&self.page.inner),
        })
    }

    /// The page's pattern and its lines.
    fn patterns(&self) -> Result<Vec<regex::Regex>, PageError> {
        if self.page.lines.len() > LINES_MAX {
            return self.wrong("line", format!("there are more than {LINES_MAX} of them"));
        }
        if self.page.samples.len() > super::SAMPLES_MAX {
            return self.wrong("sample", format!("there are more than {} of them", super::SAMPLES_MAX));
        }
        let mut patterns = Vec::new();
        if let Some(pattern) = &self.page.pattern {
            patterns.push(self.pattern(pattern)?);
        }
        for (number, line) in self.page.lines.iter().enumerate() {
            let place = if self.page.lines.len() == 1 { "line".to_owned() } else { format!("line {}", number + 1) };
            patterns.push(super::line::compile(line).or_else(|what| self.wrong(&place, what))?);
        }
        Ok(patterns)
    }

    fn pattern(&self, pattern: &str) -> Result<regex::Regex, PageError> {
        let anchored = format!("^(?:{pattern})$");
        let built = regex::RegexBuilder::new(&anchored).size_limit(super::PATTERN_SIZE_MAX).build();
        match built {
            Ok(regex) if regex.capture_names().flatten().next().is_none() => {
                self.wrong("pattern", "names no field: write (?<name>…) around each value")
            }
            Ok(regex) => Ok(regex),
            Err(error) => self.wrong("pattern", format!("is no regular expression: {error}")),
        }
    }

    /// A field that no class of the page has is a mistake; one that only some lack is left out there.
    fn check_common(&self, cases: &[Case]) -> Result<(), PageError> {
        for (path, _) in &self.page.common.fields {
            let Some(field) = FieldId::from_path(path) else { continue };
            if !cases.iter().any(|case| field.info().classes.has(case.class)) {
                return self.wrong(&format!("fields.\"{path}\""), "is in none of the page's classes");
            }
        }
        Ok(())
    }

    /// A case: what it says itself, and what the page says for all.
    fn case(&mut self, place: &str, own: &Rules, fields: &[(FieldId, Arc<Take>)]) -> Result<Case, PageError> {
        let common = &self.page.common;
        let at = |word: &str| if place.is_empty() { word.to_owned() } else { format!("{place}: {word}") };
        let Some(name) = own.class.as_ref().or(common.class.as_ref()) else { return self.wrong(&at("class"), "is missing") };
        let Some(class) = class(name) else { return self.wrong(&at("class"), format!("`{name}` is no OCSF class we use")) };
        let activity = match own.activity.as_ref().or(common.activity.as_ref().filter(|_| own.class.is_none())) {
            None => None,
            Some(take) => Some(self.activity(&at("activity"), take, class)?),
        };
        let severity = match own.severity.as_ref().or(common.severity.as_ref()) {
            None => None,
            Some(take) => Some(self.severity(&at("severity"), take)?),
        };
        let time = match own.time.as_ref().or(common.time.as_ref()) {
            None => None,
            Some(take) => Some(TakeTime {
                from: self.nodes(&take.from),
                form: self.time_form(&at("time"), take)?,
                cuts: cuts_of(take),
                is_strict: take.strict,
                keep: take.keep,
            }),
        };
        let text = |word: &str| Some(Value::Text(word.into()));
        let host = match own.host.as_ref().or(common.host.as_ref()) {
            None => None,
            Some(take) => Some(self.take(&at("host"), take, FieldKind::Text, &text)?),
        };
        let here = fields.iter().filter(|(field, _)| field.info().classes.has(class)).cloned();
        let mut fields: BTreeMap<FieldId, Arc<Take>> = here.collect();
        for (path, take) in &own.fields {
            let place = format!("{place}: fields.\"{path}\"");
            match self.field(&place, path, take)? {
                Some((field, _)) if !field.info().classes.has(class) => {
                    return self.wrong(&place, format!("the class {} does not have it", class.name()));
                }
                Some((field, take)) => drop(fields.insert(field, Arc::new(take))),
                // An empty list: not in this case.
                None => drop(FieldId::from_path(path).and_then(|field| fields.remove(&field))),
            }
        }
        let mut labels = Vec::new();
        for (name, take) in common.labels.iter().chain(&own.labels) {
            let place = at(&format!("labels.{name}"));
            match name.parse() {
                Ok(Label::Tenant) => return self.wrong(&place, "is for the intake to say, never for a record"),
                Ok(label) => labels.push((label, self.take(&place, take, FieldKind::Text, &text)?)),
                Err(error) => return self.wrong(&place, error.to_string()),
            }
        }
        Ok(Case { class, activity, severity, time, host, fields: fields.into_iter().collect(), labels })
    }

    fn field(&mut self, place: &str, path: &str, take: &page::Take) -> Result<Option<(FieldId, Take)>, PageError> {
        let Some(field) = FieldId::from_path(path) else { return self.wrong(place, "is no OCSF path we know") };
        if take.from.is_empty() && take.is.is_none() {
            return Ok(None);
        }
        let kind = field.info().kind;
        let mut ready = self.take(place, take, kind, &|word| constant(path, kind, word))?;
        form_by_path(&mut ready, take, path);
        Ok(Some((field, ready)))
    }

    fn take(
        &mut self,
        place: &str,
        take: &page::Take,
        kind: FieldKind,
        value_of: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Take, PageError> {
        let value = |desk: &Self, word: &str| {
            value_of(word).map_or_else(|| desk.wrong(place, format!("`{word}` is no value for it ({kind:?})")), Ok)
        };
        let some = |desk: &Self, word: &Option<String>| word.as_ref().map(|word| value(desk, word)).transpose();
        let mut rows = Vec::new();
        for (key, word) in &take.table {
            rows.push((key.clone(), value(self, word)?));
        }
        let mut steps = Vec::new();
        for (from, word) in &take.steps {
            steps.push((*from, value(self, word)?));
        }
        // In a list, a word stands for the list that has only it.
        let in_list = |value: Value| match value {
            Value::Text(text) if kind == FieldKind::Texts => Value::Texts([text].into()),
            value => value,
        };
        let form = self.form(place, take)?;
        if form == Form::Verb && rows.is_empty() {
            let verbs = ["create", "read", "update", "delete"].into_iter();
            rows.extend(verbs.filter_map(|verb| Some((verb.to_owned(), value_of(verb)?))));
        }
        if take.join.is_some() && kind != FieldKind::Text {
            return self.wrong(place, "only a text can be joined");
        }
        Ok(Take {
            from: self.nodes(&take.from),
            is: some(self, &take.is)?.map(in_list),
            kind,
            form,
            cuts: cuts_of(take),
            is_strict: take.strict,
            table: (!rows.is_empty()).then(|| Table::new(rows, self.page.ignore_case)),
            steps: steps.into(),
            otherwise: some(self, &take.otherwise)?,
            absent: some(self, &take.absent)?.map(in_list),
            all: take.all,
            join: take.join.as_deref().map(Into::into),
            keep: take.keep,
            times: take.times,
            or: take.or.as_ref().map(|or| self.take(place, or, kind, value_of).map(Box::new)).transpose()?,
        })
    }

    fn form(&self, place: &str, take: &page::Take) -> Result<Form, PageError> {
        Ok(match take.form.as_deref() {
            None => Form::Plain,
            Some("address") => Form::Address,
            Some("host") => Form::Host,
            Some("port") => Form::Port,
            Some("base name") => Form::BaseName,
            Some("lower") => Form::Lower,
            Some("upper") => Form::Upper,
            Some("hash values") => Form::HashValues,
            Some("hash names") => Form::HashNames,
            Some("text") => Form::Plain,
            Some("verb") => Form::Verb,
            Some("time") => Form::Time(self.time_form(place, take)?),
            Some(other) => {
                let known = "address, host, port, base name, lower, upper, hash values, hash names, text, time, verb";
                return self.wrong(place, format!("`{other}` is none of {known}"));
            }
        })
    }

    fn time_form(&self, place: &str, take: &page::Take) -> Result<TimeForm, PageError> {
        let unit = match take.unit.as_deref() {
            None => None,
            Some("s") => Some(Unit::Seconds),
            Some("ms") => Some(Unit::Millis),
            Some("us") => Some(Unit::Micros),
            Some("ns") => Some(Unit::Nanos),
            Some(other) => return self.wrong(place, format!("the unit `{other}` is none of s, ms, us, ns")),
        };
        let is_local = match take.zone.as_deref() {
            None | Some("utc") => false,
            Some("local") => true,
            Some(other) => return self.wrong(place, format!("the zone `{other}` is neither utc nor local")),
        };
        Ok(TimeForm { unit, is_local, format: take.format.as_deref().map(Into::into) })
    }

    /// An activity: the page's own table, else the captions of the class.
    fn activity(&mut self, place: &str, take: &page::Take, class: Class) -> Result<Take, PageError> {
        let mut ready = self.take(place, take, FieldKind::Integer, &|word| activity(class, word))?;
        if take.is.is_none() && take.table.is_empty() && take.steps.is_empty() && take.form.is_none() {
            let rows = class.activities().iter().filter(|(number, _)| (1..99).contains(number));
            let rows = rows.map(|(number, caption)| (snake(caption), Value::Integer(i64::from(*number))));
            ready.table = Some(Table::new(rows, true));
        }
        Ok(ready)
    }

    /// A severity: the page's own table, else the words that everybody uses.
    fn severity(&mut self, place: &str, take: &page::Take) -> Result<Take, PageError> {
        let mut take = take.clone();
        if take.is.is_none() && take.table.is_empty() && take.steps.is_empty() {
            take.table = SEVERITY_WORDS.iter().map(|(word, severity)| ((*word).to_owned(), (*severity).to_owned())).collect();
            let mut ready = self.take(place, &take, FieldKind::Integer, &severity)?;
            let rows = take.table.into_iter().filter_map(|(word, name)| Some((word, severity(&name)?)));
            ready.table = Some(Table::new(rows, true));
            return Ok(ready);
        }
        self.take(place, &take, FieldKind::Integer, &severity)
    }

    /// The numbers of paths, in every place that the page names.
    fn nodes(&mut self, paths: &[String]) -> Box<[Node]> {
        let paths: Vec<String> = paths.iter().flat_map(|path| self.spelled(path)).collect();
        paths.iter().map(|path| self.names.insert(path)).collect()
    }

    /// A path with its place spelled out, below all objects that the record may stand in.
    fn spelled(&self, path: &str) -> Vec<String> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let join = |above: &str, below: &str| match (above, below) {
            ("", path) | (path, "") => path.to_owned(),
            (above, below) => format!("{above}.{below}"),
        };
        let places = self.page.places.iter().find(|(name, _)| name == first);
        let here: Vec<String> = match places {
            None => vec![path.to_owned()],
            Some((_, places)) => {
                let place = |place: &String| match place.strip_suffix('~') {
                    Some(place) => join(place, &lower_first(rest)),
                    None => join(place, rest),
                };
                places.iter().map(place).collect()
            }
        };
        let mut whole = here;
        if !self.page.below.is_empty() {
            whole = self.page.below.iter().flat_map(|above| whole.iter().map(move |path| join(above, path))).collect();
        }
        if self.page.also_lower {
            let first = |path: &String| match path.split_once('.') {
                Some((first, rest)) => format!("{}.{rest}", first.to_lowercase()),
                None => path.to_lowercase(),
            };
            for small in whole.iter().flat_map(|path| [path.to_lowercase(), first(path)]).collect::<Vec<_>>() {
                if !whole.contains(&small) {
                    whole.push(small);
                }
            }
        }
        whole
    }

    fn short(&self) -> Result<Vec<(Box<str>, bool)>, PageError> {
        let mut short: Vec<(Box<str>, bool)> = Vec::new();
        for name in &self.page.short {
            let Some((_, places)) = self.page.places.iter().find(|(own, _)| own == name) else {
                return self.wrong("short", format!("`{name}` is none of the page's places"));
            };
            let below = if self.page.below.is_empty() { &[String::new()][..] } else { &self.page.below };
            for place in places {
                let (path, is_small) = place.strip_suffix('~').map_or((place.as_str(), false), |path| (path, true));
                let whole = below.iter().map(|above| if above.is_empty() { path.to_owned() } else { format!("{above}.{path}") });
                short.extend(whole.filter(|_| !path.is_empty()).map(|path| (format!("{path}.").into(), is_small)));
            }
        }
        short.extend(self.page.below.iter().filter(|above| !above.is_empty()).map(|above| (format!("{above}.").into(), false)));
        short.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Ok(short)
    }

    fn decisions(&mut self) -> Vec<Decision> {
        let all = (1_u64 << self.page.cases.len()) - 1;
        let mut paths: Vec<&String> = Vec::new();
        for (path, _) in self.page.cases.iter().flat_map(|case| &case.when) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let mut decisions = Vec::new();
        for path in paths {
            let (mut there, mut absent, mut others) = (0, 0, all);
            let mut rows: BTreeMap<String, u64> = BTreeMap::new();
            for (number, case) in self.page.cases.iter().enumerate() {
                let bit = 1_u64 << number;
                let Some((_, values)) = case.when.iter().find(|(own, _)| own == path) else { continue };
                others &= !bit;
                for value in values {
                    match value.as_str() {
                        "*" => there |= bit,
                        "" => absent |= bit,
                        value => *rows.entry(value.to_owned()).or_default() |= bit,
                    }
                }
            }
            let table = Table::new(rows, self.page.ignore_case);
            decisions.push(Decision { from: self.nodes(std::slice::from_ref(path)), table, there, absent, others });
        }
        decisions
    }

    fn pairs(&mut self) -> Vec<Pairs> {
        let mut pairs = Vec::new();
        for (list, names) in &self.page.pairs {
            let Some((name, values)) = names.split_first() else { continue };
            for list in self.spelled(list) {
                let mut below = |name: &String| self.names.insert(&format!("{list}.{name}"));
                let (name, values) = (below(name), values.iter().map(&mut below).collect());
                pairs.push(Pairs { list: self.names.insert(&list), name, values });
            }
        }
        pairs
    }

    fn shapes(&mut self, page: usize, is_own: bool) -> Result<Vec<Shape>, PageError> {
        let page_number = page;
        let is_pattern = self.page.pattern.is_some() || !self.page.lines.is_empty();
        if self.page.recognise.is_empty() && !is_pattern && self.page.format != super::GENERIC {
            return self.wrong("recognise", "is missing: how are its records told from others?");
        }
        let mut shapes = Vec::new();
        for (number, recognise) in self.page.recognise.iter().enumerate() {
            if recognise.has.is_empty() && recognise.equals.is_empty() && recognise.starts.is_empty() {
                return self.wrong(&format!("recognise {}", number + 1), "asks for nothing");
            }
            let tests = recognise.has.iter().map(|path| (path, Test::There));
            let tests = tests.chain(recognise.lacks.iter().map(|path| (path, Test::Absent)));
            let tests = tests.chain(
                recognise
                    .equals
                    .iter()
                    .map(|(path, values)| (path, Test::Equals(values.iter().map(|value| value.as_str().into()).collect()))),
            );
            let begins = |value: &String| Pattern::beginning(value);
            let tests = tests
                .chain(recognise.starts.iter().map(|(path, values)| (path, Test::Fits(values.iter().map(begins).collect()))));
            let tests: Vec<(Vec<String>, Test)> = tests.map(|(path, test)| (self.spelled(path), test)).collect();
            // One shape for each way to spell its paths: all in the same place.
            let ways = tests.iter().map(|(ways, _)| ways.len()).max().unwrap_or_default();
            for way in 0..ways {
                let mut here = Vec::new();
                for (ways, test) in &tests {
                    if let Some(path) = ways.get(way).or_else(|| ways.last()) {
                        here.push((self.names.insert(path), test.clone()));
                    }
                }
                shapes.push(Shape::new(page_number, is_own, here));
            }
        }
        Ok(shapes)
    }
}

/// The same path for every field, and a case for every class.
fn add_ocsf(page: &mut Page) {
    let is_own = |path: &str, page: &Page| page.common.fields.iter().any(|(own, _)| own == path);
    for field in FieldId::all().filter(|field| !is_own(field.path(), page)).collect::<Vec<_>>() {
        let take = page::Take { from: vec![field.path().to_owned()], ..page::Take::default() };
        page.common.fields.push((field.path().to_owned(), take));
    }
    for class in Class::ALL {
        let numbers = class.activities().iter().map(|(number, _)| (number.to_string(), number.to_string()));
        let activity = page::Take { from: vec!["activity_id".to_owned()], table: numbers.collect(), ..page::Take::default() };
        let rules = Rules { class: Some(class.name().to_owned()), activity: Some(activity), ..Rules::default() };
        page.cases.push(page::Case { when: vec![("class_uid".to_owned(), vec![class.uid().to_string()])], rules });
    }
}

/// The words for severities that everybody uses.
const SEVERITY_WORDS: [(&str, &str); 37] = [
    ("emergency", "fatal"),
    ("emerg", "fatal"),
    ("fatal", "fatal"),
    ("panic", "fatal"),
    ("dpanic", "fatal"),
    ("alert", "critical"),
    ("critical", "critical"),
    ("crit", "critical"),
    ("severe", "critical"),
    ("error", "high"),
    ("err", "high"),
    ("eror", "high"),
    ("high", "high"),
    ("important", "high"),
    ("warning", "medium"),
    ("warn", "medium"),
    ("medium", "medium"),
    ("moderate", "medium"),
    ("notice", "low"),
    ("low", "low"),
    ("informational", "informational"),
    ("information", "informational"),
    ("info", "informational"),
    ("normal", "informational"),
    ("debug", "informational"),
    ("trace", "informational"),
    ("verbose", "informational"),
    ("default", "informational"),
    ("success", "informational"),
    ("log", "informational"),
    ("none", "informational"),
    ("untriaged", "informational"),
    ("i", "informational"),
    ("w", "medium"),
    ("e", "high"),
    ("f", "fatal"),
    ("d", "informational"),
];

fn severity(word: &str) -> Option<Value> {
    let number = word.parse::<u8>().ok();
    let named = |severity: &EventSeverity| format!("{severity:?}").to_lowercase() == word || number == Some(severity.number());
    EventSeverity::ALL.iter().find(|severity| named(severity)).map(|severity| Value::Integer(i64::from(severity.number())))
}

fn class(name: &str) -> Option<Class> {
    Class::from_name(name).or_else(|| Class::ALL.into_iter().find(|class| snake(class.caption()) == name))
}

fn activity(class: Class, word: &str) -> Option<Value> {
    let number = word.parse::<u8>().ok();
    let found = class.activities().iter().find(|(own, caption)| Some(*own) == number || snake(caption) == word);
    found.map(|(own, _)| Value::Integer(i64::from(*own)))
}

/// A constant of a field.
fn constant(path: &str, kind: FieldKind, word: &str) -> Option<Value> {
    match kind {
        FieldKind::Text | FieldKind::Texts => Some(Value::Text(word.into())),
        FieldKind::Boolean => word.parse().ok().map(Value::Boolean),
        FieldKind::Integer => word.parse().ok().or_else(|| enumerated(path, word)).map(Value::Integer),
    }
}

/// The words for the enumerations that pages use most.
fn enumerated(path: &str, word: &str) -> Option<i64> {
    let words: &[(&str, i64)] = match path.rsplit('.').next()? {
        "status_id" => &[("unknown", 0), ("success", 1), ("failure", 2), ("other", 99)],
        "action_id" => &[("unknown", 0), ("allowed", 1), ("denied", 2), ("observed", 3), ("modified", 4), ("other", 99)],
        "direction_id" => &[("unknown", 0), ("inbound", 1), ("outbound", 2), ("lateral", 3), ("other", 99)],
        _ => return None,
    };
    words.iter().find(|(own, _)| *own == word).map(|(_, number)| *number)
}

/// `MFA Factor Enable` → `mfa_factor_enable`.
#[must_use]
pub fn snake(caption: &str) -> String {
    caption.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
}

fn lower_first(path: &str) -> String {
    let mut letters = path.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

impl Ready {
    /// The name of an unmapped value.
    pub(super) fn short<'p>(&self, path: &'p str) -> Cow<'p, str> {
        for (above, is_small) in &self.short {
            let Some(rest) = path.strip_prefix(&**above) else { continue };
            let mut letters = rest.chars();
            return match letters.next() {
                Some(first) if *is_small => Cow::Owned(first.to_uppercase().chain(letters).collect()),
                _ => Cow::Borrowed(rest),
            };
        }
        Cow::Borrowed(path)
    }
}

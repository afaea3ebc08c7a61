//! A mapping page as it is written: TOML, with an exact place for everything that is wrong in it.
//!
//! Nothing is looked up here: what OCSF has, and what a name means, is the matter of `compile`.

use super::PageError;
use toml::{Table, Value};

/// A page.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) format: String,
    /// Objects that the record may stand in: `""` is the record itself.
    pub(super) below: Vec<String>,
    /// Where a document keeps several records, and what may stand beside them.
    pub(super) records: Vec<(String, Vec<String>)>,
    /// A regular expression for lines that are no JSON.
    pub(super) pattern: Option<String>,
    /// Lines of text with named parts.
    pub(super) lines: Vec<String>,
    /// Whether its records are pairs of key and value.
    pub(super) is_pairs: bool,
    /// Records and what is expected of them.
    pub(super) samples: Vec<super::Sample>,
    pub(super) ignore_case: bool,
    /// Whether its names may also stand there in small letters, as after an export from a database.
    pub(super) also_lower: bool,
    /// Whether the record is OCSF: every path that we have is the same field of the record's class.
    pub(super) is_ocsf: bool,
    /// Texts that may hold a record of their own.
    pub(super) inner: Vec<String>,
    /// Places whose paths are left out of the names of unmapped values.
    pub(super) short: Vec<String>,
    pub(super) recognise: Vec<Recognise>,
    /// Names for objects that stand in different places: place and the paths it stands for.
    pub(super) places: Vec<(String, Vec<String>)>,
    /// Lists of pairs: path of the list, the name's name, the values' names.
    pub(super) pairs: Vec<(String, Vec<String>)>,
    /// What holds for every record.
    pub(super) common: Rules,
    pub(super) cases: Vec<Case>,
}

/// One way to tell the records of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Recognise {
    pub(super) has: Vec<String>,
    pub(super) lacks: Vec<String>,
    pub(super) equals: Vec<(String, Vec<String>)>,
    pub(super) starts: Vec<(String, Vec<String>)>,
}

/// What some records of a page are.
#[derive(Clone, Debug, Default)]
pub(super) struct Case {
    /// Path and the values it may have.
    pub(super) when: Vec<(String, Vec<String>)>,
    pub(super) rules: Rules,
}

/// What a record becomes.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) class: Option<String>,
    pub(super) activity: Option<Take>,
    pub(super) severity: Option<Take>,
    pub(super) time: Option<Take>,
    pub(super) host: Option<Take>,
    pub(super) fields: Vec<(String, Take)>,
    pub(super) labels: Vec<(String, Take)>,
}

/// Where a value comes from and what becomes of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Take {
    /// Paths, first that is there.
    pub(super) from: Vec<String>,
    /// A constant.
    pub(super) is: Option<String>,
    /// Values by the record's value.
    pub(super) table: Vec<(String, String)>,
    /// Values from a number on.
    pub(super) steps: Vec<(f64, String)>,
    /// For what is not in the table.
    pub(super) otherwise: Option<String>,
    /// When the record has none of the paths.
    pub(super) absent: Option<String>,
    pub(super) cut: Vec<(CutAt, String)>,
    /// Whether a text without the sign to cut at is no value.
    pub(super) strict: bool,
    /// A named conversion.
    pub(super) form: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) format: Option<String>,
    /// All values of all paths, not those of the first.
    pub(super) all: bool,
    pub(super) join: Option<String>,
    /// Whether the value also stays among the unmapped ones.
    pub(super) keep: bool,
    pub(super) times: Option<f64>,
    /// What counts where this gives nothing.
    pub(super) or: Option<Box<Self>>,
}

/// Which part of a text stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CutAt {
    After,
    AfterLast,
    Before,
    BeforeLast,
    /// The part with this number, the first is 1.
    Part(usize),
}

/// Reads pages and knows where it is.
struct Desk<'a> {
    page: &'a str,
}

/// Reads a page.
pub(super) fn read(name: &str, text: &str) -> Result<Page, PageError> {
    let desk = Desk { page: name };
    let mut table: Table = toml::from_str(text).map_err(|error| PageError {
        page: name.to_owned(),
        place: error.span().map_or_else(String::new, |span| format!("line {}", line_of(text, span.start))),
        what: error.message().to_owned(),
    })?;
    let mut page = Page { common: desk.rules(&mut table, "")?, ..Page::default() };
    for (key, value) in table {
        match key.as_str() {
            "title" => page.title = desk.text(&key, &value)?,
            "format" => page.format = desk.text(&key, &value)?,
            // Where the source is described: for readers.
            "about" => drop(desk.texts(&key, &value)?),
            "below" => page.below = desk.texts(&key, &value)?,
            "records" => page.records = desk.lists(&key, &value)?,
            "pattern" => page.pattern = Some(desk.text(&key, &value)?),
            "line" => page.lines = desk.texts(&key, &value)?,
            "records_are" => page.is_pairs = desk.is_pairs(&key, &value)?,
            "sample" => page.samples = desk.each(&key, &value, Desk::sample)?,
            "also_lower" => page.also_lower = desk.truth(&key, &value)?,
            "ocsf" => page.is_ocsf = desk.truth(&key, &value)?,
            "inner" => page.inner = desk.texts(&key, &value)?,
            "short" => page.short = desk.texts(&key, &value)?,
            "ignore_case" => page.ignore_case = desk.truth(&key, &value)?,
            "recognise" => page.recognise = desk.each(&key, &value, Desk::recognise)?,
            "places" => page.places = desk.lists(&key, &value)?,
            "pairs" => page.pairs = desk.lists(&key, &value)?,
            "case" => page.cases = desk.each(&key, &value, Desk::case)?,
            _ => return desk.wrong(&key, "is no word of a page"),
        }
    }
    Ok(page)
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

impl Desk<'_> {
    fn wrong<T>(&self, place: &str, what: impl Into<String>) -> Result<T, PageError> {
        Err(PageError { page: self.page.to_owned(), place: place.to_owned(), what: what.into() })
    }

    fn text(&self, place: &str, value: &Value) -> Result<String, PageError> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Integer(number) => Ok(number.to_string()),
            Value::Boolean(truth) => Ok(truth.to_string()),
            _ => self.wrong(place, "has to be a text"),
        }
    }

    fn truth(&self, place: &str, value: &Value) -> Result<bool, PageError> {
        value.as_bool().map_or_else(|| self.wrong(place, "has to be true or false"), Ok)
    }

    fn number(&self, place: &str, value: &Value) -> Result<f64, PageError> {
        match value {
            Value::Integer(number) => Ok(*number as f64),
            Value::Float(number) => Ok(*number),
            _ => self.wrong(place, "has to be a number"),
        }
    }

    /// A text or a list of texts.
    fn texts(&self, place: &str, value: &Value) -> Result<Vec<String>, PageError> {
        match value {
            Value::Array(values) => values.iter().map(|value| self.text(place, value)).collect(),
            value => Ok(vec![self.text(place, value)?]),
        }
    }

    fn table<'v>(&self, place: &str, value: &'v Value) -> Result<&'v Table, PageError> {
        value.as_table().map_or_else(|| self.wrong(place, "has to be a table"), Ok)
    }

    /// A table of lists of texts.
    fn lists(&self, place: &str, value: &Value) -> Result<Vec<(String, Vec<String>)>, PageError> {
        let table = self.table(place, value)?;
        table.iter().map(|(key, value)| Ok((key.clone(), self.texts(&format!("{place}.{key}"), value)?))).collect()
    }

    fn each<T>(
        &self,
        place: &str,
        value: &Value,
        read: impl Fn(&Self, &str, &Table) -> Result<T, PageError>,
    ) -> Result<Vec<T>, PageError> {
        let Value::Array(values) = value else { return self.wrong(place, "has to be written `[[…]]`") };
        let read = |(number, value): (usize, &Value)| {
            let place = format!("{place} {}", number + 1);
            read(self, &place, self.table(&place, value)?)
        };
        values.iter().enumerate().map(read).collect()
    }

    fn recognise(&self, place: &str, table: &Table) -> Result<Recognise, PageError> {
        let mut recognise = Recognise::default();
        for (key, value) in table {
            let here = format!("{place}: {key}");
            match key.as_str() {
                "has" => recognise.has = self.texts(&here, value)?,
                "lacks" => recognise.lacks = self.texts(&here, value)?,
                "equals" => recognise.equals = self.lists(&here, value)?,
                "starts" => recognise.starts = self.lists(&here, value)?,
                _ => return self.wrong(&here, "is none of has, lacks, equals, starts"),
            }
        }
        Ok(recognise)
    }

    fn is_pairs(&self, place: &str, value: &Value) -> Result<bool, PageError> {
        match value.as_str() {
            Some("pairs") => Ok(true),
            Some("json") => Ok(false),
            _ => self.wrong(place, "is neither \"json\" nor \"pairs\""),
        }
    }

    fn sample(&self, place: &str, table: &Table) -> Result<super::Sample, PageError> {
        let mut sample = super::Sample::default();
        for (key, value) in table {
            let here = format!("{place}: {key}");
            match key.as_str() {
                "record" => sample.record = self.text(&here, value)?,
                "class" => sample.class = Some(self.text(&here, value)?),
                "activity" => sample.activity = Some(self.text(&here, value)?),
                "fields" => {
                    let fields = self.table(&here, value)?.iter();
                    let fields = fields.map(|(path, value)| Ok((path.clone(), self.text(&format!("{here}.\"{path}\""), value)?)));
                    sample.fields = fields.collect::<Result<_, _>>()?;
                }
                _ => return self.wrong(&here, "is none of record, class, activity, fields"),
            }
        }
        if sample.record.is_empty() { self.wrong(place, "has no `record`") } else { Ok(sample) }
    }

    fn case(&self, place: &str, table: &Table) -> Result<Case, PageError> {
        let mut table = table.clone();
        let rules = self.rules(&mut table, place)?;
        let mut case = Case { when: Vec::new(), rules };
        for (key, value) in &table {
            let here = format!("{place}: {key}");
            match key.as_str() {
                "when" => case.when = self.lists(&here, value)?,
                _ => return self.wrong(&here, "is no word of a case"),
            }
        }
        if case.when.is_empty() {
            return self.wrong(place, "does not say `when`");
        }
        Ok(case)
    }

    /// Takes the words of rules out of a table.
    fn rules(&self, table: &mut Table, place: &str) -> Result<Rules, PageError> {
        let at = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}: {key}") };
        let mut take = |key: &str| table.remove(key).map(|value| self.take(&at(key), &value)).transpose();
        let (activity, severity, time, host) = (take("activity")?, take("severity")?, take("time")?, take("host")?);
        let mut takes = |key: &str| match table.remove(key) {
            None => Ok(Vec::new()),
            Some(value) => {
                let inner = self.table(&at(key), &value)?;
                inner
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), self.take(&at(&format!("{key}.\"{name}\"")), value)?)))
                    .collect()
            }
        };
        let (fields, labels) = (takes("fields")?, takes("labels")?);
        let class = table.remove("class").map(|value| self.text(&at("class"), &value)).transpose()?;
        // Of the activity, a word is the thing itself; of the others, it is a path.
        Ok(Rules { class, activity: activity.map(Take::into_constant), severity, time, host, fields, labels })
    }

    fn take(&self, place: &str, value: &Value) -> Result<Take, PageError> {
        let Value::Table(table) = value else {
            return Ok(Take { from: self.texts(place, value)?, ..Take::default() });
        };
        let mut take = Take::default();
        for (key, value) in table {
            let here = format!("{place}.{key}");
            let here = here.as_str();
            match key.as_str() {
                "from" => take.from = self.texts(here, value)?,
                "is" => take.is = Some(self.text(here, value)?),
                "table" => {
                    let table = self.table(here, value)?;
                    let pair = |(key, value): (&String, &Value)| Ok((key.clone(), self.text(&format!("{here}.{key}"), value)?));
                    take.table = table.iter().map(pair).collect::<Result<_, PageError>>()?;
                }
                "steps" => take.steps = self.steps(here, value)?,
                "otherwise" => take.otherwise = Some(self.text(here, value)?),
                "absent" => take.absent = Some(self.text(here, value)?),
                "after" => take.cut.push((CutAt::After, self.text(here, value)?)),
                "after_last" => take.cut.push((CutAt::AfterLast, self.text(here, value)?)),
                "before" => take.cut.push((CutAt::Before, self.text(here, value)?)),
                "before_last" => take.cut.push((CutAt::BeforeLast, self.text(here, value)?)),
                "part" => {
                    let number = value.as_integer().and_then(|number| usize::try_from(number).ok()).filter(|number| *number > 0);
                    let Some(number) = number else { return self.wrong(here, "has to be a number from 1 on") };
                    let Some(sign) = table.get("of") else { return self.wrong(here, "needs the sign between the parts: `of`") };
                    take.cut.push((CutAt::Part(number), self.text(here, sign)?));
                }
                "of" => {}
                "strict" => take.strict = self.truth(here, value)?,
                "as" => take.form = Some(self.text(here, value)?),
                "unit" => take.unit = Some(self.text(here, value)?),
                "zone" => take.zone = Some(self.text(here, value)?),
                "format" => take.format = Some(self.text(here, value)?),
                "all" => take.all = self.truth(here, value)?,
                "join" => take.join = Some(self.text(here, value)?),
                "keep" => take.keep = self.truth(here, value)?,
                "or" => take.or = Some(Box::new(self.take(here, value)?)),
                "times" => take.times = Some(self.number(here, value)?),
                _ => return self.wrong(here, "is no word of a rule"),
            }
        }
        if take.from.is_empty() && take.is.is_none() {
            return self.wrong(place, "says neither `from` nor `is`");
        }
        Ok(take)
    }

    fn steps(&self, place: &str, value: &Value) -> Result<Vec<(f64, String)>, PageError> {
        let wrong = "has to be a list of pairs such as [400, \"failure\"]";
        let Value::Array(values) = value else { return self.wrong(place, wrong) };
        let step = |value: &Value| match value.as_array().map(Vec::as_slice) {
            Some([from, value]) => Ok((self.number(place, from)?, self.text(place, value)?)),
            _ => self.wrong(place, wrong),
        };
        let mut steps = values.iter().map(step).collect::<Result<Vec<_>, _>>()?;
        steps.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        Ok(steps)
    }
}

impl Take {
    /// A bare word as a constant.
    fn into_constant(mut self) -> Self {
        let is_bare = self.from.len() == 1 && self.table.is_empty() && self.steps.is_empty() && self.form.is_none();
        if is_bare && self.otherwise.is_none() {
            self.is = self.from.pop();
        }
        self
    }
}

//! Log sources: which rules see an event, and where the fields they name are.
//!
//! Sigma names a log source by product, category and service; an event has the parser that
//! understood it (`origin.format`) and a class. Tables in `content/parsers/sigma` join the two and
//! give Sigma's field names their places in the event. A rule sees an event only through a log
//! source that has everything the rule names: this is a matter of being right, not of speed.
//!
//! A name that no table maps is an OCSF path, else a name among the event's unmapped values. A
//! source lists what its parser sets, so that a rule that asks for more is reported instead of
//! being silent for ever.

use rsigma_parser::LogSource;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Event, FieldId};

/// The tables Vigie ships, by file name.
const SHIPPED: [(&str, &str); 2] = [
    ("linux.toml", include_str!("../../../../../content/parsers/sigma/linux.toml")),
    ("servers.toml", include_str!("../../../../../content/parsers/sigma/servers.toml")),
];

/// All log sources.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub(crate) rows: Vec<Source>,
}

/// One log source: the events of one parser and some classes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// `origin.format` of its events; `None` takes every event.
    pub(crate) format: Option<String>,
    /// Their classes; empty takes every class.
    classes: Vec<Class>,
    /// Their activities within the class; empty takes every activity.
    activities: Vec<u8>,
    /// The programs that wrote them; empty takes every program.
    programs: Vec<String>,
    products: Vec<String>,
    categories: Vec<String>,
    services: Vec<String>,
    /// Takes rules of every log source.
    any_rule: bool,
    /// Sigma's names and their places, first place first.
    fields: BTreeMap<String, Vec<Place>>,
    /// What its parser sets; `None` when that is not known beforehand.
    sets: Option<BTreeSet<String>>,
}

/// Where in an event a value is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Place {
    /// A field.
    Field(FieldId),
    /// A name among the unmapped values.
    Unmapped(Box<str>),
    /// Something every event has.
    Meta(Meta),
}

/// What every event has, whatever its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Meta {
    /// `activity_id`.
    Activity,
    /// `activity_name`.
    ActivityName,
    /// `class_uid`.
    Class,
    /// `class_name`: OCSF's name, such as `authentication`.
    ClassName,
    /// `severity_id`.
    Severity,
    /// `time`.
    Time,
    /// `raw_data`.
    Raw,
    /// `device.hostname`, when no field says it.
    Host,
    /// `metadata.log_source`.
    Intake,
    /// `metadata.log_format`.
    Format,
}

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Not TOML, or not of this shape.
    #[error("the log source table {file} cannot be read: {source}")]
    Shape {
        /// The table.
        file: String,
        /// The parser's words.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A class that OCSF does not have.
    #[error("the log source table {file} names the class `{class}`, which OCSF does not have")]
    Class {
        /// The table.
        file: String,
        /// The class.
        class: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Names that mean the same in every source of the table.
    #[serde(default)]
    fields: BTreeMap<String, Vec<String>>,
    /// What every source of the table may set.
    #[serde(default)]
    sets: Vec<String>,
    #[serde(default)]
    source: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    format: String,
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    activities: Vec<u8>,
    #[serde(default)]
    programs: Vec<String>,
    product: Vec<String>,
    #[serde(default)]
    category: Vec<String>,
    #[serde(default)]
    service: Vec<String>,
    #[serde(default)]
    fields: BTreeMap<String, Vec<String>>,
    sets: Option<Vec<String>>,
}

impl Sources {
    /// The tables Vigie ships.
    #[must_use]
    pub fn shipped() -> Self {
        let mut sources = Self::default();
        for (file, text) in SHIPPED {
            // A broken table of ours is found by a test; what is whole in it is still used.
            if let Err(error) = sources.add(file, text) {
                debug_assert!(false, "{error}");
            }
        }
        sources
    }

    /// One source that takes every event and every rule; fields are the event's own names. For rules
    /// over records whose log source is known otherwise.
    #[must_use]
    pub fn any() -> Self {
        Self { rows: vec![Source { any_rule: true, ..Source::default() }] }
    }

    /// Adds a table.
    ///
    /// # Errors
    /// [`TableError`] when it cannot be read; then nothing of it is added.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), TableError> {
        let table: Table =
            toml::from_str(text).map_err(|source| TableError::Shape { file: file.to_owned(), source: Box::new(source) })?;
        let Table { fields, sets, source } = table;
        let rows = source.into_iter().map(|row| Source::read(file, row, &fields, &sets));
        self.rows.extend(rows.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }
}

impl Source {
    fn read(file: &str, row: Row, common: &BTreeMap<String, Vec<String>>, common_sets: &[String]) -> Result<Self, TableError> {
        let class = |name: &String| {
            Class::from_name(name).ok_or_else(|| TableError::Class { file: file.to_owned(), class: name.clone() })
        };
        let classes = row.classes.iter().map(class).collect::<Result<_, _>>()?;
        let mut fields = BTreeMap::new();
        for (name, paths) in common.iter().chain(&row.fields) {
            fields.insert(name.clone(), paths.iter().flat_map(|path| Place::of(path)).collect());
        }
        Ok(Self {
            format: Some(row.format),
            classes,
            activities: row.activities,
            programs: row.programs,
            products: row.product,
            categories: row.category,
            services: row.service,
            any_rule: false,
            fields,
            sets: row.sets.map(|names| names.into_iter().chain(common_sets.iter().cloned()).collect()),
        })
    }

    /// Whether rules of a log source see the events of this one.
    pub(crate) fn shows(&self, rule: &LogSource) -> bool {
        let named = [&rule.product, &rule.category, &rule.service].into_iter().flatten().count();
        let has = |wanted: &Option<String>, own: &[String]| {
            wanted.as_ref().is_none_or(|wanted| own.iter().any(|own| own.eq_ignore_ascii_case(wanted)))
        };
        // A rule that names nothing at all would see everything by accident.
        self.any_rule
            || named > 0
                && has(&rule.product, &self.products)
                && has(&rule.category, &self.categories)
                && has(&rule.service, &self.services)
    }

    /// Whether it takes in an event of its parser.
    pub(crate) fn takes(&self, event: &Event) -> bool {
        let by = |program: &&str| self.programs.iter().any(|own| own == program);
        (self.classes.is_empty() || self.classes.contains(&event.class))
            && (self.activities.is_empty() || self.activities.contains(&event.activity))
            && (self.programs.is_empty() || event.text(field::ACTOR_PROCESS_NAME).as_ref().is_some_and(by))
    }

    /// What is the same in all its events: texts that a test on such a place has to pass. `None`
    /// where they differ.
    pub(crate) fn constants(&self, place: &Place) -> Option<Vec<&str>> {
        match place {
            Place::Meta(Meta::ClassName) if !self.classes.is_empty() => {
                Some(self.classes.iter().map(|class| class.name()).collect())
            }
            Place::Meta(Meta::Format) => self.format.as_deref().map(|format| vec![format]),
            Place::Field(program) if *program == field::ACTOR_PROCESS_NAME.id() && !self.programs.is_empty() => {
                Some(self.programs.iter().map(String::as_str).collect())
            }
            _ => None,
        }
    }

    /// The places of a field's name, first place first.
    pub(crate) fn places(&self, name: &str) -> Vec<Place> {
        self.fields.get(name).cloned().unwrap_or_else(|| Place::of(name))
    }

    /// Whether the parser can ever set one of these places.
    pub(crate) fn can_set(&self, places: &[Place]) -> bool {
        places.iter().any(|place| match place {
            Place::Meta(_) => true,
            Place::Field(field) => {
                let of_class = |class: &Class| field.info().classes.has(*class);
                self.sets.as_ref().is_none_or(|sets| sets.contains(field.path()))
                    && (self.classes.is_empty() || self.classes.iter().any(of_class))
            }
            Place::Unmapped(name) => self.sets.as_ref().is_none_or(|sets| sets.contains(&**name)),
        })
    }

    /// Its name for people: the parser.
    pub(crate) fn name(&self) -> &str {
        self.format.as_deref().unwrap_or("*")
    }
}

impl Place {
    /// The places of a name that no table maps: what a parser set goes before what is known anyway.
    fn of(name: &str) -> Vec<Self> {
        let field = FieldId::from_path(name).map(Self::Field);
        match Meta::named(name) {
            Some(Meta::Host) => field.into_iter().chain([Self::Meta(Meta::Host)]).collect(),
            Some(meta) => vec![Self::Meta(meta)],
            None => field.into_iter().chain([Self::Unmapped(name.into())]).collect(),
        }
    }
}

impl Meta {
    const ALL: [Self; 10] = [
        Self::Activity,
        Self::ActivityName,
        Self::Class,
        Self::ClassName,
        Self::Severity,
        Self::Time,
        Self::Raw,
        Self::Host,
        Self::Intake,
        Self::Format,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Activity => "activity_id",
            Self::ActivityName => "activity_name",
            Self::Class => "class_uid",
            Self::ClassName => "class_name",
            Self::Severity => "severity_id",
            Self::Time => "time",
            Self::Raw => "raw_data",
            Self::Host => "device.hostname",
            Self::Intake => "metadata.log_source",
            Self::Format => "metadata.log_format",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|meta| meta.name() == name)
    }
}

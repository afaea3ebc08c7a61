//! The modifiers behind a field's name, sorted by what they do.
//!
//! Holds: one way of comparing for each field; encodings, dashes and placeholders only where text
//! is compared. Encodings keep the order in which they are written, as the specification asks.

use super::calendar::TimePart;
use super::encode::Encoding;
use super::pattern::Place;
use super::refusal::ModifierFault;
use super::tree::Relation;
use rsigma_parser::Modifier;

/// What the modifiers of one field say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Modifiers {
    /// How values are compared.
    pub(crate) way: Way,
    /// `all`: every value has to fit.
    pub(crate) all: bool,
    /// `cased`: case counts.
    pub(crate) cased: bool,
    /// `neq`: none may fit.
    pub(crate) neq: bool,
    /// `windash`: dashes are one.
    pub(crate) windash: bool,
    /// `expand`: placeholders stand for lists.
    pub(crate) expand: bool,
    /// Encodings of the value, first to last.
    pub(crate) encodings: Vec<Encoding>,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As text, unless the value is a number, a boolean or null.
    Value(Option<Place>),
    /// `re` with its flags.
    Regex {
        /// `i`.
        insensitive: bool,
        /// `m`.
        lines: bool,
        /// `s`.
        dot_all: bool,
    },
    /// `cidr`.
    Network,
    /// `lt`, `lte`, `gt`, `gte`.
    Number(Relation),
    /// `exists`.
    Exists,
    /// `fieldref`, with a place if one follows.
    Field(Option<Place>),
    /// `minute` … `year`, alone or with a comparison.
    Time(TimePart, Relation),
}

impl Modifiers {
    /// Reads the modifiers in the order in which they are written.
    pub(crate) fn read(written: &[Modifier]) -> Result<Self, ModifierFault> {
        let mut read = Reading::default();
        for modifier in written {
            read.take(*modifier)?;
        }
        let way = read.way()?;
        let modifiers = read.modifiers(way);
        modifiers.check()?;
        Ok(modifiers)
    }

    fn check(&self) -> Result<(), ModifierFault> {
        let text = matches!(self.way, Way::Value(_));
        if !text && (self.windash || self.expand || !self.encodings.is_empty()) {
            return Err(ModifierFault::NotForText);
        }
        let is = |encoding: &Encoding| matches!(encoding, Encoding::Base64 | Encoding::Base64Offset);
        let base64 = self.encodings.iter().filter(|encoding| is(encoding)).count();
        if base64 > 1 || self.encodings.len() - base64 > 1 {
            return Err(ModifierFault::Conflict);
        }
        Ok(())
    }
}

#[derive(Default)]
struct Reading {
    place: Option<Place>,
    relation: Option<Relation>,
    part: Option<TimePart>,
    regex: bool,
    flags: [bool; 3],
    network: bool,
    exists: bool,
    field: bool,
    all: bool,
    cased: bool,
    neq: bool,
    windash: bool,
    expand: bool,
    encodings: Vec<Encoding>,
}

impl Reading {
    fn take(&mut self, modifier: Modifier) -> Result<(), ModifierFault> {
        match modifier {
            Modifier::Contains => only(&mut self.place, Place::Anywhere)?,
            Modifier::StartsWith => only(&mut self.place, Place::Start)?,
            Modifier::EndsWith => only(&mut self.place, Place::End)?,
            Modifier::Gt => only(&mut self.relation, Relation::Greater)?,
            Modifier::Gte => only(&mut self.relation, Relation::AtLeast)?,
            Modifier::Lt => only(&mut self.relation, Relation::Less)?,
            Modifier::Lte => only(&mut self.relation, Relation::AtMost)?,
            Modifier::Minute => only(&mut self.part, TimePart::Minute)?,
            Modifier::Hour => only(&mut self.part, TimePart::Hour)?,
            Modifier::Day => only(&mut self.part, TimePart::Day)?,
            Modifier::Week => only(&mut self.part, TimePart::Week)?,
            Modifier::Month => only(&mut self.part, TimePart::Month)?,
            Modifier::Year => only(&mut self.part, TimePart::Year)?,
            Modifier::All => self.all = true,
            Modifier::Cased => self.cased = true,
            Modifier::Neq => self.neq = true,
            Modifier::Exists => self.exists = true,
            Modifier::Re => self.regex = true,
            Modifier::IgnoreCase => self.flags[0] = true,
            Modifier::Multiline => self.flags[1] = true,
            Modifier::DotAll => self.flags[2] = true,
            Modifier::Cidr => self.network = true,
            Modifier::Expand => self.expand = true,
            // `contains|fieldref` would put wildcards around the name of a field.
            Modifier::FieldRef if self.place.is_some() => return Err(ModifierFault::Conflict),
            Modifier::FieldRef => self.field = true,
            Modifier::WindAsh => self.windash = true,
            Modifier::Wide => self.encodings.push(Encoding::Utf16Le),
            Modifier::Utf16be => self.encodings.push(Encoding::Utf16Be),
            Modifier::Utf16 => self.encodings.push(Encoding::Utf16),
            Modifier::Base64 => self.encodings.push(Encoding::Base64),
            Modifier::Base64Offset => self.encodings.push(Encoding::Base64Offset),
        }
        Ok(())
    }

    fn way(&self) -> Result<Way, ModifierFault> {
        if !self.regex && self.flags.contains(&true) {
            return Err(ModifierFault::FlagWithoutRegex);
        }
        let [insensitive, lines, dot_all] = self.flags;
        let mut ways = Vec::new();
        if self.regex {
            ways.push(Way::Regex { insensitive, lines, dot_all });
        }
        if self.network {
            ways.push(Way::Network);
        }
        if self.exists {
            ways.push(Way::Exists);
        }
        match (self.part, self.relation) {
            (Some(part), relation) => ways.push(Way::Time(part, relation.unwrap_or(Relation::Equal))),
            (None, Some(relation)) => ways.push(Way::Number(relation)),
            (None, None) => {}
        }
        if self.field {
            ways.push(Way::Field(self.place));
        } else if self.place.is_some() {
            ways.push(Way::Value(self.place));
        }
        match ways[..] {
            [] => Ok(Way::Value(None)),
            [way] => Ok(way),
            _ => Err(ModifierFault::Conflict),
        }
    }

    fn modifiers(self, way: Way) -> Modifiers {
        let Self { all, cased, neq, windash, expand, encodings, .. } = self;
        Modifiers { way, all, cased, neq, windash, expand, encodings }
    }
}

/// Takes a value once; the same again is no harm.
fn only<T: PartialEq>(place: &mut Option<T>, value: T) -> Result<(), ModifierFault> {
    match place {
        Some(old) if *old != value => Err(ModifierFault::Conflict),
        _ => {
            *place = Some(value);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsigma_parser::parse_field_spec;

    fn read(field: &str) -> Result<Modifiers, ModifierFault> {
        Modifiers::read(&parse_field_spec(field).unwrap().modifiers)
    }

    #[test]
    fn one_way_of_comparing() {
        for field in ["f|contains|startswith", "f|re|contains", "f|cidr|gt", "f|exists|re", "f|hour|re", "f|gt|lt"] {
            assert_eq!(read(field), Err(ModifierFault::Conflict), "{field}");
        }
        for field in ["f|base64|base64offset", "f|wide|utf16be", "f|contains|fieldref"] {
            assert_eq!(read(field), Err(ModifierFault::Conflict), "{field}");
        }
        assert_eq!(read("f|re|base64"), Err(ModifierFault::NotForText));
        assert_eq!(read("f|fieldref|expand"), Err(ModifierFault::NotForText));
        assert_eq!(read("f|contains|i"), Err(ModifierFault::FlagWithoutRegex));
    }

    #[test]
    fn ways() {
        let way = |field| read(field).unwrap().way;
        assert_eq!(way("f"), Way::Value(None));
        assert_eq!(way("f|all|contains"), Way::Value(Some(Place::Anywhere)));
        assert_eq!(way("f|fieldref|endswith"), Way::Field(Some(Place::End)));
        assert_eq!(way("f|hour|gte"), Way::Time(TimePart::Hour, Relation::AtLeast));
        assert_eq!(way("f|re|s|i"), Way::Regex { insensitive: true, lines: false, dot_all: true });
        assert_eq!(read("f|utf16le|base64offset|contains").unwrap().encodings, [Encoding::Utf16Le, Encoding::Base64Offset]);
    }
}

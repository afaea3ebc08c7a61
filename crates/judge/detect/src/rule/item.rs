//! From a field with its values, as the parser reads them, to tests.

use super::encode::Encoding;
use super::modifiers::{Modifiers, Way};
use super::pattern::{Pattern, Place};
use super::refusal::{ModifierFault, Refusal};
use super::tree::{Check, Item, Number, Relation, Test};
use super::{Lists, REGEX_BYTES_MAX, VARIANTS_MAX};
use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Regex, RegexBuilder};
use rsigma_parser::fieldpath::unescape_brackets;
use rsigma_parser::{DetectionItem, FieldSpec, SigmaString, SigmaValue};

/// From this many texts on, one automaton looks for all of them at once.
const AUTOMATON_FROM: usize = 6;

/// The tests of a field.
pub(crate) fn item(written: &DetectionItem, lists: &Lists) -> Result<Item<String>, Refusal> {
    let fault = |why| Refusal::Modifiers { field: shown(&written.field), why };
    let modifiers = Modifiers::read(&written.field.modifiers).map_err(fault)?;
    if written.values.is_empty() {
        return Err(Refusal::EmptySelection);
    }
    if modifiers.all && written.values.len() < 2 {
        return Err(fault(ModifierFault::AllOfOne));
    }
    let field = written.field.name.as_deref().map(|name| unescape_brackets(name).into_owned());
    let check = if let Way::Field(place) = modifiers.way {
        let others = written.values.iter().map(|value| field_name(value, &written.field)).collect::<Result<_, _>>()?;
        Check::Fields { others, place: place.unwrap_or(Place::Whole), cased: modifiers.cased }
    } else {
        let compiler = Compiler { field: &written.field, modifiers: &modifiers, lists };
        let mut tests = Vec::new();
        for value in &written.values {
            let variants = compiler.value(value)?;
            if modifiers.all && variants.len() > 1 {
                // Each value has to fit in one of its forms: no flat list can say that.
                return all_of_variants(&compiler, written, field);
            }
            tests.extend(variants);
        }
        let tests = if modifiers.all { tests } else { gathered(tests) };
        Check::Tests(tests.into())
    };
    Ok(Item { field, check, every: modifiers.all, negated: modifiers.neq })
}

/// `all` over values that each have several forms: one regular expression for each value.
fn all_of_variants(compiler: &Compiler<'_>, written: &DetectionItem, field: Option<String>) -> Result<Item<String>, Refusal> {
    let mut tests = Vec::new();
    for value in &written.values {
        let texts = compiler.texts(value)?;
        let any = texts.iter().map(|text| regex::escape(&text.original)).collect::<Vec<_>>().join("|");
        let case = if compiler.modifiers.cased { "" } else { "(?i)" };
        let pattern = match compiler.place() {
            Place::Whole => format!("{case}^(?:{any})$"),
            Place::Anywhere => format!("{case}(?:{any})"),
            Place::Start => format!("{case}^(?:{any})"),
            Place::End => format!("{case}(?:{any})$"),
        };
        tests.push(Test::Regex(regex(&pattern, [false, false, true])?));
    }
    Ok(Item { field, check: Check::Tests(tests.into()), every: true, negated: compiler.modifiers.neq })
}

/// The values of a selection without field names: words of the whole event.
pub(crate) fn words(values: &[SigmaValue], lists: &Lists) -> Result<Item<String>, Refusal> {
    item(&DetectionItem { field: FieldSpec::new(None, Vec::new()), values: values.to_vec() }, lists)
}

struct Compiler<'a> {
    field: &'a FieldSpec,
    modifiers: &'a Modifiers,
    lists: &'a Lists,
}

impl Compiler<'_> {
    /// The tests of one value; it fits when one of them passes.
    fn value(&self, value: &SigmaValue) -> Result<Vec<Test>, Refusal> {
        match self.modifiers.way {
            Way::Regex { insensitive, lines, dot_all } => {
                regex(&plain(value), [insensitive, lines, dot_all]).map(|regex| vec![Test::Regex(regex)])
            }
            Way::Network => plain(value).parse().map(|network| vec![Test::Network(network)]).map_err(|_| self.not(value)),
            Way::Number(relation) => Ok(vec![Test::Number(relation, self.number(value)?)]),
            Way::Time(part, relation) => Ok(vec![Test::Time(part, relation, self.number(value)?)]),
            Way::Exists => match value {
                SigmaValue::Bool(expected) => Ok(vec![Test::Present(*expected)]),
                other => match plain(other).to_ascii_lowercase().as_str() {
                    "true" | "yes" => Ok(vec![Test::Present(true)]),
                    "false" | "no" => Ok(vec![Test::Present(false)]),
                    _ => Err(self.not(value)),
                },
            },
            Way::Value(_) | Way::Field(_) => self.compared(value),
        }
    }

    fn compared(&self, value: &SigmaValue) -> Result<Vec<Test>, Refusal> {
        let as_text = self.modifiers.way != Way::Value(None) || self.field.name.is_none();
        match value {
            SigmaValue::Integer(number) if !as_text => Ok(vec![Test::Number(Relation::Equal, Number::Whole(*number))]),
            SigmaValue::Float(number) if !as_text => Ok(vec![Test::Number(Relation::Equal, Number::Real(*number))]),
            SigmaValue::Bool(expected) if !as_text => Ok(vec![Test::Boolean(*expected)]),
            SigmaValue::Null if !as_text => Ok(vec![Test::Missing]),
            SigmaValue::Null => Err(self.not(value)),
            _ => {
                let texts = self.texts(value)?;
                let Modifiers { cased, windash, .. } = *self.modifiers;
                Ok(texts.iter().map(|text| Test::Pattern(Pattern::new(text, self.place(), cased, windash))).collect())
            }
        }
    }

    /// Where the text has to be: Base64 at any offset is by nature somewhere within.
    fn place(&self) -> Place {
        let within = self.modifiers.encodings.contains(&Encoding::Base64Offset) || self.field.name.is_none();
        match self.modifiers.way {
            Way::Value(Some(place)) if !within => place,
            _ if within => Place::Anywhere,
            _ => Place::Whole,
        }
    }

    /// The forms of a value after placeholders and encodings.
    fn texts(&self, value: &SigmaValue) -> Result<Vec<SigmaString>, Refusal> {
        let text = match value {
            SigmaValue::String(text) => text.clone(),
            other => SigmaString::from_raw(&other.to_string()),
        };
        let expanded = if self.modifiers.expand { self.expanded(&text)? } else { vec![text] };
        let mut forms = Vec::new();
        for text in expanded {
            if self.modifiers.encodings.is_empty() {
                forms.push(text);
            } else {
                forms.extend(self.encoded(&text)?);
            }
        }
        if forms.len() > VARIANTS_MAX { Err(Refusal::TooManyVariants { field: shown(self.field) }) } else { Ok(forms) }
    }

    fn encoded(&self, text: &SigmaString) -> Result<Vec<SigmaString>, Refusal> {
        let fault = |why| Refusal::Modifiers { field: shown(self.field), why };
        if self.modifiers.windash {
            return Err(fault(ModifierFault::Conflict));
        }
        let bytes = text.as_plain().ok_or_else(|| Refusal::Value { field: shown(self.field), value: text.original.clone() })?;
        let mut forms = vec![bytes.into_bytes()];
        for encoding in &self.modifiers.encodings {
            forms = forms.iter().flat_map(|form| encoding.apply(form)).collect();
        }
        let text = |form| String::from_utf8(form).map(|text| SigmaString::from_raw(&text));
        forms.into_iter().map(text).collect::<Result<_, _>>().map_err(|_| fault(ModifierFault::NeverText))
    }

    /// The value with each `%name%` replaced by each value of its list; `\%` is a percent sign.
    fn expanded(&self, text: &SigmaString) -> Result<Vec<SigmaString>, Refusal> {
        let mut forms = vec![String::new()];
        let mut rest = text.original.as_str();
        while let Some(at) = rest.find('%') {
            let (before, tail) = rest.split_at(at);
            let (fixed, values, left) = match (before.strip_suffix('\\'), placeholder(tail)) {
                (Some(before), _) => (format!("{before}%"), None, tail.get(1..).unwrap_or_default()),
                (None, Some((name, left))) => {
                    let values = self.lists.get(name).filter(|values| !values.is_empty());
                    let values = values.ok_or_else(|| Refusal::NoList { name: name.to_owned() })?;
                    (before.to_owned(), Some(values), left)
                }
                (None, None) => (format!("{before}%"), None, tail.get(1..).unwrap_or_default()),
            };
            forms.iter_mut().for_each(|form| form.push_str(&fixed));
            if let Some(values) = values {
                if forms.len().saturating_mul(values.len()) > VARIANTS_MAX {
                    return Err(Refusal::TooManyVariants { field: shown(self.field) });
                }
                forms = forms.iter().flat_map(|form| values.iter().map(move |value| format!("{form}{value}"))).collect();
            }
            rest = left;
        }
        forms.iter_mut().for_each(|form| form.push_str(rest));
        Ok(forms.iter().map(|form| SigmaString::new(form)).collect())
    }

    fn number(&self, value: &SigmaValue) -> Result<Number, Refusal> {
        match value {
            SigmaValue::Integer(number) => Ok(Number::Whole(*number)),
            SigmaValue::Float(number) => Ok(Number::Real(*number)),
            SigmaValue::String(text) => Number::parse(&text.original).ok_or_else(|| self.not(value)),
            SigmaValue::Bool(_) | SigmaValue::Null => Err(self.not(value)),
        }
    }

    fn not(&self, value: &SigmaValue) -> Refusal {
        Refusal::Value { field: shown(self.field), value: value.to_string() }
    }
}

/// A placeholder at the start of a text, and what follows it.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let (name, left) = text.strip_prefix('%')?.split_once('%')?;
    let fits = !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.'));
    fits.then_some((name, left))
}

fn regex(pattern: &str, [insensitive, lines, dot_all]: [bool; 3]) -> Result<Regex, Refusal> {
    RegexBuilder::new(pattern)
        .case_insensitive(insensitive)
        .multi_line(lines)
        .dot_matches_new_line(dot_all)
        .size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|error| Refusal::Regex { pattern: pattern.to_owned(), why: last_line(&error.to_string()) })
}

/// The compiler draws a picture over several lines; the last one says what is wrong.
fn last_line(text: &str) -> String {
    let line = text.lines().next_back().unwrap_or_default().trim();
    line.strip_prefix("error: ").unwrap_or(line).trim_end_matches('.').to_owned()
}

/// Many plain texts looked for anywhere become one automaton.
fn gathered(tests: Vec<Test>) -> Vec<Test> {
    let text = |test: &Test| match test {
        Test::Pattern(pattern) if !pattern.cased => pattern.contained().map(Box::<str>::from),
        _ => None,
    };
    let texts: Vec<Box<str>> = tests.iter().filter_map(text).collect();
    if texts.len() < AUTOMATON_FROM {
        return tests;
    }
    let Ok(automaton) = AhoCorasick::builder().match_kind(MatchKind::Standard).build(texts.iter().map(|text| text.as_bytes()))
    else {
        return tests;
    };
    let mut rest: Vec<Test> = tests.into_iter().filter(|test| text(test).is_none()).collect();
    rest.push(Test::Contained(automaton, texts.into()));
    rest
}

fn field_name(value: &SigmaValue, field: &FieldSpec) -> Result<String, Refusal> {
    match value {
        SigmaValue::String(name) if name.is_plain() && !name.original.is_empty() => Ok(name.as_plain().unwrap_or_default()),
        other => Err(Refusal::Value { field: shown(field), value: other.to_string() }),
    }
}

fn plain(value: &SigmaValue) -> String {
    match value {
        SigmaValue::String(text) => text.original.clone(),
        other => other.to_string(),
    }
}

/// The field as written: `CommandLine|contains|all`.
fn shown(field: &FieldSpec) -> String {
    let name = field.name.as_deref().unwrap_or_default();
    let modifiers = field.modifiers.iter().map(|modifier| format!("|{modifier:?}").to_ascii_lowercase());
    name.chars().map(String::from).chain(modifiers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsigma_parser::parse_field_spec;

    fn compile(field: &str, values: &[&str], lists: &Lists) -> Result<Item<String>, Refusal> {
        let field = parse_field_spec(field).unwrap();
        let values = values.iter().map(|value| SigmaValue::String(SigmaString::new(value))).collect();
        item(&DetectionItem { field, values }, lists)
    }

    #[track_caller]
    fn check(field: &str, values: &[&str], fitting: &[&str], others: &[&str]) {
        let lists = Lists::from([("Servers".to_owned(), vec!["srv*".to_owned(), "db-1".to_owned()])]);
        let item = compile(field, values, &lists).unwrap();
        let Check::Tests(tests) = &item.check else { panic!("tests") };
        let passes = |text: &str| {
            let folded = super::super::pattern::fold(text);
            let pass = |test: &Test| test.text(text, &folded);
            (if item.every { tests.iter().all(pass) } else { tests.iter().any(pass) }) != item.negated
        };
        for text in fitting {
            assert!(passes(text), "{field} should pass {text:?}");
        }
        for text in others {
            assert!(!passes(text), "{field} should not pass {text:?}");
        }
    }

    #[test]
    fn modifiers_of_text() {
        check("f", &["a", "b"], &["A", "b"], &["ab"]);
        check("f|neq", &["a", "b"], &["ab"], &["A", "b"]);
        check("f|contains|all", &["a", "b"], &["xBxA"], &["a", "b"]);
        check("f|startswith|cased", &["Ab"], &["Abc"], &["abc"]);
        check("f|contains", &["one", "two", "three", "four", "five", "six"], &["a SIX b"], &["seven"]);
        check("f|re", &["^a.c$"], &["abc"], &["ABC", "abcd"]);
        check("f|re|i|m", &["^a.c$"], &["x\nABC"], &["a\nc"]);
        check("f|cidr", &["10.0.0.0/8", "2001:db8::/32"], &["10.1.1.1", "2001:db8::1"], &["11.1.1.1", "x"]);
        check("f|gte", &["10"], &["10", "10.5"], &["9", "ten"]);
        check("f|hour|gte", &["22"], &["2026-11-21T22:10:00Z"], &["2026-11-21T21:59:59Z"]);
        check("f|windash|contains", &[" -x -y"], &[" /x \u{2013}y"], &[" x"]);
    }

    #[test]
    fn encodings() {
        check("f|base64", &["foobar"], &["Zm9vYmFy"], &["xZm9vYmFy"]);
        check("f|base64|contains", &["foobar"], &["xZm9vYmFyx"], &["foobar"]);
        check("f|base64offset|contains", &["foobar"], &["AZvb2Jhcg==", "Amb29iYXI"], &["foobar"]);
        check("f|wide|base64offset|contains", &["ping"], &["cABpAG4AZw"], &["ping"]);
        check("f|wide|contains", &["ab"], &["xa\0b\0"], &["ab"]);
        // Every value in one of its three positions.
        check("f|base64offset|contains|all", &["foo", "bar"], &["Zm9vYmFy"], &["Zm9v"]);
    }

    #[test]
    fn placeholders() {
        check("f|expand", &["%Servers%"], &["srv-17", "DB-1"], &["db-2"]);
        check("f|expand", &["x\\%Servers%%Servers%"], &["x%Servers%srv-1", "x%Servers%db-1"], &["xdb-1"]);
        check("f|expand", &["100%"], &["100%"], &["100"]);
        let refused = compile("f|expand", &["%Missing%"], &Lists::default()).unwrap_err();
        assert_eq!(refused, Refusal::NoList { name: "Missing".into() });
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let refused = |field: &str, values: &[&str]| compile(field, values, &Lists::default()).unwrap_err().to_string();
        assert_eq!(refused("f|contains|all", &["a"]), "`f|contains|all` asks for all of its values and has only one.");
        assert_eq!(refused("f|utf16", &["a"]), "`f|utf16` is encoded to bytes that no text contains.");
        assert_eq!(refused("f|gt", &["x"]), "`f|gt` cannot be compared with `x`.");
        assert_eq!(refused("f|cidr", &["10.0.0.0/99"]), "`f|cidr` cannot be compared with `10.0.0.0/99`.");
        assert!(refused("f|re", &["(?=x)"]).starts_with("The regular expression `(?=x)` cannot be used: look-around"));
        assert!(refused("f|re", &["(a{1000}){1000}"]).contains("exceeds size limit"));
    }
}

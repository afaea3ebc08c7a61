//! What a written value means for the field it is asked of.

use super::error::QueryError;
use super::expr::{Test, TextRange};
use super::lexer::{Comparison, plain};
use super::names::Target;
use super::needle::Needle;
use super::pattern::{Pattern, Sign, folded};
use ipnet::IpNet;
use std::net::IpAddr;
use vigie_model::event::{Class, EventSeverity, FieldId, FieldKind};
use vigie_model::text;
use vigie_model::time::{Day, Timestamp};

/// What is asked of a value.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// To look like this.
    Equal(Vec<Sign>),
    /// To stand on one side of this.
    Compare(Comparison, Vec<Sign>),
    /// To lie between these; the flags include the ends.
    Between(Option<(Vec<Sign>, bool)>, Option<(Vec<Sign>, bool)>),
}

/// How values of a target are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Address,
    Integer,
    Boolean,
    Time,
    Severity,
    Status,
    Class,
    Activity,
    Raw,
}

/// The last parts of paths whose texts are addresses.
const ADDRESS_PARTS: [&str; 4] = ["ip", "intermediate_ips", "x_forwarded_for", "x_originating_ip"];

/// Whether the texts of a field are addresses.
fn is_address(field: FieldId) -> bool {
    field.path().rsplit('.').next().is_some_and(|part| ADDRESS_PARTS.contains(&part))
}

fn kind_of(target: &Target) -> Kind {
    match target {
        Target::Field(field) if is_address(*field) => Kind::Address,
        Target::Field(field) if field.path() == "status_id" => Kind::Status,
        Target::Field(field) => match field.info().kind {
            FieldKind::Text | FieldKind::Texts => Kind::Text,
            FieldKind::Integer => Kind::Integer,
            FieldKind::Boolean => Kind::Boolean,
        },
        Target::Id => Kind::Integer,
        Target::Time | Target::Received => Kind::Time,
        Target::Class => Kind::Class,
        Target::Activity => Kind::Activity,
        Target::Severity => Kind::Severity,
        Target::Source | Target::Format | Target::Host | Target::Label(_) | Target::Unmapped(_) => Kind::Text,
        Target::Raw => Kind::Raw,
    }
}

/// The test of a target for what is asked at a place of the query.
pub(super) fn test(target: &Target, asked: &Asked, at: usize) -> Result<Test, QueryError> {
    let kind = kind_of(target);
    match asked {
        Asked::Equal(signs) if kind == Kind::Raw => needle(signs, at),
        Asked::Equal(signs) if Pattern::of(signs).is_anything() && !signs.is_empty() => Ok(Test::Present),
        Asked::Equal(signs) => equal(kind, signs, at),
        Asked::Compare(comparison, signs) => {
            let end = |included| Some((signs.clone(), included));
            match comparison {
                Comparison::Above => between(kind, end(false).as_ref(), None, at),
                Comparison::AtLeast => between(kind, end(true).as_ref(), None, at),
                Comparison::Below => between(kind, None, end(false).as_ref(), at),
                Comparison::AtMost => between(kind, None, end(true).as_ref(), at),
            }
        }
        Asked::Between(low, high) => between(kind, low.as_ref(), high.as_ref(), at),
    }
}

/// The test of a text to be found in the record.
pub(super) fn needle(signs: &[Sign], at: usize) -> Result<Test, QueryError> {
    Needle::of(signs).map(Test::Contains).ok_or_else(|| {
        QueryError::new(
            at,
            text!(en "this text is too long to look for", fr "ce texte est trop long pour être recherché",
                                  de "dieser Text ist zu lang für eine Suche"),
        )
    })
}

fn equal(kind: Kind, signs: &[Sign], at: usize) -> Result<Test, QueryError> {
    match kind {
        Kind::Text => Ok(Test::Text(Pattern::of(signs))),
        Kind::Address => address(signs, at),
        Kind::Boolean => boolean(signs, at),
        Kind::Class => class(signs, at),
        Kind::Activity => activity(signs, at),
        Kind::Raw => needle(signs, at),
        Kind::Integer | Kind::Severity | Kind::Status | Kind::Time => {
            let (low, high) = number(kind, signs, at)?;
            Ok(Test::Integer(low, high))
        }
    }
}

type End = (Vec<Sign>, bool);

fn between(kind: Kind, low: Option<&End>, high: Option<&End>, at: usize) -> Result<Test, QueryError> {
    match kind {
        Kind::Integer | Kind::Severity | Kind::Status | Kind::Time | Kind::Activity => {
            let low = low.map_or(Ok(i64::MIN), |(signs, included)| {
                number(kind, signs, at).map(|(first, last)| if *included { first } else { last.saturating_add(1) })
            });
            // "Other" stands outside the scale of severities.
            let top = if kind == Kind::Severity { i64::from(EventSeverity::Fatal.number()) } else { i64::MAX };
            let high = high.map_or(Ok(top), |(signs, included)| {
                number(kind, signs, at).map(|(first, last)| if *included { last } else { first.saturating_sub(1) })
            });
            Ok(Test::Integer(low?, high?))
        }
        Kind::Text => Ok(Test::TextRange(TextRange { low: folded_end(low, at)?, high: folded_end(high, at)? })),
        Kind::Address => addresses(low, high, at),
        Kind::Boolean | Kind::Class | Kind::Raw => Err(QueryError::new(
            at,
            text!(en "this field has no order to compare by", fr "ce champ n'a pas d'ordre permettant de comparer",
                  de "dieses Feld hat keine Ordnung zum Vergleichen"),
        )),
    }
}

fn literal(signs: &[Sign], at: usize) -> Result<String, QueryError> {
    plain(signs).ok_or_else(|| {
        QueryError::new(
            at,
            text!(en "a wildcard has no place here", fr "un caractère générique n'a pas sa place ici",
                                  de "ein Platzhalter ist hier nicht möglich"),
        )
    })
}

fn folded_end(end: Option<&End>, at: usize) -> Result<Option<(Box<str>, bool)>, QueryError> {
    end.map(|(signs, included)| Ok((folded(&literal(signs, at)?).into_boxed_str(), *included))).transpose()
}

/// The first and the last number that a written one means: a day is many moments.
fn number(kind: Kind, signs: &[Sign], at: usize) -> Result<(i64, i64), QueryError> {
    let written = literal(signs, at)?;
    match kind {
        Kind::Time => time(&written, at),
        Kind::Severity => severity(&written, at),
        Kind::Status => status(&written, at),
        _ => integer(&written, at),
    }
}

fn integer(written: &str, at: usize) -> Result<(i64, i64), QueryError> {
    let digits = written.strip_prefix("0x").or(written.strip_prefix("0X"));
    let number = digits.map_or_else(|| written.parse().ok(), |digits| i64::from_str_radix(digits, 16).ok());
    number.map(|number| (number, number)).ok_or_else(|| {
        QueryError::new(
            at,
            text!(en "`{written}` is not a whole number", fr "`{written}` n'est pas un nombre entier",
                                  de "`{written}` ist keine ganze Zahl"),
        )
        .hint(text!(en "this field holds numbers: write `443`, `>1024` or `[1 TO 1023]`",
                        fr "ce champ contient des nombres : écrivez `443`, `>1024` ou `[1 TO 1023]`",
                        de "dieses Feld enthält Zahlen: schreiben Sie `443`, `>1024` oder `[1 TO 1023]`"))
    })
}

/// OCSF's words for how something ended.
const STATUSES: [(&str, i64); 4] = [("unknown", 0), ("success", 1), ("failure", 2), ("other", 99)];

fn status(written: &str, at: usize) -> Result<(i64, i64), QueryError> {
    let word = folded(written);
    let by_word = STATUSES.iter().find(|(known, _)| *known == word).map(|(_, number)| *number);
    by_word.or(word.parse().ok()).map(|number| (number, number)).ok_or_else(|| {
        QueryError::new(
            at,
            text!(en "`{written}` is not a status of an event", fr "`{written}` n’est pas un statut d’événement",
                                  de "`{written}` ist kein Status eines Ereignisses"),
        )
        .hint(text!(en "use success, failure, unknown or other", fr "utilisez success, failure, unknown ou other",
                    de "verwenden Sie success, failure, unknown oder other"))
    })
}

fn severity(written: &str, at: usize) -> Result<(i64, i64), QueryError> {
    let word = folded(written);
    let by_word = EventSeverity::ALL.into_iter().find(|known| {
        let name = format!("{known:?}").to_lowercase();
        name == word || word == "info" && *known == EventSeverity::Informational
    });
    let number = by_word.map(|known| i64::from(known.number())).or(word.parse().ok());
    number.map(|number| (number, number)).ok_or_else(|| {
        QueryError::new(
            at,
            text!(en "`{written}` is not a severity of an event", fr "`{written}` n'est pas une gravité d'événement",
                                  de "`{written}` ist kein Schweregrad eines Ereignisses"),
        )
        .hint(text!(en "use unknown, informational, low, medium, high, critical, fatal or other",
                        fr "utilisez unknown, informational, low, medium, high, critical, fatal ou other",
                        de "verwenden Sie unknown, informational, low, medium, high, critical, fatal oder other"))
    })
}

const DAY: i64 = 86_400_000_000;
const MINUTE: i64 = 60_000_000;

fn time(written: &str, at: usize) -> Result<(i64, i64), QueryError> {
    if !written.contains(['T', 't', ' '])
        && let Ok(day) = Day::parse(written)
    {
        let start = day.start().micros();
        return Ok((start, start + DAY - 1));
    }
    // Without an offset a time is UTC; without seconds it is the whole minute.
    let (minute, rest) = written.split_at_checked("2026-11-21T08:30".len()).unwrap_or((written, ""));
    let (text, width) = if rest.starts_with(':') { (written.to_owned(), 0) } else { (format!("{minute}:00{rest}"), MINUTE - 1) };
    let parsed = Timestamp::parse(&text).or_else(|_| Timestamp::parse(&format!("{text}Z")));
    let found = parsed.ok().map(|time| (time.micros(), time.micros() + width));
    found.ok_or_else(|| {
        QueryError::new(
            at,
            text!(en "`{written}` is not a time", fr "`{written}` n'est pas un instant", de "`{written}` ist keine Zeitangabe"),
        )
        .hint(text!(en "write `2026-11-21`, `2026-11-21T08:30` or `2026-11-21T08:30:00Z`",
                        fr "écrivez `2026-11-21`, `2026-11-21T08:30` ou `2026-11-21T08:30:00Z`",
                        de "schreiben Sie `2026-11-21`, `2026-11-21T08:30` oder `2026-11-21T08:30:00Z`"))
    })
}

fn boolean(signs: &[Sign], at: usize) -> Result<Test, QueryError> {
    let written = literal(signs, at)?;
    match folded(&written).as_str() {
        "true" | "yes" | "1" => Ok(Test::Boolean(true)),
        "false" | "no" | "0" => Ok(Test::Boolean(false)),
        _ => Err(QueryError::new(
            at,
            text!(en "`{written}` is neither true nor false", fr "`{written}` n'est ni vrai (true) ni faux (false)",
                                           de "`{written}` ist weder wahr (true) noch falsch (false)"),
        )
        .hint(text!(en "write `true` or `false`", fr "écrivez `true` ou `false`", de "schreiben Sie `true` oder `false`"))),
    }
}

fn address(signs: &[Sign], at: usize) -> Result<Test, QueryError> {
    let Some(written) = plain(signs) else { return Ok(Test::Text(Pattern::of(signs))) };
    let network =
        written.parse::<IpNet>().or_else(|_| written.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical())));
    network.map(Test::Network).map_err(|_| not_an_address(&written, at))
}

fn addresses(low: Option<&End>, high: Option<&End>, at: usize) -> Result<Test, QueryError> {
    let parse = |end: Option<&End>| {
        end.map(|(signs, included)| {
            let written = literal(signs, at)?;
            let address: IpAddr = written.parse().map_err(|_| not_an_address(&written, at))?;
            Ok((address.to_canonical(), *included))
        })
        .transpose()
    };
    let (low, high) = (parse(low)?, parse(high)?);
    let fourth = matches!(low.or(high), Some((IpAddr::V4(_), _)));
    let (first, last): (IpAddr, IpAddr) =
        if fourth { ([0; 4].into(), [255; 4].into()) } else { ([0; 16].into(), [255; 16].into()) };
    let low = low.map_or(first, |(address, included)| if included { address } else { moved(address, true) });
    let high = high.map_or(last, |(address, included)| if included { address } else { moved(address, false) });
    Ok(Test::Addresses(low, high))
}

/// The address after or before, stopping at the ends.
fn moved(address: IpAddr, up: bool) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            IpAddr::V4((if up { bits.saturating_add(1) } else { bits.saturating_sub(1) }).into())
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            IpAddr::V6((if up { bits.saturating_add(1) } else { bits.saturating_sub(1) }).into())
        }
    }
}

fn not_an_address(written: &str, at: usize) -> QueryError {
    QueryError::new(
        at,
        text!(en "`{written}` is not an address", fr "`{written}` n'est pas une adresse", de "`{written}` ist keine Adresse"),
    )
    .hint(text!(en "write `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32` or `10.0.*`",
                    fr "écrivez `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32` ou `10.0.*`",
                    de "schreiben Sie `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32` oder `10.0.*`"))
}

fn class(signs: &[Sign], at: usize) -> Result<Test, QueryError> {
    let pattern = Pattern::of(signs);
    let named = |class: &Class| {
        pattern.matches(class.name()) || pattern.matches(class.caption()) || pattern.matches(&class.uid().to_string())
    };
    let classes: Vec<Class> = Class::ALL.into_iter().filter(named).collect();
    if !classes.is_empty() {
        return Ok(Test::Classes(classes));
    }
    let written: String = signs.iter().map(shown).collect();
    Err(QueryError::new(
        at,
        text!(en "`{written}` is not a class of OCSF", fr "`{written}` n'est pas une classe d'OCSF",
                                  de "`{written}` ist keine Klasse von OCSF"),
    )
    .hint(text!(en "write a name or a number, such as `authentication` or `3002`",
                    fr "écrivez un nom ou un numéro, par exemple `authentication` ou `3002`",
                    de "schreiben Sie einen Namen oder eine Nummer, etwa `authentication` oder `3002`")))
}

fn activity(signs: &[Sign], at: usize) -> Result<Test, QueryError> {
    let pattern = Pattern::of(signs);
    if let Some(Ok(number)) = plain(signs).map(|written| written.parse()) {
        return Ok(Test::Integer(number, number));
    }
    let all = Class::ALL
        .into_iter()
        .flat_map(|class| class.activities().iter().map(move |(number, caption)| (class, *number, *caption)));
    let pairs: Vec<_> =
        all.filter(|(_, _, caption)| pattern.matches(caption)).map(|(class, number, _)| (class, number)).collect();
    if !pairs.is_empty() {
        return Ok(Test::Activities(pairs));
    }
    let written: String = signs.iter().map(shown).collect();
    Err(QueryError::new(
        at,
        text!(en "no class has an activity `{written}`", fr "aucune classe n'a d'activité `{written}`",
                                  de "keine Klasse hat eine Aktivität `{written}`"),
    )
    .hint(text!(en "write a caption or a number, such as `logon` or `1`",
                    fr "écrivez un libellé ou un numéro, par exemple `logon` ou `1`",
                    de "schreiben Sie eine Bezeichnung oder eine Nummer, etwa `logon` oder `1`")))
}

const fn shown(sign: &Sign) -> char {
    match sign {
        Sign::Char(char) => *char,
        Sign::Any => '*',
        Sign::One => '?',
    }
}

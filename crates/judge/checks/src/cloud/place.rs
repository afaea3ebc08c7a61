//! Where a property lives in which sort of resource, and what its absence means.
//!
//! The same property has one path in Terraform's language and another in ARM templates. A check lists both as
//! [`Place`]s and says once what is good. A path is a row of names, `new|old` where a property was renamed; lists on
//! the way are gone through, so that a block, several blocks and an object are one shape.

use crate::piece::Tally;
use serde_json::Value;
use vigie_model::configuration::{Form, Look, Piece, seen};
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// What holds where nothing is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// The default of today is good.
    Good,
    /// The default of today is bad.
    Bad,
    /// It hangs on the version of the provider or the interface, or on the account.
    Unsaid,
}

/// A property of one sort of resource.
pub(super) struct Place {
    kind: &'static str,
    path: &'static str,
    absent: Absent,
}

/// A property.
pub(super) const fn at(kind: &'static str, path: &'static str, absent: Absent) -> Place {
    Place { kind, path, absent }
}

/// Whether a piece is of one sort; ARM does not care about case.
pub(super) fn is(piece: &Piece, kind: &str) -> bool {
    match piece.form {
        Form::Arm => piece.kind.eq_ignore_ascii_case(kind),
        _ => piece.kind == kind,
    }
}

/// Whether a piece is of one of these sorts and will be there: `count = 0` makes nothing.
pub(super) fn is_one_of(piece: &Piece, kinds: &[&str]) -> bool {
    let nothing = piece.form == Form::Terraform && piece.look("/count").known().is_some_and(|count| *count == 0);
    !nothing && kinds.iter().any(|kind| is(piece, kind))
}

/// The outcome for everything that a check is not about.
pub(super) fn not_applicable() -> Verdict {
    Verdict::not_applicable(text!(
        en "it is a resource of another sort, or without this part",
        fr "c’est une ressource d’un autre type, ou sans cette partie",
        de "es ist eine Ressource anderer Art oder ohne diesen Teil"
    ))
}

/// One value that was looked for.
pub(super) struct Found<'a> {
    /// Its JSON pointer, or that of the nearest thing around it.
    pub(super) pointer: String,
    pub(super) look: Look<'a>,
}

/// All values at a path below the root of a piece; one absent value for each place where it could be.
pub(super) fn find<'a>(piece: &'a Piece, path: &str) -> Vec<Found<'a>> {
    below(piece, &piece.body, "", path)
}

/// All values at a path below a value that stands at a pointer.
pub(super) fn below<'a>(piece: &Piece, from: &'a Value, pointer: &str, path: &str) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let steps: Vec<&str> = path.split('.').filter(|step| !step.is_empty()).collect();
    walk(piece.form == Form::Arm, seen(from), pointer, &steps, &mut found);
    found
}

fn walk<'a>(any_case: bool, look: Look<'a>, pointer: &str, steps: &[&str], found: &mut Vec<Found<'a>>) {
    let (Look::Known(value), Some((step, rest))) = (look, steps.split_first()) else {
        found.push(Found { pointer: pointer.to_owned(), look: whole(look) });
        return;
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            for (place, item) in items.iter().enumerate() {
                walk(any_case, seen(item), &format!("{pointer}/{place}"), steps, found);
            }
        }
        Value::Object(members) => {
            let exact = step.split('|').find_map(|name| members.get_key_value(name));
            let member = exact.or_else(|| members.iter().find(|(name, _)| any_case && name.eq_ignore_ascii_case(step)));
            match member.map(|(name, member)| (name, seen(member))) {
                Some((name, look)) if look != Look::Absent => {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    walk(any_case, look, &format!("{pointer}/{name}"), rest, found);
                }
                _ => found.push(Found { pointer: pointer.to_owned(), look: Look::Absent }),
            }
        }
        _ => found.push(Found { pointer: pointer.to_owned(), look: Look::Absent }),
    }
}

/// A list of which every part is unknown, as a block that may be there or not, is unknown itself.
fn whole(look: Look<'_>) -> Look<'_> {
    let Some(Value::Array(items)) = look.known() else { return look };
    let mut parts = items.iter().map(seen);
    match parts.next() {
        Some(Look::Unknown(expression)) if parts.all(|part| matches!(part, Look::Unknown(_))) => Look::Unknown(expression),
        _ => look,
    }
}

/// The items at a path with their pointers, lists opened; unknown ones are noted.
pub(super) fn items<'a>(judged: &mut Judged<'a>, path: &str) -> Vec<(String, &'a Value)> {
    let mut all = Vec::new();
    for found in find(judged.piece, path) {
        match found.look {
            Look::Known(Value::Array(items)) => {
                for (place, item) in items.iter().enumerate() {
                    match seen(item) {
                        Look::Known(item) => all.push((format!("{}/{place}", found.pointer), item)),
                        Look::Unknown(expression) => judged.unknown(expression),
                        Look::Absent => {}
                    }
                }
            }
            Look::Known(item) => all.push((found.pointer, item)),
            Look::Unknown(expression) => judged.unknown(expression),
            Look::Absent => {}
        }
    }
    all
}

/// What was found in one resource so far.
pub(super) struct Judged<'a> {
    pub(super) piece: &'a Piece,
    tally: Tally<'a>,
    locators: Vec<String>,
    unsaid: Option<String>,
}

impl<'a> Judged<'a> {
    pub(super) fn of(piece: &'a Piece) -> Self {
        Self { piece, tally: Tally::of(piece), locators: Vec::new(), unsaid: None }
    }

    /// A bad value at a pointer.
    pub(super) fn bad(&mut self, pointer: &str, found: impl Into<String>, expected: &str) {
        let locator = locator(self.piece, pointer);
        // Items without a name are one place: a number would change with their order.
        if !self.locators.contains(&locator) {
            self.locators.push(locator.clone());
            self.tally.bad(pointer, locator, found, expected);
        }
    }

    /// A bad value of a property.
    pub(super) fn bad_value(&mut self, pointer: &str, path: &str, value: &Value, expected: &str) {
        self.bad(pointer, format!("{path} = {}", short(&value.to_string())), expected);
    }

    /// Something that hangs on an expression.
    pub(super) fn unknown(&mut self, expression: &'a str) {
        self.tally.unknown(short(expression));
    }

    /// A property that is not set and whose default nobody can tell.
    pub(super) fn unsaid(&mut self, path: &str) {
        self.unsaid.get_or_insert_with(|| today(path).to_owned());
    }

    pub(super) fn verdict(self) -> Verdict {
        match (self.tally.verdict(), self.unsaid) {
            (Verdict::Pass, Some(path)) => Verdict::unknown(text!(
                en "{path} is not set, and its default hangs on the version of the provider or on the account",
                fr "{path} n’est pas défini, et sa valeur par défaut dépend de la version du fournisseur ou du compte",
                de "{path} ist nicht gesetzt, und die Voreinstellung hängt von der Version des Providers oder vom Konto ab"
            )),
            (verdict, _) => verdict,
        }
    }

    /// Judges what stands at a path; `locator` of an absent value is the path.
    pub(super) fn expect(&mut self, place: &Place, is_good: impl Fn(&Value) -> bool, expected: &str) {
        for found in find(self.piece, place.path) {
            match found.look {
                Look::Known(value) if is_good(value) => {}
                Look::Known(value) => self.bad_value(&found.pointer, last(place.path), value, expected),
                Look::Unknown(expression) => self.unknown(expression),
                Look::Absent => match place.absent {
                    Absent::Good => {}
                    Absent::Bad => self.missing(&found.pointer, place.path, expected),
                    Absent::Unsaid => self.unsaid(place.path),
                },
            }
        }
    }

    /// A property that should be there.
    pub(super) fn missing(&mut self, pointer: &str, path: &str, expected: &str) {
        let locator = format!("{}/{}", locator(self.piece, pointer), last(path));
        if !self.locators.contains(&locator) {
            self.locators.push(locator.clone());
            self.tally.bad(pointer, locator, format!("{} = null", today(path)), expected);
        }
    }
}

/// The last name of a path, as it is called today.
fn last(path: &str) -> &str {
    today(path.rsplit('.').next().unwrap_or(path))
}

/// A path without the names of former times.
fn today(path: &str) -> &str {
    path.split('|').next().unwrap_or(path)
}

/// The first line of a text, cut to a length that fits a table.
pub(super) fn short(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.char_indices().nth(80).map_or(line, |(end, _)| &line[..end])
}

/// A pointer with names instead of numbers.
fn locator(piece: &Piece, pointer: &str) -> String {
    let mut locator = String::new();
    let mut here = &piece.body;
    for step in pointer.split('/').skip(1) {
        let name = step.replace("~1", "/").replace("~0", "~");
        let next = match here {
            Value::Array(items) => step.parse().ok().and_then(|place: usize| items.get(place)),
            Value::Object(members) => members.get(&name),
            _ => None,
        };
        let Some(next) = next else { break };
        match here {
            Value::Array(_) => {
                let named = ["name", "Name", "sid", "Sid", "$label"].iter().find_map(|key| next.get(*key)?.as_str());
                locator.extend(named.map(|name| format!("/{name}")));
            }
            _ => locator.push_str(&format!("/{name}")),
        }
        here = next;
    }
    locator
}

/// Judges one property wherever a resource has it.
pub(super) fn setting(piece: &Piece, places: &[Place], is_good: impl Fn(&Value) -> bool, expected: &str) -> Verdict {
    let kinds: Vec<&str> = places.iter().map(|place| place.kind).collect();
    if !is_one_of(piece, &kinds) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    for place in places.iter().filter(|place| is(piece, place.kind)) {
        judged.expect(place, &is_good, expected);
    }
    judged.verdict()
}

/// True, as truth value or text.
pub(super) fn on(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::String(text) => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("enabled"),
        _ => false,
    }
}

/// Not true.
pub(super) fn off(value: &Value) -> bool {
    !on(value)
}

/// One of these words, in any case.
pub(super) fn word(value: &Value, words: &[&str]) -> bool {
    value.as_str().is_some_and(|text| words.iter().any(|word| text.eq_ignore_ascii_case(word)))
}

/// Neither empty nor false.
pub(super) fn filled(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(value) => *value,
        _ => true,
    }
}

/// Whether one value at a path is as wanted: yes, no, or unknown because of an expression.
pub(super) fn any<'a>(judged: &mut Judged<'a>, path: &str, is_wanted: impl Fn(&'a Value) -> bool) -> Option<bool> {
    let mut unknown = None;
    for found in find(judged.piece, path) {
        match found.look {
            Look::Known(value) if is_wanted(value) => return Some(true),
            Look::Unknown(expression) => unknown = Some(expression),
            _ => {}
        }
    }
    match unknown {
        Some(expression) => {
            judged.unknown(expression);
            None
        }
        None => Some(false),
    }
}

/// The place of a property of the sort that a piece is of.
pub(super) fn path_of(piece: &Piece, places: &[(&'static str, &'static str)]) -> Option<&'static str> {
    places.iter().find(|(kind, _)| is(piece, kind)).map(|(_, path)| *path)
}

/// Another resource that is about this one.
pub(super) enum Companion<'a> {
    /// There is one.
    There(&'a Piece),
    /// There may be one: an expression says to whom it belongs.
    Perhaps(&'a str),
    /// There is none in the folder.
    Missing,
}

/// The folder of a file; empty for the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Looks for a resource of one sort that names this one in an attribute, among those of the same folder.
pub(super) fn companion<'a>(piece: &'a Piece, around: &'a [Piece], kind: &str, attribute: &str) -> Companion<'a> {
    let address = format!("{}.{}", piece.kind, piece.name);
    let own: Vec<&Value> = ["/bucket", "/name", "/id"].iter().filter_map(|at| piece.look(at).known()).collect();
    let mut perhaps = None;
    for other in around.iter().filter(|other| is(other, kind) && folder(&other.path) == folder(&piece.path)) {
        match other.look(&format!("/{attribute}")) {
            Look::Unknown(expression) if names(expression, &address) => return Companion::There(other),
            // Of another resource of the same sort.
            Look::Unknown(expression) if expression.contains(&format!("{}.", piece.kind)) => {}
            Look::Unknown(expression) => perhaps = Some(expression),
            Look::Known(value) if own.contains(&value) => return Companion::There(other),
            _ => {}
        }
    }
    perhaps.map_or(Companion::Missing, Companion::Perhaps)
}

/// Whether an expression names an address, and not a longer one.
fn names(expression: &str, address: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == '-');
    expression.match_indices(address).any(|(at, _)| {
        let before = expression[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !matches!(before, '_' | '-' | '.'))
            && is_end(&expression[at + address.len()..])
    })
}

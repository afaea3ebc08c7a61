//! The detector: rules and correlations over a stream of stored events.

use crate::correlation::{
    Counted, Feed, KEY_BYTES_MAX, Linked, Notice, NoticeKind, Notices, RestoreError, RuleRef, Settings, State, link,
};
use crate::engine::view::{Slot, View};
use crate::engine::{Engine, Index, Match, RuleReport, Scratch, Sources, report_all};
use crate::finding::{ENTITY, Sighting};
use crate::rule::{Refused, RuleInfo, RuleSet};
use std::collections::HashMap;
use std::sync::Arc;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Event, StoredEvent};
use vigie_model::ids::{AssetId, EventId};
use vigie_model::occurrence::Occurrence;
use vigie_model::time::Timestamp;

/// Most repetitions that one record is believed to stand for.
const REPETITIONS_MAX: i64 = 1_000;

/// Rules and correlations with their state.
///
/// Shown the same events in the same order it says the same, also when it is written down
/// ([`Detector::snapshot`]) and read back between any two of them.
#[derive(Debug)]
pub struct Detector {
    engine: Engine,
    scratch: Scratch,
    linked: Linked,
    states: Vec<State>,
    bindings: HashMap<(usize, usize), Binding>,
    refused: Vec<Refused>,
    settings: Settings,
    notices: Notices,
    position: Option<u64>,
}

/// What is done with the matches of a rule in a log source.
#[derive(Debug, Default)]
struct Binding {
    entity: Vec<(String, Slot)>,
    branches: Vec<Branch>,
}

/// A correlation that is told of a match, and those that are told when it is met.
#[derive(Debug)]
struct Branch {
    correlation: usize,
    rule: u16,
    group: Vec<Pick>,
    values: Vec<Pick>,
    above: Vec<Branch>,
}

/// Where a correlation takes a value from.
#[derive(Clone, Debug)]
enum Pick {
    /// A field of the event.
    Event(Slot, String),
    /// A value of the group below.
    Group(usize),
}

/// What is the same for every rule that an event matches.
struct Context<'a> {
    event: &'a StoredEvent,
    /// How many events it stands for: a source may sum up repetitions.
    weight: u32,
    asset: &'a dyn Fn(&str) -> AssetId,
    time: i64,
    ahead: bool,
}

impl Detector {
    /// A detector for these rules over these log sources.
    #[must_use]
    pub fn new(mut rules: RuleSet, sources: &Sources, settings: Settings) -> Self {
        rules.settle();
        let mut refused = rules.take_refused();
        let linked = link(&mut rules.rules, std::mem::take(&mut rules.correlations), &mut refused);
        let mut engine = Engine::new(rules.rules, sources);
        let bindings = bindings(&mut engine, &linked);
        let states = linked.definitions.iter().map(|_| State::default()).collect();
        Self {
            engine,
            scratch: Scratch::default(),
            linked,
            states,
            bindings,
            refused,
            settings,
            notices: Notices::default(),
            position: None,
        }
    }

    /// The rules Vigie ships over the log sources it collects.
    #[must_use]
    pub fn shipped() -> Self {
        Self::new(RuleSet::shipped(), &Sources::shipped(), Settings::default())
    }

    /// Looks at an event; `asset` finds the host that an event's `origin.host` names.
    ///
    /// Events are numbered in the order in which they come; one that was seen already (its number is
    /// not above [`Detector::position`]) is passed over, so that a stream may be repeated from an
    /// earlier point after a restart.
    pub fn observe(&mut self, event: &StoredEvent, asset: &dyn Fn(&str) -> AssetId) -> Vec<Occurrence> {
        if self.position.is_some_and(|position| event.id.0 <= position) {
            return Vec::new();
        }
        self.position = Some(event.id.0);
        let latest = event.event.received.micros().saturating_add(self.settings.ahead);
        let ahead = event.event.time.micros() > latest;
        let time = if ahead { event.event.received.micros() } else { event.event.time.micros() };
        let context = Context { event, weight: weight(&event.event), asset, time, ahead };
        let mut found = Vec::new();
        let Self { engine, scratch, linked, states, bindings, settings, notices, .. } = self;
        let mut correlator = Correlator { linked, states, settings, notices };
        engine.matches(&event.event, scratch, |matched| {
            let Some(info) = engine.rules().get(matched.rule).map(|rule| &rule.info) else { return };
            let binding = bindings.get(&(matched.source, matched.rule));
            if !info.part_only {
                found.push(sighting(info, binding, &matched, &context));
            }
            for branch in binding.map(|binding| binding.branches.as_slice()).unwrap_or_default() {
                correlator.tell(branch, &[], None, context.time, matched.view, &context, &mut found);
            }
        });
        found
    }

    /// The rules that match an event by themselves, parts of correlations included: stateless.
    pub fn matches(&mut self, event: &Event) -> Vec<&RuleInfo> {
        let Self { engine, scratch, .. } = self;
        let mut matched = Vec::new();
        engine.matches(event, scratch, |found| matched.push(found.rule));
        matched.sort_unstable();
        matched.iter().filter_map(|number| engine.rules().get(*number)).map(|rule| &rule.info).collect()
    }

    /// Switches the index that picks candidates; for tests and measurements.
    pub fn set_index(&mut self, index: Index) {
        self.engine.set_index(index);
    }

    /// The last event it has seen.
    #[must_use]
    pub fn position(&self) -> Option<EventId> {
        self.position.map(EventId)
    }

    /// What rules could not do since this was last asked.
    pub fn notices(&mut self) -> Vec<Notice> {
        self.notices.take()
    }

    /// What became of each rule and correlation.
    #[must_use]
    pub fn rules_report(&self) -> Vec<RuleReport> {
        report_all(&self.engine, &self.linked, &self.refused)
    }

    /// The state of all correlations and the position, to be stored.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        crate::correlation::write(self.position, &self.linked.definitions, &self.states)
    }

    /// Goes on from stored state: the next event is the one behind [`Detector::position`]. Rules
    /// that changed since start anew and say so in a notice.
    ///
    /// # Errors
    /// [`RestoreError`] when the bytes are not a state; then nothing changes.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), RestoreError> {
        let (position, states) = crate::correlation::read(bytes, &self.linked.definitions, &mut self.notices)?;
        self.position = position;
        self.states = states;
        Ok(())
    }
}

fn sighting(info: &RuleInfo, binding: Option<&Binding>, matched: &Match<'_, '_>, context: &Context<'_>) -> Occurrence {
    let fields = binding.map(|binding| binding.entity.as_slice()).unwrap_or_default();
    let value = |slot: &Slot| Some(matched.view.cell(*slot)?.text()?.into_owned());
    let entity = fields.iter().filter_map(|(name, slot)| Some((name.clone(), value(slot)?)));
    let event = context.event;
    Sighting {
        info,
        event,
        asset: (context.asset)(&event.event.origin.host),
        entity: entity.filter(|(_, value)| !value.is_empty()).collect(),
        count: context.weight.into(),
        first: event.event.time,
        last: event.event.time,
        events: vec![event.id],
    }
    .occurrence()
}

struct Correlator<'a> {
    linked: &'a Linked,
    states: &'a mut [State],
    settings: &'a Settings,
    notices: &'a mut Notices,
}

impl Correlator<'_> {
    /// Tells a correlation of a match, and those above of what it makes of it.
    #[expect(clippy::too_many_arguments, reason = "what is below, when, and the event: a struct would be made for one call")]
    fn tell(
        &mut self,
        branch: &Branch,
        below: &[Box<str>],
        trail: Option<Arc<[u64]>>,
        time: i64,
        view: &View<'_>,
        context: &Context<'_>,
        found: &mut Vec<Occurrence>,
    ) {
        let Some(definition) = self.linked.definitions.get(branch.correlation) else { return };
        let subject = &definition.info.subject;
        let Some(state) = self.states.get_mut(branch.correlation) else { return };
        if context.ahead {
            self.notices.add(subject, NoticeKind::Ahead, 1, time);
        }
        let group = match picked(&branch.group, below, view) {
            Ok(group) => group,
            Err(field) => {
                return self.notices.add(subject, NoticeKind::NoGroup { field: field.to_owned() }, 1, time);
            }
        };
        let value = match counted(definition.kind, &branch.values, below, view) {
            Ok(value) => value,
            Err(field) => {
                return self.notices.add(subject, NoticeKind::NoValue { field: field.to_owned() }, 1, time);
            }
        };
        let received = context.event.event.received.micros();
        // What was met below is one event here, whatever its last one stood for.
        let weight = if trail.is_some() { 1 } else { context.weight };
        let feed = Feed { time, received, event: context.event.id.0, rule: branch.rule, weight, value, trail };
        let Some(outcome) = state.feed(definition, group.clone().into(), feed, self.settings, self.notices) else { return };
        if outcome.news && !definition.info.part_only {
            let names = definition.group.iter().map(|field| field.name.clone());
            let met = &outcome.met;
            let sighting = Sighting {
                info: &definition.info,
                event: context.event,
                asset: (context.asset)(&context.event.event.origin.host),
                entity: names.zip(group.iter().map(ToString::to_string)).collect(),
                count: met.count,
                first: Timestamp::from_micros(met.first),
                last: Timestamp::from_micros(met.last),
                events: met.events.iter().copied().map(EventId).collect(),
            };
            found.push(sighting.occurrence());
        }
        if !branch.above.is_empty() {
            let trail: Arc<[u64]> = outcome.met.events.into();
            for above in &branch.above {
                self.tell(above, &group, Some(Arc::clone(&trail)), outcome.met.last, view, context, found);
            }
        }
    }
}

/// OCSF's `count`, within reason: a record may claim anything.
fn weight(event: &Event) -> u32 {
    let count = event.fields.integer(field::COUNT).unwrap_or(1).clamp(1, REPETITIONS_MAX);
    u32::try_from(count).unwrap_or(1)
}

/// The values of fields, or the name of the first that has none.
fn picked<'p>(picks: &'p [Pick], below: &[Box<str>], view: &View<'_>) -> Result<Vec<Box<str>>, &'p str> {
    let value = |pick: &'p Pick| match pick {
        Pick::Group(place) => below.get(*place).cloned().ok_or(""),
        Pick::Event(slot, name) => {
            let text = view.cell(*slot).and_then(|cell| cell.text().map(|text| cut(&text))).ok_or(name.as_str())?;
            if text.is_empty() { Err(name.as_str()) } else { Ok(text) }
        }
    };
    picks.iter().map(value).collect()
}

fn counted<'p>(
    kind: crate::correlation::Kind,
    picks: &'p [Pick],
    below: &[Box<str>],
    view: &View<'_>,
) -> Result<Counted, &'p str> {
    use crate::correlation::Kind;
    use crate::rule::tree::Number;
    match kind {
        Kind::Events | Kind::Rules | Kind::RulesInOrder => Ok(Counted::Nothing),
        // Several fields count as one value; lengths keep them apart.
        Kind::Values => {
            let values = picked(picks, below, view)?;
            let joined: String = values.iter().map(|value| format!("{}:{value}", value.len())).collect();
            Ok(Counted::Text(if values.len() == 1 { values.concat().into() } else { joined.into() }))
        }
        Kind::Sum | Kind::Average | Kind::Percentile(_) => {
            let values = picked(picks, below, view)?;
            let number = values.first().and_then(|value| Number::parse(value)).map(Number::real);
            let name = picks.first().map_or("", |pick| match pick {
                Pick::Event(_, name) => name,
                Pick::Group(_) => "",
            });
            number.filter(|number| number.is_finite()).map(Counted::Number).ok_or(name)
        }
    }
}

/// A value cut to the length a group may be made of.
fn cut(text: &str) -> Box<str> {
    let mut end = text.len().min(KEY_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().into()
}

/// Binds entities and groups to the fields of each log source.
fn bindings(engine: &mut Engine, linked: &Linked) -> HashMap<(usize, usize), Binding> {
    let pairs: Vec<(usize, usize)> = engine
        .partitions()
        .iter()
        .enumerate()
        .flat_map(|(source, (_, partition))| partition.rules().map(move |rule| (source, rule)))
        .collect();
    let mut bindings = HashMap::new();
    for (source, rule) in pairs {
        let Some(info) = engine.rules().get(rule).map(|rule| rule.info.clone()) else { continue };
        let mut names = info.entity.clone();
        if names.is_empty() {
            names = ENTITY.map(str::to_owned).to_vec();
        }
        let mut slot = |name: &str| engine.slot(source, name).unwrap_or(Slot(usize::MAX));
        let entity = names.into_iter().map(|name| (name.clone(), slot(&name))).collect();
        let called: Vec<&str> = info.names().collect();
        let branches = branches(linked, RuleRef::Rule(rule), &called, None, &mut slot);
        bindings.insert((source, rule), Binding { entity, branches });
    }
    bindings
}

/// The correlations that look at a rule, each with those that look at it.
fn branches(
    linked: &Linked,
    below: RuleRef,
    called: &[&str],
    child: Option<usize>,
    slot: &mut impl FnMut(&str) -> Slot,
) -> Vec<Branch> {
    let mut branches = Vec::new();
    for (number, (definition, rules)) in linked.definitions.iter().zip(&linked.rules).enumerate() {
        let Some(place) = rules.iter().position(|rule| *rule == below) else { continue };
        let child = child.and_then(|child| linked.definitions.get(child));
        let mut pick = |field: &str| {
            let of_child = child.and_then(|child| child.group.iter().position(|own| own.name == field));
            of_child.map_or_else(|| Pick::Event(slot(field), field.to_owned()), Pick::Group)
        };
        let group = definition.group.iter().map(|field| pick(field.of_rule(called))).collect();
        let values = definition.fields.iter().map(|field| pick(field)).collect();
        let called: Vec<&str> = definition.info.names().collect();
        let above = self::branches(linked, RuleRef::Correlation(number), &called, Some(number), slot);
        let rule = u16::try_from(place).unwrap_or(u16::MAX);
        branches.push(Branch { correlation: number, rule, group, values, above });
    }
    branches
}

//! The detector: rules and correlations over a stream of stored events.

use crate::binding::{Binding, Branch, bindings, counted, picked};
use crate::correlation::{Feed, Linked, Notice, NoticeKind, Notices, RestoreError, Settings, State, link};
use crate::engine::view::{Slot, View};
use crate::engine::{Engine, Index, Match, RuleReport, Scratch, Sources, report_all};
use crate::finding::Sighting;
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
                let told = Told { below: &[], trail: None, time: context.time };
                correlator.tell(branch, told, matched.view, &context, &mut found);
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

/// What a correlation is told beside the event.
struct Told<'a> {
    /// The values of the group below, when a correlation was met.
    below: &'a [Box<str>],
    /// The events behind that.
    trail: Option<Arc<[u64]>>,
    /// When it happened.
    time: i64,
}

struct Correlator<'a> {
    linked: &'a Linked,
    states: &'a mut [State],
    settings: &'a Settings,
    notices: &'a mut Notices,
}

impl Correlator<'_> {
    /// Tells a correlation of a match, and those above of what it makes of it.
    fn tell(&mut self, branch: &Branch, told: Told<'_>, view: &View<'_>, context: &Context<'_>, found: &mut Vec<Occurrence>) {
        let Told { below, trail, time } = told;
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
                count: met.fresh,
                first: Timestamp::from_micros(met.first),
                last: Timestamp::from_micros(met.last),
                events: met.events.iter().copied().map(EventId).collect(),
            };
            found.push(sighting.occurrence());
        }
        if !branch.above.is_empty() {
            let trail: Arc<[u64]> = outcome.met.events.into();
            for above in &branch.above {
                let told = Told { below: &group, trail: Some(Arc::clone(&trail)), time: outcome.met.last };
                self.tell(above, told, view, context, found);
            }
        }
    }
}

/// OCSF's `count`, within reason: a record may claim anything.
fn weight(event: &Event) -> u32 {
    let count = event.fields.integer(field::COUNT).unwrap_or(1).clamp(1, REPETITIONS_MAX);
    u32::try_from(count).unwrap_or(1)
}

//! Correlations against their definition, against limits, and across restarts.

use super::definition::{Condition, Definition, Kind, satisfies};
use super::group::{Counted, Entry};
use super::notice::{NoticeKind, Notices};
use super::state::{Feed, Outcome, State};
use super::{Settings, read, write};
use crate::rule::RuleSet;
use proptest::prelude::*;
use rsigma_parser::{SigmaCollection, parse_sigma_yaml};

const SECOND: i64 = 1_000_000;

/// A correlation of the rules a, b and c with these lines in its section.
fn written(lines: &str) -> String {
    let mut text = format!("title: met\nname: met\ncorrelation:\n  rules: [a, b, c]\n{lines}\n");
    for name in ["a", "b", "c"] {
        text += &format!(
            "---\ntitle: {name}\nname: {name}\nid: {name}\nlogsource: {{product: x}}\ndetection: {{s: {{r: {name}}}, condition: s}}\n"
        );
    }
    text
}

fn definition(lines: &str) -> Definition {
    let mut set = RuleSet::default();
    set.add("test", &written(lines));
    assert_eq!(set.refused(), []);
    set.correlations.remove(0)
}

fn settings() -> Settings {
    Settings { late: 20 * SECOND, ..Settings::default() }
}

/// One event of a test: when it happens, when it comes after the one before, what it is.
#[derive(Clone, Debug)]
struct Step {
    time: i64,
    group: u8,
    rule: u16,
    value: u8,
}

fn feed(state: &mut State, definition: &Definition, number: usize, step: &Step, notices: &mut Notices) -> bool {
    outcome(state, definition, number, step, notices).is_some()
}

fn outcome(state: &mut State, definition: &Definition, number: usize, step: &Step, notices: &mut Notices) -> Option<Outcome> {
    let value = match definition.kind {
        Kind::Values => Counted::Text(step.value.to_string().into()),
        Kind::Sum | Kind::Average | Kind::Percentile(_) => Counted::Number(step.value.into()),
        _ => Counted::Nothing,
    };
    let feed = Feed {
        time: step.time * SECOND,
        received: 1_000_000 * SECOND + number as i64,
        event: number as u64,
        rule: step.rule,
        weight: 1,
        value,
        trail: None,
    };
    let key = Box::from([step.group.to_string().into_boxed_str()]);
    state.feed(definition, key, feed, &settings(), notices)
}

/// Whether a condition holds in a window, straight from what it means.
fn by_definition(definition: &Definition, window: &[&(usize, Step)]) -> bool {
    let rules: std::collections::BTreeSet<u16> = window.iter().map(|(_, step)| step.rule).collect();
    let values: Vec<f64> = window.iter().map(|(_, step)| step.value.into()).collect();
    let distinct: std::collections::BTreeSet<u8> = window.iter().map(|(_, step)| step.value).collect();
    let sum: f64 = values.iter().sum();
    let measure = match definition.kind {
        Kind::Events => window.len() as f64,
        Kind::Values => distinct.len() as f64,
        Kind::Sum => sum,
        Kind::Average => sum / values.len() as f64,
        Kind::Rules => rules.len() as f64,
        Kind::RulesInOrder => {
            let ordered = window.iter().enumerate().any(|(at, (_, first))| {
                let rest = &window[at + 1..];
                let second = rest.iter().position(|(_, step)| step.rule == 1);
                first.rule == 0 && second.is_some_and(|second| rest[second + 1..].iter().any(|(_, step)| step.rule == 2))
            });
            return ordered;
        }
        Kind::Percentile(_) => return false,
    };
    match &definition.condition {
        Condition::AllRules => rules.len() == 3,
        Condition::Measure(bounds) => satisfies(measure, bounds),
        Condition::Rules(expression) => expression.holds(&|rule| rules.contains(&(rule as u16))),
    }
}

const CORRELATIONS: [&str; 8] = [
    "  type: event_count\n  group-by: [g]\n  timespan: 10s\n  condition: {gte: 3}",
    "  type: event_count\n  group-by: [g]\n  timespan: 15s\n  condition: {gt: 1, lte: 3}",
    "  type: value_count\n  group-by: [g]\n  timespan: 10s\n  condition: {field: v, gte: 3}",
    "  type: temporal\n  group-by: [g]\n  timespan: 10s",
    "  type: temporal\n  group-by: [g]\n  timespan: 10s\n  condition: a and (b or not c)",
    "  type: temporal_ordered\n  group-by: [g]\n  timespan: 12s",
    "  type: value_sum\n  group-by: [g]\n  timespan: 10s\n  condition: {field: v, gte: 8}",
    "  type: value_avg\n  group-by: [g]\n  timespan: 10s\n  condition: {field: v, gt: 3}",
];

/// Steps whose times go up, some of them brought later than younger ones.
fn steps(late: i64) -> impl Strategy<Value = Vec<Step>> {
    let step = (0..6i64, 0..=late, 0..2u8, 0..3u16, 0..5u8);
    prop::collection::vec(step, 1..60).prop_map(|steps| {
        let mut now = 1_000;
        let step = |(ahead, behind, group, rule, value)| {
            now += ahead;
            Step { time: now - behind, group, rule, value }
        };
        steps.into_iter().map(step).collect()
    })
}

proptest! {
    #[test]
    fn a_late_event_counts_as_if_it_had_come_in_time(which in 0..CORRELATIONS.len(), steps in steps(15)) {
        let definition = definition(CORRELATIONS[which]);
        let (mut state, mut notices) = (State::default(), Notices::default());
        let mut seen: Vec<(usize, Step)> = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let met = feed(&mut state, &definition, number, step, &mut notices);
            seen.push((number, step.clone()));
            seen.sort_by_key(|(number, step)| (step.time, *number));
            let group: Vec<_> = seen.iter().filter(|(_, other)| other.group == step.group).collect();
            let span = definition.timespan / SECOND;
            let place = group.iter().position(|(other, _)| *other == number).unwrap();
            // A new event makes news only of windows it belongs to; one in order ends its window.
            let in_order = place + 1 == group.len();
            let last = if in_order { place } else { group.len() - 1 };
            let expected = (place..=last).filter(|end| group[*end].1.time <= step.time + span).any(|end| {
                let from = group[end].1.time - span;
                let window: Vec<_> = group[..=end].iter().copied().filter(|(_, other)| other.time >= from).collect();
                by_definition(&definition, &window)
            });
            prop_assert_eq!(met, expected, "{} at {}: {:?}", CORRELATIONS[which], number, step);
        }
        prop_assert_eq!(notices.take(), []);
    }

    #[test]
    fn what_reports_count_adds_up(which in 0..CORRELATIONS.len(), steps in steps(15)) {
        let definition = definition(CORRELATIONS[which]);
        let (mut state, mut notices) = (State::default(), Notices::default());
        let (mut counted, mut events) = (0, std::collections::BTreeSet::new());
        for (number, step) in steps.iter().enumerate() {
            let outcome = outcome(&mut state, &definition, number, step, &mut notices);
            if let Some(outcome) = outcome.filter(|outcome| outcome.news) {
                counted += outcome.met.fresh;
                events.extend(outcome.met.events);
            }
        }
        // At most 60 events: each report names all of its own.
        prop_assert_eq!(counted, events.len() as u64, "{}", CORRELATIONS[which]);
    }

    #[test]
    fn written_down_and_read_back_it_goes_on_the_same(which in 0..CORRELATIONS.len(), steps in steps(15), cut in 0..60usize) {
        let definitions = [definition(CORRELATIONS[which])];
        let (mut whole, mut notices) = (State::default(), Notices::default());
        let mut cut_state = State::default();
        for (number, step) in steps.iter().enumerate() {
            if number == cut {
                let bytes = write(Some(7), &definitions, &[cut_state]);
                let (position, mut states) = read(&bytes, &definitions, &mut notices).unwrap();
                prop_assert_eq!(position, Some(7));
                cut_state = states.remove(0);
                prop_assert_eq!(write(Some(7), &definitions, &[]).len() < bytes.len(), true);
            }
            let one = feed(&mut whole, &definitions[0], number, step, &mut notices);
            let other = feed(&mut cut_state, &definitions[0], number, step, &mut notices);
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn the_referee_agrees_on_events_in_order(which in 0..4usize, steps in steps(0)) {
        // What the specification says by default the referee must be told: all rules.
        let explicit = [
            CORRELATIONS[0].to_owned(),
            CORRELATIONS[2].to_owned(),
            CORRELATIONS[3].to_owned() + "\n  condition: {gte: 3}",
            CORRELATIONS[5].to_owned(),
        ];
        let text = written(&explicit[which]);
        let definition = definition(&explicit[which]);
        let mut referee = referee(&parse_sigma_yaml(&text).unwrap());
        let (mut state, mut notices) = (State::default(), Notices::default());
        let mut time = 1_000;
        for (number, step) in steps.into_iter().enumerate() {
            // The referee counts in seconds and takes two events of one second for either order.
            time = step.time.max(time + 1);
            let step = Step { time, ..step };
            let ours = feed(&mut state, &definition, number, &step, &mut notices);
            let rule = ["a", "b", "c"][usize::from(step.rule)];
            let event = serde_json::json!({"r": rule, "g": step.group.to_string(), "v": step.value.to_string()});
            let event = rsigma_eval::JsonEvent::borrow(&event);
            let theirs = referee.process_event_at(&event, time);
            prop_assert_eq!(ours, theirs.iter().any(|result| result.header.rule_title == "met"), "{:?}", step);
        }
    }
}

fn referee(collection: &SigmaCollection) -> rsigma_eval::CorrelationEngine {
    let mut engine = rsigma_eval::CorrelationEngine::new(rsigma_eval::CorrelationConfig::default());
    engine.add_collection(collection).unwrap();
    engine
}

fn count_of_three() -> Definition {
    definition(CORRELATIONS[0])
}

fn at(time: i64, group: u8) -> Step {
    Step { time, group, rule: 0, value: 0 }
}

#[test]
fn too_late_is_said() {
    let (definition, mut state, mut notices) = (count_of_three(), State::default(), Notices::default());
    for (number, time) in [100, 79, 80].into_iter().enumerate() {
        feed(&mut state, &definition, number, &at(time, 0), &mut notices);
    }
    let notices = notices.take();
    assert_eq!(notices.len(), 1);
    assert_eq!((&notices[0].kind, notices[0].events, notices[0].rule.as_str()), (&NoticeKind::TooLate, 1, "met"));
    assert_eq!(notices[0].said().de, "1 Ereignisse kamen zu spät für met und wurden nicht gezählt.");
}

/// Feeds one event under settings of its own.
fn feed_within(settings: &Settings, state: &mut State, time: i64, number: u64, key: &str, notices: &mut Notices) -> bool {
    let time = time * SECOND;
    let feed = Feed { time, received: time, event: number, rule: 0, weight: 1, value: Counted::Nothing, trail: None };
    state.feed(&count_of_three(), Box::from([key.into()]), feed, settings, notices).is_some()
}

#[test]
fn a_flood_of_groups_pushes_nobody_out() {
    let settings = Settings { groups: 10, late: 0, ..Settings::default() };
    let (mut state, mut notices) = (State::default(), Notices::default());
    feed_within(&settings, &mut state, 100, 0, "slow", &mut notices);
    for number in 1..=50 {
        feed_within(&settings, &mut state, 101, number, &format!("flood {number}"), &mut notices);
    }
    let said = notices.take();
    assert_eq!((&said[0].kind, said[0].events), (&NoticeKind::NoRoomForGroups, 41));
    assert!(!feed_within(&settings, &mut state, 105, 51, "slow", &mut notices));
    assert!(feed_within(&settings, &mut state, 109, 52, "slow", &mut notices), "the slow one is still counted");
    // Once the flood is old its room is free again, without a word.
    assert!(!feed_within(&settings, &mut state, 400, 53, "new", &mut notices));
    assert_eq!((state.groups.len(), notices.take()), (1, vec![]));
}

#[test]
fn a_full_group_lets_go_of_its_own_oldest_and_says_so() {
    let settings = Settings { entries_per_group: 5, entries: 8, ..Settings::default() };
    let (mut state, mut notices) = (State::default(), Notices::default());
    for number in 0..20 {
        let met = feed_within(&settings, &mut state, 100, number, "busy", &mut notices);
        assert_eq!(met, number >= 2, "a full group still meets its condition");
    }
    let said = notices.take();
    assert_eq!((&said[0].kind, said[0].events), (&NoticeKind::NoRoomForEvents, 15));
    for number in 20..40 {
        feed_within(&settings, &mut state, 100, number, &format!("other {number}"), &mut notices);
    }
    assert_eq!(state.entries, 8);
    assert_eq!(notices.take()[0].kind, NoticeKind::NoRoomForGroups);
}

#[test]
fn a_clock_that_was_ahead_stops_nothing_for_good() {
    let (mut state, mut notices) = (State::default(), Notices::default());
    let settings = settings();
    // For a moment the machine believes it is far in the future.
    feed_within(&settings, &mut state, 1_000_000, 0, "k", &mut notices);
    let met: Vec<bool> = (1..=3).map(|n| feed_within(&settings, &mut state, 100, n, "k", &mut notices)).collect();
    assert_eq!(met, [false, false, true]);
    assert_eq!(notices.take()[0].kind, NoticeKind::Ahead);
}

#[test]
fn a_changed_rule_starts_anew_and_says_so() {
    let old = [count_of_three()];
    let (mut state, mut notices) = (State::default(), Notices::default());
    feed(&mut state, &old[0], 0, &at(100, 0), &mut notices);
    let bytes = write(None, &old, &[state]);
    let threshold = [definition("  type: event_count\n  group-by: [g]\n  timespan: 10s\n  condition: {gte: 9}")];
    let (_, states) = read(&bytes, &threshold, &mut notices).unwrap();
    assert_eq!((states[0].entries, notices.take()), (1, vec![]), "another threshold is no other state");
    let changed = [definition("  type: event_count\n  group-by: [h]\n  timespan: 10s\n  condition: {gte: 3}")];
    let (_, states) = read(&bytes, &changed, &mut notices).unwrap();
    assert_eq!((states[0].entries, &notices.take()[0].kind), (0, &NoticeKind::Changed));
}

#[test]
fn a_flood_of_one_step_does_not_push_out_the_other() {
    let definition = definition(CORRELATIONS[5]);
    let mut group = super::group::Group::default();
    let entry = |time: i64, event: u64, rule| Entry {
        time: time * SECOND,
        event,
        rule,
        weight: 1,
        value: Counted::Nothing,
        trail: None,
        told: false,
    };
    group.take(entry(100, 0, 0), &definition, 0);
    for event in 1..=5_000 {
        assert!(group.take(entry(105, event, 1), &definition, 0).is_none());
    }
    assert!(group.len() < 300);
    let met = group.take(entry(110, 5_001, 2), &definition, 0).unwrap();
    assert_eq!((met.count, met.events.len()), (5_002, super::group::Group::TRAIL_MAX));
}

#[test]
fn what_cannot_be_met_is_refused() {
    let refused = |lines: &str| {
        let mut set = RuleSet::default();
        set.add("test", &written(lines));
        set.refused()[0].why.to_string()
    };
    let many = "  type: event_count\n  group-by: [g]\n  timespan: 10s\n  condition: {gte: 20000}";
    assert_eq!(refused(many), "`condition` cannot be compared with `20000`.");
    assert_eq!(refused(&CORRELATIONS[0].replace("10s", "90d")), "`timespan` cannot be compared with `90d`.");
    assert_eq!(refused(&CORRELATIONS[2].replace("field: v, ", "")), "The condition does not fit the type of the correlation.");
    assert!(refused(&(CORRELATIONS[0].to_owned() + "\n  window: tumbling")).contains("`window: tumbling` is not part"));
    assert!(refused(&CORRELATIONS[4].replace("not c", "d")).contains("the rule `d`"));
}

#[test]
fn percentiles_lie_between_their_neighbours() {
    let definition =
        definition("  type: value_percentile\n  group-by: [g]\n  timespan: 99s\n  condition: {field: v, percentile: 75, gte: 4}");
    let (mut state, mut notices) = (State::default(), Notices::default());
    let met: Vec<bool> = [1, 2, 3, 4, 5, 5]
        .into_iter()
        .enumerate()
        .map(|(number, value)| feed(&mut state, &definition, number, &Step { value, ..at(100, 0) }, &mut notices))
        .collect();
    // 75 % of 1 to 5 is 4; of 1 to 4 it is 3.25.
    assert_eq!(met, [false, false, false, false, true, true]);
}

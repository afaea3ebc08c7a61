//! What correlations could not do: limits reached, events that could not be counted.
//!
//! Notices of one rule and kind add up, so a flood makes one notice with a large number.

use std::collections::BTreeMap;
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::time::Timestamp;

/// Something a rule could not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The rule: the subject of its findings.
    pub rule: String,
    /// What.
    pub kind: NoticeKind,
    /// How many events it concerns.
    pub events: u64,
    /// The time of the first of them.
    pub first: Timestamp,
    /// The time of the last of them.
    pub last: Timestamp,
}

/// What a rule could not do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoticeKind {
    /// No room for a new group: its events were not counted.
    NoRoomForGroups,
    /// No room for more events: the oldest of a group were let go before their time.
    NoRoomForEvents,
    /// An event came later than the stated lag and was not counted.
    TooLate,
    /// An event was dated ahead of the receiver's clock; the time of receipt was used.
    Ahead,
    /// An event has no value for a field that makes the group, and was not counted.
    NoGroup {
        /// The field.
        field: String,
    },
    /// An event has no value, or no number, to count or sum.
    NoValue {
        /// The field.
        field: String,
    },
    /// The rule is another than when its state was stored; it starts anew.
    Changed,
}

impl Notice {
    /// What happened, in a sentence.
    #[must_use]
    pub fn said(&self) -> Text {
        let Self { rule, events, .. } = self;
        match &self.kind {
            NoticeKind::NoRoomForGroups => text!(
                en "{rule} follows as many groups as it may; {events} events of new ones were not counted.",
                fr "{rule} suit autant de groupes que permis ; {events} événements de nouveaux groupes n'ont pas été comptés.",
                de "{rule} verfolgt so viele Gruppen wie erlaubt; {events} Ereignisse neuer Gruppen wurden nicht gezählt.",
            ),
            NoticeKind::NoRoomForEvents => text!(
                en "{rule} keeps as many events as it may; {events} were let go before their time.",
                fr "{rule} conserve autant d'événements que permis ; {events} ont été abandonnés avant terme.",
                de "{rule} hält so viele Ereignisse wie erlaubt; {events} wurden vorzeitig losgelassen.",
            ),
            NoticeKind::TooLate => text!(
                en "{events} events came too late for {rule} and were not counted.",
                fr "{events} événements sont arrivés trop tard pour {rule} et n'ont pas été comptés.",
                de "{events} Ereignisse kamen zu spät für {rule} und wurden nicht gezählt.",
            ),
            NoticeKind::Ahead => text!(
                en "{events} events for {rule} are dated ahead of this clock; their time of receipt was used.",
                fr "{events} événements pour {rule} sont datés en avance sur cette horloge ; leur heure de réception a été retenue.",
                de "{events} Ereignisse für {rule} sind dieser Uhr voraus datiert; es gilt die Zeit ihres Eingangs.",
            ),
            NoticeKind::NoGroup { field } => text!(
                en "{events} events have no {field}, by which {rule} groups them, and were not counted.",
                fr "{events} événements n'ont pas de {field}, que {rule} utilise pour les regrouper, et n'ont pas été comptés.",
                de "{events} Ereignisse haben kein {field}, nach dem {rule} sie gruppiert, und wurden nicht gezählt.",
            ),
            NoticeKind::NoValue { field } => text!(
                en "{events} events have no usable {field} for {rule} and were not counted.",
                fr "{events} événements n'ont pas de {field} exploitable pour {rule} et n'ont pas été comptés.",
                de "{events} Ereignisse haben kein brauchbares {field} für {rule} und wurden nicht gezählt.",
            ),
            NoticeKind::Changed => text!(
                en "{rule} has changed since its state was stored and starts anew.",
                fr "{rule} a changé depuis l'enregistrement de son état et repart de zéro.",
                de "{rule} hat sich seit der Speicherung des Zustands geändert und beginnt von vorn.",
            ),
        }
    }
}

/// Notices that nobody has read yet.
#[derive(Debug, Default)]
pub(crate) struct Notices(BTreeMap<(String, NoticeKind), (u64, Timestamp, Timestamp)>);

impl Notices {
    /// Adds events to a notice.
    pub(crate) fn add(&mut self, rule: &str, kind: NoticeKind, events: u64, time: i64) {
        let time = Timestamp::from_micros(time);
        let (count, first, last) = self.0.entry((rule.to_owned(), kind)).or_insert((0, time, time));
        *count = count.saturating_add(events);
        *first = time.min(*first);
        *last = time.max(*last);
    }

    /// Takes all notices.
    pub(crate) fn take(&mut self) -> Vec<Notice> {
        let all = std::mem::take(&mut self.0);
        all.into_iter().map(|((rule, kind), (events, first, last))| Notice { rule, kind, events, first, last }).collect()
    }
}

//! What names of metadata mean, whoever ships it: host, program, file, severity, labels.
//!
//! The names are facts of the shippers: Elastic Common Schema (Beats), the Kubernetes filters of Fluent Bit, Fluentd and
//! Vector, the semantic conventions of OpenTelemetry, the labels that Promtail and Alloy set, the fields of the journal.
//! An object is known by its dotted name. What stands at a better place counts before what stands at a worse one.

use super::record::Record;
use std::borrow::Cow;
use vigie_model::event::Label;
use vigie_model::time::Timestamp;

/// What a value of metadata is good for. The number orders names of the same purpose: the lowest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Host(u8),
    Program(u8),
    Pid,
    Path,
    Severity(u8),
    Label(Label, u8),
    Pod,
    Replicas,
}

/// The purpose of a name; most have none. GELF writes all names of its senders with an underscore.
pub(crate) fn of(name: &str) -> Option<Place> {
    known(name).or_else(|| known(name.strip_prefix('_')?))
}

#[expect(clippy::match_same_arms, reason = "one line for each purpose and rank, in their order")]
fn known(name: &str) -> Option<Place> {
    Some(match name {
        "host.name" | "_HOSTNAME" | "hostname" | "host_name" => Place::Host(0),
        "host.hostname" | "host" | "syslog.hostname" | "log.syslog.hostname" => Place::Host(1),
        "agent.hostname" | "beat.hostname" | "nodename" | "node_name" | "instance" => Place::Host(2),
        "kubernetes.host" | "kubernetes.node.name" | "kubernetes.pod_node_name" | "k8s.node.name" | "node" => Place::Host(3),
        "SYSLOG_IDENTIFIER" | "syslog_identifier" | "process.name" | "log.syslog.appname" => Place::Program(0),
        "ident" | "appname" | "app_name" | "programname" | "syslog.appname" | "program" => Place::Program(1),
        "process.executable.name" | "_COMM" | "comm" => Place::Program(2),
        "process.pid" | "log.syslog.procid" | "procid" | "pid" | "SYSLOG_PID" => Place::Pid,
        "log.file.path" | "filename" | "file" | "filepath" | "file_path" | "path" | "source" => Place::Path,
        "PRIORITY" | "log.syslog.severity.code" | "syslog.severity" | "severity_code" => Place::Severity(0),
        "log.level" | "level" | "severity" | "loglevel" | "lvl" | "detected_level" | "log.syslog.severity.name" => {
            Place::Severity(1)
        }
        "deployment.environment.name" | "deployment.environment" => Place::Label(Label::Environment, 0),
        "service.environment" | "environment" | "env" => Place::Label(Label::Environment, 1),
        "k8s.cluster.name" | "orchestrator.cluster.name" | "kubernetes.cluster_name" => Place::Label(Label::Cluster, 0),
        "cluster" | "cluster_name" => Place::Label(Label::Cluster, 1),
        "kubernetes.namespace_name" | "kubernetes.namespace" | "kubernetes.pod_namespace" => Place::Label(Label::Namespace, 0),
        "k8s.namespace.name" | "orchestrator.namespace" => Place::Label(Label::Namespace, 0),
        "namespace" | "service.namespace" => Place::Label(Label::Namespace, 1),
        "k8s.deployment.name" | "k8s.statefulset.name" | "k8s.daemonset.name" => Place::Label(Label::Workload, 0),
        "kubernetes.deployment.name" | "kubernetes.statefulset.name" => Place::Label(Label::Workload, 0),
        "kubernetes.daemonset.name" | "kubernetes.cronjob.name" => Place::Label(Label::Workload, 0),
        "k8s.cronjob.name" | "k8s.job.name" | "kubernetes.job.name" => Place::Label(Label::Workload, 1),
        "k8s.replicaset.name" | "kubernetes.replicaset.name" => Place::Replicas,
        "kubernetes.pod_owner" => Place::Replicas,
        "kubernetes.pod_name" | "kubernetes.pod.name" | "k8s.pod.name" | "pod" | "pod_name" => Place::Pod,
        "kubernetes.labels.app.kubernetes.io/name" | "kubernetes.labels.app_kubernetes_io/name" => {
            Place::Label(Label::Workload, 4)
        }
        "kubernetes.pod_labels.app.kubernetes.io/name" => Place::Label(Label::Workload, 4),
        "kubernetes.labels.app" | "kubernetes.pod_labels.app" => Place::Label(Label::Workload, 5),
        "service.name" | "service_name" | "com.docker.compose.service" => Place::Label(Label::Workload, 6),
        "app" | "swarm_service" | "compose_service" => Place::Label(Label::Workload, 7),
        "team" | "kubernetes.labels.team" | "kubernetes.pod_labels.team" | "labels.team" => Place::Label(Label::Team, 0),
        _ => return None,
    })
}

/// Puts a value in its place, unless something better stands there.
pub(crate) fn put<'a>(record: &mut Record<'a>, place: Place, value: Cow<'a, str>) {
    match place {
        Place::Host(_) => record.host = record.host.take().or(Some(value)),
        Place::Program(_) => record.program = record.program.take().or(Some(value)),
        Place::Path if value.starts_with('/') => record.path = record.path.take().or(Some(value)),
        Place::Severity(_) => record.severity = record.severity.or_else(|| severity(&value)),
        Place::Label(label, _) => put_label(record, label, value),
        Place::Replicas => put_label(record, Label::Workload, plain_name(value, 1)),
        Place::Pod => put_label(record, Label::Workload, plain_name(value, 2)),
        Place::Path | Place::Pid => {}
    }
}

/// The order in which pairs are looked at so that better places come first.
pub(crate) fn rank(place: Place) -> u8 {
    match place {
        Place::Host(rank) | Place::Program(rank) | Place::Severity(rank) | Place::Label(_, rank) => rank,
        Place::Replicas => 2,
        Place::Pod => 3,
        Place::Path | Place::Pid => 0,
    }
}

fn put_label<'a>(record: &mut Record<'a>, label: Label, value: Cow<'a, str>) {
    if !record.labels.iter().any(|(known, _)| *known == label) {
        record.labels.push((label, value));
    }
}

/// The name of the workload that made a pod (`parts` 2) or a replica set (`parts` 1).
pub(crate) fn plain_name(name: Cow<'_, str>, parts: usize) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(text) => Cow::Borrowed(without_hash(text, parts)),
        Cow::Owned(text) => Cow::Owned(without_hash(&text, parts).to_owned()),
    }
}

/// `web-7d4b9c6f5d-x2x7k` → `web`: Kubernetes puts a hash of the template and five random signs behind the name of a
/// deployment (`parts` 2), the hash alone behind that of its replica set (`parts` 1). Other names stay.
fn without_hash(text: &str, parts: usize) -> &str {
    let text = text.strip_prefix("ReplicaSet/").unwrap_or(text);
    let is_random = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        // The signs that Kubernetes takes: no vowels, nothing that looks like another.
        lengths.contains(&part.len()) && part.bytes().all(|sign| b"bcdfghjklmnpqrstvwxz2456789".contains(&sign))
    };
    let cut = |text, lengths| match str::rsplit_once(text, '-') {
        Some((before, last)) if is_random(last, lengths) => Some(before),
        _ => None,
    };
    let set = if parts == 2 { cut(text, 5..=5) } else { Some(text) };
    set.and_then(|set| cut(set, 7..=10)).unwrap_or(text)
}

/// The syslog severity of a word or number; 10 to 60 are those of bunyan and pino.
pub(crate) fn severity(word: &str) -> Option<u8> {
    let is = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    Some(match word {
        _ if is(&["emerg", "emergency", "panic"]) => 0,
        _ if is(&["alert"]) => 1,
        _ if is(&["crit", "critical", "fatal"]) => 2,
        _ if is(&["err", "error", "severe"]) => 3,
        _ if is(&["warn", "warning"]) => 4,
        _ if is(&["notice"]) => 5,
        _ if is(&["info", "informational", "information"]) => 6,
        _ if is(&["debug", "trace", "verbose", "fine"]) => 7,
        _ => match word.parse::<u8>().ok()? {
            number @ 0..=7 => number,
            10 | 20 => 7,
            30 => 6,
            40 => 4,
            50 => 3,
            60 => 2,
            _ => return None,
        },
    })
}

/// A time as shippers write it: RFC 3339, the same without zone (UTC), or a number of seconds, milli-, micro- or
/// nanoseconds since 1970, told apart by its size.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return number_time(text);
    }
    if let Ok(time) = Timestamp::parse(text) {
        return Some(time);
    }
    let (civil, rest) = crate::header::Civil::read_iso(text)?;
    let offset = match rest.trim_start() {
        "" | "Z" => 0,
        zone => offset(zone)?,
    };
    civil.at_offset(offset)
}

fn number_time(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number: i64 = whole.parse().ok()?;
    if whole.len() <= 11 {
        let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
        return Some(Timestamp::from_seconds(number).plus_micros(crate::header::number(&digits)?));
    }
    Some(match whole.len() {
        12..=14 => Timestamp::from_micros(number.checked_mul(1000)?),
        15..=17 => Timestamp::from_micros(number),
        _ => Timestamp::from_micros(number / 1000),
    })
}

/// `+0100`, `-05:30`, in seconds.
fn offset(zone: &str) -> Option<i64> {
    let (sign, digits) =
        zone.strip_prefix('+').map(|rest| (1, rest)).or_else(|| zone.strip_prefix('-').map(|rest| (-1, rest)))?;
    let digits: String = digits.chars().filter(|sign| *sign != ':').collect();
    let (hours, minutes) = (crate::header::number(digits.get(..2)?)?, crate::header::number(digits.get(2..).unwrap_or("0"))?);
    Some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_called_after_its_deployment() {
        for (pod, workload) in [
            ("web-7d4b9c6f5d-x2x7k", "web"),
            ("web-0", "web-0"),
            ("coredns-5dd5756b68-9xkzt", "coredns"),
            ("my-nice-pod", "my-nice-pod"),
        ] {
            assert_eq!(without_hash(pod, 2), workload, "{pod}");
        }
        assert_eq!(without_hash("ReplicaSet/web-7d4b9c6f5d", 1), "web");
        assert_eq!(without_hash("web-7d4b9c6f5d", 1), "web");
    }

    #[test]
    fn times_in_all_their_forms() {
        for text in [
            "2026-11-21T08:30:00.250Z",
            "2026-11-21T09:30:00.250+01:00",
            "2026-11-21 09:30:00.250 +0100",
            "2026-11-21 08:30:00.250",
            "1795249800.25",
            "1795249800250",
            "1795249800250000",
            "1795249800250000000",
        ] {
            assert_eq!(time(text).map(|time| time.to_string()), Some("2026-11-21T08:30:00.25Z".to_owned()), "{text}");
        }
        for text in ["", ".", "yesterday", "2026-11-21", "99999999999999999999"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn words_and_numbers_of_severity() {
        for (word, expected) in
            [("ERROR", Some(3)), ("warn", Some(4)), ("50", Some(3)), ("6", Some(6)), ("9", None), ("loud", None)]
        {
            assert_eq!(severity(word), expected, "{word}");
        }
    }
}
